// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/postgresopen.h"

#include "models/database/probes/postgresfacts.h"
#include "models/database/probes/postgresway.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString shownHost(const ConnectionString &connection, const ConnectionHost &host)
{
    if (host.place.isSet() && !connection.mayShow(host.place))
        return s("a host");
    if (!host.socket.isEmpty())
        return host.socket;
    return s("%1:%2").arg(host.name.isEmpty() ? s("localhost") : host.name).arg(connection.portOf(host));
}

/// target_session_attrs, in one statement, so that a pooler answers it too. Empty: they are met.
QString unmetAttributes(PostgresLink &link, const QString &attributes, const Deadline &deadline)
{
    if (attributes.isEmpty() || attributes == QLatin1StringView("any"))
        return {};
    const LinkRows rows = link.query(s("select pg_catalog.pg_is_in_recovery() as standby, "
                                       "pg_catalog.current_setting('default_transaction_read_only') as read_only"),
                                     deadline);
    if (!rows.isOk())
        return s("it does not say whether it is %1: %2").arg(attributes, rows.message);
    PostgresSession session;
    session.standby = rows.isTrue("standby");
    session.readOnly = session.standby || rows.value("read_only") == QLatin1StringView("on");
    return meetsSessionAttributes(attributes, session)
               ? QString()
               : s("it is %1, and target_session_attrs asks for %2")
                     .arg(session.standby
                              ? s("a standby")
                              : s("no standby, %1").arg(session.readOnly ? s("read only") : s("read and write")),
                          attributes);
}

/// One host. `another`: the next may do better.
Result<void> openOne(PostgresLink &link, const ConnectionString &one, const DatabaseAccess &access,
                     Milliseconds timeout, PostgresOpened *opened, bool &another)
{
    DatabaseProbeOptions options;
    options.timeout = timeout;
    options.caFile = access.caFile;
    options.resolver = access.resolver;
    options.cancelled = access.cancelled;
    ProbeRun run(one, options);
    if (run.isDoubtful())
        return fail(ErrorKind::Usage, s("the connection string can be read in two ways"),
                    s("percent-encode the password: db lint shows where"));
    if (needsServiceFile(one))
        return fail(ErrorKind::Usage, s("the string names a service of pg_service.conf, which is not read here"),
                    s("host, database and user in the string itself"));
    PostgresWay way(run, link);
    if (!access.applicationName.isEmpty())
        way.setApplicationName(access.applicationName);
    const bool open = way.reach() && way.logIn();
    another = way.mayTryAnother();
    if (open) {
        const QString unmet =
            unmetAttributes(link, one.optionValue(QLatin1StringView("target_session_attrs")), run.deadline());
        if (unmet.isEmpty()) {
            if (opened)
                *opened = {way.target(), shownHost(one, one.hosts.value(0)), way.isEncrypted()};
            return {};
        }
        link.close();
        another = true;
        return fail(ErrorKind::Refused, s("query: %1").arg(unmet), s("the host of the server that is meant"));
    }
    link.close();
    return tl::unexpected(probeError(run));
}

} // namespace

Result<void> openPostgres(PostgresLink &link, const ConnectionString &connection, const DatabaseAccess &access,
                          PostgresOpened *opened)
{
    const Deadline deadline(access.connectTimeout, access.cancelled);
    const qsizetype hosts = std::max<qsizetype>(connection.hosts.size(), 1);
    QStringList passed;
    Result<void> result;
    for (qsizetype i = 0; i < hosts; ++i) {
        ConnectionString one = connection;
        one.hosts = connection.hosts.mid(i, 1);
        bool another = false;
        // One that is silent leaves the others their share.
        result = openOne(link, one, access, deadline.left() / int(hosts - i), opened, another);
        if (result || !another || deadline.isOver() || deadline.isCancelled())
            break;
        if (i + 1 < hosts)
            passed.append(s("%1: %2").arg(shownHost(connection, connection.hosts[i]), result.error().message));
    }
    if (!result && !passed.isEmpty())
        result.error().message += s("; before it, %1").arg(passed.join(s("; ")));
    return result;
}

} // namespace Switchyard

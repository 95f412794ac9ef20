// SPDX-License-Identifier: GPL-3.0-or-later
// libpq's "host=… dbname=…", by the rules of its documentation, section 34.1.1.1, and the fields that options set.
#include "models/database/strings/connectionoptions.h"
#include "models/database/strings/connectionparts.h"

#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

class KeyValueReader final
{
public:
    KeyValueReader(ConnectionString &connection, const TextPart &part)
        : m_connection(connection)
        , m_part(part)
        , m_text(part.text)
    {
    }

    void read()
    {
        for (;;) {
            skipBlanks();
            if (m_at >= m_text.size())
                return;
            const qsizetype begin = m_at;
            while (m_at < m_text.size() && m_text[m_at] != QLatin1Char('=') && !m_text[m_at].isSpace())
                ++m_at;
            const TextPart name = m_part.mid(begin, m_at - begin);
            skipBlanks();
            if (m_at >= m_text.size() || m_text[m_at] != QLatin1Char('=')) {
                // libpq prints the word, and after an unquoted password with a blank that is the half of it.
                problem(name.span(), s("a word has no \"=\" behind it"),
                        s("a value with blanks stands in single quotes: password='…'"));
                m_connection.shownFrom = std::numeric_limits<qsizetype>::max();
                continue;
            }
            static const QRegularExpression keyword(s(R"(\A[A-Za-z_]\w*\z)"));
            if (!keyword.match(name.text).hasMatch()) {
                problem(name.span(), s("what stands before the \"=\" is no keyword"),
                        s("NAME=VALUE, with a blank between the pairs"));
                m_connection.shownFrom = std::numeric_limits<qsizetype>::max();
            }
            ++m_at;
            skipBlanks();
            const qsizetype valueAt = m_at;
            const QString value = m_at < m_text.size() && m_text[m_at] == QLatin1Char('\'') ? quoted() : plain();
            addOption(m_connection, name.text, value, name.span(), {m_part.offset + valueAt, m_at - valueAt});
            // "dbname=shoppassword=…": a blank was lost.
            const bool bare = valueAt < m_text.size() && m_text[valueAt] != QLatin1Char('\'') &&
                              name.text != QLatin1StringView("options") && !m_connection.options.last().isSecret;
            if (bare && value.contains(QLatin1Char('='))) {
                addProblem(m_connection, "any/equals-sign", {m_part.offset + valueAt, 1},
                           s("an equals sign stands in a value: is a blank missing?"),
                           s("a value with an equals sign is better put in single quotes"));
                m_connection.shownFrom = std::numeric_limits<qsizetype>::max();
            }
        }
    }

private:
    void problem(const ConnectionSpan &place, const QString &message, const QString &fix)
    {
        addProblem(m_connection, "postgresql/key-value", place, message, fix);
    }

    void skipBlanks()
    {
        while (m_at < m_text.size() && m_text[m_at].isSpace())
            ++m_at;
    }

    QString plain()
    {
        QString value;
        while (m_at < m_text.size() && !m_text[m_at].isSpace()) {
            if (m_text[m_at] == QLatin1Char('\\') && ++m_at >= m_text.size())
                break;
            value += m_text[m_at++];
        }
        return value;
    }

    QString quoted()
    {
        const qsizetype begin = m_at++;
        QString value;
        while (m_at < m_text.size() && m_text[m_at] != QLatin1Char('\'')) {
            if (m_text[m_at] == QLatin1Char('\\') && m_at + 1 < m_text.size())
                ++m_at;
            value += m_text[m_at++];
        }
        if (m_at >= m_text.size()) {
            problem({m_part.offset + begin, 1}, s("a quoted value has no closing quote"),
                    s(R"(a quote in a value is written \')"));
            m_connection.shownFrom = std::numeric_limits<qsizetype>::max();
        } else {
            ++m_at;
        }
        return value;
    }

    ConnectionString &m_connection;
    const TextPart &m_part;
    const QString &m_text;
    qsizetype m_at = 0;
};

/// One of several hosts, as options give them: "h", "h:5432" (SQLAlchemy), "/socket".
ConnectionHost hostFrom(const QString &text, const ConnectionSpan &place, bool withPort)
{
    ConnectionHost host;
    host.place = place;
    host.name = text;
    const qsizetype colon = text.lastIndexOf(QLatin1Char(':'));
    if (withPort && colon >= 0 && text.count(QLatin1Char(':')) == 1) {
        bool number = false;
        const int port = text.mid(colon + 1).toInt(&number);
        if (number && port > 0) {
            host.port = port;
            host.name = text.left(colon);
        }
    }
    if (text.startsWith(QLatin1Char('/')) || text.startsWith(QLatin1Char('@'))) {
        host.socket = text;
        host.name.clear();
    }
    return host;
}

void liftHosts(ConnectionString &connection, const QList<ConnectionOption> &hosts, const ConnectionOption *ports)
{
    if (!hosts.isEmpty()) {
        const bool sqlalchemy = !connection.driver.isEmpty();
        QList<ConnectionHost> lifted;
        // libpq takes the last one, SQLAlchemy all of them.
        for (const ConnectionOption &option : sqlalchemy ? hosts : QList<ConnectionOption>{hosts.last()}) {
            for (const QString &one : option.value.split(QLatin1Char(',')))
                lifted.append(hostFrom(one, option.valuePlace, sqlalchemy));
        }
        for (qsizetype i = 0; i < lifted.size() && i < connection.hosts.size(); ++i) {
            if (!lifted[i].port)
                lifted[i].port = connection.hosts[i].port;
        }
        connection.hosts = lifted;
    }
    if (!ports)
        return;
    if (connection.hosts.isEmpty())
        connection.hosts.append(ConnectionHost{});
    const QStringList numbers = ports->value.split(QLatin1Char(','));
    for (qsizetype i = 0; i < connection.hosts.size(); ++i) {
        // One port is that of every host.
        const QString &number = numbers[numbers.size() == 1 ? 0 : std::min(i, numbers.size() - 1)];
        if (!number.isEmpty())
            readPort(connection, connection.hosts[i], {number, ports->valuePlace.offset});
    }
}

} // namespace

bool looksLikeKeyValue(const QString &text)
{
    static const QRegularExpression pair(s(R"((?:\A|\s)([a-z_]{3,40})\s*=)"));
    // "postgresql://…?sslmode=require" has pairs too, but behind a scheme.
    static const QRegularExpression scheme(s(R"(\A[A-Za-z][A-Za-z0-9+.\-]*:)"));
    if (scheme.match(text).hasMatch())
        return false;
    for (QRegularExpressionMatchIterator at = pair.globalMatch(text); at.hasNext();) {
        if (libpqOptionNames().contains(at.next().captured(1)))
            return true;
    }
    return false;
}

void readKeyValue(ConnectionString &connection, const TextPart &part)
{
    KeyValueReader(connection, part).read();
}

void liftFields(ConnectionString &connection)
{
    const bool postgres = connection.kind == DatabaseKind::Postgres;
    if (!postgres && connection.kind != DatabaseKind::Redis)
        return;
    QList<ConnectionOption> kept;
    QList<ConnectionOption> hosts;
    std::optional<ConnectionOption> ports;
    for (const ConnectionOption &option : connection.options) {
        const bool is = option.name == QLatin1StringView(postgres ? "user" : "username");
        if (option.name == QLatin1StringView("password")) {
            connection.password = option.secret;
            connection.passwordPlace = option.valuePlace;
        } else if (is) {
            connection.user = option.value;
            connection.userPlace = option.valuePlace;
        } else if (option.name == QLatin1StringView(postgres ? "dbname" : "db")) {
            connection.database = option.value;
            connection.databasePlace = option.valuePlace;
        } else if (postgres && option.name == QLatin1StringView("host")) {
            hosts.append(option);
        } else if (postgres && option.name == QLatin1StringView("port")) {
            ports = option;
        } else {
            kept.append(option);
        }
    }
    // Twice the same field is said where options are compared, so that those stay.
    if (hosts.size() > 1 && connection.driver.isEmpty())
        kept += hosts;
    connection.options = kept;
    liftHosts(connection, hosts, ports ? &*ports : nullptr);
}

} // namespace Switchyard

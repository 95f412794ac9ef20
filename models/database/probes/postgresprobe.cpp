// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/postgresprobe.h"

#include "models/database/probes/alembicstate.h"
#include "models/database/probes/postgresfacts.h"
#include "models/database/probes/postgresway.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

class PostgresProbe final
{
public:
    PostgresProbe(const ConnectionString &connection, const DatabaseProbeOptions &options)
        : m_run(connection, options)
        , m_way(m_run, m_link)
    {
    }

    DatabaseReport run();
    bool mayTryAnother() const { return m_way.mayTryAnother(); }

private:
    QString option(const char *name) const { return m_run.connection().optionValue(QLatin1StringView(name)); }
    void end(const StageResult &stage);
    void ask();
    void judgeSchema(StageResult &query);

    ProbeRun m_run;
    PostgresLink m_link;
    PostgresWay m_way;
};

void PostgresProbe::end(const StageResult &stage)
{
    if (stage.ms)
        m_run.setMs(*stage.ms);
    switch (stage.status) {
    case StageStatus::Ok:
        return m_run.ok(stage.detail, stage.hint);
    case StageStatus::Warn:
        return m_run.warn(stage.detail, stage.hint);
    case StageStatus::Skipped:
        return m_run.skip(stage.stage, stage.detail);
    case StageStatus::Fail:
        return m_run.fail(stage.detail, stage.hint);
    case StageStatus::NotReached:
        return m_run.cancelled();
    }
}

/// What the migrations of the repository say, where they were given, and what the database has.
void PostgresProbe::judgeSchema(StageResult &query)
{
    const QString folder = m_run.options().migrations;
    const AlembicTable table = readAlembicTable(m_link, m_run.deadline());
    if (!table.exists && table.unreadable.isEmpty() && folder.isEmpty())
        return;
    Result<AlembicHistory> history = folder.isEmpty() ? fail(ErrorKind::Usage, QString()) : readAlembicHistory(folder);
    AlembicState state = judgeAlembic(table, history ? &*history : nullptr);
    if (!folder.isEmpty() && !history) {
        state.words = s("%1; the repository's migrations: %2").arg(state.words, history.error().message);
        state.hint = history.error().hint;
    }
    const bool wrong = !folder.isEmpty() ? !history || !state.isFine() : state.agreement == AlembicAgreement::Several;
    query.detail += s("; migrations: %1").arg(state.words);
    if (wrong && query.status == StageStatus::Ok) {
        query.status = StageStatus::Warn;
        query.hint = state.hint;
    }
    m_run.report().alembic = state;
}

/// Stages query, privileges and headroom.
void PostgresProbe::ask()
{
    PostgresExpectations expected;
    expected.sessionAttributes = option("target_session_attrs");
    expected.poolerByName = isTransactionPooler(m_run.connection());
    expected.pooledNeon = m_run.connection().isPooledNeon();
    const Deadline &deadline = m_run.deadline();
    PostgresSession session;
    m_run.begin(DatabaseStage::Query);
    StageResult query = postgresQueryStage(
        m_link, expected, deadline,
        [this](PostgresLink &other) { return other.open(m_way.target(), m_run.deadline()).end == LinkEnd::Ok; },
        m_run.report(), session);
    m_way.setMayTryAnother(session.sessionRefused);
    if (query.status != StageStatus::Fail && query.status != StageStatus::NotReached)
        judgeSchema(query);
    if (deadline.isCancelled())
        return m_run.cancelled();
    end(query);
    if (m_run.hasEnded())
        return;
    m_run.begin(DatabaseStage::Privileges);
    end(postgresPrivilegesStage(m_link, session, deadline, m_run.report()));
    if (m_run.hasEnded())
        return;
    m_run.begin(DatabaseStage::Headroom);
    end(postgresHeadroomStage(m_link, session, deadline, m_run.report()));
}

DatabaseReport PostgresProbe::run()
{
    if (m_run.hasEnded() || !m_way.reach())
        return m_run.finish();
    if (m_run.options().reachOnly) {
        for (const DatabaseStage stage :
             {DatabaseStage::Auth, DatabaseStage::Query, DatabaseStage::Privileges, DatabaseStage::Headroom})
            m_run.skip(stage, s("not asked for"));
        return m_run.finish();
    }
    if (m_way.logIn()) {
        ask();
        m_run.report().commands = m_link.statements();
    }
    m_link.close();
    return m_run.finish();
}

} // namespace

DatabaseReport probePostgres(const ConnectionString &connection, const DatabaseProbeOptions &options)
{
    if (connection.hosts.size() < 2)
        return PostgresProbe(connection, options).run();
    const Deadline deadline(options.timeout, options.cancelled);
    DatabaseReport report;
    QStringList passed;
    for (qsizetype i = 0; i < connection.hosts.size(); ++i) {
        ConnectionString one = connection;
        one.hosts = {connection.hosts[i]};
        DatabaseProbeOptions its = options;
        its.onStage = nullptr;
        // One that is silent leaves the others their share.
        its.timeout = deadline.left() / int(connection.hosts.size() - i);
        PostgresProbe probe(one, its);
        report = probe.run();
        const auto failed = std::find_if(report.stages.crbegin(), report.stages.crend(),
                                         [](const StageResult &each) { return each.status == StageStatus::Fail; });
        const QString name = connection.mayShow(connection.hosts[i].place) ? connection.hosts[i].name : s("a host");
        if (report.cancelled || !probe.mayTryAnother() || deadline.isOver())
            break;
        if (i + 1 < connection.hosts.size())
            passed.append(s("%1: %2").arg(name, failed == report.stages.crend() ? s("failed") : failed->detail));
    }
    report.target = connection.target();
    for (StageResult &stage : report.stages) {
        if (stage.stage == DatabaseStage::Tcp && !passed.isEmpty())
            stage.detail += s("; passed over: %1").arg(passed.join(s("; ")));
        if (options.onStage && stage.status != StageStatus::NotReached)
            options.onStage(stage);
    }
    return report;
}

} // namespace Switchyard

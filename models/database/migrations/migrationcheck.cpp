// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/migrations/migrationcheck.h"

#include "models/database/migrations/migrationscratch.h"
#include "models/database/probes/postgresfacts.h"
#include "models/database/probes/probekit.h"

#include <QRegularExpression>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString versionsText(const QStringList &versions)
{
    return versions.isEmpty() ? s("none") : versions.join(s(", "));
}

/// The program's environment without what leads to any other database: a command that reads another variable would
/// otherwise migrate what that names.
QList<QByteArray> commandEnvironment(const MigrationOptions &options, const Secret &url)
{
    QList<QByteArray> variables;
    for (const QByteArray &each : ownEnvironment()) {
        const QByteArray name = each.left(each.indexOf('='));
        const QByteArray value = each.mid(name.size() + 1).toLower();
        const bool leads = name.startsWith("PG") || name == "DATABASE_URL" || name == options.variable.toUtf8() ||
                           value.contains("postgres://") || value.contains("postgresql://") ||
                           value.contains("postgresql+");
        if (!leads)
            variables.append(each);
    }
    variables.append(options.variable.toUtf8() + '=' + url.reveal().toUtf8());
    return variables;
}

ConnectionForm formOf(const ConnectionString &scratch, const MigrationOptions &options)
{
    if (options.form)
        return *options.form;
    if (scratch.driver == QLatin1StringView("asyncpg"))
        return ConnectionForm::SqlalchemyAsyncpg;
    return scratch.driver == QLatin1StringView("psycopg") ? ConnectionForm::SqlalchemyPsycopg
                                                          : ConnectionForm::LibpqUri;
}

/// The line that says most of a failure: the last that speaks of an error, else the last.
QString tellingLine(const QStringList &lines)
{
    QString last;
    for (qsizetype i = lines.size() - 1; i >= 0; --i) {
        const QString &line = lines[i];
        if (line.contains(s("error"), Qt::CaseInsensitive) && !line.startsWith(s("(Background on this error")))
            return line;
        if (last.isEmpty())
            last = line;
    }
    return last;
}

bool isCancel(const Error &error)
{
    return error.kind == ErrorKind::Cancelled;
}

/// One round: its stages, of which the last, the removal, comes in every end.
class Round final
{
public:
    Round(const ConnectionString *source, const ConnectionString &scratch, const MigrationOptions &options,
          const Deadline &deadline, const AlembicHistory *history, MigrationReport &report)
        : m_sourceString(source)
        , m_scratchString(scratch)
        , m_options(options)
        , m_deadline(deadline)
        , m_history(history)
        , m_report(report)
        , m_database(m_server)
    {
        m_round.fromEmpty = source == nullptr;
        for (const MigrationStage stage : migrationStages()) {
            MigrationStep step;
            step.stage = stage;
            m_round.steps.append(step);
        }
    }

    /// The error is one of usage only: nothing of the migrations is to be told then.
    Result<MigrationRound> run();

private:
    void begin(MigrationStage stage);
    bool end(StageStatus status, const QString &detail, const QString &hint = {});
    bool ok(const QString &detail) { return end(StageStatus::Ok, detail); }
    bool failed(const QString &detail, const QString &hint) { return end(StageStatus::Fail, detail, hint); }
    bool failed(const Error &error);

    bool readSource();
    bool makeScratch();
    bool chooseTools();
    bool fill();
    bool runFirst();
    bool runSecond();
    void judgeChanges();
    void drop();
    ProgramEnd runCommand();
    bool commandFailed(const ProgramEnd &end, const QString &more = {});
    QString cut(const QByteArray &line) const;

    const ConnectionString *m_sourceString;
    const ConnectionString &m_scratchString;
    const MigrationOptions &m_options;
    const Deadline &m_deadline;
    const AlembicHistory *m_history;
    MigrationReport &m_report;
    MigrationServer m_source, m_server;
    ScratchDatabase m_database; // before its server goes, it goes
    DumpPrograms m_programs;
    AlembicTable m_table; ///< of the source
    SchemaState m_before, m_first, m_second;
    MigrationRound m_round;
    MigrationStage m_stage = MigrationStage::Source;
    Instant m_begun{};
    std::optional<Error> m_refused;
};

void Round::begin(MigrationStage stage)
{
    m_stage = stage;
    m_begun = Clock::now();
}

bool Round::end(StageStatus status, const QString &detail, const QString &hint)
{
    MigrationStep &step = m_round.steps[qsizetype(m_stage)];
    step.status = status;
    step.detail = detail;
    step.hint = hint;
    if (status != StageStatus::Skipped)
        step.ms = toMs(Clock::now() - m_begun);
    if (m_options.onStep)
        m_options.onStep(m_round, step);
    return status != StageStatus::Fail;
}

bool Round::failed(const Error &error)
{
    if (isCancel(error)) {
        m_report.cancelled = true; // of this stage nothing is known
        return false;
    }
    if (error.kind == ErrorKind::Usage)
        m_refused = error;
    return failed(error.message, error.hint);
}

bool Round::readSource()
{
    begin(MigrationStage::Source);
    if (!m_sourceString)
        return end(StageStatus::Skipped, s("from an empty database"));
    if (const Result<void> open = m_source.open(*m_sourceString, m_options.access); !open)
        return failed(open.error());
    m_table = readAlembicTable(m_source.link, m_deadline);
    m_source.link.close(); // nothing of it is needed while the command runs
    if (!m_table.unreadable.isEmpty())
        return failed(s("alembic_version cannot be read: %1").arg(m_table.unreadable),
                      s("GRANT SELECT on it: without its rows the command would run all migrations again"));
    const QString is = s("PostgreSQL %1, alembic_version: %2")
                           .arg(m_source.version, m_table.exists ? versionsText(m_table.versions) : s("no table"));
    if (!m_history)
        return ok(is);
    const AlembicState state = judgeAlembic(m_table, m_history);
    const bool odd = state.agreement == AlembicAgreement::Foreign || state.agreement == AlembicAgreement::Several ||
                     (state.agreement == AlembicAgreement::NotStarted);
    return end(odd ? StageStatus::Warn : StageStatus::Ok, s("%1; %2").arg(is, state.words),
               odd ? state.hint : QString());
}

bool Round::makeScratch()
{
    begin(MigrationStage::Scratch);
    if (const Result<void> open = m_server.open(m_scratchString, m_options.access); !open)
        return failed(open.error());
    if (!chooseTools())
        return false;
    const Result<void> made = m_database.create(m_options.name, m_deadline);
    m_round.database = m_database.name();
    if (!made)
        return failed(made.error());
    return ok(s("PostgreSQL %1, database %2").arg(m_server.version, m_database.name()));
}

bool Round::chooseTools()
{
    const Result<QList<DumpPrograms>> found = findDumpPrograms(m_options.programs, m_deadline);
    if (!found)
        return failed(found.error());
    const Result<ProgramChoice> choice =
        chooseDumpPrograms(*found, std::max(m_source.major, m_server.major), m_server.major);
    if (!choice)
        return failed(choice.error());
    m_programs = choice->programs;
    return true;
}

bool Round::fill()
{
    begin(MigrationStage::Fill);
    if (m_sourceString) {
        const Result<Descriptor> dump = dumpSchema(m_programs, m_source.target, *m_sourceString, true, m_deadline);
        if (!dump)
            return failed(dump.error());
        const Result<void> restored =
            restoreSchema(m_programs, m_database.target(), m_scratchString, *dump, m_deadline);
        if (!restored)
            return failed(restored.error());
        PostgresLink link;
        if (const LinkOutcome open = link.open(m_database.target(), m_deadline); open.end != LinkEnd::Ok)
            return failed(Error{open.end == LinkEnd::Cancelled ? ErrorKind::Cancelled : ErrorKind::Refused,
                                s("the scratch database cannot be opened: %1").arg(open.message),
                                {},
                                {}});
        for (QString version : std::as_const(m_table.versions)) {
            const LinkRows put = link.query(s("insert into %1.alembic_version (version_num) values ('%2')")
                                                .arg(quotedIdentifier(m_table.schema), version.replace(u'\'', s("''"))),
                                            m_deadline);
            if (!put.isOk())
                return failed(Error{put.end == LinkEnd::Cancelled ? ErrorKind::Cancelled : ErrorKind::Protocol,
                                    s("alembic_version cannot be filled: %1").arg(put.message),
                                    {},
                                    {}});
        }
    }
    Result<SchemaState> state = readState(m_programs, m_database.target(), m_scratchString, m_deadline);
    if (!state)
        return failed(state.error());
    m_before = *std::move(state);
    m_round.before = m_before.versions;
    if (!m_sourceString)
        return end(StageStatus::Skipped, s("from an empty database"));
    return ok(s("%1 objects of the source's schema, without rows; alembic_version: %2")
                  .arg(m_before.objects.size())
                  .arg(versionsText(m_before.versions)));
}

QString Round::cut(const QByteArray &line) const
{
    QString text = saidBy(line, m_scratchString);
    if (m_sourceString)
        text = saidBy(text.toUtf8(), *m_sourceString);
    return text;
}

ProgramEnd Round::runCommand()
{
    ConnectionString scratch = m_scratchString;
    scratch.database = m_database.name();
    // Our own connection took it from there too, and the command's environment is without it.
    if (!scratch.password && qEnvironmentVariableIsSet("PGPASSWORD"))
        scratch.password = Secret(qEnvironmentVariable("PGPASSWORD"));
    ProgramEnd end;
    const Result<ConvertedConnection> url = convertConnection(scratch, formOf(m_scratchString, m_options));
    if (!url) {
        end.started = tl::unexpected(url.error());
        return end;
    }
    ChildStart how;
    how.arguments = m_options.command;
    how.variables = commandEnvironment(m_options, url->text);
    how.folder = m_options.folder;
    how.outputToErrors = true;
    return runProgram(how, m_deadline);
}

bool Round::commandFailed(const ProgramEnd &end, const QString &more)
{
    if (!end.started)
        return failed(end.started.error());
    if (end.cancelled)
        return failed(Error{ErrorKind::Cancelled, s("cancelled"), {}, {}});
    for (const QByteArray &line : end.lines)
        m_round.output.append(cut(line));
    const QString said = tellingLine(m_round.output);
    QString detail = end.timedOut       ? s("it did not end in time")
                     : end.status > 128 ? s("ended by signal %1").arg(end.status - 128)
                                        : s("exit status %1").arg(end.status);
    if (!said.isEmpty())
        detail += s(": %1").arg(said);
    if (!more.isEmpty())
        detail += s("; ") + more;
    QString hint =
        end.timedOut ? s("a longer --timeout; or it waits for an answer, or for a lock of its own") : QString();
    const QString all = m_round.output.join(u' ');
    if (all.contains(s("Multiple head revisions")))
        hint = s("alembic merge heads makes one of them, alembic upgrade heads runs all");
    else if (all.contains(s("Can't locate revision")))
        hint = s("the database has a revision that these migrations do not: another branch, or a squashed history");
    else if (all.contains(s("already exists")))
        hint = s("what exists is made again: a migration outside of alembic_version, or a schema that did not come "
                 "from these migrations");
    return failed(detail, hint.isEmpty() ? s("the last lines of its output stand below") : hint);
}

bool Round::runFirst()
{
    begin(MigrationStage::First);
    const ProgramEnd ended = runCommand();
    if (!ended.isOk()) {
        QString more;
        if (ended.started && !ended.cancelled && !m_deadline.isOver()) {
            const Result<SchemaState> now = readState(m_programs, m_database.target(), m_scratchString, m_deadline);
            if (now) {
                m_round.first = now->versions;
                m_round.left = schemaChanges(m_before, *now);
                m_round.left.removeIf([](const SchemaChange &change) { return !change.counts(); });
                more = m_round.left.isEmpty() ? s("it left nothing behind")
                                              : s("it left %1 changes behind, at alembic_version %2")
                                                    .arg(m_round.left.size())
                                                    .arg(versionsText(now->versions));
            }
        }
        return commandFailed(ended, more);
    }
    Result<SchemaState> state = readState(m_programs, m_database.target(), m_scratchString, m_deadline);
    if (!state)
        return failed(state.error());
    m_first = *std::move(state);
    m_round.first = m_first.versions;
    const qsizetype changes = schemaChanges(m_before, m_first).size();
    const QString detail =
        s("exit status 0, alembic_version: %1, %2 changes").arg(versionsText(m_first.versions)).arg(changes);
    if (m_round.fromEmpty && m_first.objects.isEmpty())
        return failed(s("%1: the scratch database is still empty").arg(detail),
                      s("the command connects to another database: does its env.py read %1? Look where it went")
                          .arg(m_options.variable));
    if (m_history && !m_history->heads.isEmpty() && m_first.versions != m_history->heads)
        return failed(s("%1: the migrations' heads are %2").arg(detail, versionsText(m_history->heads)),
                      s("the command did not run all of them, or ran them in another database than %1 names")
                          .arg(m_options.variable));
    return ok(detail);
}

bool Round::runSecond()
{
    begin(MigrationStage::Second);
    const ProgramEnd ended = runCommand();
    if (!ended.isOk())
        return commandFailed(ended);
    Result<SchemaState> state = readState(m_programs, m_database.target(), m_scratchString, m_deadline);
    if (!state)
        return failed(state.error());
    m_second = *std::move(state);
    m_round.second = m_second.versions;
    return ok(s("exit status 0, alembic_version: %1").arg(versionsText(m_second.versions)));
}

void Round::judgeChanges()
{
    begin(MigrationStage::Changes);
    m_round.changes = schemaChanges(m_first, m_second);
    const qsizetype counted = std::count_if(m_round.changes.cbegin(), m_round.changes.cend(),
                                            [](const SchemaChange &change) { return change.counts(); });
    if (counted > 0) {
        failed(s("the second run changed %1 objects").arg(counted),
               s("what runs each time has to look first: CREATE … IF NOT EXISTS, ON CONFLICT DO NOTHING, or a revision "
                 "of its own"));
        return;
    }
    if (!m_round.changes.isEmpty()) {
        ok(s("nothing but the counters of sequences: %1").arg(m_round.changes.size()));
        return;
    }
    ok(s("nothing: %1 objects, the rows of %2 tables and alembic_version are equal")
           .arg(m_second.objects.size())
           .arg(m_second.rows.size()));
}

void Round::drop()
{
    begin(MigrationStage::Drop);
    if (m_database.name().isEmpty()) {
        end(StageStatus::Skipped, s("none was made"));
        return;
    }
    const QString name = m_database.name();
    if (const Result<void> gone = m_database.drop(); gone)
        ok(s("%1 is removed").arg(name));
    else
        failed(gone.error().message, gone.error().hint);
}

Result<MigrationRound> Round::run()
{
    if (readSource() && makeScratch() && fill() && runFirst() && runSecond())
        judgeChanges();
    drop();
    if (m_refused) {
        if (const MigrationStep &step = m_round.steps.last(); step.status == StageStatus::Fail)
            m_refused->message += s("; and %1").arg(step.detail);
        return tl::unexpected(*m_refused);
    }
    return m_round;
}

Result<void> checkOptions(const ConnectionString *source, const ConnectionString &scratch,
                          const MigrationOptions &options)
{
    const auto usage = [](const QString &message, const QString &hint = {}) -> Result<void> {
        return fail(ErrorKind::Usage, message, hint);
    };
    if (options.command.isEmpty())
        return usage(s("no command is given"), s("it stands after --: db migrations … -- alembic upgrade head"));
    for (const QString &word : options.command) {
        if (word.contains(s("://")) && connectionCarriesSecret(word))
            return usage(s("a word of the command carries a password"),
                         s("everybody on this computer can read it there; the command is given %1 by its environment")
                             .arg(options.variable));
    }
    for (const ConnectionString *each : {source, &scratch}) {
        if (each && each->kind != DatabaseKind::Postgres)
            return usage(s("%1 is not PostgreSQL").arg(each->target()),
                         s("migrations are checked for PostgreSQL only"));
    }
    if (!source && !options.fromEmpty)
        return usage(s("neither a source is named nor --from-empty"),
                     s("db migrations env:DATABASE_URL --scratch …, or --from-empty for all migrations from the base"));
    if (scratch.hosts.size() > 1)
        return usage(s("the scratch server has several hosts"), s("one of them"));
    static const QRegularExpression variable(s("^[A-Za-z_][A-Za-z0-9_]*$"));
    if (!variable.match(options.variable).hasMatch())
        return usage(s("\"%1\" is no name of a variable").arg(options.variable));
    if (options.timeout.count() <= 0)
        return usage(s("a time limit is longer than nothing"));
    if (!options.name.isEmpty()) {
        if (const Result<QString> name = scratchName(options.name); !name)
            return tl::unexpected(name.error());
    }
    return {};
}

} // namespace

Result<MigrationReport> checkMigrations(const ConnectionString *source, const ConnectionString &scratch,
                                        const MigrationOptions &options)
{
    if (const Result<void> checked = checkOptions(source, scratch, options); !checked)
        return tl::unexpected(checked.error());
    std::optional<AlembicHistory> history;
    if (!options.versions.isEmpty()) {
        Result<AlembicHistory> read = readAlembicHistory(options.versions);
        if (!read)
            return tl::unexpected(read.error());
        history = *std::move(read);
    }
    MigrationReport report;
    report.source = source ? source->target() : QString();
    report.scratch = scratch.target();
    report.command = options.command;
    if (history)
        report.expected = history->heads;
    const Deadline deadline(options.timeout, options.access.cancelled);
    const AlembicHistory *known = history ? &*history : nullptr;
    QList<const ConnectionString *> rounds;
    if (source)
        rounds.append(source);
    if (options.fromEmpty)
        rounds.append(nullptr);
    for (const ConnectionString *each : std::as_const(rounds)) {
        if (report.cancelled || (!report.rounds.isEmpty() && deadline.isCancelled()))
            break;
        Round round(each, scratch, options, deadline, known, report);
        Result<MigrationRound> ran = round.run();
        if (!ran)
            return tl::unexpected(ran.error());
        report.rounds.append(*std::move(ran));
    }
    return report;
}

} // namespace Switchyard

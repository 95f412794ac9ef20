// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copy.h"

#include "models/common/numbertext.h"
#include "models/database/copy/copychecks.h"
#include "models/database/copy/copyrecord.h"
#include "models/database/copy/copyrun.h"

#include <QFileInfo>
#include <QUuid>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds aWhile{120'000}; ///< for one question before or after
constexpr Milliseconds never{qint64(1000) * 3600 * 24 * 365};
constexpr double megabyte = 1e6;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// One copy on its way.
class Copying final
{
public:
    Copying(const ConnectionString &source, const ConnectionString &target, const CopyOptions &options)
        : m_source(source)
        , m_target(target)
        , m_options(options)
        , m_deadline(options.timeout > Milliseconds(0) ? options.timeout : never, options.access.cancelled)
        , m_name(s("switchyard copy %1").arg(QUuid::createUuid().toString(QUuid::Id128).left(8)))
    {
        m_report.started = QDateTime::currentDateTimeUtc();
        m_report.planOnly = options.planOnly;
        m_report.source.name = options.sourceName.isEmpty() ? source.target() : options.sourceName;
        m_report.target.name = options.targetName.isEmpty() ? target.target() : options.targetName;
        m_report.source.target = source.target();
        m_report.target.target = target.target();
        for (const CopyStage stage : copyStages())
            m_report.steps.append({stage, StageStatus::NotReached, {}, {}, {}});
    }

    CopyReport run();

private:
    void begin() { m_begun = Clock::now(); }
    bool end(CopyStep step);
    bool end(CopyStage stage, StageStatus status, const QString &detail, const QString &hint = {})
    {
        return end(CopyStep{stage, status, {}, detail, hint});
    }
    bool end(CopyStage stage, const Error &error);
    Deadline part() const { return m_deadline.part(aWhile); }

    bool openBoth();
    bool check();
    bool choosePrograms();
    bool askAboutTheRest();
    bool copy();
    void copyFailed(const CopyRunResult &result);
    QString stateOfTarget();
    void afterwards();
    bool sequences(PostgresLink &link);
    bool analyze(PostgresLink &link);
    void compare();
    bool stayed(const QString &object) const;
    void remember();

    const ConnectionString &m_source;
    const ConnectionString &m_target;
    const CopyOptions &m_options;
    const Deadline m_deadline;
    const QString m_name;
    CopyReport m_report;
    Instant m_begun{};
    PostgresLink m_sourceLink, m_targetLink;
    PostgresOpened m_sourceOpened, m_targetOpened;
    CopyFacts m_sourceFacts, m_targetFacts;
    ProgramChoice m_choice;
    CopyCounters m_before;
    QStringList m_stays; ///< "public.kept"
    QDateTime m_copyBegun;
};

/// False: it ends here.
bool Copying::end(CopyStep step)
{
    if (!step.ms && step.status != StageStatus::Skipped)
        step.ms = toMs(Clock::now() - m_begun);
    for (CopyStep &each : m_report.steps) {
        if (each.stage == step.stage)
            each = step;
    }
    if (m_options.onStep)
        m_options.onStep(step);
    begin();
    return step.status != StageStatus::Fail && step.status != StageStatus::NotReached;
}

bool Copying::end(CopyStage stage, const Error &error)
{
    if (error.kind == ErrorKind::Cancelled || m_deadline.isCancelled()) {
        m_report.cancelled = true;
        return end(CopyStep{stage, StageStatus::NotReached, {}, s("cancelled"), {}});
    }
    return end(stage, StageStatus::Fail, error.message, error.hint);
}

bool Copying::openBoth()
{
    DatabaseAccess access = m_options.access;
    begin();
    const auto one = [&](CopyStage stage, PostgresLink &link, const ConnectionString &connection,
                         PostgresOpened &opened, CopyFacts &facts, CopyEnd &shown) {
        const Result<void> open = openPostgres(link, connection, access, &opened);
        if (!open)
            return end(stage, open.error());
        const Result<CopyFacts> read = readCopyFacts(link, part());
        if (!read)
            return end(stage, read.error());
        facts = *read;
        findCopyPooler(link, connection, opened, part(), facts);
        if (!link.isOpen())
            return end(stage, {ErrorKind::Io, s("the connection was lost"), {}, {}});
        shown.server = s("PostgreSQL %1").arg(facts.versionText);
        shown.major = facts.major();
        shown.user = facts.user;
        shown.database = facts.database;
        return true;
    };
    return one(CopyStage::Source, m_sourceLink, m_source, m_sourceOpened, m_sourceFacts, m_report.source) &&
           end(judgeSource(m_source, m_sourceFacts, m_options)) &&
           one(CopyStage::Target, m_targetLink, m_target, m_targetOpened, m_targetFacts, m_report.target) &&
           end(judgeTarget(m_target, m_sourceFacts, m_targetFacts, m_options));
}

bool Copying::choosePrograms()
{
    const Result<QList<DumpPrograms>> found = findDumpPrograms(m_options.programs, m_deadline);
    if (!found)
        return end(CopyStage::Programs, found.error());
    const Result<ProgramChoice> choice = chooseDumpPrograms(*found, m_sourceFacts.major(), m_targetFacts.major());
    if (!choice)
        return end(CopyStage::Programs, choice.error());
    m_choice = *choice;
    m_report.programs =
        s("pg_dump %1 (%2)").arg(m_choice.programs.version, QFileInfo(m_choice.programs.dump).absolutePath());
    if (!m_choice.warning.isEmpty())
        return end(CopyStage::Programs, StageStatus::Warn, s("%1; %2").arg(m_report.programs, m_choice.warning),
                   s("programs of the target's version, if they are not older than the source: --programs DIR"));
    return end(CopyStage::Programs, StageStatus::Ok, m_report.programs);
}

/// Everything that can be known beforehand; nothing is written.
bool Copying::check()
{
    if (!choosePrograms())
        return false;
    const CopyAmount amount = copyAmount(m_sourceFacts, m_options);
    m_report.tables = amount.tables;
    m_report.sourceBytes = amount.bytes;
    for (const QString &each : m_options.excludeTableData) {
        if (m_sourceFacts.table(each))
            m_report.withoutRows.append(each);
    }
    const CopyCollisions found = collisions(m_sourceFacts, m_targetFacts, m_options);
    for (const CopyRelation &each : found.both)
        (m_options.clean.isEmpty() ? m_report.stays : m_report.willDelete).append(relationText(each));
    for (const CopyRelation &each : found.only) {
        m_report.stays.append(relationText(each));
        m_stays.append(each.shown());
    }
    if (m_options.finalSync)
        m_report.freeze = freezeSteps(m_sourceFacts, m_options.sourcePlatform);
    return end(judgeContents(m_sourceFacts, m_targetFacts, m_options)) && end(judgeSpace(m_sourceFacts, m_options)) &&
           askAboutTheRest();
}

bool Copying::askAboutTheRest()
{
    const Result<QList<CopyExtension>> extensions = readExtensions(m_sourceLink, m_targetLink, part());
    if (!extensions)
        return end(CopyStage::Extensions, extensions.error());
    if (!end(judgeExtensions(*extensions, m_targetFacts, m_options)))
        return false;
    m_report.leftOut = readLeftOut(m_sourceLink, part());
    if (m_deadline.isCancelled() || !m_sourceLink.isOpen())
        return end(CopyStage::Owners, {ErrorKind::Io, s("the source's connection was lost"), {}, {}});
    end(CopyStage::Owners, StageStatus::Ok,
        m_report.leftOut.isEmpty() ? s("nothing is left out") : s("left out: %1").arg(m_report.leftOut.join(s("; "))));
    // Before the dump's snapshot: what is written in between is told twice rather than never.
    m_before = readCounters(m_sourceLink, part());
    const QString file = copyRecordFile(m_options.recordFolder, m_sourceFacts, m_targetFacts);
    m_report.history = historySince(readCopyRecord(file), m_sourceFacts, m_before);
    const QString writers = readWriters(m_sourceLink, part());
    if (m_deadline.isCancelled() || !m_sourceLink.isOpen())
        return end(CopyStage::Writes, {ErrorKind::Io, s("the source's connection was lost"), {}, {}});
    return end(judgeWrites(writers, m_report.history, m_options));
}

bool Copying::copy()
{
    const Result<CopyAccess> source = copyAccess(m_sourceOpened.target, m_name);
    const Result<CopyAccess> target = copyAccess(m_targetOpened.target, m_name);
    if (!source || !target)
        return end(CopyStage::Copy, source ? target.error() : source.error());
    CopyRunInput input;
    input.choice = m_choice;
    input.source = &*source;
    input.target = &*target;
    input.sourceString = &m_source;
    input.targetString = &m_target;
    input.database = m_targetFacts.database;
    input.deletes = !m_options.clean.isEmpty();
    for (const QString &each : m_options.excludeTableData) {
        if (const CopyRelation *table = m_sourceFacts.table(each))
            input.withoutRows.append(*table);
    }
    input.intoSchemas =
        !schemasOfBoth(m_sourceFacts, m_targetFacts, m_options).isEmpty() && !m_options.schemas.isEmpty();
    for (const CopyRelation &each : std::as_const(m_sourceFacts.relations)) {
        const bool copied = m_options.schemas.isEmpty() || m_options.schemas.contains(each.schema);
        if (each.kind == 'r' && copied && !m_options.excludeTableData.contains(each.shown()))
            input.sizes.insert(each.shown(), each.bytes);
    }
    // Idle for as long as the copy takes, a proxy in between would end them.
    m_sourceLink.close();
    m_targetLink.close();
    m_copyBegun = QDateTime::currentDateTimeUtc();
    begin();
    const CopyRunResult result = runCopy(input, m_options, m_deadline);
    m_report.dumpBytes = result.bytes;
    m_report.dumpSeconds = result.seconds;
    if (!result.ownFailure)
        m_report.file = m_options.file;
    if (result.end != CopyRunResult::End::Done) {
        copyFailed(result);
        return false;
    }
    m_report.targetChanged = true;
    m_report.deleted = m_report.willDelete;
    const double rate = result.seconds > 0 ? double(result.bytes) / megabyte / result.seconds : 0;
    const QString rows = s("the rows of %1").arg(countedText(result.tables, "table", "tables"));
    const QString amount = m_options.jobs > 1 ? rows
                                              : s("%1, %2 MB of dump, %3 MB/s")
                                                    .arg(rows)
                                                    .arg(double(result.bytes) / megabyte, 0, 'f', 1)
                                                    .arg(rate, 0, 'f', 1);
    end(CopyStage::Copy, StageStatus::Ok,
        s("%1%2%3").arg(amount, m_options.file.isEmpty() ? QString() : s(", kept in %1").arg(m_options.file),
                        m_options.jobs > 1 ? QString() : s(", in one transaction")));
    return true;
}

void Copying::copyFailed(const CopyRunResult &result)
{
    for (const ConnectionString *each : {&m_source, &m_target})
        endLeftConnections(*each, m_options.access, m_name);
    const QString state = result.ownFailure || !result.restoring ? s("the target was not touched") : stateOfTarget();
    const QString detail = s("%1; %2").arg(result.detail, state);
    if (result.end == CopyRunResult::End::Cancelled) {
        m_report.cancelled = true;
        end(CopyStage::Copy, StageStatus::NotReached, detail, result.hint);
    } else {
        end(CopyStage::Copy, StageStatus::Fail, detail, result.hint);
    }
}

/// Asks the target what the failure left there.
QString Copying::stateOfTarget()
{
    DatabaseAccess access = m_options.access;
    access.cancelled = {}; // a cancel leads here
    PostgresLink link;
    const Result<void> open = openPostgres(link, m_target, access);
    const Deadline deadline(aWhile);
    const Result<CopyFacts> now = open ? readCopyFacts(link, deadline) : tl::unexpected(open.error());
    if (!now) {
        m_report.targetChanged = true;
        return m_options.jobs > 1
                   ? s("the target cannot be asked what it holds now")
                   : s("the target cannot be asked now; what was not committed is gone when it is up again");
    }
    const auto names = [](const CopyFacts &facts) {
        QStringList list;
        for (const CopyRelation &each : facts.relations)
            list.append(relationText(each));
        return list;
    };
    const QStringList before = names(m_targetFacts);
    const QStringList after = names(*now);
    m_report.targetChanged = before != after;
    if (!m_report.targetChanged)
        return after.isEmpty() ? s("the target is empty, as it was")
                               : s("the target has what it had: %1 tables, views and sequences").arg(after.size());
    return m_options.jobs > 1 ? s("the target holds a part of it: %1 tables, views and sequences").arg(after.size())
                              : s("the target was committed all the same, or somebody else wrote to it: %1 tables, "
                                  "views and sequences, "
                                  "%2 before")
                                    .arg(after.size())
                                    .arg(before.size());
}

bool Copying::sequences(PostgresLink &link)
{
    int looked = 0;
    const Result<QStringList> behind = sequencesBehind(link, part(), looked);
    if (!behind)
        return end(CopyStage::Sequences, behind.error());
    if (behind->isEmpty())
        return end(CopyStage::Sequences, StageStatus::Ok,
                   looked == 0 ? s("no column is numbered by a sequence")
                               : s("%1 are at or past the column they number").arg(looked));
    return end(CopyStage::Sequences, StageStatus::Warn,
               s("behind the column they number, so that the next insert collides: %1").arg(behind->join(s(", "))),
               s("SELECT setval(sequence, (SELECT max(column) FROM table)); the source has the same fault"));
}

bool Copying::analyze(PostgresLink &link)
{
    if (!m_options.analyze)
        return end(CopyStage::Analyze, StageStatus::Skipped, s("not asked for"),
                   s("the planner knows nothing of the new tables until ANALYZE or autovacuum"));
    const LinkRows rows = link.query(s("analyze"), m_deadline);
    if (!rows.isOk() && m_deadline.isCancelled())
        return end(CopyStage::Analyze, {ErrorKind::Cancelled, {}, {}, {}});
    if (!rows.isOk())
        return end(CopyStage::Analyze, StageStatus::Warn, s("ANALYZE failed: %1").arg(rows.message),
                   s("run it by hand: until then the planner guesses"));
    return end(CopyStage::Analyze, StageStatus::Ok, s("the planner's statistics are new"));
}

/// The copy is there: what fails from here on does not take it back.
void Copying::afterwards()
{
    DatabaseAccess access = m_options.access;
    begin();
    const Result<void> target = openPostgres(m_targetLink, m_target, access);
    if (!target) {
        end(CopyStage::Sequences, target.error());
        return;
    }
    if (!sequences(m_targetLink) || !analyze(m_targetLink))
        return;
    m_targetLink.close();
    compare();
}

void Copying::remember()
{
    CopyRecord record;
    record.begun = m_copyBegun;
    record.source = m_source.target();
    record.target = m_target.target();
    record.identity = m_sourceFacts.identity;
    record.instance = m_sourceFacts.instance;
    record.counters = m_before;
    const Result<void> written =
        writeCopyRecord(copyRecordFile(m_options.recordFolder, m_sourceFacts, m_targetFacts), record);
    if (!written)
        m_report.leftOut.append(
            s("the record of this copy could not be written (%1): the next one cannot tell what was "
              "written since")
                .arg(written.error().message));
    PostgresLink link;
    if (!openPostgres(link, m_source, m_options.access))
        return;
    const CopyCounters after = readCounters(link, part());
    if (!m_before.isKnown || !after.isKnown)
        return;
    for (const CopyWrites &each : writesBetween(m_before, after))
        m_report.writtenMeanwhile.append(each.table);
}

/// "public.kept", or something of it: "public.kept.x".
bool Copying::stayed(const QString &object) const
{
    return std::any_of(m_stays.cbegin(), m_stays.cend(), [&object](const QString &each) {
        return object == each || object.startsWith(each + QLatin1Char('.'));
    });
}

void Copying::compare()
{
    if (!m_options.compareAfter) {
        end(CopyStage::Compare, StageStatus::Skipped, s("not asked for"), s("db compare with the same two"));
        return;
    }
    CompareOptions options = m_options.compare;
    options.access = m_options.access;
    options.sourceName = m_options.sourceName;
    options.targetName = m_options.targetName;
    if (options.schemas.isEmpty())
        options.schemas = m_options.schemas;
    options.withoutRows += m_options.excludeTableData;
    if (m_options.timeout > Milliseconds(0))
        options.timeout = std::min(options.timeout, m_deadline.left());
    options.onProgress = [this](const CompareProgress &progress) {
        if (!m_options.onProgress)
            return;
        CopyProgress shown;
        shown.stage = CopyStage::Compare;
        shown.object = s("%1 %2").arg(progress.phase, progress.object).trimmed();
        shown.tablesDone = int(progress.done);
        shown.tables = int(progress.total);
        m_options.onProgress(shown);
    };
    CompareReport comparison = compareDatabases(m_source, m_target, options);
    for (CompareRow &row : comparison.rows) {
        if (!row.isDifference())
            continue;
        // What was at the target before and stays there is no fault of the copy's.
        if (row.status == CompareStatus::OnlyTarget && stayed(row.object))
            comparison.expect(row, s("it was at the target before"));
        else if (!m_options.schemas.isEmpty() &&
                 (row.kind == QLatin1StringView("extension") || row.kind == QLatin1StringView("large-objects")))
            comparison.expect(row, s("a copy of single schemas leaves it out"));
    }
    m_report.cancelled = m_report.cancelled || comparison.cancelled;
    const CompareVerdict verdict = comparison.verdict();
    const QString reasons = comparison.reasons().join(s("; "));
    m_report.comparison = std::move(comparison);
    if (verdict == CompareVerdict::Pass) {
        end(CopyStage::Compare, StageStatus::Ok, reasons);
        return;
    }
    const bool written = !m_report.writtenMeanwhile.isEmpty();
    end(CopyStage::Compare, verdict == CompareVerdict::Fail ? StageStatus::Fail : StageStatus::Warn,
        written ? s("%1; the source was written meanwhile: %2").arg(reasons, m_report.writtenMeanwhile.join(s(", ")))
                : reasons,
        written ? s("freeze writes and copy again: --final says how")
                : s("db compare shows the differences one by one"));
}

CopyReport Copying::run()
{
    const auto finish = [this] {
        m_report.ended = QDateTime::currentDateTimeUtc();
        m_report.cancelled = m_report.cancelled || m_deadline.isCancelled();
        return m_report;
    };
    if (!openBoth() || !check())
        return finish();
    if (m_options.planOnly) {
        for (const CopyStage stage : {CopyStage::Copy, CopyStage::Sequences, CopyStage::Analyze, CopyStage::Compare})
            end(CopyStep{stage, StageStatus::Skipped, {}, s("only planned"), {}});
        return finish();
    }
    if (copy()) {
        remember();
        afterwards();
    }
    return finish();
}

} // namespace

QList<CopyStage> copyStages()
{
    return {CopyStage::Source, CopyStage::Target,     CopyStage::Programs, CopyStage::Contents,
            CopyStage::Space,  CopyStage::Extensions, CopyStage::Owners,   CopyStage::Writes,
            CopyStage::Copy,   CopyStage::Sequences,  CopyStage::Analyze,  CopyStage::Compare};
}

QString copyStageName(CopyStage stage)
{
    static const char *const names[] = {"source", "target", "programs", "contents",  "space",   "extensions",
                                        "owners", "writes", "copy",     "sequences", "analyze", "compare"};
    return s(names[int(stage)]);
}

QString copyVerdictName(CopyVerdict verdict)
{
    static const char *const names[] = {"pass", "fail", "inconclusive"};
    return s(names[int(verdict)]);
}

const CopyStep *CopyReport::failed() const
{
    const auto found = std::find_if(steps.cbegin(), steps.cend(),
                                    [](const CopyStep &each) { return each.status == StageStatus::Fail; });
    return found == steps.cend() ? nullptr : &*found;
}

CopyVerdict CopyReport::verdict() const
{
    if (failed())
        return CopyVerdict::Fail;
    const bool open = std::any_of(steps.cbegin(), steps.cend(),
                                  [](const CopyStep &each) { return each.status == StageStatus::NotReached; });
    if (cancelled || open || (comparison && comparison->verdict() == CompareVerdict::Inconclusive))
        return CopyVerdict::Inconclusive;
    return CopyVerdict::Pass;
}

Result<void> copyOptionsFit(const CopyOptions &options)
{
    if (options.jobs < 1 || (options.jobs > 1 && options.file.isEmpty()))
        return fail(ErrorKind::Usage, s("several jobs need a folder for the dump"), s("--file FOLDER with --jobs"));
    if (options.jobs > 1 && !options.clean.isEmpty())
        return fail(ErrorKind::Usage,
                    s("several jobs are not one transaction: --clean would delete before it is known "
                      "whether the rest can be made"),
                    s("--clean with one job, or an empty target"));
    if (!options.file.isEmpty() && QFileInfo::exists(options.file))
        return fail(ErrorKind::Usage, s("%1 is there already").arg(options.file),
                    s("another name: no dump is overwritten"));
    return {};
}

Result<void> copyable(const ConnectionString &source, const ConnectionString &target, const CopyOptions &options)
{
    if (source.kind != DatabaseKind::Postgres || target.kind != DatabaseKind::Postgres)
        return fail(ErrorKind::Usage, s("only PostgreSQL is copied here, into PostgreSQL"),
                    s("mongodump and mongorestore, redis-cli --rdb, or a copy of SQLite's file"));
    if (const Result<void> fit = copyOptionsFit(options); !fit)
        return fit;
    if (!options.clean.isEmpty() && target.database && *target.database != options.clean)
        return fail(
            ErrorKind::Usage,
            s("--clean names the database \"%1\", and the target is \"%2\"").arg(options.clean, *target.database),
            s("nothing is deleted unless the database is named letter for letter"));
    return {};
}

CopyReport copyDatabase(const ConnectionString &source, const ConnectionString &target, const CopyOptions &options)
{
    if (const Result<void> possible = copyable(source, target, options); !possible) {
        CopyReport report;
        report.started = report.ended = QDateTime::currentDateTimeUtc();
        report.source.target = source.target();
        report.target.target = target.target();
        for (const CopyStage stage : copyStages())
            report.steps.append({stage, StageStatus::NotReached, {}, {}, {}});
        report.steps.first().status = StageStatus::Fail;
        report.steps.first().detail = possible.error().message;
        report.steps.first().hint = possible.error().hint;
        return report;
    }
    return Copying(source, target, options).run();
}

} // namespace Switchyard

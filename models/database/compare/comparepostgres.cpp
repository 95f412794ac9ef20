// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/comparedata.h"
#include "models/database/compare/compares.h"

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isOneDatabase(const CompareSession &source, const CompareSession &target, const CompareReport &report)
{
    return report.source.host == report.target.host &&
           source.catalogue().settings.value(s("(database)")) == target.catalogue().settings.value(s("(database)"));
}

void addNotes(const CompareFilter &filter, const CompareOptions &options, CompareReport &report)
{
    report.notes += filter.notes();
    if (!options.withoutRows.isEmpty())
        report.notes.append(s("rows not compared, as asked: %1").arg(options.withoutRows.join(s(", "))));
    report.notes.append(
        options.checksums
            ? s("Tables of up to %1 rows were read wholly. Of larger ones the first and last %2 by their "
                "primary key and about as many between were compared: a row that differs elsewhere is not "
                "seen.")
                  .arg(options.sampleRows * 10)
                  .arg(options.sampleRows)
            : s("Contents of rows were not compared, only their number."));
    report.notes.append(s("Not compared: comments, storage parameters, contents of large objects, contents of "
                          "materialized views and foreign tables, roles, settings of roles and databases; collations, "
                          "operators, casts, text search, foreign servers and publications by name only."));
}

} // namespace

void comparePostgres(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                     CompareReport &report)
{
    const Deadline deadline(options.timeout, options.access.cancelled);
    CompareSession left(source, options, deadline, report.source);
    CompareSession right(target, options, deadline, report.target);
    const auto phase = [&](const char *name) {
        if (options.onProgress)
            options.onProgress({s(name), 0, 0, {}});
    };
    phase("open");
    bool leftOpen = false;
    bool rightOpen = false;
    together([&] { leftOpen = left.open(); }, [&] { rightOpen = right.open(); });
    CompareFilter filter(options);
    if (leftOpen && rightOpen) {
        phase("catalogue");
        together([&] { leftOpen = left.readCatalogue(); }, [&] { rightOpen = right.readCatalogue(); });
    }
    if (leftOpen && rightOpen) {
        if (isOneDatabase(left, right, report))
            report.notes.append(s("Both sides are one database: it was compared with itself."));
        compareCatalogues(left.catalogue(), right.catalogue(), filter, options.strictOwners, report);
        together([&] { left.openOthers(); }, [&] { right.openOthers(); });
        CompareData data(left, right, filter, options);
        data.measure();
        together([&] { left.finish(); }, [&] { right.finish(); });
        data.report(filter, report);
        report.notes += left.notes + right.notes;
        addNotes(filter, options, report);
    } else {
        together([&] { left.finish(); }, [&] { right.finish(); });
    }
    if (deadline.isOver() && report.verdict() == CompareVerdict::Inconclusive)
        report.notes.append(s("The time of the whole was over (--timeout)."));
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/compare/compares.h"
#include "models/database/compare/mongodata.h"

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isOneDatabase(const MongoSide &left, const MongoSide &right)
{
    const MongoOpened &a = left.opened();
    const MongoOpened &b = right.opened();
    return left.database() == right.database() && a.name == b.name && a.setName == b.setName;
}

void addNotes(const CompareFilter &filter, const CompareOptions &options, CompareReport &report)
{
    report.notes += filter.notes();
    report.notes.append(s("MongoDB gives no snapshot that would last: each collection was read for itself, the later "
                          "ones later, so that a source in use may look as if the target lacked something."));
    report.notes.append(
        options.checksums
            ? s("Collections of up to %1 documents were read wholly. Of larger ones the first and last %2 by _id and "
                "about as many between were compared: a document that differs elsewhere, or that only the target has, "
                "is not seen.")
                  .arg(options.sampleRows * 10)
                  .arg(options.sampleRows)
            : s("Contents of documents were not compared, only their number."));
    report.notes.append(s("Not compared: documents of views, users and roles, collections named system.* (profiles, "
                          "stored functions), options of the storage engine, shard keys, other databases, search "
                          "indexes of Atlas. Only the names and definitions of indexes were read, not whether they "
                          "are built to their end."));
}

} // namespace

void compareMongo(const ConnectionString &source, const ConnectionString &target, const CompareOptions &options,
                  CompareReport &report)
{
    const Deadline deadline(options.timeout, options.access.cancelled);
    MongoSide left(source, options, deadline, report.source);
    MongoSide right(target, options, deadline, report.target);
    const auto phase = [&](const char *name) {
        if (options.onProgress)
            options.onProgress({s(name), 0, 0, {}});
    };
    phase("open");
    bool leftOpen = false;
    bool rightOpen = false;
    together([&] { leftOpen = left.open(); }, [&] { rightOpen = right.open(); });
    CompareFilter filter(options, CompareFilter::Names::Whole);
    MongoCatalogue here, there;
    if (leftOpen && rightOpen) {
        phase("catalogue");
        together([&] { left.openOthers(); }, [&] { right.openOthers(); });
        std::mutex mutex;
        qint64 done = 0;
        qint64 totals[2]{0, 0};
        const auto step = [&](int which, qsizetype total) {
            const std::lock_guard lock(mutex);
            totals[which] = total;
            if (options.onProgress)
                options.onProgress({s("catalogue"), ++done, std::max(totals[0] + totals[1], done), {}});
        };
        together(
            [&] {
                leftOpen = readMongoCatalogue(
                    left, filter, [&](qsizetype all) { step(0, all); }, here);
            },
            [&] {
                rightOpen = readMongoCatalogue(
                    right, filter, [&](qsizetype all) { step(1, all); }, there);
            });
    }
    if (leftOpen && rightOpen) {
        if (isOneDatabase(left, right))
            report.notes.append(s("Both sides are one database: it was compared with itself."));
        compareMongoCatalogues(left, right, here, there, filter, report);
        MongoData data(left, right, here, there, filter, options);
        data.measure();
        together([&] { left.finish(); }, [&] { right.finish(); });
        data.report(filter, report);
        addNotes(filter, options, report);
    } else {
        together([&] { left.close(); }, [&] { right.close(); });
    }
    report.notes = left.notes + right.notes + report.notes;
    if (deadline.isOver() && report.verdict() == CompareVerdict::Inconclusive)
        report.notes.append(s("The time of the whole was over (--timeout)."));
}

} // namespace Switchyard

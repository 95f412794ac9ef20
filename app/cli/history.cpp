// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/beside.h"
#include "app/cli/commands.h"
#include "models/common/duration.h"
#include "models/history/checker.h"
#include "models/history/export.h"
#include "models/history/reader.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>
#include <QLocale>

namespace Switchyard::Cli {

namespace {

/// Nothing: the problem was printed.
std::optional<QString> fileOf(const Global &global, const HistoryCommandOptions &options)
{
    if (!options.file.isEmpty())
        return options.file;
    const std::optional<Workspace> workspace = readWorkspace(global);
    return workspace ? std::optional(historyFileOf(*workspace)) : std::nullopt;
}

QString timeText(std::optional<qint64> timeMs)
{
    return timeMs ? QDateTime::fromMSecsSinceEpoch(*timeMs, Qt::UTC).toString(Qt::ISODateWithMs) : QString();
}

/// "2026-11-21", "2026-11-21T10:00:00+01:00" (without a zone: this computer's) or an age such as "7d".
Result<qint64> timeOf(const QString &name, const QString &text, qint64 absent)
{
    if (text.isEmpty())
        return absent;
    if (const Result<Milliseconds> age = parseDuration(text))
        return QDateTime::currentMSecsSinceEpoch() - age->count();
    const QDateTime time = QDateTime::fromString(text, Qt::ISODateWithMs);
    if (time.isValid())
        return time.toMSecsSinceEpoch();
    return fail(ErrorKind::Usage, QStringLiteral("%1 %2 is no time").arg(name, text),
                QStringLiteral("write it like 2026-11-21, 2026-11-21T10:00Z, or 7d for seven days ago"));
}

Result<HistoryFormat> formatOf(const HistoryCommandOptions &options)
{
    const QString word = options.format.isEmpty() ? QFileInfo(options.out).suffix().toLower() : options.format;
    if (word == QLatin1StringView("csv"))
        return HistoryFormat::Csv;
    if (word == QLatin1StringView("jsonl") || (options.format.isEmpty() && word == QLatin1StringView("ndjson")))
        return HistoryFormat::JsonLines;
    if (options.format.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("the form of %1 is not known by its name").arg(options.out),
                    QStringLiteral("add --format csv or --format jsonl"));
    return fail(ErrorKind::Usage, QStringLiteral("--format %1: there is no such form").arg(options.format),
                QStringLiteral("csv or jsonl"));
}

struct Window
{
    qint64 fromMs = INT64_MIN / 2, toMs = INT64_MAX / 2;
};

Result<Window> windowOf(const HistoryCommandOptions &options)
{
    Window window;
    const Result<qint64> from = timeOf(QStringLiteral("--from"), options.from, window.fromMs);
    if (!from)
        return tl::unexpected(from.error());
    const Result<qint64> to = timeOf(QStringLiteral("--to"), options.to, window.toMs);
    if (!to)
        return tl::unexpected(to.error());
    if (*from >= *to)
        return fail(ErrorKind::Usage, QStringLiteral("--from is not before --to"));
    return Window{*from, *to};
}

/// The names asked for, or all; an unknown one is an error.
Result<QStringList> seriesOf(const HistoryReader &reader, const QStringList &asked)
{
    const Result<QStringList> known = reader.series();
    if (!known || asked.isEmpty())
        return known;
    for (const QString &name : asked) {
        if (!known->contains(name))
            return fail(ErrorKind::Usage, QStringLiteral("there is no series \"%1\"").arg(name),
                        QStringLiteral("switchyard-cli history list names them"));
    }
    QStringList once = asked;
    once.removeDuplicates();
    return once;
}

} // namespace

int runHistoryExport(const Global &global, const HistoryCommandOptions &options)
{
    const Result<HistoryFormat> format = formatOf(options);
    if (!format)
        return reportError(format.error());
    const Result<Window> window = windowOf(options);
    if (!window)
        return reportError(window.error());
    const std::optional<QString> file = fileOf(global, options);
    if (!file)
        return exitUsage;
    const Result<HistoryReader> reader = HistoryReader::open(*file);
    if (!reader)
        return reportError(reader.error());
    const Result<QStringList> series = seriesOf(*reader, options.series);
    if (!series)
        return reportError(series.error());
    const Result<qint64> count = besideEventLoop([&](std::stop_token stop) {
        return exportHistory(*reader, *series, window->fromMs, window->toMs, options.out, *format,
                             [&stop] { return stop.stop_requested(); });
    });
    if (!count)
        return reportError(count.error());
    if (global.json)
        printJson(
            {{QStringLiteral("schema"), QStringLiteral("switchyard.history-export/1")},
             {QStringLiteral("file"), *file},
             {QStringLiteral("out"), options.out},
             {QStringLiteral("form"), *format == HistoryFormat::Csv ? QStringLiteral("csv") : QStringLiteral("jsonl")},
             {QStringLiteral("series"), QJsonArray::fromStringList(*series)},
             {QStringLiteral("samples"), *count}});
    else
        printResult(
            QStringLiteral("%1 samples of %2 series written to %3\n").arg(*count).arg(series->size()).arg(options.out));
    return exitPass;
}

int runHistoryCheck(const Global &global, const HistoryCommandOptions &options)
{
    const std::optional<QString> file = fileOf(global, options);
    if (!file)
        return exitUsage;
    const Result<HistoryFindings> findings = besideEventLoop(
        [&](std::stop_token stop) { return checkHistory(*file, [&stop] { return stop.stop_requested(); }); });
    if (!findings)
        return reportError(findings.error());
    const bool good = findings->problems.isEmpty();
    if (global.json) {
        QJsonObject result{{QStringLiteral("schema"), QStringLiteral("switchyard.history-check/1")},
                           {QStringLiteral("file"), *file},
                           {QStringLiteral("version"), findings->version},
                           {QStringLiteral("bytes"), findings->bytes},
                           {QStringLiteral("damaged"), !good},
                           {QStringLiteral("problems"), QJsonArray::fromStringList(findings->problems)}};
        // What was not counted, because pages are damaged, is not 0.
        if (good) {
            result.insert(QStringLiteral("series"), findings->series);
            result.insert(QStringLiteral("samples"), findings->samples);
            result.insert(QStringLiteral("rollups"), findings->rollups);
            result.insert(QStringLiteral("events"), findings->events);
            result.insert(QStringLiteral("clock_doubt"), findings->clockDoubt.isEmpty()
                                                             ? QJsonValue(QJsonValue::Null)
                                                             : QJsonValue(findings->clockDoubt));
        }
        printJson(result);
    } else {
        QString text = QStringLiteral("%1: %2, %3\n")
                           .arg(*file, good ? QStringLiteral("good") : QStringLiteral("DAMAGED"),
                                QLocale::c().formattedDataSize(findings->bytes));
        if (good)
            text += QStringLiteral("  %1 samples, %2 hours rolled up, %3 events of %4 series\n")
                        .arg(findings->samples)
                        .arg(findings->rollups)
                        .arg(findings->events)
                        .arg(findings->series);
        if (!findings->clockDoubt.isEmpty())
            text += QStringLiteral("  %1\n").arg(findings->clockDoubt);
        for (const QString &problem : findings->problems)
            text += QStringLiteral("  ") + problem + QLatin1Char('\n');
        if (!good)
            text += QStringLiteral("  hint: recording sets a damaged file aside and begins a new one\n");
        printResult(text);
    }
    return good ? exitPass : exitFail;
}

int runHistoryList(const Global &global, const HistoryCommandOptions &options)
{
    const std::optional<QString> file = fileOf(global, options);
    if (!file)
        return exitUsage;
    const Result<HistoryReader> reader = HistoryReader::open(*file);
    if (!reader)
        return reportError(reader.error());
    const Result<std::vector<HistorySeries>> all = reader->summaries();
    if (!all)
        return reportError(all.error());
    if (global.json) {
        QJsonArray list;
        for (const HistorySeries &series : *all) {
            QJsonObject object{{QStringLiteral("series"), series.key}, {QStringLiteral("samples"), series.samples}};
            if (series.firstMs && series.lastMs) {
                object.insert(QStringLiteral("first"), timeText(series.firstMs));
                object.insert(QStringLiteral("last"), timeText(series.lastMs));
            }
            list.append(object);
        }
        printJson({{QStringLiteral("schema"), QStringLiteral("switchyard.history-list/1")},
                   {QStringLiteral("file"), *file},
                   {QStringLiteral("series"), list}});
        return exitPass;
    }
    QString text;
    for (const HistorySeries &series : *all)
        text += QStringLiteral("%1  %2 samples  %3  %4\n")
                    .arg(series.key, -40)
                    .arg(series.samples, 10)
                    .arg(timeText(series.firstMs), timeText(series.lastMs));
    printResult(all->empty() ? QStringLiteral("nothing is recorded in %1\n").arg(*file) : text);
    return exitPass;
}

} // namespace Switchyard::Cli

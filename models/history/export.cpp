// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/export.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <array>

namespace Switchyard {

namespace {

constexpr qint64 rowsBetweenLooks = 10'000;

struct Column
{
    const char *name;
    std::optional<qint64> HistorySample::*value;
};
constexpr std::array<Column, 6> columns{{{"latency_us", &HistorySample::latencyUs},
                                         {"dns_us", &HistorySample::dnsUs},
                                         {"connect_us", &HistorySample::connectUs},
                                         {"tls_us", &HistorySample::tlsUs},
                                         {"first_byte_us", &HistorySample::firstByteUs},
                                         {"transfer_us", &HistorySample::transferUs}}};

QByteArray quoted(const QString &text)
{
    QByteArray utf8 = text.toUtf8();
    if (!utf8.contains('"') && !utf8.contains(',') && !utf8.contains('\n') && !utf8.contains('\r'))
        return utf8;
    return '"' + utf8.replace('"', "\"\"") + '"';
}

QString timeText(qint64 timeMs)
{
    return QDateTime::fromMSecsSinceEpoch(timeMs, Qt::UTC).toString(Qt::ISODateWithMs);
}

QByteArray csvHeader()
{
    QByteArray line = "series,time,time_ms,state";
    for (const Column &column : columns)
        line += ',' + QByteArray(column.name);
    return line + ",status,note\n";
}

QByteArray csvLine(const HistorySample &sample)
{
    QByteArray line = quoted(sample.series) + ',' + timeText(sample.timeMs).toUtf8() + ',' +
                      QByteArray::number(sample.timeMs) + ',' + historyStateName(sample.state).toUtf8();
    for (const Column &column : columns) {
        const std::optional<qint64> value = sample.*column.value;
        line += ',' + (value ? QByteArray::number(*value) : QByteArray());
    }
    line += ',' + (sample.status > 0 ? QByteArray::number(sample.status) : QByteArray());
    return line + ',' + quoted(sample.note) + '\n';
}

QByteArray jsonLine(const HistorySample &sample)
{
    QJsonObject object{{QStringLiteral("series"), sample.series},
                       {QStringLiteral("time"), timeText(sample.timeMs)},
                       {QStringLiteral("time_ms"), sample.timeMs},
                       {QStringLiteral("state"), historyStateName(sample.state)}};
    for (const Column &column : columns) {
        if (const std::optional<qint64> value = sample.*column.value)
            object.insert(QLatin1StringView(column.name), *value);
    }
    if (sample.status > 0)
        object.insert(QStringLiteral("status"), sample.status);
    if (!sample.note.isEmpty())
        object.insert(QStringLiteral("note"), sample.note);
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

} // namespace

Result<qint64> exportHistory(const HistoryReader &reader, const QStringList &series, qint64 startMs, qint64 endMs,
                             const QString &path, HistoryFormat format, const std::function<bool()> &stopped)
{
    // A device would be replaced by a file, where the rights allow it.
    if (const QFileInfo target(path); target.exists() && !target.isFile())
        return fail(ErrorKind::Usage, QStringLiteral("%1 is not a regular file").arg(path));
    QSaveFile file(path);
    const auto failed = [&] { return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, file.errorString())); };
    if (!file.open(QIODevice::WriteOnly))
        return failed();
    qint64 count = 0;
    bool written = true;
    bool cancelled = false;
    if (format == HistoryFormat::Csv)
        written = file.write(csvHeader()) > 0;
    const auto take = [&](const HistorySample &sample) {
        const QByteArray line = format == HistoryFormat::Csv ? csvLine(sample) : jsonLine(sample);
        ++count;
        cancelled = stopped && count % rowsBetweenLooks == 0 && stopped();
        written = file.write(line) == line.size();
        return written && !cancelled;
    };
    for (const QString &key : series) {
        if (!written || cancelled)
            break;
        if (const Result<void> read = reader.eachSample(key, startMs, endMs, -1, take); !read)
            return tl::unexpected<Error>(read.error());
    }
    if (cancelled)
        return fail(ErrorKind::Cancelled, QStringLiteral("the export was broken off"));
    // See writeFileAtomically: what is still buffered at commit() may be lost without a word.
    if (!written || !file.flush() || !file.commit())
        return failed();
    return count;
}

} // namespace Switchyard

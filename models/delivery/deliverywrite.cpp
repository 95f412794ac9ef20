// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/files.h"
#include "models/common/redact.h"
#include "models/delivery/delivery.h"
#include "models/delivery/deliveryrecord.h"
#include "models/manifests/convert.h"
#include "models/common/fileset.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace Switchyard {

namespace {

constexpr qint64 mostBytes = 16 << 20;
const auto recordFile = QStringLiteral("delivery.json");
const auto recordSchema = QStringLiteral("switchyard.delivery/1");

QString hashOf(const QByteArray &text)
{
    return QString::fromLatin1(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
}

/// What an earlier delivery wrote into a folder: path to hash, which is empty for files with secrets.
QMap<QString, QString> writtenBefore(const QDir &folder)
{
    QMap<QString, QString> files;
    const Result<QByteArray> text = readFile(folder.filePath(recordFile), mostBytes);
    const QJsonObject record = text ? QJsonDocument::fromJson(*text).object() : QJsonObject();
    if (record[QStringLiteral("schema")].toString() != recordSchema)
        return files;
    for (const QJsonValue file : record[QStringLiteral("files")].toArray())
        files.insert(file[QStringLiteral("path")].toString(), file[QStringLiteral("sha256")].toString());
    files.insert(recordFile, QString());
    return files;
}

std::optional<Error> objection(const Delivery &delivery, const QDir &folder, bool force)
{
    QStringList sources;
    for (const QString &source : delivery.sources)
        sources.append(QFileInfo(source).canonicalFilePath());
    sources.removeAll(QString());
    const QMap<QString, QString> before = writtenBefore(folder);
    for (const DeliveryFile &file : delivery.files) {
        const QFileInfo there(folder.filePath(file.path));
        if (!there.exists() || there.isDir())
            continue;
        const Result<QByteArray> now = readFile(there.filePath(), mostBytes);
        if (now && *now == file.text)
            continue;
        if (sources.contains(there.canonicalFilePath()))
            return Error{ErrorKind::Usage,
                         QStringLiteral("%1 is one of the sources").arg(there.filePath()),
                         QStringLiteral("choose another folder with --out"),
                         {}};
        if (force)
            continue;
        const auto known = before.constFind(file.path);
        const QString hint = QStringLiteral("choose another folder, or replace it with --force");
        if (known == before.cend())
            return Error{ErrorKind::Usage,
                         QStringLiteral("%1 is there already, and no export wrote it").arg(there.filePath()),
                         hint,
                         {}};
        if (!known->isEmpty() && (!now || hashOf(*now) != *known))
            return Error{ErrorKind::Usage,
                         QStringLiteral("%1 was changed since it was written").arg(there.filePath()),
                         hint,
                         {}};
    }
    return std::nullopt;
}

} // namespace

QByteArray deliveryRecord(const Delivery &delivery)
{
    QJsonArray files;
    for (const DeliveryFile &file : delivery.files) {
        if (file.kind == DeliveryKind::Record)
            continue;
        QJsonObject entry{{QStringLiteral("path"), file.path}};
        // A hash of secrets would let everybody try out guesses.
        if (!file.holdsSecrets)
            entry.insert(QStringLiteral("sha256"), hashOf(file.text));
        files.append(entry);
    }
    return QJsonDocument(QJsonObject{{QStringLiteral("schema"), recordSchema},
                                     {QStringLiteral("backend"), delivery.backend},
                                     {QStringLiteral("platform"), delivery.platform},
                                     {QStringLiteral("files"), files}})
        .toJson();
}

QString deliveryRecordFile()
{
    return recordFile;
}

QList<FileChange> deliveryChanges(const Delivery &delivery, const QString &folder)
{
    QList<WrittenFile> files;
    for (const DeliveryFile &file : delivery.files)
        files.append(file.written());
    QList<FileChange> changes = fileChanges(folder, files);
    for (qsizetype i = 0; i < changes.size(); ++i) {
        FileChange &change = changes[i];
        const DeliveryFile &file = delivery.files[i];
        const bool otherMode = file.mode != 0 && fileMode(QDir(folder).filePath(file.path)) != file.mode;
        if (change.kind == FileChange::Kind::Same && otherMode)
            change.kind = FileChange::Kind::Changed;
        if (file.holdsSecrets) {
            change.before.clear();
            change.diff.clear();
        }
        // Also what stands there may hold secrets, and is said here only to be looked at.
        change.diff = redact(QString::fromUtf8(change.diff)).toUtf8();
    }
    return changes;
}

Result<void> writeDelivery(const Delivery &delivery, const QString &folder, bool force)
{
    if (const std::optional<Error> objected = objection(delivery, QDir(folder), force))
        return tl::unexpected(*objected);
    QList<WrittenFile> files;
    for (const DeliveryFile &file : delivery.files)
        files.append(file.written());
    return writeFileSet(folder, files);
}

QByteArray deliveryReport(const Delivery &delivery, const QList<FileChange> &changes, const QString &folder,
                          bool written)
{
    QJsonArray files;
    for (qsizetype i = 0; i < delivery.files.size(); ++i) {
        const DeliveryFile &file = delivery.files[i];
        files.append(QJsonObject{
            {QStringLiteral("path"), file.path},
            {QStringLiteral("kind"), deliveryKindName(file.kind)},
            {QStringLiteral("status"), i < changes.size() ? fileChangeName(changes[i].kind) : QStringLiteral("new")},
            {QStringLiteral("mode"),
             file.mode == 0 ? QJsonValue() : QJsonValue(QStringLiteral("%1").arg(file.mode, 4, 8, QLatin1Char('0')))},
            {QStringLiteral("bytes"), file.text.size()},
            {QStringLiteral("secrets"), file.holdsSecrets},
            {QStringLiteral("purpose"), file.purpose}});
    }
    QJsonArray findings;
    for (const Finding &finding : delivery.findings)
        findings.append(QJsonObject{{QStringLiteral("file"), finding.place.file},
                                    {QStringLiteral("line"), finding.place.line},
                                    {QStringLiteral("column"), finding.place.column},
                                    {QStringLiteral("rule"), finding.rule},
                                    {QStringLiteral("severity"), severityName(finding.severity)},
                                    {QStringLiteral("message"), finding.message},
                                    {QStringLiteral("fix"), finding.fix}});
    return QJsonDocument(QJsonObject{{QStringLiteral("schema"), QStringLiteral("switchyard.manifest-export/1")},
                                     {QStringLiteral("backend"), delivery.backend},
                                     {QStringLiteral("platform"), delivery.platform},
                                     {QStringLiteral("source"),
                                      delivery.source.isEmpty() ? QJsonValue() : QJsonValue(delivery.source)},
                                     {QStringLiteral("folder"), folder},
                                     {QStringLiteral("written"), written},
                                     {QStringLiteral("files"), files},
                                     {QStringLiteral("loss"), lossToJson(delivery.loss)},
                                     {QStringLiteral("findings"), findings},
                                     {QStringLiteral("notes"), QJsonArray::fromStringList(delivery.notes)}})
        .toJson();
}

} // namespace Switchyard

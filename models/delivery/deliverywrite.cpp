// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/ownfiles.h"
#include "models/common/redact.h"
#include "models/delivery/delivery.h"
#include "models/delivery/deliveryrecord.h"
#include "models/manifests/convert.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace Switchyard {

namespace {

const auto recordFile = QStringLiteral("delivery.json");
const auto recordSchema = QStringLiteral("switchyard.delivery/1");

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
            entry.insert(QStringLiteral("sha256"), contentHash(file.text));
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
    QList<WrittenFile> files;
    for (const DeliveryFile &file : delivery.files)
        files.append(file.written());
    if (const std::optional<Error> objected =
            objectionTo(files, folder, {recordFile, recordSchema, delivery.sources}, force))
        return tl::unexpected(*objected);
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

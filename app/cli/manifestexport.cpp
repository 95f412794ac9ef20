// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/delivery/delivery.h"
#include "models/platforms/platform.h"

#include <QDir>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

std::optional<Error> badOptions(const DeliveryOptions &options)
{
    if (options.backend.isEmpty())
        return Error{ErrorKind::Usage, s("the backend is missing"), s("--backend NAME, one of the workspace"), {}};
    if (options.out.isEmpty())
        return Error{ErrorKind::Usage, s("the folder is missing"), s("--out DIR"), {}};
    return std::nullopt;
}

QString previewText(const Delivery &delivery, const QList<FileChange> &changes)
{
    QString text;
    for (qsizetype i = 0; i < changes.size(); ++i) {
        const FileChange &change = changes[i];
        text += s("%1  %2%3\n")
                    .arg(fileChangeName(change.kind).leftJustified(7), change.path,
                         delivery.files[i].holdsSecrets ? s("  (holds secrets: not shown)") : QString());
        if (change.kind == FileChange::Kind::Refused)
            text += s("         %1\n").arg(change.error.message);
    }
    for (const FileChange &change : changes) {
        if (!change.diff.isEmpty())
            text += QLatin1Char('\n') + QString::fromUtf8(change.diff);
    }
    return text;
}

QString summary(const Delivery &delivery, const QList<FileChange> &changes, const QDir &folder)
{
    QString text;
    for (qsizetype i = 0; i < changes.size(); ++i)
        text += s("%1  %2\n").arg(fileChangeName(changes[i].kind).leftJustified(7), folder.filePath(changes[i].path));
    if (delivery.lost() > 0)
        text += s("%1 keys of the source's manifest were not carried over: loss.json says which, and why\n")
                    .arg(delivery.lost());
    return text + s("%1 says what to do with each.\n").arg(folder.filePath(s("DELIVERY.md")));
}

} // namespace

int runManifestExport(const Global &global, const DeliveryOptions &options)
{
    if (const std::optional<Error> bad = badOptions(options))
        return reportError(*bad);
    std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return exitUsage;
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    const Result<Delivery> delivery =
        prepareDelivery({*std::move(workspace), options.backend, options.withSecrets}, *catalogue);
    if (!delivery)
        return reportError(delivery.error());
    const QList<FileChange> changes = deliveryChanges(*delivery, options.out);
    if (!options.preview) {
        if (const Result<void> written = writeDelivery(*delivery, options.out, options.force); !written)
            return reportError(written.error());
    }
    for (const QString &note : delivery->notes)
        progress(global, note);
    for (const Finding &finding : delivery->findings) {
        if (finding.severity != Severity::Note)
            progress(global,
                     s("%1: %2: %3 [%4]")
                         .arg(finding.place.toString(), severityName(finding.severity), finding.message, finding.rule));
    }
    if (global.json)
        printResult(QString::fromUtf8(deliveryReport(*delivery, changes, options.out, !options.preview)));
    else
        printResult(options.preview ? previewText(*delivery, changes) : summary(*delivery, changes, QDir(options.out)));
    return options.strict && delivery->lost() > 0 ? exitFail : exitPass;
}

} // namespace Switchyard::Cli

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/manifests/filechanges.h"
#include "models/manifests/lint.h"
#include "models/workspace/workspace.h"

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

namespace Switchyard {

class PlatformCatalogue;

/// What a file of a delivery is for.
enum class DeliveryKind
{
    Manifest,
    Dockerfile,
    DockerIgnore,
    EnvExample,    ///< names without values
    SecretsUpload, ///< what the platform's own command or dashboard takes; with values only on request
    SecretsScript,
    Rewrites, ///< a frontend's vercel.json
    VerifyScript,
    ScrapeConfig,
    Loss,
    Guide, ///< DELIVERY.md
    Record ///< delivery.json: what was written here, so that the next delivery may replace it
};
QString deliveryKindName(DeliveryKind kind); ///< "manifest", "dockerfile", "env-example", …

struct DeliveryFile
{
    QString path; ///< below the folder it is written to
    QByteArray text;
    DeliveryKind kind = DeliveryKind::Manifest;
    int mode = 0; ///< as WrittenFile::mode
    bool holdsSecrets = false;
    QString purpose; ///< one sentence, for the guide
    WrittenFile written() const { return {path, text, mode}; }
};

struct DeliveryRequest
{
    Workspace workspace; ///< its file says where relative paths begin
    QString backend;     ///< whose platform is the target
    bool withSecrets = false;
};

/// Everything a backend needs to run on its platform, in memory.
struct Delivery
{
    QString backend;
    QString platform;
    QString source; ///< the backend it comes from; empty: there is none
    bool withSecrets = false;
    QList<DeliveryFile> files;
    QList<KeyFate> loss;     ///< of the manifest's conversion; empty where the backend has a manifest of its own
    QStringList notes;       ///< what a person should know or has to do
    QList<Finding> findings; ///< lint of the manifest and Dockerfile, places below the folder
    /// Files that may not be replaced even on request: the source's manifest and values, with full paths.
    QStringList sources;

    const DeliveryFile *find(DeliveryKind kind) const; ///< the first; nullptr where there is none
    qsizetype lost() const;                            ///< keys that are not translated
};

/// Puts the set together. Reads the workspace's files and writes nothing; no value of a secret is in it unless the
/// request says so. Errors: usage (no such backend, a manifest that cannot be read, none to convert from), io. Thread:
/// any but the GUI's; blocks on the files.
[[nodiscard]] Result<Delivery> prepareDelivery(const DeliveryRequest &request, const PlatformCatalogue &catalogue);

/// What writing would change, one for each file in their order. The difference of a file with secrets is not shown.
/// Thread: any but the GUI's; blocks on the files.
QList<FileChange> deliveryChanges(const Delivery &delivery, const QString &folder);

/// Writes all files or none. Errors: usage (a file is there that no delivery wrote or that was changed since, and
/// `force` is not set; a file would take the place of a source), those of writeFileSet(). Thread: any but the GUI's;
/// blocks on the files.
[[nodiscard]] Result<void> writeDelivery(const Delivery &delivery, const QString &folder, bool force = false);

/// As `manifest export --format json` prints it: schema manifest-export. `changes` are those before the writing.
QByteArray deliveryReport(const Delivery &delivery, const QList<FileChange> &changes, const QString &folder,
                          bool written);

} // namespace Switchyard

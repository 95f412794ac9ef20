// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/fileset.h"
#include "models/manifests/ledger.h"
#include "models/manifests/servicemodel.h"

#include <QByteArray>

namespace Switchyard {

/// The formats that are read. Their names stand in ServiceModel::format.
enum class ManifestFormat
{
    Render,    ///< render.yaml
    Fly,       ///< fly.toml, fly.json, fly.yaml
    Vercel,    ///< vercel.json
    Netlify,   ///< netlify.toml
    Redirects, ///< _redirects
    Dockerfile,
    Compose, ///< compose.yaml, docker-compose.yml
    Procfile
};
QString manifestFormatName(ManifestFormat format);

/// By the name of the file, and where that says nothing (deploy/production.yaml) by what stands in it.
/// Errors (usage): nothing known here.
[[nodiscard]] Result<ManifestFormat> manifestFormatOf(const QString &fileName, const QByteArray &text);

/// A file as it was read: the model, and for tree formats the document it came from.
struct ReadManifest
{
    ManifestFormat format = ManifestFormat::Render;
    QString file;
    ServiceModel model;
    ManifestNode document; ///< Null for formats that are no tree
};

// Readers. Each opens every key of its file in the ledger and reads what it knows into the model, with places. A value
// of the wrong type is an error of its own that does not end the reading: what can be understood is, and the value
// stays not-translated. Thread: any. `problems` gets them (usage, with place).
//
// Conventions: a field that the file does not state stays empty (no platform default is filled in). Service::name is
// never empty. Several commands for one image (Fly's process groups, Procfile) become several services that share
// the places of what they have in common. What a format says that the model has no field for is left to the ledger:
// with read() and a reason where the reader knows the key, without where nobody does.
ServiceModel readRender(const ManifestNode &root, Ledger &ledger, QList<Error> &problems);
ServiceModel readFly(const ManifestNode &root, Ledger &ledger, QList<Error> &problems);
ServiceModel readVercel(const ManifestNode &root, Ledger &ledger, QList<Error> &problems);
ServiceModel readNetlify(const ManifestNode &root, Ledger &ledger, QList<Error> &problems);
ServiceModel readCompose(const ManifestNode &root, Ledger &ledger, QList<Error> &problems);
ServiceModel readRedirects(const QByteArray &text, const QString &file, Ledger &ledger, QList<Error> &problems);
ServiceModel readDockerfile(const QByteArray &text, const QString &file, Ledger &ledger, QList<Error> &problems);
ServiceModel readProcfile(const QByteArray &text, const QString &file, Ledger &ledger, QList<Error> &problems);

/// Something the target has that no key of the source stands for.
struct AddedKey
{
    QString key; ///< "fly.toml: kill_signal"
    QString value;
    QString reason;
};

struct Written
{
    QList<WrittenFile> files; ///< empty: nothing of the model has a place on the target
    QList<AddedKey> added;
};

// Writers. Each gives the target's current form, in a stable order, with comments that say what was lost and what a
// person has to do; and tells the ledger of every place of the model what became of it. Texts end with a line break.
// A Blueprint holds what several manifests describe.
Written writeRender(const QList<ServiceModel> &models, Ledger &ledger);
Written writeFly(const ServiceModel &model, Ledger &ledger);
Written writeCompose(const ServiceModel &model, Ledger &ledger);
Written writeVercel(const ServiceModel &model, Ledger &ledger);

} // namespace Switchyard

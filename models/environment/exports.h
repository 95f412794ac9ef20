// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/environment/dialects.h"

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// One variable on its way to a platform.
struct EnvEntry
{
    QString name;
    std::optional<QString> value; ///< nothing: only the platform, or a person, has it
    QString missing;              ///< why there is no value
    bool secret = false;
    Place place; ///< where it came from
};

/// What can be written. Ids as on the command line: "dotenv", "fly-secrets", …
enum class ExportTarget
{
    Dotenv,  ///< .env for node dotenv and python-dotenv
    Example, ///< .env.example: names without values
    Render,  ///< "Add from .env" of Render's dashboard
    FlySecrets,
    Docker,
    Compose,
    Systemd,
    Kubernetes,
    Github,
    Vercel,
    Heroku
};
QString exportTargetId(ExportTarget target);
[[nodiscard]] std::optional<ExportTarget> exportTarget(QStringView id);
const QList<ExportTarget> &allExportTargets();
/// The dialect that reads the target's files.
EnvDialect exportDialect(ExportTarget target);

struct ExportOptions
{
    bool withSecrets = false;
    bool skipRefused = false; ///< write the rest where something is refused; else there is no text then
    QString application = QStringLiteral("app"); ///< name of the objects for Kubernetes
};

/// A variable the target cannot carry as it is.
struct ExportRefusal
{
    QString name;
    QString reason; ///< never with the value
    QString hint;
    Place place;
};

/// A variable that is not written although it could be: a secret, or one without a value.
struct ExportOmission
{
    QString name;
    QString reason;
    Place place;
};

struct EnvExport
{
    ExportTarget target = ExportTarget::Dotenv;
    QByteArray text;          ///< empty where something was refused, unless skipRefused
    QString fileName;         ///< what such a file is usually called
    bool privateFile = false; ///< it holds secrets: mode 0600
    QStringList written;
    QList<ExportOmission> leftOut;
    QList<ExportRefusal> refused;
    QStringList notes; ///< how to use the file, and what the platform does with it
};

/// Writes the entries by the target's own grammar. Each value is read back by the target's dialect before it is taken,
/// and the whole text once more: what would arrive changed is refused by name, and never written. Errors: usage (a
/// name twice), internal (the text as a whole does not read back; nothing is given out then). Thread: any.
[[nodiscard]] Result<EnvExport> exportEnvironment(const QList<EnvEntry> &entries, ExportTarget target,
                                                  const ExportOptions &options = {});

} // namespace Switchyard

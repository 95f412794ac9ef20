// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/delivery/delivery.h"
#include "models/delivery/deliverysides.h"

namespace Switchyard {

struct EnvFiles
{
    QList<DeliveryFile> files;
    QStringList notes;
    QString upload;      ///< name of the file with values, whether it is written or not
    bool script = false; ///< whether a script hands it to the platform
};

/// Whether a value may be written without being asked for: it is no secret, and stands in a manifest, which is
/// committed. What only a .env file has was kept out of the repository, whatever it looks like.
bool isOpenly(const EnvEntry &entry);

/// `.env.example` with every name; the file that the platform's command or dashboard takes (with values only where
/// `withSecrets`, and then for its owner alone), else its template; for Fly the script that hands it over.
/// `entries`: all; `beside`: those that the manifest does not state; `application`: Fly's app.
Result<EnvFiles> environmentFiles(const QList<EnvEntry> &entries, const QList<EnvEntry> &beside,
                                  const Platform &platform, const QString &application, bool withSecrets);

/// A word in single quotes, whatever it is.
QByteArray shellWord(const QString &text);

} // namespace Switchyard

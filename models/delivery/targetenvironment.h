// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/delivery/deliverysides.h"

#include <QStringList>

namespace Switchyard {

/// The variables that the target has to be given, as the audit of the two backends judges them (matrix.h): without
/// those that the target's platform sets by itself, that only the source's platform knows, or that nothing reads; with
/// the target's hosts and forms. Without a source, what the target's own files say. What could not be read is a note.
/// Thread: any; blocks on the files.
QList<EnvEntry> targetEnvironment(const DeliverySides &sides, const PlatformCatalogue &catalogue, QStringList &notes);

/// The entries that the target's manifest does not state by itself: secrets, and what its env section leaves out.
QList<EnvEntry> besideManifest(const QList<EnvEntry> &entries, const ServiceModel &manifest,
                               const std::optional<Service> &service);

/// Origins that the variables let in (CORS_ORIGINS and the like, as a JSON list or with commas), and those of the
/// sockets. Without localhost, wildcards and patterns, which no single origin stands for.
QStringList allowedOrigins(const DeliverySides &sides, const QList<EnvEntry> &entries);

} // namespace Switchyard

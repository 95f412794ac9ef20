// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace Switchyard {

/// Which well-known program reads a variable by itself: "gunicorn and uvicorn" for WEB_CONCURRENCY, "the Sentry SDK"
/// for SENTRY_DSN; empty where none is known.
[[nodiscard]] QString programReading(const QString &name);

/// Whose console credential a variable of this name is ("MongoDB Atlas' API"); empty where it is none. Those of the
/// catalogue's platforms stand in the catalogue.
[[nodiscard]] QString consoleOf(const QString &name);

/// WORKERS and its like: the number of processes, under a name that neither gunicorn nor uvicorn reads.
[[nodiscard]] bool isWorkersName(const QString &name);
/// A list of origins that may call: CORS_ORIGINS, ALLOWED_ORIGINS.
[[nodiscard]] bool isOriginsName(const QString &name);
/// A secret that the program's owner makes by chance, and no other company hands out: it must be long, and a new one
/// invalidates what was signed or encrypted with the old.
[[nodiscard]] bool isOwnSecretName(const QString &name);
/// Whether what it protects is lost with it, and not only made anew: ENCRYPTION_KEY, MASTER_KEY, FERNET_KEY.
[[nodiscard]] bool isEncryptionName(const QString &name);
/// Keys of language model vendors, of which programs want one of several.
[[nodiscard]] bool isModelVendorKey(const QString &name);

/// Whether the value only holds the place of one: "<generate-with-openssl>", "sk-...", "xxx", "user:pass@". For secrets
/// words such as "changeme" and "secret" count too.
[[nodiscard]] bool looksPlaceholder(const QString &value, bool secret);
/// Whether such a text asks for a new random value.
[[nodiscard]] bool asksForRandom(const QString &placeholder);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/tomlreader.h"
#include "models/workspace/workspace.h"

namespace Switchyard {

/// Shared by the parts of the workspace parser; nothing outside this folder includes it. Each function notes its
/// problems in the reader's list and returns what could be read, so that one reading reports them all.

HealthEndpoint parseHealthEndpoint(TomlReader reader);
/// `seen`: the names of the monitors before it, with their lines.
FreeMonitor parseFreeMonitor(TomlReader reader, const QStringList &platformIds, QMap<QString, int> *seen);
SocketEndpoint parseSocketEndpoint(TomlReader reader);
DatabaseEndpoint parseDatabaseEndpoint(TomlReader reader);
DeployConfig parseDeployConfig(TomlReader reader);
/// `backends`: the names that it may speak of.
DeployWindow parseDeployWindow(TomlReader reader, const QStringList &backends);

/// Reads a key that holds a path on the backend: it must begin with "/".
void readUrlPath(TomlReader &reader, QLatin1StringView key, QString *out, Presence presence = Presence::Optional);

/// Reads a table of JSON pointers (RFC 6901) and the values expected there.
void readPointerValues(TomlReader &reader, QLatin1StringView key, QMap<QString, QJsonValue> *out);

/// Reads a name and refuses one that was there before. `what` names the thing in the message.
void readUniqueName(TomlReader &reader, const QString &what, QMap<QString, int> *seen, QString *out);

/// Whether the text is a JSON pointer: empty, or "/"-separated with "~" only as "~0" or "~1".
bool isJsonPointer(const QString &text);

/// The members of a table of headers whose names are such (RFC 9110 section 5.1) and stand there once, whatever their
/// case; of the others it notes an error.
QList<const TomlNode *> headerMembers(TomlReader &reader, const TomlReader &table);

/// Reads a table of header names and values; a literal credential is an error.
void readHeaders(TomlReader &reader, QMap<QString, ConfiguredValue> *out);

/// Reads a key that must be a reference to a secret, never the secret. Standard input is no source for a file.
bool readReference(TomlReader &reader, QLatin1StringView key, QString *out, Presence presence = Presence::Optional);

/// Reads a text or a list of texts that may be passed on or shown, so that no credential may stand in it.
bool readPublicText(TomlReader &reader, QLatin1StringView key, QString *out, Presence presence = Presence::Optional);
bool readPublicTexts(TomlReader &reader, QLatin1StringView key, QStringList *out,
                     Presence presence = Presence::Optional);

/// "env:NAME", "file:PATH" or "keychain:SERVICE/KEY" with something behind the colon.
bool isStoredReference(const QString &text);

/// What to write instead of a literal secret.
QString referenceHint();

} // namespace Switchyard

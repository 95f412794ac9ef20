// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/envdocument.h"

#include <QList>
#include <QString>

#include <optional>

namespace Switchyard {

/// One change of a .env file.
struct EnvEdit
{
    QString name;
    std::optional<QString> value; ///< nothing: the assignment goes
    bool operator==(const EnvEdit &) const = default;
};

/// A file with many changes, and those it could not take.
struct EnvEdited
{
    struct Refused
    {
        QString name;
        Error error; ///< never with the value
    };
    EnvDocument document;
    QList<Refused> refused;
};

/// Does all changes in one pass, as EnvDocument's set() and remove() would one after the other: their time grows with
/// the file times the changes, this one's with their sum. What cannot be written is refused by name, and the others are
/// done; where the text as a whole does not read back, nothing is, and all are refused. Thread: any.
[[nodiscard]] EnvEdited editEnvDocument(const EnvDocument &document, const QList<EnvEdit> &edits);

} // namespace Switchyard

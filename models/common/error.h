// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// What went wrong, in the few kinds a person or a program reacts to differently.
enum class ErrorKind
{
    Usage,
    Timeout,
    Refused,
    Dns,
    Tls,
    Auth,
    Protocol,
    Io,
    Cancelled,
    Internal
};

/// A place in a file. Lines and columns count from 1 (columns in code points); 0 means not known.
struct Place
{
    QString file;
    int line = 0;
    int column = 0;

    /// "file:line:column", leaving out what is not known.
    QString toString() const;
    bool operator==(const Place &) const = default;
};

/// An error as it reaches a person: what happened, and what to do next.
struct Error
{
    ErrorKind kind = ErrorKind::Internal;
    QString message;
    QString hint;
    Place place;

    /// "place: message (hint)", on one line.
    QString toString() const;
};

QString errorKindName(ErrorKind kind);

} // namespace Switchyard

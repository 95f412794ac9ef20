// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QString>
#include <QStringList>

namespace Switchyard {

/// A command line as a POSIX shell would split it, as far as splitting alone goes.
struct ShellWords
{
    QStringList words;
    /// Something in it is more than words and quotes: a list, a pipe, a redirection, a pattern, a substitution, a
    /// variable other than PORT, an assignment before the command or a command that only a shell has. Only a shell can
    /// run it as it is meant; `words` are then what a splitter without a shell makes of it.
    bool needsShell = false;
};

/// Errors (usage): quotes that never end, no word at all.
[[nodiscard]] Result<ShellWords> splitShellWords(const QString &text);

/// A word as a shell reads it back: as it is, or in single quotes, so that variables in it stay as they are.
[[nodiscard]] QString shellQuoted(const QString &word);

} // namespace Switchyard

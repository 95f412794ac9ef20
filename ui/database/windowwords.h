// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// Messages and hints of the models name options of the command line; in the window they are fields of a dialog.

/// Of a copy, with the names that CopyDialog and CopyOptionsPane have for them.
[[nodiscard]] QString copyInWindowWords(QString text);
/// Of a comparison: the dialog has none of these options, the command line has.
[[nodiscard]] QString compareInWindowWords(QString text);
/// Of the advice on network access, with the names of AccessToldPane. Whole commands stay commands.
[[nodiscard]] QString accessInWindowWords(QString text);

} // namespace Switchyard

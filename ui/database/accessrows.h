// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/access/accessadvice.h"
#include "ui/common/rowmodel.h"

namespace Switchyard {

// What the panes of the advice say, as rows and as rich text. Everything that came from outside is escaped.

QStringList accessColumns();
/// One way of letting a backend in; its key is the strategy's id.
[[nodiscard]] Row accessRow(const AccessStrategy &way);
/// The same in words: what would stand in the list, why it is open or not, what each grade stands on.
[[nodiscard]] QString accessWayHtml(const AccessStrategy &way, const ThemeColors &colors);

/// "MongoDB Atlas", "Render Postgres", "another service".
[[nodiscard]] QString accessOwnerText(AccessListOwner owner);
/// What the backend connects from, and who says so.
[[nodiscard]] QString accessOutboundHtml(const AccessAdvice &advice, const ThemeColors &colors);
/// The steps, and what was not told or is not known.
[[nodiscard]] QString accessStepsHtml(const AccessAdvice &advice, const ThemeColors &colors);
/// What is wrong with the list, and its entries. Not for an advice without a list.
[[nodiscard]] QString accessFoundHtml(const AccessAdvice &advice, const ThemeColors &colors);

/// What is to be thought of all of it, in one banner.
struct AccessSign
{
    State state = State::Unknown;
    QString text;
};
[[nodiscard]] AccessSign accessSign(const AccessAdvice &advice);

} // namespace Switchyard

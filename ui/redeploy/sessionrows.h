// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"
#include "ui/common/rowmodel.h"

namespace Switchyard {

/// Columns of the session's tables, and the rows made of a verdict.
QStringList gateColumns();
QStringList closeColumns();
QList<Row> gateRows(const Verdict &verdict, bool provisional);
QList<Row> closeRows(const Verdict &verdict);
QStringList forecastColumns();
QList<Row> forecastRows(const Verdict &verdict);
/// Returns, bounces, percentiles, silences and newcomers: name and value of what was measured.
QList<std::pair<QString, QString>> figureList(const Verdict &verdict);
/// The same as a small table for a label.
QString figuresHtml(const Verdict &verdict);

State gateState(const Gate &gate);
QString gateWord(const Gate &gate);
State outcomeState(Outcome outcome);

/// What an event says, in words: "client 3 of prices: closed 1012 service restart".
QString eventText(const Event &event);
State eventState(const Event &event);

} // namespace Switchyard

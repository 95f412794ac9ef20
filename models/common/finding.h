// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/error.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace Switchyard {

enum class Severity
{
    Error,   ///< it is refused, or does the opposite of what it says
    Warning, ///< it works otherwise than one would think, or will stop working
    Note     ///< worth knowing
};
QString severityName(Severity severity); ///< "error", "warning", "note"

/// What the commands that lint list with --rules.
struct LintRule
{
    QString id; ///< "fly/kill-signal": what it is about (or "any"), slash, words with hyphens; never reused
    Severity severity = Severity::Warning;
    QString title;     ///< what it finds, one line
    QString reason;    ///< why that matters, one or two sentences
    QString source;    ///< page or project that says so
    QStringList facts; ///< ids of the facts it stands for, such as "F-1", "R-ENV-3"
};

struct Finding
{
    QString rule;
    Severity severity = Severity::Warning;
    Place place;
    QString message; ///< what is wrong here, with names but without values that may be secrets
    QString fix;     ///< what to write instead
};

/// A rule as the tables of the rule files write it.
struct RuleText
{
    const char *id;
    Severity severity;
    const char *title;
    const char *reason;
    const char *source;
    const char *facts; ///< ids with spaces between them
};

/// The rules of one table.
QList<LintRule> rulesFrom(const QList<RuleText> &texts);

} // namespace Switchyard

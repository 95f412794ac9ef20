// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/health/healthrows.h"

#include <QRegularExpression>

namespace Switchyard {

enum class StateChoice
{
    All,
    NotUp, ///< all but up and paused
    Down,
    Degraded,
    Unknown,
    Paused
};
constexpr int stateChoices = 6;
QString stateChoiceName(StateChoice choice);
bool isOf(StateChoice choice, const MonitorDigest &digest);

/// Which monitors the table shows. A value type.
class MonitorFilter final
{
public:
    /// Words: all must stand somewhere. An expression: it must match somewhere; empty text: everything.
    /// False: the expression is wrong; problem() says why, and the one before it stays.
    bool setText(const QString &text, bool expression);
    void setChoice(StateChoice choice) { m_choice = choice; }
    QString problem() const { return m_problem; }
    StateChoice choice() const { return m_choice; }
    bool showsAll() const { return m_choice == StateChoice::All && !hasText(); }
    bool hasText() const { return !m_words.isEmpty() || !m_expression.pattern().isEmpty(); }

    /// `fixed`: see searchText().
    bool matches(const QString &fixed, const MonitorDigest &digest) const;

private:
    QStringList m_words;
    QRegularExpression m_expression;
    QString m_problem;
    StateChoice m_choice = StateChoice::All;
};

/// What of a monitor is searched and never changes, in lower case: name, group, kind, address without its query.
QString searchText(const Monitor &monitor);

} // namespace Switchyard

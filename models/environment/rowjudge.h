// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/judgedmove.h"

namespace Switchyard {

/// Judges one row: asks its questions in a fixed order, and the first that has an answer decides. Those about the
/// platforms are answered in platformquestions.cpp, those about the values in valuequestions.cpp.
class RowJudge final
{
public:
    RowJudge(VariableRow &row, const MatrixComponent &component, const JudgedMove &move);
    void judge();

private:
    bool decide(VariableClass way, VariableStatus status, const QString &action, const QString &reason)
    {
        m_row.way = way;
        m_row.status = status;
        m_row.action = action;
        m_row.reason = reason;
        return true;
    }
    bool known() const { return m_component.readsVariables; }
    bool isRead() const { return m_read || !m_program.isEmpty(); }
    QString reader() const
    {
        const QString code = readBy(m_row);
        return code.isEmpty() ? m_program : code;
    }
    /// "read by config.py:31", for the end of a reason; empty where nobody is known to.
    QString readText() const
    {
        const QString who = reader();
        if (who.isEmpty())
            return {};
        return m_required ? QStringLiteral("required by %1").arg(who)
                          : (m_fallback.isEmpty() ? QStringLiteral("read by %1").arg(who)
                                                  : QStringLiteral("read by %1, which has a default").arg(who));
    }
    QString withReader(const QString &reason) const
    {
        const QString who = readText();
        return who.isEmpty() ? reason : QStringLiteral("%1; %2").arg(reason, who);
    }
    QString setAction() const
    {
        if (m_row.secret)
            return m_move.to() && m_move.to()->id == QLatin1String("fly")
                       ? QStringLiteral("set it by fly secrets import")
                       : QStringLiteral("set it as a secret");
        return QStringLiteral("set it");
    }
    void noteDefaults();
    bool port();
    bool injectedByTarget();
    bool injectedBySource();
    bool buildSetting();
    bool operators();
    bool workers();
    bool interpolation();
    bool notRead();
    bool placeholder();
    bool byTargetItself();
    bool unreachable();
    bool derived();
    bool form();
    bool targetForm() { return m_row.target.value && form(); }
    bool plain();
    bool copied();

    VariableRow &m_row;
    const MatrixComponent &m_component;
    const JudgedMove &m_move;
    bool m_read = false;
    bool m_required = false;
    QString m_fallback;
    QString m_program;
};

} // namespace Switchyard

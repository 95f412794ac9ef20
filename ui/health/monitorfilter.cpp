// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/monitorfilter.h"

#include <algorithm>

namespace Switchyard {

namespace {
/// A pattern that backtracks for ever would hold up the window; it then matches nothing.
constexpr char effort[] = "(*LIMIT_MATCH=50000)";
} // namespace

QString stateChoiceName(StateChoice choice)
{
    switch (choice) {
    case StateChoice::NotUp:
        return QStringLiteral("Not up");
    case StateChoice::Down:
        return QStringLiteral("Down");
    case StateChoice::Degraded:
        return QStringLiteral("Degraded");
    case StateChoice::Unknown:
        return QStringLiteral("Unknown");
    case StateChoice::Paused:
        return QStringLiteral("Paused");
    case StateChoice::All:
        break;
    }
    return QStringLiteral("All");
}

bool isOf(StateChoice choice, const MonitorDigest &digest)
{
    switch (choice) {
    case StateChoice::NotUp:
        return digest.state != State::Up && digest.machine != MonitorState::Paused;
    case StateChoice::Down:
        return digest.state == State::Down;
    case StateChoice::Degraded:
        return digest.state == State::Degraded || digest.state == State::Working;
    case StateChoice::Unknown:
        return digest.state == State::Unknown && digest.machine != MonitorState::Paused;
    case StateChoice::Paused:
        return digest.machine == MonitorState::Paused;
    case StateChoice::All:
        break;
    }
    return true;
}

bool MonitorFilter::setText(const QString &text, bool expression)
{
    m_problem.clear();
    if (!expression) {
        m_expression = QRegularExpression();
        m_words = text.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts);
        return true;
    }
    QRegularExpression next;
    if (!text.isEmpty())
        next = QRegularExpression(QLatin1StringView(effort) + text, QRegularExpression::CaseInsensitiveOption);
    if (!next.isValid()) {
        const qsizetype at = std::max<qsizetype>(0, next.patternErrorOffset() - qsizetype(sizeof(effort) - 1));
        m_problem = QStringLiteral("The expression is wrong at character %1: %2").arg(at + 1).arg(next.errorString());
        return false;
    }
    m_words.clear();
    m_expression = next;
    return true;
}

bool MonitorFilter::matches(const QString &fixed, const MonitorDigest &digest) const
{
    if (!isOf(m_choice, digest))
        return false;
    if (!m_expression.pattern().isEmpty())
        return m_expression.match(fixed).hasMatch() || m_expression.match(digest.word).hasMatch() ||
               (!digest.cause.isEmpty() && m_expression.match(digest.cause).hasMatch());
    return std::all_of(m_words.cbegin(), m_words.cend(), [&](const QString &word) {
        return fixed.contains(word) || digest.word.contains(word) ||
               (!digest.cause.isEmpty() && digest.cause.contains(word, Qt::CaseInsensitive));
    });
}

QString searchText(const Monitor &monitor)
{
    return QStringList{monitor.name, monitor.group, endpointKindName(monitor.kind),
                       monitor.target.url.section(QLatin1Char('?'), 0, 0)}
        .join(QLatin1Char('\n'))
        .toLower();
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/redeploy/budgetbar.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QPainter>

namespace Switchyard {

BudgetBar::BudgetBar(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("budgetBar"));
    setAccessibleName(QStringLiteral("Drain budget"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setToolTip(
        QStringLiteral("From the signal to the end of the old instance, against the workspace's drain threshold"));
}

QSize BudgetBar::sizeHint() const
{
    return {400, fontMetrics().height() + 10};
}

void BudgetBar::show(std::optional<double> usedMs, double limitMs, bool running)
{
    m_used = usedMs;
    m_limit = limitMs;
    m_running = running;
    update();
}

void BudgetBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ThemeColors &colors = themeColors(palette());
    const int label = fontMetrics().horizontalAdvance(QStringLiteral("drain budget")) + 12;
    painter.setPen(colors.faded);
    painter.drawText(QRect(0, 0, label, height()), Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("drain budget"));
    QString text = QStringLiteral("– of %1").arg(ageText(m_limit));
    if (m_used)
        text = QStringLiteral("%1 of %2%3")
                   .arg(*m_used < 1'000 ? latencyText(*m_used) : ageText(*m_used), ageText(m_limit),
                        m_running ? QStringLiteral(", still draining") : QString());
    const int words = fontMetrics().horizontalAdvance(text) + 16;
    const QRect bar(label, (height() - 10) / 2, std::max(40, width() - label - words), 10);
    painter.setPen(colors.line);
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRect(bar.adjusted(0, 0, -1, -1));
    if (m_used && m_limit > 0) {
        const double share = std::min(1.0, *m_used / m_limit);
        const bool over = *m_used > m_limit;
        painter.fillRect(bar.adjusted(1, 1, -1, -1).adjusted(0, 0, int((share - 1) * (bar.width() - 2)), 0),
                         over        ? colors.down
                         : m_running ? colors.working
                                     : colors.up);
    }
    painter.setPen(m_used && *m_used > m_limit ? colors.down : m_used ? colors.text : colors.faded);
    painter.drawText(QRect(bar.right() + 12, 0, words, height()), Qt::AlignLeft | Qt::AlignVCenter, text);
}

} // namespace Switchyard

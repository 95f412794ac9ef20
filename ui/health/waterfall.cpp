// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/waterfall.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QPainter>

namespace Switchyard {

namespace {
constexpr int rows = 5;
}

Waterfall::Waterfall(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("waterfall"));
    setAccessibleName(QStringLiteral("Phases of the last probe"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize Waterfall::sizeHint() const
{
    return {260, rows * (fontMetrics().height() + 4)};
}

void Waterfall::show(const ProbePhases &phases)
{
    m_phases = phases;
    update();
}

void Waterfall::paintEvent(QPaintEvent *)
{
    struct Phase
    {
        QString name;
        std::optional<double> ms;
    };
    const QList<Phase> phases{{QStringLiteral("DNS"), m_phases.dns},
                              {QStringLiteral("connect"), m_phases.connect},
                              {QStringLiteral("TLS"), m_phases.tls},
                              {QStringLiteral("first byte"), m_phases.firstByte},
                              {QStringLiteral("transfer"), m_phases.transfer}};
    double total = 0;
    for (const Phase &phase : phases)
        total += phase.ms.value_or(0);
    QPainter painter(this);
    const ThemeColors &colors = themeColors(palette());
    const int line = fontMetrics().height() + 4;
    const int names = fontMetrics().horizontalAdvance(QStringLiteral("first byte")) + 12;
    const int figures = fontMetrics().horizontalAdvance(QStringLiteral("00.00 ms")) + 12;
    const int span = std::max(20, width() - names - figures);
    double from = 0;
    for (int i = 0; i < phases.size(); ++i) {
        const int top = i * line;
        painter.setPen(colors.faded);
        painter.drawText(QRect(0, top, names, line), Qt::AlignLeft | Qt::AlignVCenter, phases[i].name);
        const bool reached = phases[i].ms.has_value();
        if (reached && total > 0) {
            const int left = int(span * from / total);
            const int wide = std::max(2, int(span * *phases[i].ms / total));
            painter.fillRect(QRect(names + std::min(left, span - 2), top + 4,
                                   std::min(wide, span - std::min(left, span - 2)), line - 8),
                             colors.accent);
            from += *phases[i].ms;
        }
        painter.setPen(reached ? colors.text : colors.faded);
        painter.drawText(QRect(names + span, top, figures, line), Qt::AlignRight | Qt::AlignVCenter,
                         reached ? latencyText(*phases[i].ms) : QStringLiteral("–"));
    }
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/report/comparisonreport.h"

#include "models/common/duration.h"

#include <QDateTime>
#include <QJsonArray>

namespace Switchyard {

namespace {

QJsonValue orNull(const std::optional<double> &value)
{
    return value ? QJsonValue(*value) : QJsonValue(QJsonValue::Null);
}

QJsonObject headerOf(const SessionHeader &header)
{
    return QJsonObject{{QStringLiteral("id"), header.id},
                       {QStringLiteral("started_wall_ms"), header.startedWallMs},
                       {QStringLiteral("backend"), header.backend},
                       {QStringLiteral("platform"), header.platform},
                       {QStringLiteral("driver"), header.driver}};
}

QString markOf(Change change)
{
    switch (change) {
    case Change::Better:
        return QStringLiteral("↑ better");
    case Change::Worse:
        return QStringLiteral("↓ worse");
    case Change::Same:
        return QStringLiteral("= as last time");
    case Change::NotComparable:
        break;
    }
    return QStringLiteral("– not comparable");
}

QString nameOf(const SessionHeader &header)
{
    return QStringLiteral("%1 (%2 on %3, %4)")
        .arg(header.id, header.backend, header.platform,
             QDateTime::fromMSecsSinceEpoch(header.startedWallMs).toString(QStringLiteral("yyyy-MM-dd HH:mm")));
}

} // namespace

QString figureText(const FigureChange &figure, const std::optional<double> &value)
{
    if (!value)
        return QStringLiteral("–");
    return figure.isTime ? humanDuration(*value) : QString::number(*value, 'f', 0);
}

QJsonObject comparisonToJson(const SessionHeader &before, const SessionHeader &after,
                             const SessionComparison &comparison)
{
    QJsonArray gates;
    for (const GateChange &gate : comparison.gates)
        gates.append(QJsonObject{{QStringLiteral("id"), gate.id},
                                 {QStringLiteral("change"), changeName(gate.change)},
                                 {QStringLiteral("before"), gateStatusName(gate.before)},
                                 {QStringLiteral("after"), gateStatusName(gate.after)},
                                 {QStringLiteral("measured_before"), gate.measuredBefore},
                                 {QStringLiteral("measured_after"), gate.measuredAfter}});
    QJsonArray figures;
    for (const FigureChange &figure : comparison.figures)
        figures.append(QJsonObject{{QStringLiteral("id"), figure.id},
                                   {QStringLiteral("change"), changeName(figure.change)},
                                   {QStringLiteral("before"), orNull(figure.before)},
                                   {QStringLiteral("after"), orNull(figure.after)}});
    return QJsonObject{{QStringLiteral("schema"), QStringLiteral("switchyard.session-compare/1")},
                       {QStringLiteral("change"), changeName(comparison.change)},
                       {QStringLiteral("summary"), comparison.summary},
                       {QStringLiteral("before"), headerOf(before)},
                       {QStringLiteral("after"), headerOf(after)},
                       {QStringLiteral("differences"), QJsonArray::fromStringList(comparison.differences)},
                       {QStringLiteral("gates"), gates},
                       {QStringLiteral("figures"), figures}};
}

QString comparisonToText(const SessionHeader &before, const SessionHeader &after, const SessionComparison &comparison)
{
    QString text = QStringLiteral("%1  %2\n\nbefore  %3\nafter   %4\n")
                       .arg(changeName(comparison.change).toUpper(), comparison.summary, nameOf(before), nameOf(after));
    for (const QString &difference : comparison.differences)
        text += QStringLiteral("  ! not watched alike: %1\n").arg(difference);
    text += QLatin1Char('\n');
    for (const GateChange &gate : comparison.gates) {
        text += QStringLiteral("%1 %2 %3 → %4\n")
                    .arg(gate.id, -14)
                    .arg(markOf(gate.change), -18)
                    .arg(gateStatusName(gate.before), gateStatusName(gate.after));
        if (gate.change == Change::Better || gate.change == Change::Worse)
            text += QStringLiteral("               before: %1\n               after:  %2\n")
                        .arg(gate.measuredBefore, gate.measuredAfter);
    }
    text += QLatin1Char('\n');
    for (const FigureChange &figure : comparison.figures)
        text += QStringLiteral("%1 %2 %3 → %4\n")
                    .arg(figure.name, -26)
                    .arg(markOf(figure.change), -18)
                    .arg(figureText(figure, figure.before), figureText(figure, figure.after));
    return text;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/csv.h"

#include <QLocale>
#include <QStringList>

#include <cmath>

namespace Switchyard {

QString csvField(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        return {};
    case QMetaType::Double:
        // Shortest form that reads back as the same number; what was not measured is empty.
        return std::isfinite(value.toDouble()) ? QString::number(value.toDouble(), 'g', QLocale::FloatingPointShortest)
                                               : QString();
    case QMetaType::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
        return value.toString();
    default:
        break;
    }
    QString text = value.toString();
    static const QString formula = QStringLiteral("=+-@\t\r\n");
    if (!text.isEmpty() && formula.contains(text.front()))
        text.prepend(QLatin1Char('\''));
    const bool quote = text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('"')) ||
                       text.contains(QLatin1Char('\n')) || text.contains(QLatin1Char('\r')) ||
                       text.startsWith(QLatin1Char(' ')) || text.endsWith(QLatin1Char(' '));
    if (!quote)
        return text;
    text.replace(QLatin1Char('"'), QStringLiteral("\"\""));
    return QLatin1Char('"') + text + QLatin1Char('"');
}

QString csvLine(const QVariantList &fields)
{
    QStringList cells;
    for (const QVariant &field : fields)
        cells.append(csvField(field));
    return cells.join(QLatin1Char(',')) + QStringLiteral("\r\n");
}

} // namespace Switchyard

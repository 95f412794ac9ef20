// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/yamltext.h"

#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

QString yamlScalar(const QString &text)
{
    static const QRegularExpression plain(
        QStringLiteral("\\A(\\.{1,2}/)?[A-Za-z/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*\\z"));
    static const QSet<QString> words{QStringLiteral("true"), QStringLiteral("false"), QStringLiteral("yes"),
                                     QStringLiteral("no"),   QStringLiteral("on"),    QStringLiteral("off"),
                                     QStringLiteral("null"), QStringLiteral("y"),     QStringLiteral("n")};
    if (plain.match(text).hasMatch() && !words.contains(text.toLower()))
        return text;
    QString quoted(QLatin1Char('"'));
    for (const QChar c : text) {
        if (c == QLatin1Char('"') || c == QLatin1Char('\\'))
            quoted += QLatin1Char('\\') + QString(c);
        else if (c == QLatin1Char('\n'))
            quoted += QLatin1StringView("\\n");
        else if (c == QLatin1Char('\t'))
            quoted += QLatin1StringView("\\t");
        else if (c.unicode() < 0x20 || c.unicode() == 0x7f || c.unicode() == 0x85 || c.unicode() == 0xa0 ||
                 c.unicode() == 0x2028 || c.unicode() == 0x2029 || c.unicode() == 0xfeff)
            quoted += QStringLiteral("\\u%1").arg(int(c.unicode()), 4, 16, QLatin1Char('0'));
        else
            quoted += c;
    }
    return quoted + QLatin1Char('"');
}

QString yamlQuoted(const QString &text)
{
    const QString written = yamlScalar(text);
    return written.startsWith(QLatin1Char('"')) ? written : QLatin1Char('"') + written + QLatin1Char('"');
}

} // namespace Switchyard

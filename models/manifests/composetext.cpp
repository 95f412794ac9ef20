// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/composetext.h"

#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

namespace {

QLatin1StringView L(const char *text)
{
    return QLatin1StringView(text);
}

} // namespace

QString composeScalar(const QString &text)
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
            quoted += L("\\n");
        else if (c == QLatin1Char('\t'))
            quoted += L("\\t");
        else if (c.unicode() < 0x20 || c.unicode() == 0x7f || c.unicode() == 0x85 || c.unicode() == 0xa0 ||
                 c.unicode() == 0x2028 || c.unicode() == 0x2029 || c.unicode() == 0xfeff)
            quoted += QStringLiteral("\\u%1").arg(int(c.unicode()), 4, 16, QLatin1Char('0'));
        else
            quoted += c;
    }
    return quoted + QLatin1Char('"');
}

QString composeEscaped(QString text)
{
    return text.replace(QLatin1Char('$'), L("$$"));
}

bool isComposeVariable(const QString &name)
{
    static const QRegularExpression form(QStringLiteral("\\A[A-Za-z_][A-Za-z0-9_]*\\z"));
    return form.match(name).hasMatch();
}

QString composeRequired(const QString &name)
{
    return QStringLiteral("${%1:?set %1 in .env}").arg(name);
}

QString composeVariable(const QString &name, const char *suffix)
{
    static const QRegularExpression odd(QStringLiteral("[^A-Za-z0-9]+"));
    QString result = name.toUpper().replace(odd, QStringLiteral("_")) + L(suffix);
    return result.front().isDigit() ? QLatin1Char('_') + result : result;
}

QString composeQuoted(const QString &text)
{
    const QString written = composeScalar(text);
    return written.startsWith(QLatin1Char('"')) ? written : QLatin1Char('"') + written + QLatin1Char('"');
}

} // namespace Switchyard

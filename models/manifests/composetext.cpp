// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/composetext.h"

#include <QRegularExpression>

namespace Switchyard {

namespace {

QLatin1StringView L(const char *text)
{
    return QLatin1StringView(text);
}

} // namespace

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

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/redact.h"

#include <QRegularExpression>

namespace Switchyard {

namespace {

const QString mask = QStringLiteral("••••");

// Names, not values: which parameters, headers and variables are credentials.
const QString secretNames = QStringLiteral(
    "password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|key|auth|authorization|"
    "cookie|set-cookie|signature|sig|credential|credentials|dsn|session");

const QRegularExpression &userinfo()
{
    static const QRegularExpression re(QStringLiteral(R"(\b([a-z][a-z0-9+.\-]*://[^\s/?#:@"']*):([^\s/?#"']+)@)"),
                                       QRegularExpression::CaseInsensitiveOption);
    return re;
}

const QRegularExpression &query()
{
    static const QRegularExpression re(
        QStringLiteral(R"(([?&](?:[a-z0-9_.\-]*[_\-])?(?:%1))=([^&\s#"']+))").arg(secretNames),
        QRegularExpression::CaseInsensitiveOption);
    return re;
}

const QRegularExpression &header()
{
    static const QRegularExpression re(
        QStringLiteral(R"(\b(authorization|proxy-authorization|cookie|set-cookie|x-[a-z\-]*(?:key|token|secret))(\s*:\s*)([^\r\n]+))"),
        QRegularExpression::CaseInsensitiveOption);
    return re;
}

const QRegularExpression &bearer()
{
    static const QRegularExpression re(QStringLiteral(R"(\b(bearer|basic)\s+[A-Za-z0-9._~+/=\-]{8,})"),
                                       QRegularExpression::CaseInsensitiveOption);
    return re;
}

const QRegularExpression &assignment()
{
    static const QRegularExpression re(
        QStringLiteral(R"(\b([A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_KEY|PRIVATE_KEY|ACCESS_KEY)[A-Z0-9_]*\s*=\s*)("[^"]*"|'[^']*'|[^\s,;]+))"));
    return re;
}

} // namespace

QString redact(const QString &text)
{
    QString result = text;
    if (result.contains(QLatin1StringView("://"))) {
        result.replace(userinfo(), QStringLiteral("\\1:%1@").arg(mask));
    }
    if (result.contains(QLatin1Char('=')))
        result.replace(query(), QStringLiteral("\\1=%1").arg(mask)).replace(assignment(), QStringLiteral("\\1%1").arg(mask));
    if (result.contains(QLatin1Char(':')))
        result.replace(header(), QStringLiteral("\\1\\2%1").arg(mask));
    result.replace(bearer(), QStringLiteral("\\1 %1").arg(mask));
    return result;
}

bool isSecretName(QStringView name)
{
    static const QRegularExpression re(QStringLiteral(R"((?:^|[_\-.])(?:%1)(?:$|[_\-.]))").arg(secretNames),
                                       QRegularExpression::CaseInsensitiveOption);
    return re.match(name.toString()).hasMatch();
}

bool urlCarriesSecret(const QString &url)
{
    return userinfo().match(url).hasMatch() || query().match(url).hasMatch();
}

} // namespace Switchyard

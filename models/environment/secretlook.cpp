// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/secretlook.h"

#include "models/common/redact.h"

#include <QHash>
#include <QRegularExpression>

#include <cmath>

namespace Switchyard {

namespace {

/// Shapes that redact() does not know because they are rare in logs.
bool hasKnownShape(const QString &value)
{
    static const QRegularExpression shapes(QStringLiteral(
        R"(-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w\-]{35}|\bsk-[\w\-]{20,}|\bSG\.[\w\-]{16,}\.[\w\-]{16,}|\bglpat-[\w\-]{20}|\bnpm_[A-Za-z0-9]{36}|\bdop_v1_[0-9a-f]{64}|\bwhsec_[A-Za-z0-9]{16,}|\bre_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}|hooks\.slack\.com/services/\w+/\w+/\w+|discord(?:app)?\.com/api/webhooks/\d+/[\w\-]+|api\.render\.com/deploy/srv-[\w\-]+\?key=)"));
    return shapes.match(value).hasMatch();
}

double bitsPerCharacter(const QString &value)
{
    QHash<QChar, int> counts;
    for (const QChar c : value)
        ++counts[c];
    double bits = 0;
    for (const int count : counts) {
        const double share = double(count) / double(value.size());
        bits -= share * std::log2(share);
    }
    return bits;
}

/// One long word of letters and digits in which no character is much more likely than another.
bool looksRandom(const QString &name, const QString &value)
{
    static const QRegularExpression word(QStringLiteral(R"(\A[A-Za-z0-9+/_=\-]{20,512}\z)"));
    static const QRegularExpression hex(QStringLiteral(R"(\A(?:[0-9a-f]{32,}|[0-9A-F]{32,})\z)"));
    // Names of things that are random and public: commits, digests, build ids, public keys.
    static const QRegularExpression harmless(
        QStringLiteral(
            R"((?:^|_)(?:SHA|SHA1|SHA256|COMMIT|REVISION|HASH|DIGEST|CHECKSUM|ID|UUID|VERSION|PUBLIC|PATH|DIR|NAME|HOST|IMAGE|ADDRESS)(?:_|$))"),
        QRegularExpression::CaseInsensitiveOption);
    if (harmless.match(name).hasMatch())
        return false;
    if (hex.match(value).hasMatch())
        return bitsPerCharacter(value) > 3.0;
    if (!word.match(value).hasMatch())
        return false;
    bool upper = false;
    bool lower = false;
    bool digit = false;
    for (const QChar c : value) {
        upper = upper || c.isUpper();
        lower = lower || c.isLower();
        digit = digit || c.isDigit();
    }
    // Without digits, or with slashes and few classes, it is a sentence or a path.
    return digit && upper && lower && bitsPerCharacter(value) > 3.7;
}

} // namespace

bool isPublicByPrefix(QStringView name)
{
    for (const char *prefix :
         {"VITE_", "NEXT_PUBLIC_", "REACT_APP_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "VUE_APP_", "GATSBY_", "PUBLIC_"}) {
        if (name.startsWith(QLatin1StringView(prefix)))
            return true;
    }
    return false;
}

QString secretReason(const QString &name, const QString &value)
{
    // No shape is shorter, and most values are: the patterns are for the others.
    constexpr qsizetype shortestShape = 12;
    const bool shaped = value.size() >= shortestShape || value.contains(QLatin1Char(':'));
    if (shaped && urlCarriesSecret(value))
        return QStringLiteral("a URL with credentials");
    if (shaped && (hasKnownShape(value) || redact(value) != value))
        return QStringLiteral("a token known by its shape");
    if (isPublicByPrefix(name))
        return {};
    if (isSecretName(name))
        return QStringLiteral("its name");
    if (looksRandom(name, value))
        return QStringLiteral("a long random value");
    return {};
}

} // namespace Switchyard

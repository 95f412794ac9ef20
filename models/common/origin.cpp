// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/origin.h"

#include <QHostAddress>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QUrl>

#include <libpsl.h>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr qsizetype longestRegex = 2'000;

int defaultPort(const QString &scheme)
{
    if (scheme == L("https") || scheme == L("wss"))
        return 443;
    return scheme == L("http") || scheme == L("ws") ? 80 : 0;
}

QString bareHost(QString host)
{
    if (host.startsWith(QLatin1Char('[')) && host.endsWith(QLatin1Char(']')))
        host = host.mid(1, host.size() - 2);
    return host;
}

bool isAddress(const QString &host)
{
    QHostAddress address;
    return address.setAddress(bareHost(host));
}

/// The list that was built into the library: the same on every machine, whatever lies in its folders.
const psl_ctx_t *suffixes()
{
    static const psl_ctx_t *const list = psl_builtin();
    return list;
}

/// Suffixes that came to the list after Debian 12's libpsl was made, as far as backends and frontends lie there.
const QStringList &laterSuffixes()
{
    static const QStringList later{QStringLiteral("up.railway.app"), QStringLiteral("koyeb.app"),
                                   QStringLiteral("replit.app"), QStringLiteral("ngrok-free.app")};
    return later;
}

/// "https" counts for "wss": a socket of a page is a request of its site.
QString siteScheme(const QString &scheme)
{
    return scheme == L("wss") ? QStringLiteral("https") : scheme == L("ws") ? QStringLiteral("http") : scheme;
}

QString lowered(const QString &host)
{
    QString name = host.toLower();
    if (name.endsWith(QLatin1Char('.')))
        name.chop(1);
    return name;
}

} // namespace

QString Origin::toString() const
{
    const QString text = scheme + L("://") + host;
    return isDefaultPort() ? text : text + QLatin1Char(':') + QString::number(port);
}

bool Origin::isDefaultPort() const
{
    return port == defaultPort(scheme);
}

bool Origin::isLoopback() const
{
    return isLoopbackHost(host);
}

bool isLoopbackHost(const QString &host)
{
    QHostAddress address;
    if (address.setAddress(bareHost(host)))
        return address.isLoopback();
    return host == L("localhost") || host.endsWith(L(".localhost"));
}

std::optional<Origin> originOf(const QString &url)
{
    const QUrl parsed(url.trimmed(), QUrl::StrictMode);
    const int own = defaultPort(parsed.scheme());
    if (!parsed.isValid() || parsed.host().isEmpty() || own == 0 || !parsed.userInfo().isEmpty())
        return std::nullopt;
    QString host = lowered(parsed.host(QUrl::FullyEncoded));
    if (host.contains(QLatin1Char(':')) && !host.startsWith(QLatin1Char('[')))
        host = QLatin1Char('[') + host + QLatin1Char(']');
    return Origin{parsed.scheme(), host, parsed.port(own)};
}

bool isSerializedOrigin(const QString &text)
{
    if (text == L("null"))
        return true;
    const std::optional<Origin> origin = originOf(text);
    return origin && (origin->scheme == L("https") || origin->scheme == L("http")) && origin->toString() == text;
}

bool isPublicSuffix(const QString &host)
{
    const QString name = lowered(host);
    if (isAddress(name) || !suffixes())
        return false;
    return laterSuffixes().contains(name) || psl_is_public_suffix(suffixes(), name.toUtf8().constData()) == 1;
}

bool isListedSuffix(const QString &host)
{
    const QString name = lowered(host);
    if (isAddress(name) || !suffixes())
        return false;
    return laterSuffixes().contains(name) ||
           psl_is_public_suffix2(suffixes(), name.toUtf8().constData(), PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) == 1;
}

QString registrableDomain(const QString &host)
{
    const QString name = lowered(host);
    if (isAddress(name) || !suffixes())
        return {};
    for (const QString &suffix : laterSuffixes()) {
        if (name == suffix)
            return {};
        if (name.endsWith(QLatin1Char('.') + suffix))
            return name.chopped(suffix.size() + 1).section(QLatin1Char('.'), -1) + QLatin1Char('.') + suffix;
    }
    const QByteArray utf8 = name.toUtf8();
    const char *domain = psl_registrable_domain(suffixes(), utf8.constData());
    return domain ? QString::fromUtf8(domain) : QString();
}

bool sameSite(const Origin &a, const Origin &b)
{
    if (siteScheme(a.scheme) != siteScheme(b.scheme))
        return false;
    const QString domain = registrableDomain(a.host);
    return domain.isEmpty() ? a.host == b.host : domain == registrableDomain(b.host);
}

ListedEntries listEntries(const QString &value)
{
    ListedEntries result;
    const QString trimmed = value.trimmed();
    if (trimmed.startsWith(QLatin1Char('['))) {
        result.form = ListForm::Json;
        const QJsonDocument json = QJsonDocument::fromJson(trimmed.toUtf8());
        result.whole = json.isArray();
        if (json.isArray()) {
            for (const QJsonValue &entry : json.array()) {
                result.whole = result.whole && entry.isString();
                result.raw.append(entry.toString());
            }
            return result;
        }
        // What is left of a list that lost its quotes on the way.
        result.raw = value.split(QLatin1Char(','));
        return result;
    }
    result.raw = value.split(QLatin1Char(','));
    if (result.raw.size() > 1) {
        result.form = ListForm::Comma;
        return result;
    }
    static const QRegularExpression spaces(QStringLiteral("\\s+"));
    const QStringList words = trimmed.split(spaces, Qt::SkipEmptyParts);
    if (words.size() > 1) {
        result.form = ListForm::Spaces;
        result.raw = words;
    }
    return result;
}

bool looksLikeRegex(const QString &text)
{
    static const QRegularExpression sign(QStringLiteral(R"(\\\.|\.\*|\.\+|\(\?|\[\^?[\w\-\\]+\]|\||\A\^|\$\z)"));
    return sign.match(text).hasMatch();
}

bool regexMatches(const QString &regex, const QString &text, bool whole)
{
    if (regex.size() > longestRegex)
        return false;
    // The limit keeps an expression that backtracks for ever from doing it here.
    const QString limited =
        QStringLiteral("(*LIMIT_MATCH=200000)(*NO_JIT)") + (whole ? L("\\A(?:") + regex + L(")\\z") : regex);
    const QRegularExpression expression(limited);
    return expression.isValid() && expression.match(text).hasMatch();
}

namespace {

/// `(a|b)\.c` -> `a\.c b\.c`, as far as there are no groups in groups; at most 64 of them.
QStringList withoutAlternatives(const QString &regex)
{
    static const QRegularExpression group(QStringLiteral(R"(\((?:\?:)?([\w.\\\-]+(?:\|[\w.\\\-]+)+)\))"));
    QStringList texts{regex};
    for (qsizetype i = 0; i < texts.size();) {
        const QRegularExpressionMatch match = group.match(texts[i]);
        if (!match.hasMatch()) {
            ++i;
            continue;
        }
        const QString text = texts.takeAt(i);
        const QStringList choices = match.captured(1).split(QLatin1Char('|'));
        if (texts.size() + choices.size() > 64)
            break;
        for (const QString &choice : choices)
            texts.append(text.left(match.capturedStart()) + choice + text.mid(match.capturedEnd()));
    }
    return texts;
}

} // namespace

QStringList hostsInRegex(const QString &regex)
{
    QString plain = withoutAlternatives(regex.left(longestRegex)).join(QLatin1Char(' '));
    static const QRegularExpression classes(QStringLiteral(R"(\[(?:\\.|[^\]\\])*\](?:[*+?]|\{[\d,]*\})*)"));
    plain.replace(classes, QStringLiteral(" "));
    // ".", "\w" and the like with a quantifier stand for something; a bare dot stands for a dot nearly always.
    static const QRegularExpression wild(QStringLiteral(R"((?:\\[wdsWDSbB]|\.)(?:[*+?]|\{[\d,]*\})+\??|\\[wdsWDSbB])"));
    plain.replace(wild, QStringLiteral(" "));
    plain.replace(L("\\."), L(".")).replace(L("\\-"), L("-")).replace(L("\\/"), L("/"));
    static const QRegularExpression scheme(QStringLiteral(R"((?:https?|s)?\??\)?:/)"));
    plain.replace(scheme, QStringLiteral(" "));
    static const QRegularExpression name(QStringLiteral(R"(\.?[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*)"));
    QStringList hosts;
    for (auto it = name.globalMatch(plain); it.hasNext();) {
        QString host = it.next().captured().toLower();
        const bool behindDot = host.startsWith(QLatin1Char('.'));
        while (host.startsWith(QLatin1Char('-')) || host.startsWith(QLatin1Char('.')))
            host.remove(0, 1);
        if ((behindDot || host.contains(QLatin1Char('.'))) && !host.isEmpty() && !hosts.contains(host))
            hosts.append(host);
    }
    return hosts;
}

QStringList suffixesOpenTo(const QString &regex)
{
    QStringList open;
    for (QString host : hostsInRegex(regex)) {
        // The host itself and everything it lies in, as far as others can have names there too.
        for (;; host = host.section(QLatin1Char('.'), 1)) {
            // Railway's sites lie below up.railway.app, which people shorten.
            for (const QString &suffix : {host, L("up.") + host}) {
                if (isListedSuffix(suffix) && !open.contains(suffix) &&
                    regexMatches(regex, L("https://switchyard-check-nobody.") + suffix, true))
                    open.append(suffix);
            }
            if (!host.contains(QLatin1Char('.')))
                break;
        }
    }
    return open;
}

} // namespace Switchyard

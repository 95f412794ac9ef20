// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/redact.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>
#include <functional>

namespace Switchyard {

namespace {

const QString &mask()
{
    static const QString dots = QStringLiteral("••••");
    return dots;
}

QRegularExpression insensitive(const QString &pattern)
{
    return QRegularExpression(pattern, QRegularExpression::CaseInsensitiveOption);
}

bool isOneOf(const QString &word, std::initializer_list<const char *> words)
{
    return std::any_of(words.begin(), words.end(), [&](const char *each) { return word == QLatin1StringView(each); });
}

/// "DB_accessToken2" -> db, access, token. Trailing digits and a plural "s" do not change what a name means.
QStringList wordsOf(QStringView name)
{
    QStringList words;
    QString word;
    const auto flush = [&] {
        while (!word.isEmpty() && word.back().isDigit())
            word.chop(1);
        if (!word.isEmpty())
            words.append(word);
        word.clear();
    };
    for (qsizetype i = 0; i < name.size(); ++i) {
        const QChar c = name[i];
        if (!c.isLetterOrNumber()) {
            flush();
            continue;
        }
        const bool hump = c.isUpper() && i > 0 && (name[i - 1].isLower() || name[i - 1].isDigit());
        const bool lastOfAcronym =
            c.isUpper() && i > 0 && name[i - 1].isUpper() && i + 1 < name.size() && name[i + 1].isLower();
        if (hump || lastOfAcronym)
            flush();
        word += c.toLower();
    }
    flush();
    return words;
}

/// Words that mean a credential wherever they stand, also at the end of a compound such as "pgpassword".
bool isStrongWord(QString word)
{
    if (word.endsWith(QLatin1Char('s')) && !isOneOf(word, {"tokens"}))
        word.chop(1);
    static const QStringList endings{
        QStringLiteral("password"),   QStringLiteral("passwd"),       QStringLiteral("passphrase"),
        QStringLiteral("secret"),     QStringLiteral("token"),        QStringLiteral("apikey"),
        QStringLiteral("secretkey"),  QStringLiteral("accesskey"),    QStringLiteral("privatekey"),
        QStringLiteral("credential"), QStringLiteral("authorization")};
    // "pas" is "pass" after the plural rule.
    return isOneOf(word, {"pwd", "pas", "cookie", "signature", "jwt"}) ||
           std::any_of(endings.begin(), endings.end(), [&](const QString &ending) { return word.endsWith(ending); });
}

/// What makes a name speak about a secret instead of holding one: TOKEN_TTL, PASSWORD_MIN_LENGTH, SECRET_NAME.
bool isAbout(const QStringList &words)
{
    return isOneOf(words.last(),
                   {"url",      "uri",      "endpoint", "expire",   "expires",  "expiry",    "expiration", "ttl",
                    "minutes",  "hours",    "days",     "seconds",  "length",   "min",       "max",        "count",
                    "limit",    "limits",   "enabled",  "disabled", "required", "algorithm", "algorithms", "alg",
                    "type",     "name",     "names",    "file",     "path",     "dir",       "header",     "issuer",
                    "audience", "lifetime", "timeout",  "age",      "rounds",   "version",   "samesite",   "secure",
                    "domain",   "prefix",   "policy",   "rotation", "status"}) ||
           isOneOf(words.first(), {"max", "min", "num", "use", "has", "is", "allow", "enable"});
}

bool endsInSecretKey(const QStringList &words)
{
    if (!isOneOf(words.last(), {"key", "keys"}))
        return false;
    return words.size() == 1 ||
           !isOneOf(words[words.size() - 2], {"public", "publishable", "primary", "foreign", "sort", "partition",
                                              "cache", "idempotency", "routing", "row", "host", "map", "object"});
}

/// True also for short everyday words ("key", "auth"), which in running text mean other things.
bool isWeakName(const QStringList &words)
{
    return endsInSecretKey(words) || isOneOf(words.last(), {"auth", "session", "sessionid", "sig", "dsn"});
}

bool isStrongName(const QStringList &words)
{
    return !words.isEmpty() && !isAbout(words) &&
           std::any_of(words.begin(), words.end(), [](const QString &word) { return isStrongWord(word); });
}

/// A name before "=" in running text: `key=17` is no secret, `API_KEY=17` is.
bool isSecretAssignment(QStringView name)
{
    const QStringList words = wordsOf(name);
    if (words.isEmpty())
        return false;
    return isStrongName(words) || (words.size() > 1 && !isAbout(words) && isWeakName(words));
}

/// Replaces what `replacement` makes of each match; a null string leaves the match alone.
QString replaced(const QString &text, const QRegularExpression &re,
                 const std::function<QString(const QRegularExpressionMatch &)> &replacement)
{
    QString result;
    qsizetype done = 0;
    for (QRegularExpressionMatchIterator at = re.globalMatch(text); at.hasNext();) {
        const QRegularExpressionMatch match = at.next();
        const QString instead = replacement(match);
        if (instead.isNull())
            continue;
        result += QStringView(text).mid(done, match.capturedStart() - done);
        result += instead;
        done = match.capturedEnd();
    }
    if (done == 0)
        return text;
    result += QStringView(text).mid(done);
    return result;
}

/// Masks what stands behind each match of `before` whose group 1 is a secret name, as far as `value` reaches. The
/// search goes on directly behind a harmless name: its value may be a whole text with a secret in it.
QString maskValues(const QString &text, const QRegularExpression &before, bool (*isSecret)(QStringView),
                   const QRegularExpression &value, const QString &instead)
{
    // Otherwise each match checks the whole text again, and long lines take time by the square; see wellFormed().
    constexpr QRegularExpression::MatchOptions unchecked = QRegularExpression::DontCheckSubjectStringMatchOption;
    QString result;
    qsizetype done = 0;
    qsizetype at = 0;
    for (;;) {
        const QRegularExpressionMatch name = before.match(text, at, QRegularExpression::NormalMatch, unchecked);
        if (!name.hasMatch())
            break;
        at = name.capturedEnd();
        if (!isSecret(name.capturedView(1)))
            continue;
        const QRegularExpressionMatch found = value.match(text, at, QRegularExpression::NormalMatch,
                                                          unchecked | QRegularExpression::AnchorAtOffsetMatchOption);
        if (!found.hasMatch())
            continue;
        result += QStringView(text).mid(done, at - done);
        result += instead;
        done = at = found.capturedEnd();
    }
    if (done == 0)
        return text;
    result += QStringView(text).mid(done);
    return result;
}

bool isWebScheme(const QString &scheme)
{
    return isOneOf(scheme.toLower(), {"http", "https", "ws", "wss"});
}

/// Masks the userinfo of one URL. RFC 3986 ends it at the first "/", "?" or "#", but passwords are pasted unescaped,
/// so that everything up to the last "@" counts unless a port explains the colon.
QString maskUserinfo(const QString &url)
{
    const qsizetype begin = url.indexOf(QLatin1StringView("://")) + 3;
    const qsizetype at = url.lastIndexOf(QLatin1Char('@'));
    if (at < begin)
        return {};
    const bool web = isWebScheme(url.left(begin - 3));
    static const QRegularExpression end(QStringLiteral("[/?#]"));
    const qsizetype authorityEnd = url.indexOf(end, begin);
    const bool plain = authorityEnd < 0 || at < authorityEnd;
    const qsizetype firstAt = url.indexOf(QLatin1Char('@'), begin);
    const bool inAuthority = authorityEnd < 0 || firstAt < authorityEnd;
    const qsizetype colon = url.indexOf(QLatin1Char(':'), begin);
    if (colon < 0 || colon > at || (inAuthority && colon > firstAt)) {
        // A user name alone; on the web a long one is an access token.
        const bool token = web && inAuthority && firstAt - begin >= 16;
        return token ? url.left(begin) + mask() + url.mid(firstAt) : QString();
    }
    if (inAuthority) {
        // "?to=a@b" after the authority is no part of the password, an unescaped "@" before it is.
        const qsizetype last = plain ? at : url.lastIndexOf(QLatin1Char('@'), authorityEnd);
        return url.left(colon + 1) + mask() + url.mid(last);
    }
    static const QRegularExpression port(QStringLiteral("\\A\\d{1,5}(?![^/?#])"));
    const bool explained = colon > begin && web && (colon > authorityEnd || port.match(url.mid(colon + 1)).hasMatch());
    return explained ? QString() : url.left(colon + 1) + mask() + url.mid(at);
}

QString maskUrls(const QString &text)
{
    static const QRegularExpression re = insensitive(QStringLiteral(R"([a-z][a-z0-9+.\-]*://[^\s"<>]+)"));
    return replaced(text, re, [](const QRegularExpressionMatch &match) { return maskUserinfo(match.captured()); });
}

QString maskQueries(const QString &text)
{
    static const QRegularExpression before(QStringLiteral(R"([?&;#]([\w.\-%\[\]]++)=)"));
    static const QRegularExpression value(QStringLiteral(R"([^&\s#"'<>]+)"));
    return maskValues(text, before, isSecretName, value, mask());
}

QString maskAssignments(const QString &text)
{
    static const QRegularExpression before(QStringLiteral(R"((?<![\w.\-])(-{0,2}[A-Za-z][\w.\-]*+)\s*=\s*)"));
    static const QRegularExpression value(QStringLiteral(R"("[^"]*"|'[^']*'|[^\s,;="'&][^\s,;&"']*)"));
    return maskValues(text, before, isSecretAssignment, value, mask());
}

/// `"password": "x"` of JSON, also with single quotes, and with the quotes escaped where JSON stands in JSON.
QString maskJson(const QString &text)
{
    static const QRegularExpression before(QStringLiteral(R"(["']([\w.\-]++)["']\s*:\s*)"));
    static const QRegularExpression value(QStringLiteral(R"("(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|-?\d[\d.eE+\-]*)"));
    static const QRegularExpression escapedBefore(QStringLiteral(R"(\\"([\w.\-]++)\\"\s*:\s*)"));
    static const QRegularExpression escapedValue(QStringLiteral(R"(\\"(?:[^"\\]|\\[^"])*+\\"|-?\d[\d.eE+\-]*)"));
    const QString plain =
        maskValues(text, before, isSecretAssignment, value, QLatin1Char('"') + mask() + QLatin1Char('"'));
    return maskValues(plain, escapedBefore, isSecretAssignment, escapedValue,
                      QStringLiteral("\\\"") + mask() + QStringLiteral("\\\""));
}

/// Headers hold several words, so that the rest of the line goes.
QString maskHeaders(const QString &text)
{
    static const QRegularExpression re = insensitive(QStringLiteral(
        R"(\b(authorization|proxy-authorization|cookie|set-cookie|x-[a-z0-9\-]+|[a-z0-9]+-(?:api-)?key)(\s*:\s*)([^\r\n]+))"));
    static const QRegularExpression yaml(QStringLiteral(R"(^(\s*(?:-\s+)?)([\w.\-]+)(:[ \t]+)([^\s\[{|>&*!][^\r\n]*))"),
                                         QRegularExpression::MultilineOption);
    const QString masked = replaced(text, re, [](const QRegularExpressionMatch &match) {
        const QString name = match.captured(1).toLower();
        return isSecretName(name) ? match.captured(1) + match.captured(2) + mask() : QString();
    });
    return replaced(masked, yaml, [](const QRegularExpressionMatch &match) {
        const QString known = match.captured(1) + match.captured(2) + match.captured(3);
        return isSecretAssignment(match.capturedView(2)) ? known + mask() : QString();
    });
}

/// Credentials known by their own shape, whatever stands before them.
QString maskShapes(const QString &text)
{
    static const QRegularExpression bearer =
        insensitive(QStringLiteral(R"(\b(bearer|flyv1)(\s+)([a-z0-9._~+/=,\-]{8,}))"));
    static const QRegularExpression basic = insensitive(QStringLiteral(R"(\b(basic\s+)([a-z0-9+/]{4,}={0,2}))"));
    static const QRegularExpression known(QStringLiteral(
        R"(\b(?:eyJ[\w\-]{8,}\.[\w\-]+\.[\w\-]*|rnd_[A-Za-z0-9]{12,}|fm[12][ar]?_[\w+/=\-]{12,}|fo1_[\w\-]{12,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|[rs]k_(?:live|test)_[A-Za-z0-9]{12,}|xox[abprs]-[\w\-]{10,}))"));
    QString result = replaced(text, bearer, [](const QRegularExpressionMatch &match) {
        // "bearer authentication" is a word, a token has a digit, a capital or is long.
        const QStringView value = match.capturedView(3);
        const bool word =
            value.size() < 20 && std::all_of(value.begin(), value.end(), [](QChar c) { return c.isLower(); });
        return word ? QString() : match.captured(1) + match.captured(2) + mask();
    });
    result = replaced(result, basic, [](const QRegularExpressionMatch &match) {
        const bool pair = QByteArray::fromBase64(match.captured(2).toLatin1()).contains(':');
        return pair ? match.captured(1) + mask() : QString();
    });
    return replaced(result, known, [](const QRegularExpressionMatch &) { return mask(); });
}

/// The same text with a replacement character for each half of a broken surrogate pair.
QString wellFormed(const QString &text)
{
    return text.isValidUtf16() ? text : QString::fromUtf8(text.toUtf8());
}

} // namespace

QString redact(const QString &text)
{
    QString result = wellFormed(text);
    if (result.contains(QLatin1StringView("://")))
        result = maskUrls(result);
    if (result.contains(QLatin1Char('=')))
        result = maskAssignments(maskQueries(result));
    if (result.contains(QLatin1Char(':')))
        result = maskHeaders(maskJson(result));
    return maskShapes(result);
}

bool isSecretName(QStringView name)
{
    const QStringList words = wordsOf(name);
    return !words.isEmpty() && !isAbout(words) && (isStrongName(words) || isWeakName(words));
}

bool urlCarriesSecret(const QString &url)
{
    const QString text = wellFormed(url);
    return maskUrls(text) != text || maskQueries(text) != text;
}

} // namespace Switchyard

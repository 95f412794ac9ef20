// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/atlashints.h"

#include "models/common/redact.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct AtlasHint
{
    int status;       ///< 0: any
    const char *code; ///< errorCode; "": any
    ErrorKind kind;
    const char *words;
    const char *hint;
    const char *source;
};

constexpr const char *authPage = "https://www.mongodb.com/docs/atlas/api/api-authentication/";
constexpr const char *specPage = "https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/";
constexpr const char *versionPage = "https://www.mongodb.com/docs/atlas/api/versioned-api-overview/";

/// The first that fits; codes before their status alone.
constexpr AtlasHint table[] = {
    {403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", ErrorKind::Auth,
     "this computer's address is not on the API access list of the key or service account",
     "add it there (Organization, Applications): that list is another one than the project's, and each key has its "
     "own. "
     "A token can be made from anywhere, but used only from there",
     authPage},
    {403, "RESOURCE_REQUIRES_ACCESS_LIST", ErrorKind::Auth,
     "the organisation asks for an API access list, and this key has none",
     "give the key or service account one, with this computer's address in it", authPage},
    {403, "", ErrorKind::Auth, "the key or service account may not do this in the project",
     "reading the list needs Project Read Only, changing it Project Owner", authPage},
    {401, "", ErrorKind::Auth, "Atlas does not know this key or service account",
     "--auth is CLIENT_ID:SECRET of a service account, --api-key is PUBLIC:PRIVATE of an API key. HTTP Basic and the "
     "paths of v1.0 are refused whatever the key",
     authPage},
    {404, "GROUP_NOT_FOUND", ErrorKind::Usage, "there is no such project, or this key does not see it",
     "--group is the project's id, 24 hexadecimal digits, not its name", specPage},
    {404, "RESOURCE_NOT_FOUND", ErrorKind::Usage, "there is no such project, or this key does not see it",
     "--group is the project's id, 24 hexadecimal digits, not its name", specPage},
    {404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND", ErrorKind::Usage, "the entry is not in the list",
     "\"db access list\" shows how it is written there", specPage},
    {404, "", ErrorKind::Usage, "Atlas does not find it", "check --group; \"db access list\" shows the entries",
     specPage},
    {406, "", ErrorKind::Usage, "Atlas does not serve this version of the resource",
     "the Accept header must be application/vnd.atlas.YYYY-MM-DD+json with a date that the resource has", versionPage},
    {409, "", ErrorKind::Usage, "the list is being changed by somebody else, or has no room left",
     "read it again, then try again", specPage},
    {429, "", ErrorKind::Refused, "Atlas takes no more requests for now", "wait, then try again",
     "https://www.mongodb.com/docs/atlas/api/api-rate-limit/"},
    {400, "", ErrorKind::Usage, "Atlas refuses what was asked",
     "an entry is one address, one CIDR block or one security group; a date lies ahead, at most a week", specPage},
};

QString saidBy(const QJsonObject &object)
{
    constexpr qsizetype most = 300;
    QString detail = object[s("detail")].toString();
    if (detail.isEmpty())
        detail = object[s("reason")].toString();
    detail = redact(detail.simplified().left(most));
    detail.removeIf([](QChar c) { return !c.isPrint() && !c.isSurrogate(); });
    return detail;
}

/// Codes are names in capitals; anything else is not repeated.
QString codeOf(const QJsonObject &object)
{
    constexpr qsizetype most = 80;
    const QString code = object[s("errorCode")].toString();
    const bool plain = std::all_of(code.cbegin(), code.cend(), [](QChar c) {
        return (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'_';
    });
    return plain && code.size() <= most ? code : QString();
}

} // namespace

Error atlasError(int status, const QByteArray &body, int retryAfterSeconds)
{
    const QJsonObject object = QJsonDocument::fromJson(body).object();
    const QString code = codeOf(object);
    const QString detail = saidBy(object);
    const QString tail = s(" (HTTP %1%2%3)")
                             .arg(QString::number(status), code.isEmpty() ? QString() : u' ' + code,
                                  detail.isEmpty() ? QString() : s(": ") + detail);
    for (const AtlasHint &hint : table) {
        if (hint.status != status || (*hint.code && code != s(hint.code)))
            continue;
        Error error{hint.kind, s(hint.words) + tail, s(hint.hint), {}};
        if (status == 429 && retryAfterSeconds >= 0)
            error.hint = s("try again in %1 s").arg(retryAfterSeconds);
        return error;
    }
    if (status >= 500)
        return {ErrorKind::Io, s("Atlas has a fault of its own") + tail, s("try again later"), {}};
    return {
        ErrorKind::Protocol, s("Atlas answers otherwise than expected") + tail, s("check the address of the API"), {}};
}

Error atlasTokenError(int status, const QByteArray &body)
{
    if (status == 429 || status >= 500)
        return atlasError(status, body, -1);
    if (status == 400 || status == 401 || status == 403)
        return {
            ErrorKind::Auth,
            s("Atlas makes no token for this service account (HTTP %1)").arg(status),
            s("client id and secret of a service account as ID:SECRET; its secrets expire, and an API key is given by "
              "--api-key instead"),
            {}};
    return {
        ErrorKind::Protocol, s("Atlas makes no token (HTTP %1)").arg(status), s("check the address of the API"), {}};
}

} // namespace Switchyard

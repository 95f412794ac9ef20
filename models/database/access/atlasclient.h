// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/common/secret.h"
#include "models/database/access/accesslist.h"
#include "models/database/base/deadline.h"

#include <functional>
#include <memory>

namespace Switchyard {

/// How Atlas' Admin API knows its caller. HTTP Basic is not among them: it is for making tokens only.
struct AtlasCredentials
{
    enum class Kind
    {
        ServiceAccount, ///< client id and secret, for OAuth 2.0 client credentials
        ApiKey          ///< public and private key, for HTTP Digest
    };
    Kind kind = Kind::ServiceAccount;
    QString id; ///< client id, or public key
    Secret secret;
};

/// "ID:SECRET". Errors (usage), without any of the text: no colon, an empty half, control characters.
[[nodiscard]] Result<AtlasCredentials> parseAtlasCredentials(const Secret &text, AtlasCredentials::Kind kind);

struct AtlasOptions
{
    QString baseUrl = QStringLiteral("https://cloud.mongodb.com"); ///< another one for tests
    QString version = QStringLiteral("2023-01-01");                ///< of the resource, for Accept
    QString caFile;                                                ///< PEM; empty: the system's
    Milliseconds timeout{20'000};                                  ///< for one call with all its pages and retries
    Milliseconds waitBetween{2'000};                               ///< waitActive(): how often it asks
    Milliseconds longestRetry{10'000}; ///< a Retry-After up to this is waited for once; a longer one is an error
    int itemsPerPage = 100;
    CancelFlag cancelled;                             ///< ends a call within 50 ms; may be empty
    std::function<void(const QString &words)> onWait; ///< in the calling thread: what is waited for
};

/// "ACTIVE" at all cloud providers, "PENDING", "FAILED".
enum class AtlasEntryStatus
{
    Pending,
    Active,
    Failed
};
QString atlasEntryStatusName(AtlasEntryStatus status); ///< "PENDING", "ACTIVE", "FAILED"

/// Client of the project access list of MongoDB Atlas' Admin API v2: list, add, status, remove. Every call blocks, so
/// that it belongs on a worker thread; an object is for one thread at a time. TLS is verified, no redirect followed,
/// and no secret is in an error.
///
/// Errors: those of AtlasHttp, and of the API, with its errorCode in the message: auth (401, 403), usage (404, 406,
/// 409, other 4xx), refused (429, which was asked again once where the wait was short), protocol (an answer that is
/// not understood, a redirect), io (5xx).
class AtlasClient final
{
public:
    AtlasClient(AtlasCredentials credentials, AtlasOptions options);
    ~AtlasClient();
    AtlasClient(const AtlasClient &) = delete;
    AtlasClient &operator=(const AtlasClient &) = delete;

    /// All pages. `group`: the project's id, 24 hexadecimal digits.
    [[nodiscard]] Result<QList<AccessEntry>> list(const QString &group);
    /// One request for all. An entry that is there already is no error; its comment and date become the new ones.
    [[nodiscard]] Result<void> add(const QString &group, const QList<AccessEntry> &entries);
    [[nodiscard]] Result<AtlasEntryStatus> status(const QString &group, const QString &entry);
    /// Asks until all are ACTIVE. Errors: timeout after `limit` (which takes the place of the options' timeout),
    /// refused where one is FAILED.
    [[nodiscard]] Result<void> waitActive(const QString &group, const QList<AccessEntry> &entries, Milliseconds limit);
    /// Open connections through it may stay open for a while. Errors also (usage) where it is not there.
    [[nodiscard]] Result<void> remove(const QString &group, const QString &entry);

    /// Requests that were made so far, tokens and retries with them.
    int requests() const;

private:
    class Calls;
    std::unique_ptr<Calls> m_calls;
};

/// The path's form of an entry: a slash is %2F.
[[nodiscard]] QString atlasEntryInPath(const QString &entry);

/// At most so far ahead may an entry's date of removal lie (the API's description of deleteAfterDate).
constexpr Milliseconds longestAtlasExpiry{7LL * 24 * 3'600'000};

} // namespace Switchyard

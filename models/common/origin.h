// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QStringList>

#include <optional>

namespace Switchyard {

/// A tuple origin as browsers send it: scheme, host and port (RFC 6454 section 6, "origin" of the HTML standard).
struct Origin
{
    QString scheme; ///< "https", "http", also "ws" and "wss" of a socket's address
    QString host;   ///< lower case, ASCII (punycode); an IPv6 address in brackets
    int port = 0;   ///< always set

    /// scheme://host, and :port where it is not the scheme's own: what stands in the Origin header.
    QString toString() const;
    bool isDefaultPort() const;
    /// localhost, *.localhost, 127.0.0.0/8 and [::1]: "potentially trustworthy" also by http (Secure Contexts).
    bool isLoopback() const;
    bool operator==(const Origin &) const = default;
};

/// The same of a host alone: localhost, *.localhost or an address of the loopback interface, with brackets or without.
[[nodiscard]] bool isLoopbackHost(const QString &host);

/// The origin of a URL; whatever stands behind the port is left out. Nothing where it has no scheme of the four, no
/// host, or credentials in it. Any thread, like everything here.
[[nodiscard]] std::optional<Origin> originOf(const QString &url);

/// Whether the text is an origin in the very spelling in which browsers send it ("null" too).
[[nodiscard]] bool isSerializedOrigin(const QString &text);

// ---- The Public Suffix List, as libpsl was built with it, and a few names that it got since; its private part
// (vercel.app, fly.dev) counts like ICANN's.

/// Whether anybody can have a name directly below this one: "com", "co.uk", "vercel.app". A name that the list does not
/// know is one where it has no dot.
[[nodiscard]] bool isPublicSuffix(const QString &host);
/// As above, but only names on the list: not "localhost", "invalid" or a name of one's own network.
[[nodiscard]] bool isListedSuffix(const QString &host);
/// "a.b.example.co.uk" -> "example.co.uk"; empty for addresses and for public suffixes themselves.
[[nodiscard]] QString registrableDomain(const QString &host);

/// Whether a cookie with SameSite=Lax set by one goes with a request of a page on the other: scheme (ws counts as http)
/// and registrable domain are the same. Source: "same site" of the HTML standard.
[[nodiscard]] bool sameSite(const Origin &a, const Origin &b);

// ---- Lists of origins in a variable

/// How the value of a variable lists its entries.
enum class ListForm
{
    Json,   ///< ["a","b"]
    Comma,  ///< a,b
    Spaces, ///< a b
    Single  ///< one entry, or nothing
};

struct ListedEntries
{
    ListForm form = ListForm::Single;
    QStringList raw;   ///< as a program gets them that splits there and strips nothing
    bool whole = true; ///< false: begins like a JSON list and is none, or holds something else than texts
};

/// Splits a value into its entries. A value without a comma that does not begin with "[" is one entry, also where it is
/// empty, as `"".split(",")` has it; several texts with nothing but spaces between them are Spaces.
[[nodiscard]] ListedEntries listEntries(const QString &value);

/// Whether the text is meant as a regular expression: it has a sign that neither an origin nor a glob has.
[[nodiscard]] bool looksLikeRegex(const QString &text);

/// The domains under which the expression takes the site of whoever asks for one: "vercel.app" for
/// `https://.*\.vercel\.app`. Found by matching it, whole text against whole text, with names that nobody has; the
/// suffixes that are tried are those of the Public Suffix List that stand in it. Empty too where the expression is
/// broken or longer than 2,000 characters.
[[nodiscard]] QStringList suffixesOpenTo(const QString &regex);

/// The host names written out in a regular expression: "app.example.com" of `^https://app\.example\.com$`, both of
/// `(vercel\.app|devskyy\.app)`.
[[nodiscard]] QStringList hostsInRegex(const QString &regex);

/// Whether the expression matches; `whole`: from the first to the last character. Bounded work; false where it is
/// broken.
[[nodiscard]] bool regexMatches(const QString &regex, const QString &text, bool whole);

} // namespace Switchyard

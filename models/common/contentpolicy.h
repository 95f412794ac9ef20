// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/origin.h"

#include <QList>
#include <QStringList>

namespace Switchyard {

/// One directive of a policy: "connect-src 'self' https://…".
struct PolicyDirective
{
    QString name; ///< lower case
    QStringList values;
};

/// One serialized content security policy. A directive that comes again is ignored by browsers; it stands in
/// `repeated`.
struct ContentPolicy
{
    QList<PolicyDirective> directives;
    QStringList repeated;

    /// What decides over connections of scripts: connect-src, else default-src; nullptr where neither is there.
    const PolicyDirective *connections() const;
    QString toString() const;
};

/// The policies of a header's value: commas separate several, all of which must agree. A header name with its colon in
/// front is left out. Source: CSP3 section 2.2.
[[nodiscard]] QList<ContentPolicy> parsePolicies(const QString &text);

/// A source of a list, taken apart.
struct PolicySource
{
    enum class Kind
    {
        Star,    ///< *
        Scheme,  ///< https:
        Host,    ///< [scheme://]host[:port][/path]
        Keyword, ///< 'self', 'none', nonces, hashes
        Invalid  ///< browsers ignore it
    };
    Kind kind = Kind::Invalid;
    QString scheme; ///< lower case; empty: that of the page
    QString host;   ///< lower case; "*", "*.example.com", a name or an address
    QString port;   ///< digits, "*", or empty: the scheme's
    QString path;
};

[[nodiscard]] PolicySource parseSource(const QString &text);

/// Whether a URL may be connected to by this source on a page of that origin, before any redirect. Source: CSP3 section
/// 6.7.2 ("does url match expression in origin"). Two steps are taken as all browsers take them, and not to the letter:
/// * covers ws and wss too, and a source that names an IP address covers that address.
[[nodiscard]] bool sourceMatches(const QString &source, const QString &url, const Origin &self);

/// Whether any source of the list does; 'none' and an empty list do not.
[[nodiscard]] bool sourceListMatches(const QStringList &sources, const QString &url, const Origin &self);

} // namespace Switchyard

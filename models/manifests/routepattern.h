// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// How a platform writes the paths that a rule matches. The model keeps them as its format writes them.
enum class RouteForm
{
    Netlify, ///< "/api/*" and ":splat"; "/users/:id"
    Render,  ///< "/api/*" and "*"; "/users/:id"
    Vercel   ///< path-to-regexp 6: "/api/:path*", "/api/(.*)" and "$1", "/users/:id"
};
/// By ServiceModel::format; Render's where the format has no paths of its own.
RouteForm routeFormOf(const QString &format);

/// A pair of paths in another platform's form. Without `lost` both are what to write.
struct TranslatedRoute
{
    QString source;
    QString destination;
    bool changed = false; ///< one of them is written otherwise than it was
    QString lost;         ///< why there is none
};

/// Sources that only a regular expression can say have no place on Netlify or Render. Whatever stands in a destination
/// and refers to no part of the source stays as it is. Thread: any.
TranslatedRoute translateRoute(const QString &source, const QString &destination, RouteForm from, RouteForm to);
/// The same for the path of a response header.
TranslatedRoute translatePath(const QString &path, RouteForm from, RouteForm to);

/// Vercel's old routes are regular expressions: "^/blog/(?<slug>[^/]+)$" -> "/blog/:slug([^/]+)". The destination's
/// "$slug" becomes ":slug"; "$1" means the same in both.
TranslatedRoute translateOldVercelRoute(const QString &source, const QString &destination);

/// Whether clients open WebSockets below this path, as its name tells: "/socket.io/*", "/ws".
bool looksLikeWebSocketPath(const QString &source);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/origin.h"
#include "models/manifests/lint.h"

#include <QJsonObject>
#include <QList>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// How far from the public a deployment is: the `stage` of a backend.
enum class Stage
{
    Development,
    Test, ///< staging
    Production
};
/// "dev", "test", "production", as the workspace file has them.
[[nodiscard]] std::optional<Stage> stageFromName(const QString &name);
[[nodiscard]] QString stageName(Stage stage);

/// Something to know about an origin, a list of them, a policy or an answer. Ids are words with hyphens behind
/// "origin/", "csp/", "cors/" or "socket/", and never change their meaning.
struct OriginFinding
{
    QString id;
    Severity severity = Severity::Warning;
    QString subject;    ///< the origin, source or endpoint it is about; empty: the whole
    QString message;    ///< what is wrong
    QString hint;       ///< what to do
    QString suggestion; ///< what to write instead, as it is; empty: nothing can be said
};

/// As every JSON of origins has it; redacted. As text: two lines each.
[[nodiscard]] QJsonObject findingToJson(const OriginFinding &finding);
[[nodiscard]] QString findingsToText(const QList<OriginFinding> &findings);

/// The value of a variable such as CORS_ORIGINS.
struct OriginList
{
    enum Form
    {
        Json,
        Comma,
        Spaces,
        Single
    };
    QStringList origins; ///< without blanks around them and without empty ones
    Form form = Single;
    bool valid = true; ///< false: no program reads it as a list of origins
    QList<OriginFinding> findings;
};

/// Reads a JSON list, a comma list, a list with blanks, or one origin. Findings are about the form (blanks, empty
/// entries, lost quotes); about the origins see judgeOrigins(). Thread: any, like everything here.
[[nodiscard]] OriginList readOrigins(const QString &value);

/// What is wrong with each of them as an entry of a list that is compared by exact text, and that admits with
/// credentials or without.
[[nodiscard]] QList<OriginFinding> judgeOrigins(const QStringList &origins, Stage stage, bool credentials);

/// A regular expression for what a glob means: anchored, dots escaped, one label (or a port) for each star. Empty where
/// no tight one exists: the star stands where everybody can have a name (https://*.vercel.app, https://*.com), or the
/// text is no origin with stars in it.
[[nodiscard]] QString tightOriginRegex(const QString &glob);

/// What an expression lets in that its author did not mean. It is held against origins that an attacker could have.
[[nodiscard]] QList<OriginFinding> judgeOriginRegex(const QString &regex, bool credentials);

/// Whether two origins are of one site, by the Public Suffix List, schemefully; false where either is no origin.
[[nodiscard]] bool sameSite(const QString &originA, const QString &originB);

/// What a page of one and an API on the other need for cookies; nothing where they are of one site.
[[nodiscard]] std::optional<OriginFinding> crossSiteCookies(const QString &frontend, const QString &api);

/// One place where the frontend is served. In a migration of the frontend there are two for the same stage.
struct Frontend
{
    QString url;
    Stage stage = Stage::Production;
};

/// The list that should be there: in development what runs on this computer (and the usual ports of Vite and of
/// create-react-app or Next where none is named), in staging staging's own, in production https only and no wildcard.
/// Both the old and the new frontend while both are named. Sorted as given, without duplicates.
[[nodiscard]] QStringList originsForStage(const QList<Frontend> &frontends, Stage stage);

} // namespace Switchyard

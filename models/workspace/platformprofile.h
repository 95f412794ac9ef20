// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/error.h"
#include "models/common/instant.h"
#include "models/platforms/servicefacts.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// One rule of a platform's health check as a monitor follows it.
struct ProfileRule
{
    QString key;       ///< as in the workspace: "timeout"
    QString value;     ///< what holds, for people: "5s"
    QString from;      ///< "https://render.com/docs/health-checks", "fly.toml:12", "workspace", "assumed: …"
    QString insteadOf; ///< the platform's own value, where the workspace says otherwise; empty: it does not
};

/// How a platform judges an instance by its health check, and what it does then: what `profile` made of an endpoint.
struct PlatformProfile
{
    QString platform; ///< id of the catalogue
    QString name;     ///< "Render"
    QString source;   ///< where the rules were read
    QString sourceNote;
    QList<ProfileRule> rules;
    QStringList findings;                       ///< where the workspace judges otherwise than the platform would
    QStringList notes;                          ///< what a reader of the rules should know
    std::optional<Milliseconds> unroutedAfter;  ///< failures in a row for so long; 0: the first one; nothing: never
    std::optional<Milliseconds> restartedAfter; ///< nothing: never
    bool verifyTls = true;
    /// Of the platform's own check, as they are written in the manifest: not for people's eyes.
    QList<std::pair<QString, Stated<QString>>> headers;
    std::optional<Error> problem; ///< why it is not known what is to be asked
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/error.h"
#include "models/common/instant.h"

#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// A value and where it is written.
template <typename T>
struct Stated
{
    T value{};
    Place place;
};

/// A variable that a manifest names without its value.
struct MissingVariable
{
    QString name;
    QString why; ///< "generated", "asked for once", "from database main", …
    Place place;
};

/// What one service's manifest says about its deploys, in the words of the platform catalogue: only what a rehearsal
/// needs. What is not written stays empty, and the platform's default holds. Values of variables are in here as they
/// are written; they belong into the process and nowhere else.
struct ServiceFacts
{
    QString service; ///< its name; empty where the manifest has none
    Place place;     ///< of the service
    QString root;    ///< the service's folder, relative to the manifest's; empty: the same
    std::optional<Stated<QString>> healthPath;
    bool checksPort = false;        ///< a TCP check is all there is
    std::optional<Place> portCheck; ///< where that is written; nothing: the platform does it unasked, or not at all
    std::optional<Stated<QString>> checkMethod;
    QList<std::pair<QString, Stated<QString>>> checkHeaders;
    std::optional<Stated<QString>> runtime; ///< decides which variables the platform injects
    std::optional<Place> disk;              ///< where a disk is attached
    /// The platform runs the command without a shell: a variable in it stays as it is written.
    bool commandIsLiteral = false;
    QStringList notes; ///< what the platform makes of the manifest and a reader would not expect; what is not played
    /// Whether it stops while nobody asks for anything, and the words of the manifest that say so ("plan: free").
    struct Sleeping
    {
        bool sleeps = false;
        QString words;
        Place place;
    };
    std::optional<Sleeping> sleeping;    ///< nothing: the manifest does not tell
    bool checkSkipsVerification = false; ///< the check takes any certificate
    QList<Place> furtherChecks;          ///< which the platform asks too
    /// A check that the platform only shows: it moves no traffic and holds up no deploy.
    struct Watching
    {
        std::optional<Stated<QString>> path; ///< nothing: a TCP connect
        std::optional<Stated<QString>> method;
        QList<std::pair<QString, Stated<QString>>> headers;
        std::optional<Stated<Milliseconds>> timeout, interval, grace;
        bool skipsVerification = false;
        Place place;
    };
    std::optional<Watching> watching; ///< only where there is no other check
    std::optional<Stated<Milliseconds>> checkTimeout;
    std::optional<Stated<Milliseconds>> checkInterval;
    std::optional<Stated<Milliseconds>> checkGrace;
    std::optional<Stated<QString>> signal;
    std::optional<Stated<Milliseconds>> grace;
    std::optional<Stated<QStringList>> command; ///< ready to run: split, or through a shell where it needs one
    std::optional<Stated<int>> port;            ///< where the server listens on the platform
    std::optional<Stated<int>> instances;
    std::optional<Stated<QString>> strategy;
    std::optional<Stated<double>> maxUnavailable; ///< a share below 1, else a count
    QMap<QString, Stated<QString>> environment;   ///< literal values
    QList<MissingVariable> missing;
};

/// "render.yaml:14": the file's name without its folders, as a person would say it.
QString spoken(const Place &place);

} // namespace Switchyard

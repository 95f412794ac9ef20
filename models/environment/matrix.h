// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/codeuses.h"
#include "models/environment/envsources.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

class PlatformCatalogue;

/// How a variable gets to the target.
enum class VariableClass
{
    Injected, ///< the platform sets it
    Copy,     ///< the same value
    Rewrite,  ///< another name or form: a URL's scheme, a list's form, the platform's own word
    Derive,   ///< follows from where the backends and frontends are
    Generate, ///< a new random value
    Drop      ///< nobody on the target needs it
};
enum class VariableScope
{
    Runtime,
    Build, ///< read while building only
    Public ///< built into what browsers get
};
enum class VariableStatus
{
    Ok,
    Missing,     ///< the target lacks it
    Change,      ///< the target has something that will not do
    Unused,      ///< set, and nothing reads it
    CannotVerify ///< the target has it, or a person gives it there, and its value cannot be seen
};
enum class VariableWeight
{
    Note,
    Warning,
    Error
};
QString variableClassName(VariableClass each);     ///< "injected", …
QString variableScopeName(VariableScope each);     ///< "runtime", "build", "public"
QString variableStatusName(VariableStatus each);   ///< "ok", "missing", "change", "unused", "cannot-verify"
QString variableStatusSpoken(VariableStatus each); ///< "can't verify"
QString variableWeightName(VariableWeight each);   ///< "note", "warning", "error"

/// Something else about a variable that a person should know. Never with the value of a secret.
struct VariableNote
{
    QString id; ///< "weak-secret", "asyncpg-sslmode", … docs/manual/environment.md lists them
    VariableWeight weight = VariableWeight::Note;
    QString message;
    QString hint;
    Place place;
    bool operator==(const VariableNote &) const = default;
};

/// A variable as one backend has it.
struct VariableState
{
    bool stated = false; ///< a file or the platform gives it
    bool byPlatform = false;
    std::optional<QString> value; ///< may be a secret: show it through shownValue()
    QString said;                 ///< where there is no value to see: "a person gives it on the platform"
    QList<Place> places;          ///< the last one wins; empty where the platform sets it

    /// Where the value that counts stands; nowhere, where the platform sets it.
    Place place() const { return places.isEmpty() ? Place{} : places.last(); }
    bool operator==(const VariableState &) const = default;
};

struct VariableRow
{
    QString name;
    QString component; ///< of the workspace; each has an environment of its own
    VariableClass way = VariableClass::Copy;
    bool secret = false;
    QString secretReason; ///< "its name", …
    VariableScope scope = VariableScope::Runtime;
    VariableState source;
    VariableState target;
    std::optional<QString> wanted; ///< what the target should have, where that is known; may be a secret
    VariableStatus status = VariableStatus::Ok;
    QString action; ///< imperative, short; empty: nothing to do
    QString reason; ///< never empty
    QList<VariableUse> usedBy;
    QList<VariableNote> notes;

    /// Whether a person has to do something: the status says so, or a note is more than that.
    bool needsAction() const;
    VariableWeight worst() const; ///< of the notes
};

/// One backend of the comparison.
struct MatrixSide
{
    QString name;     ///< of the backend, or of the file
    QString platform; ///< id of the catalogue; empty: a file
    QString runtime;  ///< "python", "docker", …; empty: not known
    QString stage;    ///< dev, test, production
    QString url;      ///< of the backend
    EnvironmentSet set;
    QStringList files;       ///< env files, in the order they are read
    QString manifest;        ///< empty: none
    std::optional<int> port; ///< where the manifest says the process listens
    int instances = 0;       ///< 0: not known
    int processes = 0;       ///< workers × instances, as far as commands and manifest say; 0: not known
    QString startCommand;
    Place startPlace;
    int databaseConnections = 0; ///< most that the database of the manifest takes; 0: not known
    QString databasePlan;
    QString serviceName; ///< in the manifest
};

/// A component, and what its own files and code say.
struct MatrixComponent
{
    QString name;
    QString root;                ///< full path of its folder
    bool backend = false;        ///< the two sides are deployments of it
    EnvironmentSet set;          ///< of its own env files; empty for the backend's
    EnvironmentSet targetSet;    ///< of files that are named for the target (".env.render"); empty: none are
    QStringList files;           ///< where `set` was read
    QList<VariableUse> uses;     ///< files relative to the workspace's folder
    qint64 filesRead = 0;        ///< of code
    bool readsVariables = false; ///< its code reads some: then what it does not read is unused
};

/// Variables of which one is enough, as a comment over them says ("at least one of these").
struct VariableGroup
{
    QStringList names;
    Place place; ///< of the comment
};

/// Everything buildMatrix() looks at.
struct MatrixInput
{
    MatrixSide source;
    MatrixSide target;
    QList<MatrixComponent> components;
    QList<VariableGroup> anyOf;
    QStringList sourceHosts; ///< host names (with a port where one is written) that the move leaves
};

struct EnvironmentMatrix
{
    QString source; ///< names of the sides
    QString target;
    QList<VariableRow> rows; ///< by component, then in the order of their first mention
    QList<EnvFinding> findings;
    QList<VariableNote> notes; ///< about the whole: groups of which one is needed, sums of connections

    int needingAction() const;
    const VariableRow *find(const QString &name, const QString &component = {}) const;
};

/// Judges every variable. Pure: reads nothing, and its time is linear in the input. Thread: any.
[[nodiscard]] EnvironmentMatrix buildMatrix(const MatrixInput &input, const PlatformCatalogue &catalogue);

/// A value as it may be shown: whole, or "•••• (24 characters)" for a secret unless revealed; `said` where there is
/// none, "–" where nothing states it.
[[nodiscard]] QString shownValue(const VariableState &state, bool secret, bool reveal = false);
[[nodiscard]] QString maskedValue(const QString &value);

} // namespace Switchyard

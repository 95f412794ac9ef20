// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the files of rules share; nobody else needs it.

#include "models/manifests/dockerfile.h"
#include "models/manifests/lint.h"

#include <QMap>
#include <QRegularExpression>
#include <QSet>

#include <optional>

namespace Switchyard {

/// How the rule files write their texts: `using namespace RuleTexts`.
namespace RuleTexts {

inline QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// "a b c" -> {"a", "b", "c"}
inline QStringList words(const char *text)
{
    return s(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

inline QRegularExpression insensitive(const char *pattern)
{
    return QRegularExpression(s(pattern), QRegularExpression::CaseInsensitiveOption);
}

} // namespace RuleTexts

/// A variable that a manifest sets, from whatever format.
struct LintVariable
{
    QString name;
    QString value;        ///< of a literal
    bool literal = false; ///< false: asked for, generated, a reference
    Place namePlace;
    Place place;
};

/// A command that a manifest runs.
struct LintCommand
{
    enum class When
    {
        Build,
        BeforeDeploy,
        Start
    };
    When when = When::Start;
    QString text;
    Place place;
    QString key; ///< "startCommand", "CMD", "processes.web"
};

/// What belongs to one service, as far as rules for all formats look at it.
struct LintUnit
{
    const LintSubject *subject = nullptr;
    QString name; ///< empty where the format has one service only
    QString root; ///< folder of the service in the repository
    QString runtime;
    Place place;
    QList<LintVariable> variables;
    QList<LintCommand> commands;
    std::optional<int> instances; ///< where it is stated
    Place instancesPlace;

    const LintVariable *variable(QStringView wanted) const;
    bool runs(QStringView word) const; ///< a command at start has this word in it
    /// Paths, as LintSubject::modes and scripts have them, that a path in a command may mean: below the service's
    /// folder, and where the manifest lies in that very folder (backend/render.yaml with rootDir backend) beside it.
    QStringList meant(const QString &path) const;
};

/// A response header that a manifest sets.
struct LintHeader
{
    QString group; ///< headers of one path belong together
    QString name;
    QString value;
    Place place;
};

/// A Dockerfile's instructions with the text of their here-documents in `arguments`. What is broken in it is not said
/// here: the reader does.
QList<DockerInstruction> dockerInstructions(const LintSubject &subject);
/// The words of an exec form (["a", "b"]); nothing for a shell form.
std::optional<QStringList> dockerExecForm(const DockerInstruction &instruction);

/// What a start command says about the server in it.
struct ServerCommand
{
    QString program;        ///< "gunicorn", "uvicorn", "hypercorn", …; empty: none that is known
    QString host;           ///< as it is stated
    QString port;           ///< as it is stated: digits, or something with a $
    bool hasConfig = false; ///< a configuration file may say the rest
    std::optional<int> workers;
    std::optional<int> gracefulTimeout;

    std::optional<int> fixedPort() const;
};
ServerCommand serverIn(const QString &command);
/// The shell scripts that a command names: "./build.sh && echo done" -> build.sh.
QStringList scriptsIn(const QString &command);

/// One pass over a set of manifests.
class LintRun final
{
public:
    explicit LintRun(const QList<LintSubject> &subjects);

    /// `rule` must be one of lintRules(), whose severity the finding gets.
    void report(const char *rule, const Place &place, const QString &message, const QString &fix = {});

    const QList<LintSubject> &subjects() const { return m_subjects; }
    const QList<LintUnit> &units() const { return m_units; }
    QList<LintUnit> unitsOf(const LintSubject &subject) const;
    /// Whether a start command of any manifest in the set names this program.
    bool runsAnywhere(QStringView word) const;
    QList<Finding> take();

private:
    const QList<LintSubject> &m_subjects;
    QList<LintUnit> m_units;
    QHash<QString, Severity> m_severities;
    QList<Finding> m_findings;
};

// Each file of rules has a table and a pass.
QList<RuleText> renderRules();
QList<RuleText> renderServiceRules();
QList<RuleText> flyRules();
QList<RuleText> flyKeyRules();
QList<RuleText> dockerRules();
QList<RuleText> frontendRules();
QList<RuleText> variableRules();
QList<RuleText> originRules();
void checkRender(const LintSubject &subject, LintRun &run);
void checkRenderServices(const LintSubject &subject, LintRun &run);
void checkFly(const LintSubject &subject, LintRun &run);
void checkFlyKeys(const LintSubject &subject, LintRun &run);
void checkDocker(const LintSubject &subject, LintRun &run);
void checkFrontend(const LintSubject &subject, LintRun &run);
void checkVariables(const LintUnit &unit, LintRun &run);
void checkOrigins(const LintUnit &unit, LintRun &run);
void checkHeaders(const QList<LintHeader> &headers, LintRun &run);

// Gathering, in lintunits.cpp and lintheaders of frontendrules.cpp.
QList<LintUnit> lintUnits(const LintSubject &subject);
QList<LintHeader> lintHeaders(const LintSubject &subject);
/// Every `services` list of a Blueprint, also in projects and ungrouped; the same for databases and groups.
QList<const ManifestNode *> renderItems(const ManifestNode &root, QStringView list);

/// The member's text; empty where it is absent or no scalar.
QString textAt(const ManifestNode &map, QStringView key);
/// The member's whole number, also where it stands in quotes.
std::optional<int> integerAt(const ManifestNode &map, QStringView key);
/// The node itself where it is a map, the elements where it is a list of maps.
QList<const ManifestNode *> tablesOf(const ManifestNode *node);
bool hasWord(const QString &text, QStringView word);
/// Go's duration or a bare number in `bare` units; nothing for what is neither.
std::optional<Milliseconds> goDuration(const ManifestNode &node, Milliseconds bare);

} // namespace Switchyard

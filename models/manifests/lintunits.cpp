// SPDX-License-Identifier: GPL-3.0-or-later
// What rules for all formats look at: variables and commands of each service, from whatever format.
#include "models/manifests/lintkit.h"

#include "models/manifests/fieldreader.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace Switchyard {

namespace {

using When = LintCommand::When;

void addCommand(LintUnit &unit, When when, const ManifestNode *node, const QString &key)
{
    if (node && node->isScalar() && !node->text.trimmed().isEmpty())
        unit.commands.append({when, node->text, node->place, key});
    if (node && node->isList()) {
        QStringList words;
        for (const ManifestNode &word : node->children)
            words.append(word.text);
        if (!words.isEmpty())
            unit.commands.append({when, words.join(QLatin1Char(' ')), node->place, key});
    }
}

/// envVars of a service or group of a Blueprint.
void addRenderVariables(LintUnit &unit, const ManifestNode &holder)
{
    const ManifestNode *entries = holder.find(u"envVars");
    if (!entries)
        return;
    for (const ManifestNode &entry : entries->children) {
        const ManifestNode *key = entry.find(u"key");
        if (!key || !key->isScalar())
            continue;
        const ManifestNode *value = entry.find(u"value");
        const bool literal = value && value->isScalar();
        unit.variables.append(
            {key->text, literal ? value->text : QString(), literal, key->place, literal ? value->place : key->place});
    }
}

QList<LintUnit> renderUnits(const LintSubject &subject)
{
    QList<LintUnit> units;
    const ManifestNode &root = subject.manifest.document;
    for (const ManifestNode *service : renderItems(root, u"services")) {
        LintUnit unit;
        unit.subject = &subject;
        unit.name = textAt(*service, u"name");
        unit.root = textAt(*service, u"rootDir");
        const QString runtime = textAt(*service, u"runtime");
        unit.runtime = runtime.isEmpty() ? textAt(*service, u"env") : runtime;
        unit.place = service->place;
        addCommand(unit, When::Build, service->find(u"buildCommand"), QStringLiteral("buildCommand"));
        addCommand(unit, When::BeforeDeploy, service->find(u"preDeployCommand"), QStringLiteral("preDeployCommand"));
        addCommand(unit, When::Start, service->find(u"startCommand"), QStringLiteral("startCommand"));
        addCommand(unit, When::Start, service->find(u"dockerCommand"), QStringLiteral("dockerCommand"));
        addRenderVariables(unit, *service);
        const ManifestNode *scaling = service->find(u"scaling");
        if (const ManifestNode *instances = service->find(u"numInstances")) {
            unit.instances = integerAt(*service, u"numInstances");
            unit.instancesPlace = instances->place;
        } else if (scaling && scaling->find(u"maxInstances")) {
            unit.instances = integerAt(*scaling, u"maxInstances");
            unit.instancesPlace = scaling->find(u"maxInstances")->place;
        }
        units.append(unit);
    }
    for (const ManifestNode *group : renderItems(root, u"envVarGroups")) {
        LintUnit unit;
        unit.subject = &subject;
        unit.name = textAt(*group, u"name");
        unit.place = group->place;
        addRenderVariables(unit, *group);
        units.append(unit);
    }
    return units;
}

void addMap(LintUnit &unit, const ManifestNode *map)
{
    if (!map || !map->isMap())
        return;
    for (const ManifestNode &entry : map->children)
        unit.variables.append({entry.key, entry.text, entry.isScalar(), entry.keyPlace, entry.place});
}

QList<LintUnit> flyUnits(const LintSubject &subject)
{
    const ManifestNode &root = subject.manifest.document;
    LintUnit unit;
    unit.subject = &subject;
    unit.place = root.place;
    const ManifestNode *env = root.find(u"env");
    for (const ManifestNode *table : tablesOf(env))
        addMap(unit, table);
    if (const ManifestNode *build = root.find(u"build"))
        addMap(unit, build->find(u"args"));
    if (const ManifestNode *deploy = root.find(u"deploy"))
        addCommand(unit, When::BeforeDeploy, deploy->find(u"release_command"), QStringLiteral("release_command"));
    const ManifestNode *processes = root.find(u"processes");
    if (processes && processes->isMap())
        for (const ManifestNode &group : processes->children)
            addCommand(unit, When::Start, &group, QStringLiteral("processes.%1").arg(group.key));
    if (processes && processes->isList())
        for (const ManifestNode &group : processes->children)
            addCommand(unit, When::Start, group.find(u"command"), QStringLiteral("processes"));
    if (const ManifestNode *experimental = root.find(u"experimental"))
        for (const char *key : {"cmd", "exec"})
            addCommand(unit, When::Start, experimental->find(QString::fromLatin1(key)),
                       QStringLiteral("experimental.%1").arg(QString::fromLatin1(key)));
    return {unit};
}

void addDockerVariables(LintUnit &unit, const DockerInstruction &instruction)
{
    for (const DockerVariable &variable : instruction.variables) {
        if (variable.stated)
            unit.variables.append({variable.name, variable.value, true, variable.namePlace, variable.place});
    }
}

QList<LintUnit> dockerUnits(const LintSubject &subject)
{
    LintUnit unit;
    unit.subject = &subject;
    unit.place = {subject.manifest.file, 1, 1};
    const QList<DockerInstruction> all = dockerInstructions(subject);
    const int last = all.isEmpty() ? -1 : all.last().stage;
    for (const DockerInstruction &instruction : all) {
        const bool start =
            instruction.name == QLatin1StringView("CMD") || instruction.name == QLatin1StringView("ENTRYPOINT");
        if (instruction.name == QLatin1StringView("ENV") || instruction.name == QLatin1StringView("ARG"))
            addDockerVariables(unit, instruction);
        if (instruction.name == QLatin1StringView("RUN"))
            unit.commands.append({When::Build, instruction.arguments, instruction.argumentsPlace, instruction.name});
        if (start && instruction.stage == last) {
            const std::optional<QStringList> words = dockerExecForm(instruction);
            unit.commands.append({When::Start, words ? words->join(QLatin1Char(' ')) : instruction.arguments,
                                  instruction.argumentsPlace, instruction.name});
        }
    }
    return {unit};
}

QList<LintUnit> frontendUnits(const LintSubject &subject)
{
    const ManifestNode &root = subject.manifest.document;
    LintUnit unit;
    unit.subject = &subject;
    unit.place = root.place;
    const ManifestNode *build = root.find(u"build");
    if (subject.manifest.format == ManifestFormat::Vercel) {
        addMap(unit, root.find(u"env"));
        addMap(unit, build ? build->find(u"env") : nullptr);
        addCommand(unit, When::Build, root.find(u"buildCommand"), QStringLiteral("buildCommand"));
    } else {
        addMap(unit, build ? build->find(u"environment") : nullptr);
        addCommand(unit, When::Build, build ? build->find(u"command") : nullptr, QStringLiteral("build.command"));
        if (const ManifestNode *contexts = root.find(u"context"))
            for (const ManifestNode &context : contexts->children)
                addMap(unit, context.find(u"environment"));
    }
    return {unit};
}

QList<LintUnit> composeUnits(const LintSubject &subject)
{
    QList<LintUnit> units;
    const ManifestNode *services = subject.manifest.document.find(u"services");
    for (const ManifestNode &service : services ? services->children : std::vector<ManifestNode>()) {
        LintUnit unit;
        unit.subject = &subject;
        unit.name = service.key;
        unit.place = service.keyPlace;
        const ManifestNode *environment = service.find(u"environment");
        addMap(unit, environment);
        for (const ManifestNode &entry :
             environment && environment->isList() ? environment->children : std::vector<ManifestNode>()) {
            const qsizetype equals = entry.text.indexOf(QLatin1Char('='));
            if (equals > 0)
                unit.variables.append(
                    {entry.text.left(equals), entry.text.mid(equals + 1), true, entry.place, entry.place});
        }
        addCommand(unit, When::Start, service.find(u"command"), QStringLiteral("command"));
        units.append(unit);
    }
    return units;
}

QList<LintUnit> procfileUnits(const LintSubject &subject)
{
    LintUnit unit;
    unit.subject = &subject;
    unit.place = {subject.manifest.file, 1, 1};
    int line = 0;
    for (const QString &text : QString::fromUtf8(subject.text).split(QLatin1Char('\n'))) {
        ++line;
        const qsizetype colon = text.indexOf(QLatin1Char(':'));
        if (colon <= 0 || text.startsWith(QLatin1Char('#')))
            continue;
        const QString name = text.left(colon).trimmed();
        unit.commands.append({name == QLatin1StringView("release") ? When::BeforeDeploy : When::Start,
                              text.mid(colon + 1).trimmed(),
                              {subject.manifest.file, line, int(colon) + 3},
                              name});
    }
    return {unit};
}

} // namespace

const LintVariable *LintUnit::variable(QStringView wanted) const
{
    const auto it =
        std::find_if(variables.begin(), variables.end(), [wanted](const LintVariable &v) { return v.name == wanted; });
    return it != variables.end() ? &*it : nullptr;
}

bool LintUnit::runs(QStringView word) const
{
    return std::any_of(commands.begin(), commands.end(), [word](const LintCommand &command) {
        return command.when == LintCommand::When::Start && hasWord(command.text, word);
    });
}

QStringList LintUnit::meant(const QString &path) const
{
    if (root.isEmpty())
        return {QDir::cleanPath(path)};
    QStringList paths{QDir::cleanPath(root + QLatin1Char('/') + path)};
    const QString folder = QLatin1Char('/') + QFileInfo(subject->manifest.file).absolutePath();
    if (folder.endsWith(QLatin1Char('/') + QDir::cleanPath(root)))
        paths.append(QDir::cleanPath(path));
    return paths;
}

QStringList scriptsIn(const QString &command)
{
    static const QRegularExpression script(
        QStringLiteral(R"((?:\A|[\s;&|])((?:\./)?[\w.\-]+(?:/[\w.\-]+)*\.sh)(?=[\s;&|]|\z))"));
    QStringList paths;
    for (auto it = script.globalMatch(command); it.hasNext();)
        paths.append(it.next().captured(1));
    return paths;
}

QList<LintUnit> lintUnits(const LintSubject &subject)
{
    switch (subject.manifest.format) {
    case ManifestFormat::Render:
        return renderUnits(subject);
    case ManifestFormat::Fly:
        return flyUnits(subject);
    case ManifestFormat::Vercel:
    case ManifestFormat::Netlify:
        return frontendUnits(subject);
    case ManifestFormat::Dockerfile:
        return dockerUnits(subject);
    case ManifestFormat::Compose:
        return composeUnits(subject);
    case ManifestFormat::Procfile:
        return procfileUnits(subject);
    case ManifestFormat::Redirects:
        break;
    }
    return {};
}

QList<const ManifestNode *> renderItems(const ManifestNode &root, QStringView list)
{
    QList<const ManifestNode *> items;
    const auto take = [&](const ManifestNode &holder) {
        const ManifestNode *found = holder.find(list);
        if (found && found->isList())
            for (const ManifestNode &item : found->children)
                if (item.isMap())
                    items.append(&item);
    };
    take(root);
    if (const ManifestNode *ungrouped = root.find(u"ungrouped"))
        take(*ungrouped);
    if (const ManifestNode *projects = root.find(u"projects"))
        for (const ManifestNode &project : projects->children)
            if (const ManifestNode *environments = project.find(u"environments"))
                for (const ManifestNode &environment : environments->children)
                    take(environment);
    return items;
}

QString textAt(const ManifestNode &map, QStringView key)
{
    const ManifestNode *node = map.find(key);
    return node && node->isScalar() ? node->text : QString();
}

std::optional<int> integerAt(const ManifestNode &map, QStringView key)
{
    bool good = false;
    const int value = textAt(map, key).toInt(&good);
    return good ? std::optional(value) : std::nullopt;
}

QList<const ManifestNode *> tablesOf(const ManifestNode *node)
{
    if (node && node->isMap())
        return {node};
    QList<const ManifestNode *> tables;
    if (node && node->isList())
        for (const ManifestNode &child : node->children)
            if (child.isMap())
                tables.append(&child);
    return tables;
}

bool hasWord(const QString &text, QStringView word)
{
    const auto partOfName = [&text](qsizetype at) {
        return at >= 0 && at < text.size() &&
               (text[at].isLetterOrNumber() || text[at] == QLatin1Char('_') || text[at] == QLatin1Char('-'));
    };
    for (qsizetype at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
        if (!partOfName(at - 1) && !partOfName(at + word.size()))
            return true;
    return false;
}

std::optional<Milliseconds> goDuration(const ManifestNode &node, Milliseconds bare)
{
    return node.isScalar() ? goDuration(node.text, double(bare.count())) : std::nullopt;
}

namespace {

/// The value of an option of one of these names, written "--name value", "--name=value", "-nvalue".
std::optional<QString> option(const QStringList &words, const QStringList &names)
{
    for (qsizetype i = 0; i < words.size(); ++i) {
        for (const QString &name : names) {
            if (words[i] == name)
                return i + 1 < words.size() ? words[i + 1] : QString();
            if (words[i].startsWith(name + QLatin1Char('=')))
                return words[i].mid(name.size() + 1);
            if (name.size() == 2 && words[i].startsWith(name) && !words[i].startsWith(QLatin1StringView("--")) &&
                words[i].size() > 2)
                return words[i].mid(2);
        }
    }
    return std::nullopt;
}

std::optional<int> numberOf(const std::optional<QString> &text)
{
    bool good = false;
    const int value = text ? text->toInt(&good) : 0;
    return good ? std::optional(value) : std::nullopt;
}

} // namespace

std::optional<int> ServerCommand::fixedPort() const
{
    return numberOf(port);
}

ServerCommand serverIn(const QString &command)
{
    static const QRegularExpression spaces(QStringLiteral(R"([\s\\]+)"));
    static const QRegularExpression quotes(QStringLiteral(R"(["'])"));
    static const QStringList programs{
        QStringLiteral("gunicorn"),  QStringLiteral("uvicorn"),   QStringLiteral("hypercorn"), QStringLiteral("daphne"),
        QStringLiteral("flask"),     QStringLiteral("next"),      QStringLiteral("serve"),     QStringLiteral("vite"),
        QStringLiteral("streamlit"), QStringLiteral("runserver"), QStringLiteral("rails")};
    QStringList words = QString(command).remove(quotes).split(spaces, Qt::SkipEmptyParts);
    ServerCommand server;
    qsizetype at = 0;
    for (; at < words.size() && server.program.isEmpty(); ++at) {
        const QString base = words[at].section(QLatin1Char('/'), -1);
        if (programs.contains(base))
            server.program = base;
    }
    if (server.program.isEmpty())
        return server;
    words = words.mid(at);
    static const QStringList ends{QStringLiteral("&&"), QStringLiteral("||"), QStringLiteral(";"), QStringLiteral("|"),
                                  QStringLiteral("&")};
    const auto end = std::find_if(words.begin(), words.end(), [](const QString &w) { return ends.contains(w); });
    words.erase(end, words.end());

    const bool binds =
        server.program == QLatin1StringView("gunicorn") || server.program == QLatin1StringView("hypercorn");
    std::optional<QString> bind =
        binds ? option(words, {QStringLiteral("--bind"), QStringLiteral("-b")}) : std::nullopt;
    if (server.program == QLatin1StringView("runserver") && !words.isEmpty())
        bind = words.first();
    if (bind && !bind->contains(QLatin1StringView("unix:"))) {
        // "${PORT:-8000}" has a colon of its own.
        static const QRegularExpression split(QStringLiteral(R"(\A([^$:]*|\$\{?\w+\}?):(.+)\z)"));
        const QRegularExpressionMatch match = split.match(*bind);
        server.host = match.hasMatch() ? match.captured(1) : *bind;
        server.port = match.captured(2);
    } else if (bind) {
        server.hasConfig = true;
    }
    if (!binds) {
        server.host = option(words, {QStringLiteral("--host"), QStringLiteral("-H"), QStringLiteral("--hostname"),
                                     QStringLiteral("--server.address")})
                          .value_or(server.host);
        server.port = option(words, {QStringLiteral("--port"), QStringLiteral("-p"), QStringLiteral("-l"),
                                     QStringLiteral("--server.port")})
                          .value_or(server.port);
    }
    server.hasConfig |= option(words, {QStringLiteral("--config"), QStringLiteral("-c"), QStringLiteral("--uds"),
                                       QStringLiteral("--fd")})
                            .has_value();
    server.workers = numberOf(option(words, {QStringLiteral("--workers"), QStringLiteral("-w")}));
    server.gracefulTimeout =
        numberOf(option(words, {QStringLiteral("--graceful-timeout"), QStringLiteral("--timeout-graceful-shutdown")}));
    return server;
}

} // namespace Switchyard

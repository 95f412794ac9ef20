// SPDX-License-Identifier: GPL-3.0-or-later
// Keys as in Render's Blueprint specification, https://render.com/docs/blueprint-spec
#include "models/common/shellwords.h"
#include "models/common/tomlreader.h"
#include "models/common/yaml.h"
#include "models/manifests/deployfacts.h"

#include <QRegularExpression>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

/// The first problem ends the reading; it travels as an exception inside this file only.
struct Problem
{
    Error error;
};

class RenderReader
{
public:
    RenderReader(const QString &fileName, const Platform &platform)
        : m_file(fileName)
        , m_platform(platform)
    {
    }

    ServiceFacts read(const YamlNode &root, const QString &name)
    {
        if (!root.isMapping())
            refuse({m_file, 1, 1}, QStringLiteral("this is no Blueprint: a mapping with \"services\" is expected"));
        m_root = &root;
        const YamlNode &service = choose(servicesOf(root), name);
        ServiceFacts facts;
        facts.place = service.place(m_file);
        facts.service = textOf(service, L("name")).value_or(Stated<QString>()).value;
        facts.root = textOf(service, L("rootDir")).value_or(Stated<QString>()).value;
        facts.healthPath = textOf(service, L("healthCheckPath"));
        if (facts.healthPath && !facts.healthPath->value.startsWith(QLatin1Char('/')))
            refuse(facts.healthPath->place, QStringLiteral("\"healthCheckPath\" begins with /"));
        facts.checksPort = !facts.healthPath;
        facts.runtime = runtimeOf(service);
        if (const YamlNode *disk = service.find(u"disk"); disk && disk->isMapping())
            facts.disk = disk->place(m_file);
        // Which plan a service has that names none depends on when it was made.
        if (const auto plan = textOf(service, L("plan")))
            facts.sleeping = ServiceFacts::Sleeping{plan->value == L("free"),
                                                    QStringLiteral("plan: %1").arg(plan->value), plan->place};
        readGrace(service, &facts);
        readCommand(service, &facts);
        readInstances(service, &facts);
        readVariables(service, &facts, 0);
        return facts;
    }

private:
    [[noreturn]] void refuse(const Place &at, const QString &message, const QString &hint = {}) const
    {
        throw Problem{Error{ErrorKind::Usage, message, hint, at}};
    }

    const YamlNode *sequence(const YamlNode &holder, L key) const
    {
        const YamlNode *list = holder.find(QString(key));
        if (!list || list->type == YamlNode::Type::Null)
            return nullptr;
        if (!list->isSequence())
            refuse(list->place(m_file), QStringLiteral("\"%1\" must be a list").arg(key));
        return list;
    }

    std::optional<Stated<QString>> textOf(const YamlNode &holder, L key) const
    {
        const YamlNode *value = holder.find(QString(key));
        if (!value || value->type == YamlNode::Type::Null)
            return std::nullopt;
        if (!value->isScalar())
            refuse(value->place(m_file), QStringLiteral("\"%1\" must be a text").arg(key));
        return Stated<QString>{value->text, value->place(m_file)};
    }

    std::optional<Stated<int>> integerOf(const YamlNode &holder, L key, int least, int most) const
    {
        const YamlNode *value = holder.find(QString(key));
        if (!value || value->type == YamlNode::Type::Null)
            return std::nullopt;
        const std::optional<qint64> number = value->integer();
        if (!number)
            refuse(value->place(m_file), QStringLiteral("\"%1\" must be a whole number").arg(key));
        if (*number < least || *number > most)
            refuse(value->place(m_file),
                   QStringLiteral("\"%1\" must be from %2 to %3, not %4").arg(key).arg(least).arg(most).arg(*number));
        return Stated<int>{int(*number), value->place(m_file)};
    }

    /// Services stand at the root, in projects' environments, or under `ungrouped`.
    QList<const YamlNode *> servicesOf(const YamlNode &root) const
    {
        QList<const YamlNode *> services;
        const auto take = [&](const YamlNode &holder) {
            const YamlNode *list = holder.isMapping() ? sequence(holder, L("services")) : nullptr;
            for (const YamlNode &service : list ? list->children : std::vector<YamlNode>()) {
                if (!service.isMapping())
                    refuse(service.place(m_file), QStringLiteral("a service must be a mapping"));
            }
            for (qsizetype i = 0; list && i < qsizetype(list->children.size()); ++i)
                services.append(&list->children[std::size_t(i)]);
        };
        take(root);
        if (const YamlNode *ungrouped = root.find(u"ungrouped"))
            take(*ungrouped);
        if (const YamlNode *projects = sequence(root, L("projects"))) {
            for (const YamlNode &project : projects->children) {
                const YamlNode *environments = project.isMapping() ? sequence(project, L("environments")) : nullptr;
                for (std::size_t i = 0; environments && i < environments->children.size(); ++i)
                    take(environments->children[i]);
            }
        }
        return services;
    }

    /// `env` is its older name.
    std::optional<Stated<QString>> runtimeOf(const YamlNode &service) const
    {
        const auto runtime = textOf(service, L("runtime"));
        return runtime ? runtime : textOf(service, L("env"));
    }

    const YamlNode &choose(const QList<const YamlNode *> &services, const QString &name) const
    {
        QStringList names;
        const YamlNode *only = nullptr;
        for (const YamlNode *service : services) {
            const QString type = textOf(*service, L("type")).value_or(Stated<QString>()).value;
            const QString own = textOf(*service, L("name")).value_or(Stated<QString>()).value;
            const bool files = runtimeOf(*service).value_or(Stated<QString>()).value == L("static");
            const bool serves = !files && (type == L("web") || type == L("pserv"));
            if (!name.isEmpty() && own == name) {
                if (!serves)
                    refuse(service->place(m_file),
                           files ? QStringLiteral("the service \"%1\" is a static site: no process serves it").arg(name)
                                 : QStringLiteral("the service \"%1\" is a %2 and serves nobody").arg(name, type),
                           QStringLiteral("only web services and pserv can be rehearsed"));
                return *service;
            }
            if (type != L("web") || files)
                continue;
            names.append(own);
            only = service;
        }
        const QString have = names.isEmpty() ? QStringLiteral("it has no web service")
                                             : QStringLiteral("it has: %1").arg(names.join(QStringLiteral(", ")));
        if (!name.isEmpty())
            refuse({m_file, 0, 0}, QStringLiteral("the manifest has no service \"%1\"").arg(name), have);
        if (names.size() != 1)
            refuse({m_file, 0, 0},
                   names.isEmpty() ? QStringLiteral("the manifest has no web service")
                                   : QStringLiteral("the manifest has several web services"),
                   names.isEmpty() ? QStringLiteral("name a service of type pserv with --service")
                                   : QStringLiteral("name one with --service; %1").arg(have));
        return *only;
    }

    void readGrace(const YamlNode &service, ServiceFacts *facts) const
    {
        const int least = int(m_platform.shutdown.graceMin.count() / 1000);
        const int most = int(m_platform.shutdown.graceMax.count() / 1000);
        if (const auto seconds = integerOf(service, L("maxShutdownDelaySeconds"), least, most))
            facts->grace = Stated<Milliseconds>{Milliseconds(seconds->value * qint64(1000)), seconds->place};
    }

    void readCommand(const YamlNode &service, ServiceFacts *facts) const
    {
        std::optional<Stated<QString>> text = textOf(service, L("startCommand"));
        if (!text)
            text = textOf(service, L("dockerCommand"));
        if (!text || text->value.trimmed().isEmpty())
            return;
        Result<ShellWords> split = splitShellWords(text->value);
        if (!split)
            refuse(text->place, split.error().message);
        const QStringList shell{QStringLiteral("/bin/sh"), QStringLiteral("-c"), text->value.trimmed()};
        facts->command = Stated<QStringList>{split->needsShell ? shell : split->words, text->place};
    }

    void readInstances(const YamlNode &service, ServiceFacts *facts) const
    {
        facts->instances = integerOf(service, L("numInstances"), 1, 1000);
        // Autoscaling replaces the fixed number; a deploy meets at least the least of it.
        if (const YamlNode *scaling = service.find(u"scaling"); scaling && scaling->isMapping()) {
            if (const auto least = integerOf(*scaling, L("minInstances"), 1, 1000))
                facts->instances = least;
        }
    }

    void readVariables(const YamlNode &holder, ServiceFacts *facts, int depth)
    {
        const YamlNode *list = sequence(holder, L("envVars"));
        if (!list)
            return;
        for (const YamlNode &entry : list->children) {
            if (!entry.isMapping())
                refuse(entry.place(m_file), QStringLiteral("an entry of \"envVars\" must be a mapping"));
            if (const auto group = textOf(entry, L("fromGroup"))) {
                if (depth == 0)
                    readGroup(*group, facts);
                continue;
            }
            const auto key = textOf(entry, L("key"));
            if (!key || key->value.isEmpty())
                refuse(entry.place(m_file), QStringLiteral("an entry of \"envVars\" without \"key\""));
            if (const auto value = textOf(entry, L("value"))) {
                noteNumber(entry, key->value, facts);
                // A service's own variable beats that of a group, which is read in between.
                if (depth == 0 || !facts->environment.contains(key->value))
                    facts->environment.insert(key->value, *value);
                continue;
            }
            facts->missing.append({key->value, whyMissing(entry), key->place});
        }
        // What is known from one entry is not missing because another does not tell it.
        facts->missing.removeIf(
            [&](const MissingVariable &missing) { return facts->environment.contains(missing.name); });
    }

    /// 3.10 without quotes is the number 3.1 to a reader of YAML.
    void noteNumber(const YamlNode &entry, const QString &name, ServiceFacts *facts) const
    {
        const YamlNode *value = entry.find(u"value");
        static const QRegularExpression decimal(QStringLiteral("\\A[0-9]+\\.[0-9]*0\\z"));
        if (value && !value->quoted && decimal.match(value->text).hasMatch())
            facts->notes.append(QStringLiteral("%1 at %2 is a number without quotes, and may lose its last 0 on Render")
                                    .arg(name, spoken(value->place(m_file))));
    }

    void readGroup(const Stated<QString> &name, ServiceFacts *facts)
    {
        const YamlNode *groups = sequence(*m_root, L("envVarGroups"));
        for (std::size_t i = 0; groups && i < groups->children.size(); ++i) {
            const YamlNode &group = groups->children[i];
            if (group.isMapping() && textOf(group, L("name")).value_or(Stated<QString>()).value == name.value)
                return readVariables(group, facts, 1);
        }
        facts->missing.append(
            {QStringLiteral("all of %1").arg(name.value), QStringLiteral("a group kept on Render"), name.place});
    }

    QString whyMissing(const YamlNode &entry) const
    {
        if (entry.find(u"generateValue"))
            return QStringLiteral("generated");
        if (entry.find(u"sync"))
            return QStringLiteral("asked for once");
        for (const char *source : {"fromDatabase", "fromService"}) {
            const YamlNode *from = entry.find(QString::fromLatin1(source));
            if (!from)
                continue;
            const QString kind = QLatin1StringView(source) == L("fromDatabase") ? QStringLiteral("from database %1")
                                                                                : QStringLiteral("from service %1");
            return kind.arg(from->isMapping() ? textOf(*from, L("name")).value_or(Stated<QString>()).value : QString())
                .trimmed();
        }
        return QStringLiteral("without a value");
    }

    QString m_file;
    const Platform &m_platform;
    const YamlNode *m_root = nullptr;
};

} // namespace

Result<ServiceFacts> renderServiceFacts(const QByteArray &text, const QString &fileName, const Platform &platform,
                                        const QString &service)
{
    const Result<YamlNode> document = parseYaml(text, fileName);
    if (!document)
        return tl::unexpected(document.error());
    try {
        return RenderReader(fileName, platform).read(*document, service);
    } catch (const Problem &problem) {
        return tl::unexpected(problem.error);
    }
}

} // namespace Switchyard

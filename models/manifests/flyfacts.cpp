// SPDX-License-Identifier: GPL-3.0-or-later
// Keys and their older forms as flyctl reads them, https://fly.io/docs/reference/configuration/
#include "models/common/shellwords.h"
#include "models/common/tomlreader.h"
#include "models/manifests/deployfacts.h"
#include "models/manifests/fieldreader.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

using L = QLatin1StringView;
using Type = TomlNode::Type;

/// A scalar as flyctl turns it into a text for [env]; nothing for a list or a table.
std::optional<QString> scalarText(const TomlNode &node)
{
    switch (node.type) {
    case Type::String:
    case Type::DateTime:
        return node.text;
    case Type::Integer:
        return QString::number(node.integer);
    case Type::Float:
        return QString::number(node.real, 'g', QLocale::FloatingPointShortest); // as flyctl prints it
    case Type::Boolean:
        return node.boolean ? QStringLiteral("true") : QStringLiteral("false");
    default:
        return std::nullopt;
    }
}

class FlyReader
{
public:
    FlyReader(const TomlNode &root, const QString &fileName, const Platform &platform, QList<Error> *errors)
        : m_root(root)
        , m_file(fileName)
        , m_platform(platform)
        , m_errors(errors)
    {
    }

    ServiceFacts read(const QString &group)
    {
        ServiceFacts facts;
        facts.place = {m_file, 1, 1};
        if (const TomlNode *app = m_root.find(u"app"); app && app->type == Type::String)
            facts.service = app->text;
        // A workspace may name the app: then the group is the usual one.
        const QString chosen = chooseGroup(group == facts.service ? QString() : group);
        readShutdown(&facts);
        readCommand(chosen, &facts);
        readServices(chosen, &facts);
        readDeploy(&facts);
        readEnvironment(&facts);
        return facts;
    }

private:
    void refuse(const TomlNode &at, const QString &message, const QString &hint = {})
    {
        m_errors->append(Error{ErrorKind::Usage, message, hint, placeOf(at)});
    }

    Place placeOf(const TomlNode &node) const { return {m_file, node.region.line, node.region.column}; }

    /// Tables that flyctl takes alone or in a list.
    static QList<const TomlNode *> tablesOf(const TomlNode *node)
    {
        QList<const TomlNode *> tables;
        if (node && node->type == Type::Table)
            tables.append(node);
        for (std::size_t i = 0; node && node->type == Type::Array && i < node->children.size(); ++i) {
            if (node->children[i].type == Type::Table)
                tables.append(&node->children[i]);
        }
        return tables;
    }

    /// process group -> command; the older [[processes]] list has `name` and `command`.
    QMap<QString, const TomlNode *> groups() const
    {
        QMap<QString, const TomlNode *> result;
        const TomlNode *node = m_root.find(u"processes");
        if (node && node->type == Type::Table) {
            for (const TomlNode &member : node->children)
                result.insert(member.key, &member);
            return result;
        }
        for (const TomlNode *entry : tablesOf(node)) {
            const TomlNode *name = entry->find(u"name");
            const TomlNode *command = entry->find(u"command");
            if (name && command && name->type == Type::String)
                result.insert(name->text, command);
        }
        return result;
    }

    static bool serves(const TomlNode &service, const QString &group)
    {
        const TomlNode *list = service.find(u"processes");
        if (!list || list->type != Type::Array || list->children.empty())
            return true;
        return std::any_of(list->children.begin(), list->children.end(),
                           [&](const TomlNode &name) { return name.text == group; });
    }

    QString chooseGroup(const QString &wanted)
    {
        const QMap<QString, const TomlNode *> all = groups();
        if (!wanted.isEmpty()) {
            if (!all.contains(wanted) && !(all.isEmpty() && wanted == L("app")))
                m_errors->append(Error{ErrorKind::Usage,
                                       QStringLiteral("the manifest has no process group \"%1\"").arg(wanted),
                                       QStringLiteral("it has: %1")
                                           .arg(all.isEmpty() ? QStringLiteral("app")
                                                              : QStringList(all.keys()).join(QStringLiteral(", "))),
                                       {m_file, 0, 0}});
            return wanted;
        }
        if (const TomlNode *http = m_root.find(u"http_service")) {
            const TomlNode *list = http->find(u"processes");
            if (list && list->type == Type::Array && !list->children.empty() && all.contains(list->children[0].text))
                return list->children[0].text;
        }
        return all.isEmpty() || all.contains(QStringLiteral("app")) ? QStringLiteral("app") : all.firstKey();
    }

    std::optional<Stated<Milliseconds>> durationOf(const TomlNode &holder, L key, double unit)
    {
        const TomlNode *value = holder.find(QString(key));
        if (!value || (value->type == Type::String && value->text.isEmpty()))
            return std::nullopt;
        const std::optional<QString> text = scalarText(*value);
        const std::optional<Milliseconds> duration =
            text && value->type != Type::Boolean ? goDuration(*text, unit) : std::nullopt;
        if (!duration) {
            refuse(*value, QStringLiteral("\"%1\" is no duration").arg(key),
                   unit > 1 ? QStringLiteral("seconds as a number, or a text such as \"30s\"")
                            : QStringLiteral("a text such as \"15s\"; a bare number counts milliseconds"));
            return std::nullopt;
        }
        return Stated<Milliseconds>{*duration, placeOf(*value)};
    }

    std::optional<Stated<QString>> textOf(const TomlNode &holder, L key)
    {
        const TomlNode *value = holder.find(QString(key));
        if (!value)
            return std::nullopt;
        if (value->type != Type::String) {
            refuse(*value, QStringLiteral("\"%1\" must be a text").arg(key));
            return std::nullopt;
        }
        return Stated<QString>{value->text, placeOf(*value)};
    }

    void readShutdown(ServiceFacts *facts)
    {
        facts->signal = textOf(m_root, L("kill_signal"));
        if (facts->signal && !m_platform.shutdown.allowedSignals.contains(facts->signal->value))
            refuse(*m_root.find(u"kill_signal"),
                   QStringLiteral("%1 sends no signal \"%2\"").arg(m_platform.name, facts->signal->value),
                   suggestion(facts->signal->value, m_platform.shutdown.allowedSignals));
        const TomlNode *holder = &m_root;
        // Older manifests keep it in [experimental].
        if (const TomlNode *old = m_root.find(u"experimental");
            !m_root.find(u"kill_timeout") && old && old->find(u"kill_timeout"))
            holder = old;
        facts->grace = durationOf(*holder, L("kill_timeout"), 1000);
        if (facts->grace && facts->grace->value > m_platform.shutdown.graceMax)
            refuse(*holder->find(u"kill_timeout"),
                   QStringLiteral("\"kill_timeout\" is over the %1 s that %2 waits at most")
                       .arg(m_platform.shutdown.graceMax.count() / 1000)
                       .arg(m_platform.name));
    }

    void readCommand(const QString &group, ServiceFacts *facts)
    {
        const TomlNode *command = groups().value(group);
        if (!command)
            return;
        if (command->type != Type::String)
            return refuse(*command, QStringLiteral("the command of \"%1\" must be a text").arg(group));
        if (command->text.trimmed().isEmpty())
            return; // the image's own
        // Fly splits it and runs it without a shell, whatever stands in it.
        const Result<ShellWords> split = splitShellWords(command->text);
        if (!split)
            return refuse(*command, split.error().message);
        facts->command = Stated<QStringList>{split->words, placeOf(*command)};
        facts->commandIsLiteral = true;
        static const QStringList shells{QStringLiteral("sh"), QStringLiteral("bash"), QStringLiteral("dash"),
                                        QStringLiteral("ash"), QStringLiteral("zsh")};
        const bool shell = shells.contains(split->words.first().section(QLatin1Char('/'), -1));
        if (!shell && std::any_of(split->words.begin(), split->words.end(),
                                  [](const QString &word) { return word.contains(QLatin1Char('$')); }))
            facts->notes.append(QStringLiteral("the $ in the command at %1 stays as it is: Fly.io runs it without a "
                                               "shell; sh -c \"…\" would expand it")
                                    .arg(spoken(placeOf(*command))));
    }

    void readServices(const QString &group, ServiceFacts *facts)
    {
        QList<const TomlNode *> services;
        if (const TomlNode *http = m_root.find(u"http_service"); http && http->type == Type::Table)
            services.append(http);
        services += tablesOf(m_root.find(u"services"));
        for (const TomlNode *service : services) {
            if (!serves(*service, group))
                continue;
            readPort(*service, facts);
            readSleeping(*service, facts);
            for (const char16_t *key : {u"checks", u"http_checks"}) {
                for (const TomlNode *check : tablesOf(service->find(key)))
                    takeCheck(*check, facts);
            }
            for (const TomlNode *check : tablesOf(service->find(u"tcp_checks"))) {
                if (!facts->healthPath && !facts->checksPort) {
                    takeTimes(*check, facts);
                    facts->portCheck = placeOf(*check);
                } else {
                    facts->furtherChecks.append(placeOf(*check));
                }
                facts->checksPort = true;
            }
        }
        // [checks] only watches and moves no traffic, so that it is no check of a deploy here.
        if (!facts->healthPath && !facts->checksPort)
            readWatching(group, facts);
        facts->checksPort = !facts->healthPath;
    }

    void readWatching(const QString &group, ServiceFacts *facts)
    {
        const TomlNode *checks = m_root.find(u"checks");
        if (!checks || checks->type != Type::Table)
            return;
        for (const TomlNode &check : checks->children) {
            if (check.type != Type::Table || !serves(check, group))
                continue;
            if (facts->watching) {
                facts->furtherChecks.append(placeOf(check));
                continue;
            }
            ServiceFacts::Watching watching;
            watching.place = placeOf(check);
            const auto type = textOf(check, L("type"));
            if (!type || type->value != L("tcp")) {
                watching.path = pathOf(check);
                watching.method = textOf(check, L("method"));
                watching.headers = headersOf(check);
                watching.skipsVerification = skipsVerification(check);
            }
            watching.timeout = durationOf(check, L("timeout"), 1);
            watching.interval = durationOf(check, L("interval"), 1);
            watching.grace = durationOf(check, L("grace_period"), 1);
            facts->watching = watching;
        }
    }

    /// A service whose every part may stop, and need not keep one machine running.
    void readSleeping(const TomlNode &service, ServiceFacts *facts)
    {
        const TomlNode *stop = service.find(u"auto_stop_machines");
        const std::optional<QString> word = stop ? scalarText(*stop) : std::nullopt;
        const TomlNode *least = service.find(u"min_machines_running");
        ServiceFacts::Sleeping found;
        found.place = placeOf(stop ? *stop : service);
        if (!word || *word == L("off") || *word == L("false") || word->isEmpty()) {
            found.words =
                word ? QStringLiteral("auto_stop_machines = %1").arg(*word) : QStringLiteral("no auto_stop_machines");
        } else if (least && least->type == Type::Integer && least->integer > 0) {
            found.words = QStringLiteral("min_machines_running = %1").arg(least->integer);
            found.place = placeOf(*least);
        } else {
            found.sleeps = true;
            found.words = QStringLiteral("auto_stop_machines = %1").arg(*word);
        }
        // One service that keeps a machine running keeps it for all.
        if (!facts->sleeping || facts->sleeping->sleeps)
            facts->sleeping = found;
    }

    void readPort(const TomlNode &service, ServiceFacts *facts)
    {
        const TomlNode *port = service.find(u"internal_port");
        if (!port || facts->port)
            return;
        bool good = port->type == Type::Integer || port->type == Type::String;
        const qint64 number = port->type == Type::String ? port->text.toLongLong(&good) : port->integer;
        if (!good || number < 1 || number > 65535)
            return refuse(*port, QStringLiteral("\"internal_port\" must be a port, 1 to 65535"));
        facts->port = Stated<int>{int(number), placeOf(*port)};
    }

    void takeCheck(const TomlNode &check, ServiceFacts *facts)
    {
        if (facts->healthPath) {
            facts->notes.append(QStringLiteral("not played: the further check at %1").arg(spoken(placeOf(check))));
            facts->furtherChecks.append(placeOf(check));
            return;
        }
        facts->healthPath = pathOf(check);
        facts->checkMethod = textOf(check, L("method"));
        facts->checkHeaders = headersOf(check);
        facts->checkSkipsVerification = skipsVerification(check);
        if (const auto protocol = textOf(check, L("protocol")); protocol && protocol->value == L("https"))
            facts->notes.append(QStringLiteral("not played: the check's protocol https at %1; it is asked by http")
                                    .arg(spoken(protocol->place)));
        takeTimes(check, facts);
    }

    /// Without a path the check asks for the root.
    Stated<QString> pathOf(const TomlNode &check)
    {
        Stated<QString> path = textOf(check, L("path")).value_or(Stated<QString>{QStringLiteral("/"), placeOf(check)});
        if (!path.value.startsWith(QLatin1Char('/')))
            path.value.prepend(QLatin1Char('/'));
        return path;
    }

    static bool skipsVerification(const TomlNode &check)
    {
        const TomlNode *skip = check.find(u"tls_skip_verify");
        return skip && skip->type == Type::Boolean && skip->boolean;
    }

    /// headers = { Name = "value" }, or the older list of tables with name and value.
    QList<std::pair<QString, Stated<QString>>> headersOf(const TomlNode &check)
    {
        QList<std::pair<QString, Stated<QString>>> found;
        const TomlNode *headers = check.find(u"headers");
        if (headers && headers->type == Type::Table) {
            for (const TomlNode &member : headers->children) {
                if (const std::optional<QString> value = scalarText(member))
                    found.append({member.key, {*value, placeOf(member)}});
            }
            return found;
        }
        for (const TomlNode *entry : tablesOf(headers)) {
            const auto name = textOf(*entry, L("name"));
            const auto value = textOf(*entry, L("value"));
            if (name && value)
                found.append({name->value, *value});
        }
        return found;
    }

    void takeTimes(const TomlNode &check, ServiceFacts *facts)
    {
        facts->checkTimeout = clamped(durationOf(check, L("timeout"), 1), L("timeout"), facts);
        facts->checkInterval = clamped(durationOf(check, L("interval"), 1), L("interval"), facts);
        facts->checkGrace = durationOf(check, L("grace_period"), 1);
    }

    /// flyctl brings the times of a service's check into 1 s to 1 min, and a bare number counts milliseconds.
    static std::optional<Stated<Milliseconds>> clamped(std::optional<Stated<Milliseconds>> time, L key,
                                                       ServiceFacts *facts)
    {
        if (!time)
            return time;
        const Milliseconds within = std::clamp(time->value, Milliseconds(1'000), Milliseconds(60'000));
        if (within != time->value)
            facts->notes.append(QStringLiteral("the check's %1 at %2 is %3 ms, which Fly.io makes %4 s")
                                    .arg(key, spoken(time->place))
                                    .arg(time->value.count())
                                    .arg(within.count() / 1000));
        time->value = within;
        return time;
    }

    void readDeploy(ServiceFacts *facts)
    {
        const TomlNode *deploy = m_root.find(u"deploy");
        if (!deploy || deploy->type != Type::Table)
            return;
        facts->strategy = textOf(*deploy, L("strategy"));
        const QStringList strategies{QStringLiteral("rolling"), QStringLiteral("immediate"), QStringLiteral("canary"),
                                     QStringLiteral("bluegreen")};
        if (facts->strategy && !strategies.contains(facts->strategy->value))
            refuse(*deploy->find(u"strategy"),
                   QStringLiteral("there is no strategy \"%1\"").arg(facts->strategy->value),
                   suggestion(facts->strategy->value, strategies));
        if (const TomlNode *share = deploy->find(u"max_unavailable")) {
            const bool number = share->type == Type::Float || share->type == Type::Integer;
            const double value = share->type == Type::Float ? share->real : double(share->integer);
            if (!number || value < 0)
                return refuse(*share,
                              QStringLiteral("\"max_unavailable\" must be a number: a share below 1, or a count"));
            facts->maxUnavailable = Stated<double>{value, placeOf(*share)};
        }
    }

    void readEnvironment(ServiceFacts *facts)
    {
        for (const TomlNode *table : tablesOf(m_root.find(u"env"))) {
            for (const TomlNode &member : table->children) {
                const std::optional<QString> value = scalarText(member);
                if (!value)
                    refuse(member, QStringLiteral("the variable \"%1\" must be a text").arg(member.key));
                else if (member.key.startsWith(L("FLY_")))
                    refuse(member,
                           QStringLiteral("the variable \"%1\" begins with FLY_, which Fly refuses").arg(member.key));
                else
                    facts->environment.insert(member.key, Stated<QString>{*value, placeOf(member)});
            }
        }
        // The platform's own value wins over one in [env].
        if (const TomlNode *region = m_root.find(u"primary_region"); region && region->type == Type::String)
            facts->environment.insert(QStringLiteral("PRIMARY_REGION"),
                                      Stated<QString>{region->text, placeOf(*region)});
    }

    const TomlNode &m_root;
    QString m_file;
    const Platform &m_platform;
    QList<Error> *m_errors;
};

} // namespace

Result<ServiceFacts> flyServiceFacts(const QByteArray &text, const QString &fileName, const Platform &platform,
                                     const QString &service)
{
    const Result<TomlNode> document = parseToml(text, fileName);
    if (!document)
        return tl::unexpected(document.error());
    QList<Error> errors;
    const ServiceFacts facts = FlyReader(*document, fileName, platform, &errors).read(service);
    if (errors.isEmpty())
        return facts;
    return tl::unexpected(*std::min_element(
        errors.begin(), errors.end(), [](const Error &a, const Error &b) { return a.place.line < b.place.line; }));
}

} // namespace Switchyard

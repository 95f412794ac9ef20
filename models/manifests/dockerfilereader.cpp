// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/containervalues.h"
#include "models/manifests/dockerfile.h"
#include "models/manifests/formats.h"

#include <QFileInfo>
#include <QHash>
#include <QRegularExpression>

namespace Switchyard {

namespace {

/// No variable is that long; references that double each other end there.
constexpr qsizetype maxExpanded = 65536;

QLatin1StringView L(const char *text)
{
    return QLatin1StringView(text);
}

/// The name of the folder, where that says something, else what stands beside "Dockerfile" in the file's name.
QString serviceNameOf(const QString &file)
{
    const QFileInfo info(file);
    QString name = info.fileName();
    static const QRegularExpression generic(QStringLiteral("\\A(dockerfile|containerfile)[._-]?|[._-]?dockerfile\\z"),
                                            QRegularExpression::CaseInsensitiveOption);
    name.remove(generic);
    if (name.isEmpty())
        name = QFileInfo(info.path()).fileName();
    static const QRegularExpression odd(QStringLiteral("[^a-z0-9-]+"));
    name = name.toLower().replace(odd, QStringLiteral("-"));
    while (name.startsWith(QLatin1Char('-')))
        name.remove(0, 1);
    while (name.endsWith(QLatin1Char('-')))
        name.chop(1);
    return name.isEmpty() ? QStringLiteral("app") : name;
}

/// Why an instruction that the model has no field for does not reach the target's manifest.
QString staysOf(const QString &instruction)
{
    if (instruction == L("VOLUME"))
        return QStringLiteral("stays in the Dockerfile; a platform keeps nothing there unless a disk is mounted");
    if (instruction == L("ONBUILD"))
        return QStringLiteral("stays in the Dockerfile, for images that are built from this one");
    if (instruction == L("FROM"))
        return QStringLiteral("stays in the Dockerfile, from which the target builds the image");
    if (instruction == L("USER") || instruction == L("WORKDIR") || instruction == L("SHELL"))
        return QStringLiteral("stays in the Dockerfile and holds for the image that the target runs");
    if (instruction == L("MAINTAINER") || instruction == L("LABEL"))
        return QStringLiteral("stays in the Dockerfile; it describes the image and changes nothing");
    return QStringLiteral("stays in the Dockerfile; it is a step of the build");
}

class Reader
{
public:
    Reader(const QString &file, Ledger &ledger, QList<Error> &problems)
        : m_file(file)
        , m_ledger(ledger)
        , m_problems(problems)
    {
    }

    ServiceModel run(const QByteArray &text)
    {
        ServiceModel model;
        model.format = QStringLiteral("dockerfile");
        m_instructions = parseDockerfile(text, m_file, m_problems);
        openKeys();
        int last = -1;
        for (qsizetype i = 0; i < m_instructions.size(); ++i) {
            m_ofStage[m_instructions.at(i).stage].append(i);
            last = std::max(last, m_instructions.at(i).stage);
        }
        if (last < 0) {
            if (!m_instructions.isEmpty())
                problem({m_file, 0, 0}, QStringLiteral("there is no FROM"), QStringLiteral("nothing can be built"));
            return model;
        }
        m_service.name = serviceNameOf(m_file);
        for (const DockerInstruction &instruction : std::as_const(m_instructions)) {
            if (instruction.stage < 0)
                globalArguments(instruction);
        }
        for (const int stage : lineage(last))
            readStage(stage, stage == last);
        finish();
        model.services.append(m_service);
        return model;
    }

private:
    void problem(const Place &place, const QString &message, const QString &hint = {})
    {
        m_problems.append(Error{ErrorKind::Usage, message, hint, place});
    }

    void openKeys()
    {
        QHash<QString, int> counts;
        for (const DockerInstruction &instruction : std::as_const(m_instructions)) {
            if (instruction.variables.isEmpty()) {
                m_ledger.open(instruction.key, instruction.place);
                if (instruction.known)
                    m_ledger.read(instruction.place, staysOf(instruction.name));
                continue;
            }
            const QString prefix = instruction.key.first(instruction.key.lastIndexOf(QLatin1Char('[')));
            for (const DockerVariable &variable : instruction.variables) {
                QString key = prefix + QLatin1Char('.') + variable.name;
                if (const int before = counts[key]++; before > 0)
                    key += QStringLiteral("[%1]").arg(before);
                m_ledger.open(key, variable.place);
                m_ledger.read(variable.place, staysOf(instruction.name));
            }
        }
    }

    /// The stage and those of the same file that it is built upon, the undermost first.
    QList<int> lineage(int stage) const
    {
        QHash<QString, int> byName;
        QHash<int, QString> base;
        for (const DockerInstruction &instruction : m_instructions) {
            if (instruction.name != L("FROM"))
                continue;
            base.insert(instruction.stage, instruction.words.value(0).toLower());
            // A stage sees those above it.
            if (const auto it = byName.constFind(base[instruction.stage]); it != byName.cend())
                base[instruction.stage] = QString::number(*it);
            else
                base.remove(instruction.stage);
            if (!instruction.stageName.isEmpty())
                byName.insert(instruction.stageName.toLower(), instruction.stage);
        }
        QList<int> stages{stage};
        while (base.contains(stages.first()))
            stages.prepend(base.value(stages.first()).toInt());
        return stages;
    }

    void globalArguments(const DockerInstruction &instruction)
    {
        for (const DockerVariable &variable : instruction.variables) {
            if (variable.stated)
                m_globals.insert(variable.name, variable.value);
        }
    }

    void readStage(int stage, bool last)
    {
        m_arguments.clear();
        m_commandHere = false;
        for (const qsizetype at : m_ofStage.value(stage))
            readInstruction(m_instructions.at(at), last);
    }

    void readInstruction(const DockerInstruction &instruction, bool last)
    {
        const QString &name = instruction.name;
        if (name == L("FROM") && last) {
            const QFileInfo info(m_file);
            m_service.place = instruction.place;
            m_service.runtime = Stated<QString>{QStringLiteral("docker"), instruction.place};
            m_service.dockerfile = Stated<QString>{info.isRelative() ? m_file : info.fileName(), instruction.place};
        } else if (name == L("ARG")) {
            readArguments(instruction);
        } else if (name == L("ENV")) {
            readEnvironment(instruction);
        } else if (name == L("EXPOSE")) {
            readPorts(instruction);
        } else if (name == L("STOPSIGNAL")) {
            readSignal(instruction);
        } else if (name == L("HEALTHCHECK")) {
            readCheck(instruction);
        } else if (name == L("SHELL") && instruction.json) {
            m_shell = instruction.words;
        } else if (name == L("CMD")) {
            m_command = &instruction;
            m_commandHere = true;
            m_commandShell = m_shell;
        } else if (name == L("ENTRYPOINT")) {
            m_entry = &instruction;
            m_entryShell = m_shell;
            // One that comes from below is dropped with the CMD it had.
            if (!m_commandHere)
                m_command = nullptr;
        }
    }

    void readArguments(const DockerInstruction &instruction)
    {
        for (const DockerVariable &variable : instruction.variables) {
            if (variable.stated)
                m_arguments.insert(variable.name, expanded(variable.value).value_or(variable.value));
            else if (m_globals.contains(variable.name))
                m_arguments.insert(variable.name, m_globals.value(variable.name));
        }
    }

    /// The text with its references replaced, nothing where one of them is not stated in this file.
    std::optional<QString> expanded(const QString &text, bool *buildTime = nullptr) const
    {
        static const QRegularExpression reference(QStringLiteral(
            "(\\\\\\$)|\\$(?:([A-Za-z_][A-Za-z0-9_]*)|\\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^}]*))?\\})"));
        QString result;
        qsizetype at = 0;
        for (auto it = reference.globalMatch(text); it.hasNext();) {
            const QRegularExpressionMatch match = it.next();
            const QString name = match.captured(2) + match.captured(3);
            const QString form = match.captured(4);
            result += QStringView(text).sliced(at, match.capturedStart() - at);
            at = match.capturedEnd();
            if (result.size() > maxExpanded)
                return {};
            if (!match.capturedView(1).isEmpty()) {
                result += QLatin1Char('$');
                continue;
            }
            const bool argument = m_arguments.contains(name) && !m_values.contains(name);
            if (buildTime && argument)
                *buildTime = true;
            const bool known = argument || m_values.contains(name);
            const QString value = argument ? m_arguments.value(name) : m_values.value(name);
            const bool stands = form.startsWith(QLatin1Char(':')) ? !value.isEmpty() : known;
            if (form.endsWith(QLatin1Char('+')))
                result += stands ? match.captured(5) : QString();
            else if (stands)
                result += value;
            else if (form.endsWith(QLatin1Char('-')))
                result += match.captured(5);
            else
                return {};
        }
        result += QStringView(text).sliced(at);
        return result.size() <= maxExpanded ? std::optional(result) : std::nullopt;
    }

    void readEnvironment(const DockerInstruction &instruction)
    {
        // What one ENV sets holds from the next instruction on.
        QList<std::pair<QString, std::optional<QString>>> after;
        for (const DockerVariable &variable : instruction.variables) {
            bool buildTime = false;
            const std::optional<QString> value =
                variable.quoted ? std::optional(variable.value) : expanded(variable.value, &buildTime);
            after.append({variable.name, value});
            // The last one holds.
            if (const qsizetype earlier = m_entryOf.value(variable.name, -1); earlier >= 0)
                m_entries[earlier].reset();
            if (!value || buildTime) {
                m_ledger.read(variable.place,
                              buildTime ? QStringLiteral("stays in the Dockerfile: an argument of the build gives it")
                                        : QStringLiteral("stays in the Dockerfile: it refers to a variable whose value "
                                                         "the file does not state"));
                continue;
            }
            EnvironmentEntry entry;
            entry.name = variable.name;
            entry.value = *value;
            entry.namePlace = variable.namePlace;
            entry.place = variable.place;
            m_entryOf.insert(variable.name, m_entries.size());
            m_entries.append(entry);
        }
        for (const auto &[name, value] : std::as_const(after)) {
            if (value)
                m_values.insert(name, *value);
            else
                m_values.remove(name);
        }
    }

    void readPorts(const DockerInstruction &instruction)
    {
        for (const QString &word : instruction.words) {
            const QString text = expanded(word).value_or(QString());
            const qsizetype slash = text.indexOf(QLatin1Char('/'));
            const QString number = slash < 0 ? text : text.first(slash);
            const QString protocol = slash < 0 ? QStringLiteral("tcp") : text.sliced(slash + 1).toLower();
            bool whole = false;
            const int port = number.toInt(&whole);
            if (text.isEmpty() || number.contains(QLatin1Char('-'))) {
                m_ledger.read(instruction.place,
                              text.isEmpty() ? QStringLiteral("its port is not stated in the Dockerfile")
                                             : QStringLiteral("a range of ports; a platform opens single ones"));
                continue;
            }
            if (!whole || port < 1 || port > 65535 || (protocol != L("tcp") && protocol != L("udp"))) {
                problem(instruction.place, QStringLiteral("EXPOSE takes ports from 1 to 65535, with /tcp or /udp"));
                continue;
            }
            if (!m_service.port && protocol == L("tcp")) {
                m_service.port = Stated<int>{port, instruction.place};
                continue;
            }
            OpenPort open;
            open.internal = Stated<int>{port, instruction.place};
            open.protocol = Stated<QString>{protocol, instruction.place};
            open.place = instruction.place;
            m_service.ports.append(open);
        }
    }

    void readSignal(const DockerInstruction &instruction)
    {
        QString signal = expanded(instruction.arguments).value_or(QString()).toUpper();
        static const QHash<QString, QString> numbers{
            {QStringLiteral("1"), QStringLiteral("SIGHUP")},   {QStringLiteral("2"), QStringLiteral("SIGINT")},
            {QStringLiteral("3"), QStringLiteral("SIGQUIT")},  {QStringLiteral("9"), QStringLiteral("SIGKILL")},
            {QStringLiteral("10"), QStringLiteral("SIGUSR1")}, {QStringLiteral("12"), QStringLiteral("SIGUSR2")},
            {QStringLiteral("15"), QStringLiteral("SIGTERM")}, {QStringLiteral("28"), QStringLiteral("SIGWINCH")}};
        signal = numbers.value(signal, signal);
        static const QRegularExpression name(QStringLiteral("\\A(SIG)?[A-Z][A-Z0-9+-]{1,9}\\z"));
        if (!name.match(signal).hasMatch()) {
            problem(instruction.argumentsPlace, QStringLiteral("STOPSIGNAL takes a signal by name or number"),
                    QStringLiteral("STOPSIGNAL SIGTERM"));
            return;
        }
        m_service.stopSignal =
            Stated<QString>{signal.startsWith(L("SIG")) ? signal : L("SIG") + signal, instruction.place};
    }

    void readCheck(const DockerInstruction &instruction)
    {
        m_service.checks.clear(); // the last one holds
        if (instruction.arguments.compare(L("NONE"), Qt::CaseInsensitive) == 0) {
            m_ledger.read(instruction.place, QStringLiteral("platforms ignore the image's own check in any case"));
            return;
        }
        m_ledger.read(instruction.place,
                      QStringLiteral("platforms ignore HEALTHCHECK: the check stands in their own manifest"));
        ServiceCheck check;
        check.place = instruction.place;
        // Render and Fly never look at an image's own check: it moves no traffic there.
        check.moves = false;
        static const QRegularExpression command(QStringLiteral("\\ACMD(\\s+|(?=\\[))"),
                                                QRegularExpression::CaseInsensitiveOption);
        const QRegularExpressionMatch match = command.match(instruction.arguments);
        if (!match.hasMatch()) {
            problem(instruction.place, QStringLiteral("HEALTHCHECK takes CMD and a command, or NONE"));
            return;
        }
        check.command = Stated<QString>{instruction.json ? commandText(instruction.words)
                                                         : instruction.arguments.sliced(match.capturedEnd()),
                                        instruction.place};
        readCheckFlags(instruction, check);
        readProbedUrl(check);
        m_service.checks.append(check);
    }

    void readCheckFlags(const DockerInstruction &instruction, ServiceCheck &check)
    {
        for (auto it = instruction.flags.cbegin(); it != instruction.flags.cend(); ++it) {
            if (it.key() == L("retries")) {
                bool whole = false;
                const int retries = it.value().toInt(&whole);
                if (whole && retries >= 0)
                    check.retries = Stated<int>{retries, instruction.place};
                else
                    problem(instruction.place, QStringLiteral("--retries takes a number"));
                continue;
            }
            Field<Milliseconds> *field = it.key() == L("interval")       ? &check.interval
                                         : it.key() == L("timeout")      ? &check.timeout
                                         : it.key() == L("start-period") ? &check.grace
                                                                         : nullptr;
            const Result<Milliseconds> value = parseGoDuration(it.value());
            if (!field && it.key() != L("start-interval"))
                problem(instruction.place, QStringLiteral("HEALTHCHECK has no such option"),
                        QStringLiteral("--interval, --timeout, --start-period, --start-interval, --retries"));
            else if (!value)
                problem(instruction.place, QStringLiteral("--%1: %2").arg(it.key(), value.error().message),
                        value.error().hint);
            else if (field)
                *field = Stated<Milliseconds>{*value, instruction.place};
        }
    }

    /// What an instruction runs, as one command line.
    QString line(const DockerInstruction &instruction, const QStringList &shell) const
    {
        if (instruction.json)
            return commandText(instruction.words);
        return shell.isEmpty() ? instruction.arguments : commandText(shell + QStringList{instruction.arguments});
    }

    void finish()
    {
        for (const std::optional<EnvironmentEntry> &entry : std::as_const(m_entries)) {
            if (entry)
                m_service.environment.append(*entry);
        }
        joinCommand();
    }

    void joinCommand()
    {
        // CMD gives arguments to an ENTRYPOINT in its exec form; one in its shell form takes none.
        const DockerInstruction *said = m_command ? m_command : m_entry;
        if (!said)
            return;
        QString text;
        if (m_entry && m_command && m_entry->json) {
            QStringList rest = m_command->words;
            if (!m_command->json)
                rest = (m_commandShell.isEmpty() ? QStringList{QStringLiteral("/bin/sh"), QStringLiteral("-c")}
                                                 : m_commandShell) +
                       QStringList{m_command->arguments};
            text = commandText(m_entry->words + rest);
            m_service.startCommandDetails.append(m_entry->place);
            m_ledger.read(m_entry->place, QStringLiteral("stays in the Dockerfile; the start command has it too"));
        } else if (m_entry) {
            text = line(*m_entry, m_entryShell);
            if (m_command)
                m_ledger.read(
                    m_command->place,
                    QStringLiteral("without effect: the ENTRYPOINT is a shell command and takes no arguments"));
            said = m_entry;
        } else {
            text = line(*m_command, m_commandShell);
        }
        if (!text.isEmpty())
            m_service.startCommand = Stated<QString>{text, said->place};
    }

    QString m_file;
    Ledger &m_ledger;
    QList<Error> &m_problems;
    QList<DockerInstruction> m_instructions;
    Service m_service;
    QHash<QString, QString> m_globals;      ///< ARG before the first FROM
    QHash<QString, QString> m_arguments;    ///< ARG of the stage
    QHash<int, QList<qsizetype>> m_ofStage; ///< positions in m_instructions
    QList<std::optional<EnvironmentEntry>> m_entries;
    QHash<QString, qsizetype> m_entryOf;
    QHash<QString, QString> m_values; ///< ENV so far
    QStringList m_shell;              ///< SHELL, empty: the builder's own
    const DockerInstruction *m_command = nullptr;
    const DockerInstruction *m_entry = nullptr;
    QStringList m_commandShell;
    QStringList m_entryShell;
    bool m_commandHere = false;
};

} // namespace

ServiceModel readDockerfile(const QByteArray &text, const QString &file, Ledger &ledger, QList<Error> &problems)
{
    return Reader(file, ledger, problems).run(text);
}

} // namespace Switchyard

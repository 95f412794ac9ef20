// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/duration.h"
#include "models/common/secret.h"
#include "models/deploy/driverfactory.h"

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

constexpr int maxMachines = 10;

QString secondsText(Milliseconds time)
{
    return QStringLiteral("%1 s").arg(double(time.count()) / 1000);
}

/// Puts together a rehearsal from the platform, the service's manifest and the caller's wishes, and notes what came
/// from where.
class Rehearsal
{
public:
    Rehearsal(const Platform &platform, const RehearsalOptions &options)
        : m_platform(platform)
        , m_options(options)
        , m_facts(options.manifest ? &*options.manifest : nullptr)
    {
    }

    Result<ProcessDriverConfig> build()
    {
        m_config.id = QStringLiteral("rehearsal:") + m_platform.id;
        m_config.cwd = m_options.cwd;
        m_config.health = m_platform.health;
        m_config.startLimit = m_options.thresholds.startup;
        m_config.newFirst = m_platform.deploy.newFirst;
        m_config.door = m_options.door;
        m_config.doorRefuses = m_platform.deploy.withoutInstance == QLatin1StringView("refused");
        m_config.log = m_options.log;
        for (const DeployStep &step : m_platform.deploy.steps) {
            if (step.step == QLatin1StringView("wait"))
                m_config.waitAfterSwitch = Milliseconds(qint64(double(step.duration.count()) * m_options.timeScale));
        }
        takeDisk();
        takeCommand();
        takeShutdown();
        takeCheck();
        takeMachines();
        takeStrategy();
        if (const Result<void> taken = takeEnvironment(); !taken)
            return tl::unexpected(taken.error());
        return std::move(m_config);
    }

private:
    void note(const QString &text) { m_config.opening.append(text); }

    QString theDefault() const
    {
        const QString s = m_platform.name.endsWith(QLatin1Char('s')) ? QStringLiteral("'") : QStringLiteral("'s");
        return m_platform.name + s + QStringLiteral(" default");
    }

    /// Two instances cannot hold one disk: where there is one, the old instance stops first.
    void takeDisk()
    {
        if (!m_facts || !m_facts->disk || !m_config.newFirst)
            return;
        m_config.newFirst = false;
        m_config.waitAfterSwitch = Milliseconds(0);
        note(QStringLiteral("the old instance stops first, because of the disk at %1").arg(spoken(*m_facts->disk)));
    }

    /// The port, where an argument of a server says it: behind a colon, or as the value of an option for it. The same
    /// number elsewhere (--max-requests 10000) is none.
    static bool replacePort(QStringList &argv, int port)
    {
        const QString number = QString::number(port);
        const QRegularExpression inside(
            QStringLiteral("(:|(?:^|\\s)(?:-p|--port|-b|--bind|--listen|--http-port|--server\\.port|http\\.server|"
                           "runserver)[ =])%1(?=\\s|$|[\"'/])")
                .arg(number));
        static const QRegularExpression option(
            QStringLiteral("\\A(-p|--port|-b|--bind|--listen|--http-port|--server\\.port|http\\.server|runserver)\\z"));
        bool replaced = false;
        for (qsizetype i = 0; i < argv.size(); ++i) {
            const QString before = argv[i];
            if (before == number && i > 0 && option.match(argv[i - 1]).hasMatch())
                argv[i] = QStringLiteral("{PORT}");
            else
                argv[i].replace(inside, QStringLiteral("\\1{PORT}"));
            replaced = replaced || argv[i] != before;
        }
        return replaced;
    }

    void takeCommand()
    {
        m_config.argv = m_options.argv;
        if (!m_config.argv.isEmpty() || !m_facts || !m_facts->command)
            return;
        m_config.argv = m_facts->command->value;
        const bool shell = m_config.argv.size() == 3 && m_config.argv.first() == QLatin1StringView("/bin/sh");
        note(QStringLiteral("command from %1%2")
                 .arg(spoken(m_facts->command->place), shell ? QStringLiteral(", through sh") : QString()));
        m_config.expandsVariables = !m_facts->commandIsLiteral;
        // Each instance has a port of its own here; on the platform each has its own address.
        const int port = statedPort();
        if (port <= 0)
            return;
        if (replacePort(m_config.argv, port))
            note(QStringLiteral("%1 in the command stands for each instance's own port").arg(port));
    }

    /// The port the manifest's words speak of.
    int statedPort() const
    {
        if (m_facts && m_facts->port)
            return m_facts->port->value;
        const int own = m_facts ? m_facts->environment.value(QStringLiteral("PORT")).value.toInt() : 0;
        return own > 0 ? own : m_platform.ports.defaultPort;
    }

    void takeShutdown()
    {
        m_config.signal = m_platform.shutdown.signal;
        m_config.grace = m_platform.shutdown.grace;
        if (m_facts && m_facts->signal) {
            m_config.signal = m_facts->signal->value;
            note(QStringLiteral("%1 %2 from %3")
                     .arg(m_platform.shutdown.signalKey, m_config.signal, spoken(m_facts->signal->place)));
        } else {
            note(QStringLiteral("%1: %2").arg(m_config.signal, theDefault()));
        }
        if (m_facts && m_facts->grace) {
            m_config.grace = m_facts->grace->value;
            note(QStringLiteral("grace %1 from %2").arg(secondsText(m_config.grace), spoken(m_facts->grace->place)));
        } else {
            note(QStringLiteral("grace %1: %2").arg(secondsText(m_config.grace), theDefault()));
        }
    }

    void takeCheck()
    {
        m_config.healthPath = m_options.healthPath;
        if (!m_facts)
            return;
        // The platform checks what the manifest names and nothing else, whatever the session probes beside it.
        m_config.healthPath = m_facts->healthPath ? m_facts->healthPath->value : QString();
        if (!m_facts->healthPath)
            return note(
                QStringLiteral("check: the port answers; %1 names no path").arg(spoken({m_facts->place.file, 0, 0})));
        if (m_facts->checkMethod)
            m_config.healthMethod = m_facts->checkMethod->value.toUpper().toLatin1();
        for (const auto &[name, value] : m_facts->checkHeaders)
            m_config.healthHeaders.append({name, value.value});
        if (m_facts->checkTimeout)
            m_config.health.timeout = m_facts->checkTimeout->value;
        note(QStringLiteral("check %1 %2 within %3 from %4")
                 .arg(QString::fromLatin1(m_config.healthMethod), m_config.healthPath,
                      secondsText(m_config.health.timeout), spoken(m_facts->healthPath->place)));
        QStringList unplayed;
        if (m_facts->checkInterval)
            unplayed.append(QStringLiteral("interval %1").arg(secondsText(m_facts->checkInterval->value)));
        if (m_facts->checkGrace)
            unplayed.append(QStringLiteral("grace period %1").arg(secondsText(m_facts->checkGrace->value)));
        if (!unplayed.isEmpty())
            note(QStringLiteral("not waited for: the check's %1").arg(unplayed.join(QStringLiteral(" and "))));
    }

    void takeMachines()
    {
        m_config.machines = std::max(1, m_options.machines);
        if (m_options.machines != 0 || !m_facts || !m_facts->instances)
            return;
        const int stated = m_facts->instances->value;
        m_config.machines = std::min(stated, maxMachines);
        if (stated > maxMachines)
            note(QStringLiteral("%1 of the %2 instances of %3")
                     .arg(maxMachines)
                     .arg(stated)
                     .arg(spoken(m_facts->instances->place)));
        else if (stated > 1)
            note(QStringLiteral("%1 instances from %2").arg(stated).arg(spoken(m_facts->instances->place)));
    }

    void takeStrategy()
    {
        if (!m_facts)
            return;
        if (m_facts->strategy && m_facts->strategy->value != QLatin1StringView("rolling"))
            note(QStringLiteral("not played: strategy %1 of %2; this is rolling")
                     .arg(m_facts->strategy->value, spoken(m_facts->strategy->place)));
        if (!m_facts->maxUnavailable)
            return;
        const double share = m_facts->maxUnavailable->value;
        const int atOnce = std::max(1, int(std::floor(share < 1 ? share * m_config.machines : share)));
        if (atOnce > 1 && m_config.machines > 1)
            note(QStringLiteral("not played: max_unavailable of %1 would replace %2 at once; here one after the other")
                     .arg(spoken(m_facts->maxUnavailable->place))
                     .arg(std::min(atOnce, m_config.machines)));
    }

    Result<void> takeEnvironment()
    {
        const QString name = m_facts && !m_facts->service.isEmpty() ? m_facts->service : m_options.serviceName;
        // Each instance has a port of its own behind the door: {PORT} is filled in when it starts.
        m_config.environment = rehearsalEnvironment(m_platform, QStringLiteral("{PORT}"), name, m_config.argv,
                                                    m_facts && m_facts->runtime ? m_facts->runtime->value : QString());
        takeManifestEnvironment();
        for (auto it = m_options.environment.cbegin(); it != m_options.environment.cend(); ++it) {
            const Result<QString> value = resolveText(it.value());
            if (!value)
                return tl::unexpected(value.error());
            m_config.environment.insert(it.key(), *value);
        }
        noteMissing();
        notePort();
        for (const QString &text : m_facts ? m_facts->notes : QStringList())
            note(text);
        return {};
    }

    void takeManifestEnvironment()
    {
        if (!m_facts || m_facts->environment.isEmpty())
            return;
        const QString port = QString::number(statedPort());
        for (auto it = m_facts->environment.cbegin(); it != m_facts->environment.cend(); ++it) {
            QString value = it->value;
            if (it.key().endsWith(QLatin1StringView("PORT")) && value == port)
                value = QStringLiteral("{PORT}");
            else if (it.key() == QLatin1StringView("GUNICORN_CMD_ARGS"))
                value.replace(QRegularExpression(QStringLiteral(":%1\\b").arg(port)), QStringLiteral(":{PORT}"));
            m_config.environment.insert(it.key(), value);
        }
        note(QStringLiteral("%1 from %2")
                 .arg(m_facts->environment.size() == 1
                          ? QStringLiteral("1 variable")
                          : QStringLiteral("%1 variables").arg(m_facts->environment.size()),
                      spoken({m_facts->place.file, 0, 0})));
    }

    /// Fly sends to internal_port and sets no PORT; here each instance has its own.
    void notePort()
    {
        if (!m_facts || !m_facts->port || m_platform.ports.injectsPort)
            return;
        const auto stated = m_facts->environment.constFind(QStringLiteral("PORT"));
        const QString inner = QString::number(m_facts->port->value);
        if (stated == m_facts->environment.cend())
            note(QStringLiteral("PORT is set here and not on %1, where the server has to listen on %2 by itself (%3)")
                     .arg(m_platform.name, inner, spoken(m_facts->port->place)));
        else if (stated->value != inner)
            note(QStringLiteral("PORT at %1 is not the internal_port of %2: on %3 nobody would answer")
                     .arg(spoken(stated->place), spoken(m_facts->port->place), m_platform.name));
    }

    void noteMissing()
    {
        QStringList missing;
        for (const MissingVariable &variable : m_facts ? m_facts->missing : QList<MissingVariable>()) {
            if (!m_config.environment.contains(variable.name))
                missing.append(
                    QStringLiteral("%1 (%2, line %3)").arg(variable.name, variable.why).arg(variable.place.line));
        }
        if (!missing.isEmpty())
            note(QStringLiteral(
                     "not set, because %1 has no value for it: %2; give it with --env or [backend.deploy] env")
                     .arg(spoken({m_facts->place.file, 0, 0}), missing.join(QStringLiteral(", "))));
    }

    const Platform &m_platform;
    const RehearsalOptions &m_options;
    const ServiceFacts *m_facts;
    ProcessDriverConfig m_config;
};

} // namespace

Result<ProcessDriverConfig> rehearsalConfig(const Platform &platform, const RehearsalOptions &options)
{
    if (options.argv.isEmpty() && !(options.manifest && options.manifest->command))
        return fail(ErrorKind::Usage, QStringLiteral("there is no command to rehearse"),
                    QStringLiteral("put it after --: rehearse --platform render -- uvicorn server:app --port $PORT"));
    if (!(options.timeScale >= 0.001 && options.timeScale <= 1))
        return fail(ErrorKind::Usage, QStringLiteral("the time scale is %1").arg(options.timeScale),
                    QStringLiteral("0.001 to 1"));
    if (options.machines < 0 || options.machines > maxMachines)
        return fail(ErrorKind::Usage, QStringLiteral("%1 machines cannot be rehearsed").arg(options.machines),
                    QStringLiteral("1 to %1").arg(maxMachines));
    return Rehearsal(platform, options).build();
}

Result<std::unique_ptr<DeployDriver>> makeRehearsal(const Platform &platform, const RehearsalOptions &options)
{
    return rehearsalConfig(platform, options).map([](ProcessDriverConfig config) -> std::unique_ptr<DeployDriver> {
        return std::make_unique<ProcessDriver>(std::move(config));
    });
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/processdriver.h"

#include <QFileInfo>
#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QTcpServer>
#include <QTcpSocket>

#include <algorithm>
#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace Switchyard {

namespace {

/// How often a starting instance is asked. The platforms ask every few seconds; asking faster only sharpens the figure.
constexpr int checkEveryMs = 100;
/// How long processes get when nothing is measured any more.
constexpr int shutDownGraceMs = 1'500;

QStringList expandPort(QStringList argv, int port, bool variables)
{
    for (QString &argument : argv) {
        if (variables)
            argument.replace(QStringLiteral("${PORT}"), QString::number(port));
        argument.replace(QStringLiteral("{PORT}"), QString::number(port));
        if (!variables)
            continue;
        static const QRegularExpression plain(QStringLiteral(R"(\$PORT\b)"));
        argument.replace(plain, QString::number(port));
    }
    return argv;
}

} // namespace

struct ProcessDriver::Instance
{
    int number = 0;
    int port = 0;
    std::unique_ptr<ProcessInstance> process;
    QTimer check;
    QTimer limit;
    QTimer grace;
    QString lastProblem;
    bool healthy = false;
    bool serving = false; ///< new connections may go to it
    bool told = false;
    bool asking = false;
};

int freePort()
{
    QTcpServer server;
    return server.listen(QHostAddress::LocalHost, 0) ? server.serverPort() : 0;
}

QMap<QString, QString> rehearsalEnvironment(const Platform &platform, const QString &port, const QString &serviceName,
                                            const QStringList &argv, const QString &stated)
{
    QMap<QString, QString> environment;
    for (const char *name : {"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYENV_ROOT"}) {
        if (qEnvironmentVariableIsSet(name))
            environment.insert(QString::fromLatin1(name), qEnvironmentVariable(name));
    }
    const QString command = argv.join(QLatin1Char(' '));
    const auto runs = [&command, &stated](const QString &runtime) {
        if (!stated.isEmpty())
            return stated == runtime;
        static const QMap<QString, QString> signs{
            {QStringLiteral("python"), QStringLiteral("python|uvicorn|gunicorn|hypercorn|daphne")},
            {QStringLiteral("node"), QStringLiteral("node|npm|yarn")},
            {QStringLiteral("ruby"), QStringLiteral("ruby|rails|puma|bundle")}};
        const auto sign = signs.constFind(runtime);
        return sign != signs.constEnd() && command.contains(QRegularExpression(*sign));
    };
    for (const InjectedVariable &variable : platform.injected) {
        if (variable.when == QLatin1StringView("build"))
            continue;
        bool applies = variable.runtimes.isEmpty();
        for (const QString &runtime : variable.runtimes)
            applies = applies || runs(runtime);
        QString value = variable.value.isEmpty() ? variable.example : variable.value;
        if (!applies || value.isEmpty())
            continue;
        // A bind address that names the platform's port would make two local instances collide.
        if (platform.ports.defaultPort > 0 && variable.name != QLatin1StringView("PORT"))
            value.replace(QStringLiteral(":%1").arg(platform.ports.defaultPort), QStringLiteral(":%1").arg(port));
        if (variable.name.endsWith(QLatin1StringView("SERVICE_NAME")) ||
            variable.name == QLatin1StringView("FLY_APP_NAME"))
            value = serviceName;
        environment.insert(variable.name, value);
    }
    environment.insert(QStringLiteral("PORT"), port);
    return environment;
}

ProcessDriver::ProcessDriver(ProcessDriverConfig config, QObject *parent)
    : DeployDriver(parent)
    , m_config(std::move(config))
    , m_network(new QNetworkAccessManager(this))
{
    m_network->setProxy(QNetworkProxy::NoProxy);
    for (const QString &pattern : m_config.log)
        m_log.append(QRegularExpression(pattern));
}

ProcessDriver::~ProcessDriver()
{
    for (const auto &entry : m_instances)
        entry->process->disconnect(this);
    if (m_door) {
        m_door->disconnect(this);
        m_door->kill();
        m_door->waitForFinished(500);
    }
}

QString ProcessDriver::url() const
{
    const int port = m_config.door.isEmpty() ? m_config.port : m_doorPort;
    return port > 0 ? QStringLiteral("http://%1:%2").arg(m_config.host).arg(port) : QString();
}

qint64 ProcessDriver::currentPid() const
{
    const Instance *current = instance(m_current);
    return current && current->process->isRunning() ? current->process->pid() : 0;
}

void ProcessDriver::prepare()
{
    if (m_state == State::Ready) {
        QMetaObject::invokeMethod(this, &DeployDriver::ready, Qt::QueuedConnection);
        return;
    }
    if (m_state == State::Deploying) {
        m_readyWanted = true;
        return;
    }
    if (m_state != State::Idle && m_state != State::Down)
        return;
    m_state = State::Preparing;
    if (m_config.argv.isEmpty()) {
        const Error error{ErrorKind::Usage, QStringLiteral("there is no command to start"), {}, {}};
        QMetaObject::invokeMethod(
            this, [this, error] { Q_EMIT failed(error); }, Qt::QueuedConnection);
        m_state = State::Down;
        return;
    }
    if (!m_config.door.isEmpty())
        return startDoor();
    QTcpServer probe;
    if (!probe.listen(QHostAddress(m_config.host), quint16(m_config.port))) {
        const Error error{
            ErrorKind::Usage,
            QStringLiteral("port %1 of %2 is taken: %3").arg(m_config.port).arg(m_config.host, probe.errorString()),
            QStringLiteral("stop what listens there, or choose another port in the backend's url"),
            {}};
        QMetaObject::invokeMethod(
            this, [this, error] { Q_EMIT failed(error); }, Qt::QueuedConnection);
        m_state = State::Down;
        return;
    }
    probe.close();
    startInstance();
}

// ---- the door

void ProcessDriver::startDoor()
{
    if (m_door && m_door->state() == QProcess::Running && m_doorPort > 0)
        return startInstance(); // it stands since a start that failed
    m_door = new QProcess(this);
    m_door->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    // Out of the terminal's reach: a Ctrl-C is answered by this program, and the door stands until it is told to go.
    m_door->setChildProcessModifier([] {
        ::setsid();
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    });
    connect(m_door, &QProcess::readyReadStandardOutput, this, [this] {
        m_doorPending += m_door->readAllStandardOutput();
        qsizetype end = 0;
        while ((end = m_doorPending.indexOf('\n')) >= 0) {
            const QByteArray line = m_doorPending.left(end);
            m_doorPending.remove(0, end + 1);
            doorLine(line);
        }
    });
    const auto gone = [this] {
        if (m_state == State::ShuttingDown || m_state == State::Down)
            return;
        const Error error{ErrorKind::Internal,
                          QStringLiteral("the front door %1 ended: %2").arg(m_config.door, m_door->errorString()),
                          QStringLiteral("it must lie beside this program, and its port must be free"),
                          {}};
        m_state = State::Down;
        Q_EMIT failed(error);
    };
    connect(m_door, &QProcess::errorOccurred, this, [gone](QProcess::ProcessError problem) {
        if (problem == QProcess::FailedToStart)
            gone();
    });
    connect(m_door, &QProcess::finished, this, gone);
    m_door->start(m_config.door, {QString::number(m_config.port),
                                  m_config.doorRefuses ? QStringLiteral("refused") : QStringLiteral("502")});
}

void ProcessDriver::doorLine(const QByteArray &line)
{
    if (!line.startsWith("listening ") || m_doorPort != 0)
        return;
    m_doorPort = line.mid(10).toInt();
    startInstance();
}

void ProcessDriver::tellDoor(const QByteArray &command)
{
    if (m_door)
        m_door->write(command + '\n');
}

// ---- instances

ProcessDriver::Instance *ProcessDriver::instance(int number) const
{
    for (const auto &entry : m_instances) {
        if (entry->number == number)
            return entry.get();
    }
    return nullptr;
}

ProcessDriver::Instance *ProcessDriver::newest() const
{
    return m_instances.empty() ? nullptr : m_instances.back().get();
}

void ProcessDriver::emitEvent(DriverEvent::Kind kind, int number, const QString &text, int code, Instant at)
{
    DriverEvent event;
    event.kind = kind;
    event.at = at;
    event.instance = number;
    event.text = text;
    event.code = code;
    if (const Instance *entry = instance(number))
        event.pid = entry->process->pid();
    Q_EMIT happened(event);
}

void ProcessDriver::startInstance()
{
    auto created = std::make_unique<Instance>();
    Instance *entry = created.get();
    entry->number = m_nextNumber++;
    entry->port = m_config.door.isEmpty() ? m_config.port : freePort();
    ProcessSpec spec;
    spec.argv = expandPort(m_config.argv, entry->port, m_config.expandsVariables);
    spec.cwd = m_config.cwd;
    spec.environment = m_config.environment;
    spec.environment.insert(QStringLiteral("PORT"), QString::number(entry->port));
    const QString placeholder = QStringLiteral("{PORT}");
    for (QString &value : spec.environment)
        value.replace(placeholder, QString::number(entry->port));
    entry->process = std::make_unique<ProcessInstance>(std::move(spec));
    const int number = entry->number;
    connect(entry->process.get(), &ProcessInstance::started, this,
            [this, number](Instant at, qint64) { emitEvent(DriverEvent::Kind::InstanceStarting, number, {}, 0, at); });
    connect(entry->process.get(), &ProcessInstance::startFailed, this, [this, number](const Error &error) {
        Instance *failedInstance = instance(number);
        failedInstance->check.stop();
        failedInstance->limit.stop();
        if (m_state == State::ShuttingDown) {
            maybeShutDown();
        } else if (m_state == State::Preparing) {
            m_state = State::Down;
            Q_EMIT failed(error);
        } else {
            deployFailed(error.toString());
        }
    });
    connect(entry->process.get(), &ProcessInstance::exited, this,
            [this, number](Instant at, int status, bool leftovers) { instanceExited(number, at, status, leftovers); });
    connect(entry->process.get(), &ProcessInstance::line, this, [this, number](Instant at, const QString &text) {
        for (const QRegularExpression &pattern : m_log) {
            if (pattern.match(text).hasMatch())
                return emitEvent(DriverEvent::Kind::LogLine, number, text, 0, at);
        }
    });
    entry->check.setInterval(checkEveryMs);
    connect(&entry->check, &QTimer::timeout, this, [this, number] { checkHealth(number); });
    entry->limit.setSingleShot(true);
    entry->limit.setInterval(m_config.startLimit);
    connect(&entry->limit, &QTimer::timeout, this, [this, number] {
        const Instance *late = instance(number);
        const QString why = QStringLiteral("instance %1 was not healthy within %2 s: %3%4")
                                .arg(number)
                                .arg(double(m_config.startLimit.count()) / 1000)
                                .arg(late->lastProblem, lastWords(*late));
        deployFailed(why);
    });
    m_instances.push_back(std::move(created));
    entry->process->start();
    entry->check.start();
    entry->limit.start();
}

QString ProcessDriver::lastWords(const Instance &entry) const
{
    const QStringList lines =
        entry.process->lastLines().mid(std::max<qsizetype>(0, entry.process->lastLines().size() - 5));
    return lines.isEmpty() ? QString() : QStringLiteral("; its last lines: ") + lines.join(QStringLiteral(" | "));
}

// ---- checks

void ProcessDriver::checkHealth(int number)
{
    Instance *entry = instance(number);
    if (!entry || entry->asking || entry->healthy || !entry->process->isRunning())
        return;
    entry->asking = true;
    if (m_config.healthPath.isEmpty())
        return checkPort(number);
    QUrl url;
    url.setScheme(QStringLiteral("http"));
    url.setHost(m_config.host);
    url.setPort(entry->port);
    url.setPath(m_config.healthPath.section(QLatin1Char('?'), 0, 0));
    url.setQuery(m_config.healthPath.section(QLatin1Char('?'), 1));
    QNetworkRequest request(url);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setRawHeader("Connection", "close");
    request.setRawHeader("User-Agent", "Switchyard/" SWITCHYARD_VERSION " (health check)");
    const auto timeout = m_config.health.timeout.count() > 0 ? m_config.health.timeout : Milliseconds(5'000);
    request.setTransferTimeout(int(timeout.count()));
    for (const auto &[name, value] : m_config.healthHeaders)
        request.setRawHeader(name.toUtf8(), value.toUtf8());
    QNetworkReply *reply = m_network->sendCustomRequest(request, m_config.healthMethod);
    connect(reply, &QNetworkReply::finished, this, [this, reply, number] {
        reply->deleteLater();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        const bool good = status >= m_config.health.statusMin && status <= m_config.health.statusMax;
        healthAnswered(number, good,
                       status > 0 ? QStringLiteral("%1 answered HTTP %2").arg(m_config.healthPath).arg(status)
                                  : reply->errorString());
    });
}

void ProcessDriver::checkPort(int number)
{
    auto *socket = new QTcpSocket(this);
    socket->setProxy(QNetworkProxy::NoProxy);
    connect(socket, &QTcpSocket::connected, this, [this, socket, number] {
        socket->abort();
        socket->deleteLater();
        healthAnswered(number, true, {});
    });
    connect(socket, &QTcpSocket::errorOccurred, this, [this, socket, number] {
        socket->deleteLater();
        healthAnswered(number, false, QStringLiteral("nothing listens on PORT %1").arg(instance(number)->port));
    });
    socket->connectToHost(m_config.host, quint16(instance(number)->port));
}

void ProcessDriver::healthAnswered(int number, bool good, const QString &why)
{
    Instance *entry = instance(number);
    if (!entry)
        return;
    entry->asking = false;
    entry->lastProblem = why;
    if (good && !entry->healthy && entry->process->isRunning() &&
        (m_state == State::Preparing || m_state == State::Deploying))
        becameHealthy(number);
}

void ProcessDriver::becameHealthy(int number)
{
    Instance *entry = instance(number);
    entry->healthy = true;
    entry->check.stop();
    entry->limit.stop();
    emitEvent(DriverEvent::Kind::InstanceHealthy, number);
    m_current = number;
    entry->serving = true;
    Instance *old = m_state == State::Deploying ? instance(m_replacing) : nullptr;
    if (old && m_config.newFirst)
        old->serving = false;
    if (!m_config.door.isEmpty()) {
        route();
        emitEvent(DriverEvent::Kind::TrafficSwitched, number);
    }
    if (m_state == State::Preparing) {
        const auto serving =
            std::count_if(m_instances.cbegin(), m_instances.cend(), [](const auto &other) { return other->serving; });
        if (serving < m_config.machines)
            return startInstance();
        m_state = State::Ready;
        Q_EMIT ready();
        for (const QString &text : std::exchange(m_config.opening, {}))
            emitEvent(DriverEvent::Kind::Step, 0, text);
        return;
    }
    if (!m_config.newFirst || !old)
        return replaceNext();
    emitEvent(DriverEvent::Kind::Step, m_replacing,
              QStringLiteral("the old instance keeps its connections for %1 s")
                  .arg(double(m_config.waitAfterSwitch.count()) / 1000));
    QTimer::singleShot(m_config.waitAfterSwitch, Qt::PreciseTimer, this, [this] {
        if (m_state == State::Deploying)
            stopOld();
    });
}

// ---- the sequence

void ProcessDriver::trigger()
{
    if (m_state != State::Ready)
        return;
    m_state = State::Deploying;
    m_toReplace.clear();
    for (const auto &entry : m_instances) {
        if (entry->process->isRunning())
            m_toReplace.append(entry->number);
    }
    // Nothing runs any more (it crashed): then there is only a start.
    if (m_toReplace.isEmpty()) {
        m_replacing = 0;
        return startInstance();
    }
    replaceNext();
}

/// The next machine's turn, or the end.
void ProcessDriver::replaceNext()
{
    if (m_toReplace.isEmpty())
        return finishDeploy();
    m_replacing = m_toReplace.takeFirst();
    if (m_config.newFirst)
        startInstance();
    else
        stopOld();
}

/// Tells the door who serves. Where nobody else does, connections still go to the instance that is being stopped, as
/// long as it takes them.
void ProcessDriver::route()
{
    QByteArray ports;
    for (const auto &entry : m_instances) {
        if (entry->serving && entry->process->isRunning())
            ports += ' ' + QByteArray::number(entry->port);
    }
    const bool anyLeft = std::any_of(m_instances.cbegin(), m_instances.cend(),
                                     [](const auto &entry) { return entry->healthy && entry->process->isRunning(); });
    if (!ports.isEmpty())
        tellDoor("to" + ports);
    else if (!anyLeft)
        tellDoor("none");
}

void ProcessDriver::stopOld()
{
    Instance *old = instance(m_replacing);
    if (!old || !old->process->isRunning())
        return m_config.newFirst ? replaceNext() : startInstance();
    if (m_config.machines > 1 && !m_config.newFirst) {
        old->serving = false;
        route();
    }
    old->told = true;
    const int number = old->number;
    const Instant at = old->process->sendSignal(signalNumber(m_config.signal));
    emitEvent(DriverEvent::Kind::SignalSent, number, m_config.signal, 0, at);
    old->grace.setSingleShot(true);
    old->grace.setTimerType(Qt::PreciseTimer); // a coarse one is up to 5 % late, and the grace is judged
    old->grace.setInterval(m_config.grace);
    connect(&old->grace, &QTimer::timeout, this, [this, number] {
        emitEvent(DriverEvent::Kind::InstanceKilled, number, QStringLiteral("SIGKILL"));
        instance(number)->process->killGroup();
    });
    old->grace.start();
}

void ProcessDriver::instanceExited(int number, Instant at, int status, bool leftovers)
{
    Instance *entry = instance(number);
    entry->check.stop();
    entry->grace.stop();
    entry->limit.stop();
    emitEvent(DriverEvent::Kind::InstanceExited, number,
              leftovers ? QStringLiteral("it left processes behind, which were killed: start the server with exec")
                        : QString(),
              status, at);
    if (m_state == State::ShuttingDown)
        return maybeShutDown();
    entry->serving = false;
    if (!m_config.door.isEmpty())
        route();
    const bool awaited = m_state == State::Preparing || m_state == State::Deploying;
    if (awaited && !entry->healthy && entry == newest()) {
        return deployFailed(QStringLiteral("instance %1 ended with status %2 before it was healthy%3")
                                .arg(number)
                                .arg(status)
                                .arg(lastWords(*entry)));
    }
    if (m_state != State::Deploying || !entry->told)
        return;
    if (m_config.newFirst)
        replaceNext();
    else
        startInstance();
}

void ProcessDriver::deployFailed(const QString &why)
{
    if (m_state == State::Preparing) {
        m_state = State::Down;
        for (const auto &entry : m_instances) {
            entry->check.stop();
            entry->limit.stop();
            entry->process->killGroup(); // it would hold the port against the next try
        }
        Q_EMIT failed(Error{ErrorKind::Timeout, why, QStringLiteral("does it listen on the PORT it is given?"), {}});
        return;
    }
    if (m_state != State::Deploying)
        return;
    // As on the platform: the instance that never became healthy is taken away, the old one stays if it is there.
    if (Instance *late = newest(); late && !late->healthy) {
        late->check.stop();
        late->limit.stop();
        late->process->killGroup();
    }
    backToReady(DriverEvent::Kind::Failed, newest() ? newest()->number : 0, why);
}

void ProcessDriver::finishDeploy()
{
    backToReady(DriverEvent::Kind::Finished, m_current);
}

void ProcessDriver::backToReady(DriverEvent::Kind kind, int number, const QString &text)
{
    m_state = State::Ready;
    emitEvent(kind, number, text);
    if (std::exchange(m_readyWanted, false))
        Q_EMIT ready();
}

// ---- the end

void ProcessDriver::shutDown()
{
    if (m_state == State::ShuttingDown)
        return;
    m_state = State::ShuttingDown;
    for (const auto &entry : m_instances) {
        entry->check.stop();
        entry->limit.stop();
        entry->grace.stop();
        if (!entry->process->isRunning())
            continue;
        entry->process->sendSignal(signalNumber(QStringLiteral("SIGTERM")));
        const int number = entry->number;
        QTimer::singleShot(shutDownGraceMs, this, [this, number] {
            if (Instance *late = instance(number))
                late->process->killGroup();
        });
    }
    maybeShutDown();
}

void ProcessDriver::maybeShutDown()
{
    for (const auto &entry : m_instances) {
        if (entry->process->isRunning())
            return;
    }
    if (m_door && m_door->state() != QProcess::NotRunning) {
        m_door->disconnect(this);
        m_door->closeWriteChannel(); // its end of input is its order to leave
    }
    m_state = State::Down;
    m_doorPort = 0;
    QMetaObject::invokeMethod(this, &DeployDriver::shutDownDone, Qt::QueuedConnection);
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/deploy/driver.h"
#include "models/deploy/processinstance.h"
#include "models/platforms/platform.h"

#include <QPointer>
#include <QRegularExpression>
#include <QTimer>

#include <memory>

class QNetworkAccessManager;

namespace Switchyard {

/// What to run and how the platform treats it.
struct ProcessDriverConfig
{
    QString id = QStringLiteral("local");
    QStringList argv; ///< `{PORT}` in it stands for the instance's port
    /// `$PORT` and `${PORT}` in argv are replaced too, as a platform's shell would.
    bool expandsVariables = true;
    QString cwd;
    QMap<QString, QString> environment; ///< beside what the platform sets; wins over it
    QString host = QStringLiteral("127.0.0.1");
    int port = 0;       ///< where clients connect; 0 with a door: any free one
    QString healthPath; ///< empty: a TCP connect is the check
    QByteArray healthMethod = QByteArrayLiteral("GET");
    QList<std::pair<QString, QString>> healthHeaders;
    HealthRules health;
    QString signal = QStringLiteral("SIGTERM");
    Milliseconds grace{10'000};
    Milliseconds startLimit{60'000};
    /// The new instance is healthy and has the traffic before the old one is told to stop.
    bool newFirst = false;
    /// How many instances serve at a time, 1 to 10; more than one need a door. They are replaced one after the other.
    int machines = 1;
    /// How long the old instance keeps its connections after the switch.
    Milliseconds waitAfterSwitch{0};
    /// Path of the front-door program; empty: the instances listen on `port` one after the other.
    QString door;
    /// Where no instance serves, the door refuses connects instead of answering 502.
    bool doorRefuses = false;
    QStringList log;     ///< regular expressions of lines to record
    QStringList opening; ///< told as steps when it is ready for the first time: where its parameters come from
};

/// Plays a deploy sequence on local processes: the local driver, and the rehearsal of a platform's sequence behind a
/// front door. The door is a process of its own that splices TCP, so that a FIN stays a FIN and a reset a reset.
class ProcessDriver final : public DeployDriver
{
    Q_OBJECT
public:
    explicit ProcessDriver(ProcessDriverConfig config, QObject *parent = nullptr);
    ~ProcessDriver() override;

    QString id() const override { return m_config.id; }
    bool seesStop() const override { return true; }
    bool seesStart() const override { return true; }
    Milliseconds grace() const override { return m_config.grace; }
    QString url() const override;
    void prepare() override;
    void trigger() override;
    void shutDown() override;

    /// The pid of the instance that has the traffic; 0 without one.
    qint64 currentPid() const;

private:
    struct Instance;
    enum class State
    {
        Idle,
        Preparing,
        Ready,
        Deploying,
        ShuttingDown,
        Down
    };

    void startDoor();
    void doorLine(const QByteArray &line);
    void tellDoor(const QByteArray &command);
    void startInstance();
    void checkHealth(int number);
    void checkPort(int number);
    void healthAnswered(int number, bool good, const QString &why);
    void becameHealthy(int number);
    void replaceNext();
    void stopOld();
    void route();
    void instanceExited(int number, Instant at, int status, bool leftovers);
    void deployFailed(const QString &why);
    void finishDeploy();
    void backToReady(DriverEvent::Kind kind, int number, const QString &text = {});
    void maybeShutDown();
    Instance *instance(int number) const;
    Instance *newest() const;
    void emitEvent(DriverEvent::Kind kind, int number, const QString &text = {}, int code = 0,
                   Instant at = Clock::now());
    QString lastWords(const Instance &instance) const;

    ProcessDriverConfig m_config;
    QList<QRegularExpression> m_log;
    std::vector<std::unique_ptr<Instance>> m_instances;
    QNetworkAccessManager *m_network;
    QPointer<QProcess> m_door;
    QByteArray m_doorPending;
    int m_doorPort = 0;
    int m_current = 0;      ///< number of the newest instance with the traffic
    QList<int> m_toReplace; ///< numbers of old instances whose turn has not come
    int m_replacing = 0;    ///< number of the one that is being replaced
    int m_nextNumber = 1;
    State m_state = State::Idle;
    bool m_readyWanted = false; ///< prepare() was called in the middle of a deploy
};

/// What the platform would set for this process. `port`: its number, or "{PORT}" where each instance gets its own.
/// `runtime`: which of the platform's runtimes it is; empty: guessed from the command. Rehearsals start from PATH, HOME,
/// the locale and the temporary folder of this program and nothing else of its environment.
QMap<QString, QString> rehearsalEnvironment(const Platform &platform, const QString &port, const QString &serviceName,
                                            const QStringList &argv, const QString &runtime = {});

/// A TCP port of the loopback interface that nobody listens on right now; 0 when none was given.
int freePort();

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing that the console starts outlives it: a real console that is killed (this program, started again with
// --console), and what the next start makes of a group whose guard was killed too.
#include "models/deploy/leftovers.h"
#include "models/deploy/processinstance.h"
#include "tests/support/cli.h"
#include "tests/support/descendants.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdio>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What runs as the console: one instance of three processes that ignore SIGTERM, whose group it prints, for ever.
int console(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    ProcessSpec spec;
    spec.argv = {s("/bin/sh"), s("-c"), s("trap '' TERM HUP; sleep 300 & sleep 300 & echo ready; wait; wait")};
    spec.environment.insert(s("PATH"), s("/usr/bin:/bin"));
    ProcessInstance instance(spec);
    QObject::connect(&instance, &ProcessInstance::line, &instance, [&instance](Instant, const QString &) {
        std::printf("group %lld\n", static_cast<long long>(instance.pid()));
        std::fflush(stdout);
    });
    instance.start();
    return QCoreApplication::exec();
}

class Console
{
public:
    explicit Console(const QString &state)
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(s("XDG_STATE_HOME"), state);
        process.setProcessEnvironment(environment);
        process.start(QCoreApplication::applicationFilePath(), {s("--console")});
        while (group == 0 && process.waitForReadyRead(10'000))
            group = process.readAll().mid(6).trimmed().toLongLong();
    }
    ~Console()
    {
        kill();
        if (group > 1)
            ::kill(-pid_t(group), SIGKILL);
    }
    void kill()
    {
        process.kill();
        process.waitForFinished(5'000);
    }

    QProcess process;
    qint64 group = 0;
};

/// State and group of a process, as proc(5) has them.
QList<QByteArray> statOf(const QString &pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    const QByteArray stat = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    return stat.mid(stat.lastIndexOf(')') + 2).split(' ');
}

bool alive(qint64 pid)
{
    const QByteArray state = statOf(QString::number(pid)).value(0);
    return !state.isEmpty() && state != "Z";
}

int membersOf(qint64 group)
{
    int members = 0;
    for (const QString &entry : QDir(s("/proc")).entryList(QDir::Dirs)) {
        const QList<QByteArray> stat = entry.toLongLong() > 0 ? statOf(entry) : QList<QByteArray>();
        members += stat.value(2).toLongLong() == group && stat.value(0) != "Z" ? 1 : 0;
    }
    return members;
}

} // namespace

class GroupGuardTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void consoleKilled();
    void consoleAndGuardKilled();
    void endsWithItsGroup();
    void guardKilledFirst();
    void noSuchProgram();

private:
    std::unique_ptr<QTemporaryDir> m_state;
};

void GroupGuardTest::init()
{
    m_state = std::make_unique<QTemporaryDir>();
    qputenv("XDG_STATE_HOME", m_state->path().toUtf8());
}

void GroupGuardTest::consoleKilled()
{
    Console console(m_state->path());
    QVERIFY(console.group > 1);
    QCOMPARE(membersOf(console.group), 3);
    QCOMPARE(Testing::guardsOf(console.process.processId()).size(), 1);
    console.kill();
    QTRY_COMPARE_WITH_TIMEOUT(membersOf(console.group), 0, 2'000);
    QVERIFY(findLeftovers().isEmpty());
}

void GroupGuardTest::consoleAndGuardKilled()
{
    Console console(m_state->path());
    QVERIFY(console.group > 1);
    const QList<qint64> guards = Testing::guardsOf(console.process.processId());
    QCOMPARE(guards.size(), 1);
    ::kill(pid_t(guards.first()), SIGKILL);
    QTRY_VERIFY(!alive(guards.first()));
    QVERIFY(findLeftovers().isEmpty()); // their console lives
    console.kill();
    // The death signal of the system takes the first process; the others stay.
    QTRY_COMPARE(membersOf(console.group), 2);
    const QList<Leftover> found = findLeftovers();
    QCOMPARE(found.size(), 1);
    QCOMPARE(found.first().program, s("sh"));
    QVERIFY(stopLeftover(found.first()));
    QTRY_COMPARE(membersOf(console.group), 0);
    QVERIFY(findLeftovers().isEmpty());
}

void GroupGuardTest::endsWithItsGroup()
{
    ProcessSpec spec;
    spec.argv = {s("/bin/sleep"), s("300")};
    for (const bool destroyed : {true, false}) {
        auto instance = std::make_unique<ProcessInstance>(spec);
        QSignalSpy started(instance.get(), &ProcessInstance::started);
        QSignalSpy exited(instance.get(), &ProcessInstance::exited);
        instance->start();
        QTRY_COMPARE(started.count(), 1);
        const QList<qint64> guards = Testing::guardsOf(QCoreApplication::applicationPid());
        QCOMPARE(guards.size(), 1);
        if (destroyed) {
            instance.reset();
        } else {
            instance->sendSignal(SIGTERM);
            QTRY_COMPARE(exited.count(), 1);
        }
        QTRY_VERIFY(!alive(guards.first()));
    }
}

void GroupGuardTest::guardKilledFirst()
{
    // The console takes no harm when it lets a guard go that is gone.
    ProcessSpec spec;
    spec.argv = {s("/bin/sleep"), s("300")};
    ProcessInstance instance(spec);
    QSignalSpy started(&instance, &ProcessInstance::started);
    QSignalSpy exited(&instance, &ProcessInstance::exited);
    instance.start();
    QTRY_COMPARE(started.count(), 1);
    const QList<qint64> guards = Testing::guardsOf(QCoreApplication::applicationPid());
    QCOMPARE(guards.size(), 1);
    ::kill(pid_t(guards.first()), SIGKILL);
    QTRY_VERIFY(!alive(guards.first()));
    QVERIFY(instance.isRunning());
    instance.killGroup();
    QTRY_COMPARE(exited.count(), 1);
}

void GroupGuardTest::noSuchProgram()
{
    ProcessSpec spec;
    spec.argv = {s("/no/such/program")};
    ProcessInstance instance(spec);
    QSignalSpy failed(&instance, &ProcessInstance::startFailed);
    instance.start();
    QTRY_COMPARE(failed.count(), 1);
    QTRY_VERIFY(Testing::guardsOf(QCoreApplication::applicationPid()).isEmpty());
}

int main(int argc, char **argv)
{
    if (argc == 2 && qstrcmp(argv[1], "--console") == 0)
        return console(argc, argv);
    QCoreApplication application(argc, argv);
    GroupGuardTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_groupguard.moc"

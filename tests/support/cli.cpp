// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/cli.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryFile>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <csignal>
#include <memory>

namespace Switchyard::Testing {

QJsonObject CliResult::json() const
{
    return QJsonDocument::fromJson(out.toUtf8()).object();
}

QJsonObject CliResult::gate(const QString &id) const
{
    for (const QJsonValue gate : json()[QStringLiteral("gates")].toArray()) {
        if (gate[QStringLiteral("id")].toString() == id)
            return gate.toObject();
    }
    return {};
}

QMap<QString, int> CliResult::closes() const
{
    QMap<QString, int> result;
    for (const QJsonValue close : json()[QStringLiteral("closes")].toArray()) {
        const QString key =
            QStringLiteral("%1 %2 %3")
                .arg(close[QStringLiteral("socket")].toString(), close[QStringLiteral("cause")].toString())
                .arg(close[QStringLiteral("code")].toInt())
                .trimmed();
        result[key] += close[QStringLiteral("count")].toInt();
    }
    return result;
}

QString CliResult::gatesTold() const
{
    QStringList told;
    for (const QJsonValue gate : json()[QStringLiteral("gates")].toArray()) {
        const QString judged = gate[QStringLiteral("status")].toString();
        if (judged == QLatin1StringView("fail") || judged == QLatin1StringView("unknown"))
            told.append(
                QStringLiteral("%1 %2: %3")
                    .arg(gate[QStringLiteral("id")].toString(), judged, gate[QStringLiteral("measured")].toString()));
    }
    return told.join(QLatin1Char('\n')) + QLatin1Char('\n') + err;
}

bool CliResult::machineHeldUp() const
{
    if (gateStatus(QStringLiteral("coverage")) != QLatin1StringView("unknown"))
        return false;
    const QStringList reasons =
        gate(QStringLiteral("coverage"))[QStringLiteral("measured")].toString().split(QStringLiteral("; "));
    return std::all_of(reasons.cbegin(), reasons.cend(), [](const QString &reason) {
        return reason.contains(QLatin1StringView(" % of the probes of ")) ||
               reason == QLatin1StringView("this machine slept in the middle");
    });
}

namespace {

CliResult runOnce(const QStringList &arguments, const CliOptions &options)
{
    CliResult result;
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove(QStringLiteral("DISPLAY"));
    for (auto it = options.environment.cbegin(); it != options.environment.cend(); ++it)
        environment.insert(it.key(), it.value());
    process.setProcessEnvironment(environment);
    if (!options.cwd.isEmpty())
        process.setWorkingDirectory(options.cwd);
    QElapsedTimer clock;
    clock.start();
    process.start(QStringLiteral(BINARY_DIR "/switchyard-cli"), arguments);
    if (!options.input.isEmpty()) {
        process.write(options.input);
        process.closeWriteChannel();
    }
    QByteArray err;
    bool signalled = options.signalOn.isEmpty();
    while (!process.waitForFinished(20) && process.state() != QProcess::NotRunning &&
           clock.elapsed() < options.timeoutMs) {
        err += process.readAllStandardError();
        if (!signalled && err.contains(options.signalOn.toUtf8())) {
            signalled = true;
            QThread::msleep(ulong(options.signalAfterMs));
            ::kill(pid_t(process.processId()), SIGINT);
        }
    }
    result.ms = clock.elapsed();
    if (process.state() != QProcess::NotRunning) {
        process.kill();
        process.waitForFinished(5'000);
    } else if (process.exitStatus() == QProcess::NormalExit) {
        result.status = process.exitCode();
    }
    result.out = QString::fromUtf8(process.readAllStandardOutput());
    result.err = QString::fromUtf8(err + process.readAllStandardError());
    return result;
}

} // namespace

CliResult runCli(const QStringList &arguments, const CliOptions &options)
{
    CliResult result = runOnce(arguments, options);
    for (int more = 0; more < 2 && result.machineHeldUp(); ++more) {
        qInfo().noquote() << "once more:"
                          << result.gate(QStringLiteral("coverage"))[QStringLiteral("measured")].toString();
        result = runOnce(arguments, options);
    }
    return result;
}

RunsAtOnce::RunsAtOnce()
{
    m_pool.setMaxThreadCount(3);
}

void RunsAtOnce::begin(const QString &name, const QStringList &arguments, const CliOptions &options)
{
    auto task =
        std::make_shared<std::packaged_task<CliResult()>>([arguments, options] { return runCli(arguments, options); });
    m_runs[name] = task->get_future();
    m_pool.start([task] { (*task)(); });
}

Watcher::Watcher(const QStringList &arguments, const QMap<QString, QString> &environment, const QString &cwd)
{
    QProcessEnvironment own = QProcessEnvironment::systemEnvironment();
    for (auto it = environment.cbegin(); it != environment.cend(); ++it)
        own.insert(it.key(), it.value());
    process.setProcessEnvironment(own);
    process.setWorkingDirectory(cwd);
    process.start(QStringLiteral(BINARY_DIR "/switchyard-cli"), arguments);
}

Watcher::~Watcher()
{
    if (process.state() == QProcess::NotRunning)
        return;
    process.kill();
    process.waitForFinished(5'000);
}

void Watcher::look()
{
    said += process.readAllStandardError();
    QFile status(QStringLiteral("/proc/%1/status").arg(process.processId()));
    const QByteArray text = status.open(QIODevice::ReadOnly) ? status.readAll() : QByteArray();
    const qsizetype at = text.indexOf("VmHWM:");
    if (at >= 0)
        m_peakKb = std::max(m_peakKb, text.mid(at + 6).simplified().split(' ').value(0).toLongLong());
}

bool Watcher::says(const QByteArray &text, int ms)
{
    return QTest::qWaitFor(
        [&] {
            look();
            return said.contains(text);
        },
        ms);
}

CliResult Watcher::result(int ms)
{
    CliResult result;
    const bool ended = QTest::qWaitFor(
        [this] {
            look();
            return process.state() == QProcess::NotRunning;
        },
        ms);
    if (ended) {
        result.status = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        result.out = QString::fromUtf8(process.readAllStandardOutput());
    }
    result.err = QString::fromUtf8(said);
    return result;
}

QString validate(const QString &schemaName, const QByteArray &json)
{
    QTemporaryFile file;
    if (!file.open() || file.write(json) != json.size() || !file.flush())
        return QStringLiteral("the document could not be written");
    QProcess python;
    python.start(QStringLiteral("/usr/bin/python3"),
                 {QStringLiteral("-c"),
                  QStringLiteral("import json,sys\n"
                                 "try:\n    import jsonschema\nexcept ImportError:\n    sys.exit(77)\n"
                                 "schema=json.load(open(sys.argv[1]))\n"
                                 "jsonschema.Draft202012Validator.check_schema(schema)\n"
                                 "jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))\n"),
                  QStringLiteral(SOURCE_DIR "/resources/schemas/%1.schema.json").arg(schemaName), file.fileName()});
    if (!python.waitForFinished(20'000) || python.error() == QProcess::FailedToStart || python.exitCode() == 77)
        return QStringLiteral("skip: python3-jsonschema is missing");
    return python.exitCode() == 0 ? QString() : QString::fromUtf8(python.readAllStandardError());
}

} // namespace Switchyard::Testing

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fleetservers.h"

#include "models/common/httpfetch.h"

#include <QDir>
#include <QEventLoop>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTest>
#include <QUrl>

namespace Switchyard::Testing {

ListeningProgram::ListeningProgram(QString program)
    : m_program(std::move(program))
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
}

ListeningProgram::~ListeningProgram()
{
    stop();
}

QString ListeningProgram::missing() const
{
    return QStandardPaths::findExecutable(m_program).isEmpty() ? QStringLiteral("%1 is not installed").arg(m_program)
                                                               : QString();
}

bool ListeningProgram::start(const QStringList &arguments, const QString &folder, const QByteArray &ready)
{
    m_arguments = arguments;
    m_runFolder = folder;
    m_ready = ready;
    return run(0);
}

bool ListeningProgram::restart()
{
    stop();
    return run(m_port);
}

bool ListeningProgram::run(quint16 port)
{
    m_log.clear();
    m_port = 0;
    m_process.setWorkingDirectory(m_runFolder);
    m_process.start(m_program,
                    m_arguments + QStringList{QStringLiteral("--web.listen-address=127.0.0.1:%1").arg(port)});
    static const QRegularExpression listening(QStringLiteral("msg=\"Listening on\" address=127\\.0\\.0\\.1:(\\d+)"));
    return QTest::qWaitFor(
               [&] {
                   m_log += m_process.readAll();
                   const QRegularExpressionMatch match = listening.match(QString::fromUtf8(m_log));
                   m_port = match.hasMatch() ? quint16(match.captured(1).toUInt()) : quint16(0);
                   return m_process.state() == QProcess::NotRunning || (m_port != 0 && m_log.contains(m_ready));
               },
               30'000) &&
           m_process.state() == QProcess::Running;
}

void ListeningProgram::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.terminate();
    if (!m_process.waitForFinished(5'000)) {
        m_process.kill();
        m_process.waitForFinished(5'000);
    }
}

QByteArray ListeningProgram::log()
{
    m_log += m_process.readAll();
    return m_log;
}

BlackboxExporter::BlackboxExporter()
    : ListeningProgram(QStringLiteral("prometheus-blackbox-exporter"))
{
}

bool BlackboxExporter::start(const QString &configFile)
{
    return ListeningProgram::start({QStringLiteral("--config.file=%1").arg(configFile)},
                                   QFileInfo(configFile).absolutePath());
}

PrometheusServer::PrometheusServer()
    : ListeningProgram(QStringLiteral("prometheus"))
{
}

bool PrometheusServer::start(const QByteArray &config)
{
    const QString path = m_folder.filePath(QStringLiteral("prometheus.yml"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(config) != config.size())
        return false;
    file.close();
    return startWith(path);
}

bool PrometheusServer::startWith(const QString &configFile, const QStringList &arguments)
{
    return ListeningProgram::start(QStringList{QStringLiteral("--config.file=%1").arg(configFile),
                                               QStringLiteral("--storage.tsdb.path=%1").arg(dataFolder())} +
                                       arguments,
                                   QFileInfo(configFile).absolutePath(), "Server is ready to receive web requests");
}

QString PrometheusServer::url() const
{
    return QStringLiteral("http://127.0.0.1:%1").arg(port());
}

QJsonArray PrometheusServer::ask(const QString &expression) const
{
    HttpFetch fetch;
    FetchRequest request;
    request.url = QUrl(url() + QStringLiteral("/api/v1/query"));
    request.form = "query=" + QUrl::toPercentEncoding(expression);
    QByteArray body;
    bool done = false;
    QObject::connect(&fetch, &HttpFetch::finished, &fetch, [&](const FetchAnswer &answer) {
        body = answer.body;
        done = true;
    });
    fetch.start(request);
    if (!QTest::qWaitFor([&] { return done; }, 10'000))
        return {};
    return QJsonDocument::fromJson(body)[QStringLiteral("data")][QStringLiteral("result")].toArray();
}

CommandResult runCommand(const QString &program, const QStringList &arguments, const QString &folder)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setWorkingDirectory(folder);
    process.start(program, arguments);
    CommandResult result;
    if (process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit)
        result.status = process.exitCode();
    result.said = process.readAll();
    return result;
}

} // namespace Switchyard::Testing

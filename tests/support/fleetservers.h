// SPDX-License-Identifier: GPL-3.0-or-later
// Debian's Prometheus and blackbox_exporter as child processes on ports the kernel picks. For the test's own thread;
// the destructors kill what still runs.
#pragma once

#include <QJsonArray>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace Switchyard::Testing {

/// A program that says on which address it listens.
class ListeningProgram
{
public:
    explicit ListeningProgram(QString program);
    ~ListeningProgram();
    ListeningProgram(const ListeningProgram &) = delete;
    ListeningProgram &operator=(const ListeningProgram &) = delete;

    /// Why it cannot be started here; empty: it can.
    QString missing() const;
    /// Waits until it listens, and until it has said `ready`. False if it ended instead, or 30 s passed.
    bool start(const QStringList &arguments, const QString &folder, const QByteArray &ready = {});
    void stop();
    /// As it was started, on the port that it had.
    bool restart();
    quint16 port() const { return m_port; }
    QByteArray log();

private:
    bool run(quint16 port);

    const QString m_program;
    QStringList m_arguments;
    QString m_runFolder;
    QByteArray m_ready;
    QProcess m_process;
    QByteArray m_log;
    quint16 m_port = 0;
};

class BlackboxExporter final : public ListeningProgram
{
public:
    BlackboxExporter();
    /// The configuration is a file; paths in it are relative to its folder.
    bool start(const QString &configFile);
};

class PrometheusServer final : public ListeningProgram
{
public:
    PrometheusServer();
    bool start(const QByteArray &config);
    bool startWith(const QString &configFile, const QStringList &arguments = {});
    QString url() const;
    /// Where its blocks lie; what is put there before the start is what it knows.
    QString dataFolder() const { return m_folder.filePath(QStringLiteral("data")); }

    /// The `result` of an instant query; empty where there is none.
    QJsonArray ask(const QString &expression) const;

private:
    QTemporaryDir m_folder;
};

/// What a command gave: exit status and everything it said.
struct CommandResult
{
    int status = -1;
    QByteArray said;
};
CommandResult runCommand(const QString &program, const QStringList &arguments, const QString &folder = {});

} // namespace Switchyard::Testing

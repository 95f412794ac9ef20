// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QThreadPool>

#include <future>
#include <map>

namespace Switchyard::Testing {

/// What one run of switchyard-cli gave.
struct CliResult
{
    int status = -1; ///< exit status; -1: it did not end in time or was killed
    QString out;
    QString err;
    qint64 ms = 0;

    QJsonObject json() const;
    /// The gate of a session's result; empty where it has none of that id.
    QJsonObject gate(const QString &id) const;
    QString gateStatus(const QString &id) const { return gate(id)[QStringLiteral("status")].toString(); }
    /// The gates of a session's result that did not pass, with what was measured, and standard error: for messages.
    QString gatesTold() const;
    /// Whether the session could not be judged for the only reason that this machine stood still: its own probes did
    /// not run, or it slept.
    bool machineHeldUp() const;
    /// "socket cause code" -> count, of a session's result or of ws hold (then without the socket).
    QMap<QString, int> closes() const;
};

struct CliOptions
{
    int timeoutMs = 120'000;
    QString cwd;
    int signalAfterMs = 0; ///< sends SIGINT that long after the text `signalOn` was seen on standard error
    QString signalOn;
    QMap<QString, QString> environment;
    QByteArray input; ///< comes through its standard input; empty: that stays open and silent
};

/// Runs the program built beside the tests. A session that says it could not judge because the machine was held up is
/// right to say so, but tells nothing of what the test asks: it is run again, three times in all.
CliResult runCli(const QStringList &arguments, const CliOptions &options = {});

/// Several runs of the program beside each other: a session mostly waits, and three of them at a time disturb each
/// other little. Destruction waits for all.
class RunsAtOnce final
{
public:
    RunsAtOnce();

    void begin(const QString &name, const QStringList &arguments, const CliOptions &options = {});
    bool has(const QString &name) const { return m_runs.count(name) > 0; }
    /// Waits for it. It was begun, and is asked for once.
    CliResult result(const QString &name) { return m_runs[name].get(); }

private:
    std::map<QString, std::future<CliResult>> m_runs;
    QThreadPool m_pool;
};

/// switchyard-cli in the background, with what it says on standard error.
class Watcher final
{
public:
    explicit Watcher(const QStringList &arguments, const QMap<QString, QString> &environment = {},
                     const QString &cwd = {});
    ~Watcher(); ///< kills it
    Watcher(const Watcher &) = delete;
    Watcher &operator=(const Watcher &) = delete;

    /// Waits until it has said this.
    bool says(const QByteArray &text, int ms);
    /// Its result; status -1 when it did not end in time.
    CliResult result(int ms);
    /// The most memory it has been seen to hold, in KB, as result() and says() looked.
    qint64 peakKb() const { return m_peakKb; }

    QProcess process;
    QByteArray said;

private:
    void look();

    qint64 m_peakKb = 0;
};

/// Validates against resources/schemas/NAME.schema.json with python3-jsonschema. Empty: valid. "skip: …" when the
/// validator is missing.
QString validate(const QString &schemaName, const QByteArray &json);

} // namespace Switchyard::Testing

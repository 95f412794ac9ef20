// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/httpfetch.h"
#include "models/realtime/workercounts.h"
#include "models/workspace/workspace.h"

#include <QObject>
#include <QStringList>

#include <map>
#include <memory>

namespace Switchyard {

class AdminFeed;

/// Reads the client counts of a backend's sockets from their count sources; sources that share a path share a request.
/// Thread: the one it lives on; one request a path at a time, 5 s at most, each on a connection of its own. The
/// Socket.IO admin feed stays connected from the first read() to cancel().
class CountReader final : public QObject
{
    Q_OBJECT
public:
    /// `caFile`: PEM bundle; empty: the system's.
    explicit CountReader(const Backend &backend, QString caFile = {}, QObject *parent = nullptr);
    ~CountReader() override;

    /// What is known before the first answer.
    static CountReading initial(const CountSource &source);
    /// "JSON /api/ws/stats /total", "Prometheus /metrics ws{…}", "Socket.IO admin /admin"; empty without a source.
    static QString sourceText(const CountSource &source);

    void read();
    void cancel();

Q_SIGNALS:
    void countRead(int socket, const Switchyard::CountReading &reading);

private:
    bool isRunning(const QString &path) const;
    void get(const QString &path);
    void answered(const QString &path, const FetchAnswer &answer);
    void startFeed(int socket);
    void say(int socket, CountReading::Status status, const QString &reason);

    Backend m_backend;
    QString m_caFile;
    std::map<QString, HttpFetch *> m_fetches; ///< by path; children
    std::map<int, WorkerCounts> m_workers;
    std::map<int, std::unique_ptr<AdminFeed>> m_feeds; ///< by socket
};

} // namespace Switchyard

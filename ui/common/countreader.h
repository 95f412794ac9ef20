// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/livestate.h"

#include <QObject>

class QNetworkAccessManager;

namespace Switchyard {

/// The value of `name{label='value'}` in a Prometheus text; without labels every series of that name is added up.
/// Errors: usage (the metric's spelling), protocol (no such series).
[[nodiscard]] Result<double> prometheusValue(const QByteArray &text, const QString &metric);

/// Reads the client counts of a backend's sockets from their count sources; sources that share a path share a request.
/// Thread: GUI; one request a path at a time, 5 s at most.
class CountReader final : public QObject
{
    Q_OBJECT
public:
    explicit CountReader(const Backend &backend, QObject *parent = nullptr);
    /// What is known before the first answer.
    static CountReading initial(const CountSource &source);
    void read();
    void cancel();

Q_SIGNALS:
    void countRead(int socket, const Switchyard::CountReading &reading);

private:
    void answer(const QString &path, bool good, const QString &problem, const QByteArray &body);

    Backend m_backend;
    QNetworkAccessManager *m_network = nullptr;
    QStringList m_running;
    int m_run = 0;
};

} // namespace Switchyard

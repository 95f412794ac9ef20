// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/common/secret.h"

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QUrl>

#include <utility>

class QNetworkAccessManager;
class QNetworkReply;

namespace Switchyard {

/// One bounded request. A value type.
struct FetchRequest
{
    QUrl url; ///< http or https
    QList<std::pair<QByteArray, QByteArray>> headers;
    Secret bearer;   ///< sent as `Authorization: Bearer …`; empty: none
    QByteArray form; ///< posted as application/x-www-form-urlencoded; empty: a GET
    QByteArray json; ///< posted as application/json, in place of `form`
    Milliseconds timeout{5'000};
    qint64 maxBytes = 4 << 20; ///< of the body as it arrives: no compression is asked for
    QString caFile;            ///< PEM bundle; empty: the system's
};

struct FetchAnswer
{
    int status = 0; ///< 0: no answer came, see `failure`
    QList<std::pair<QByteArray, QByteArray>> headers;
    QByteArray body; ///< whole, or empty where `failure` says that it is not
    Error failure;   ///< message empty: the answer is whole
    double ms = 0;   ///< until it was

    bool whole() const { return failure.message.isEmpty(); }
    bool good() const { return whole() && status >= 200 && status < 300; }
    QByteArray header(const QByteArray &name) const; ///< without regard to case; empty: not sent
};

/// A request of the program itself: metrics, counts, Prometheus. Not for probes, which measure (see Prober).
///
/// Follows no redirect and verifies TLS. The connection is a new one and closed after the answer, because a kept one
/// stays on one worker and on the old instance of a backend. The time limit holds for the whole answer, and an answer
/// that is too long ends the request as soon as that is known.
///
/// Thread: the one it lives on, with an event loop. Destruction cancels. Secrets are neither logged nor part of any
/// error.
class HttpFetch final : public QObject
{
    Q_OBJECT
public:
    explicit HttpFetch(QObject *parent = nullptr);
    ~HttpFetch() override;

    /// One request at a time: one that runs is dropped and never finishes.
    void start(const FetchRequest &request);
    /// Ends it without `finished`. Does nothing when none runs.
    void cancel();
    bool isRunning() const { return m_reply != nullptr; }

Q_SIGNALS:
    /// Once for each start() that was not dropped.
    void finished(const Switchyard::FetchAnswer &answer);

private:
    void end();

    QNetworkAccessManager *m_network = nullptr;
    QNetworkReply *m_reply = nullptr;
    FetchRequest m_request;
    Instant m_startedAt{};
    bool m_tooLong = false;
    bool m_late = false;
};

} // namespace Switchyard

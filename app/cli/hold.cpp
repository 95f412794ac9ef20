// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "models/common/duration.h"
#include "models/common/interrupt.h"
#include "models/common/percentile.h"
#include "models/common/redact.h"
#include "models/realtime/clientpool.h"
#include "models/realtime/closecodes.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QTimer>

#include <map>
#include <tuple>
#include <vector>

namespace Switchyard::Cli {

namespace {

/// Holds the clients for the time asked for and counts what becomes of them.
class Holder final : public QObject
{
    Q_OBJECT
public:
    Holder(const Global &global, const HoldOptions &options)
        : m_global(global)
        , m_options(options)
    {
        connect(&m_pool, &ClientPool::eventsReady, this, &Holder::take);
        connect(&m_pool, &ClientPool::snapshotsReady, this,
                [this](const QList<SocketSnapshot> &shots) { m_last = shots.value(0); });
        connect(&m_pool, &ClientPool::stopped, this, &Holder::conclude);
        connect(&m_interrupt, &Interrupt::interrupted, this, &Holder::endHolding);
        m_end.setSingleShot(true);
        connect(&m_end, &QTimer::timeout, this, &Holder::endHolding);
    }

    int run(const SocketTarget &target)
    {
        const Result<int> added = m_pool.addTarget(target);
        if (!added)
            return reportError(added.error());
        m_startedAt = Clock::now();
        m_connectingSince.resize(std::size_t(target.clients));
        m_pool.start();
        m_end.start(m_options.duration);
        progress(m_global, QStringLiteral("holding %1 clients on %2 for %3")
                               .arg(target.clients)
                               .arg(redact(target.url), humanDuration(double(m_options.duration.count()))));
        return QCoreApplication::exec();
    }

private:
    void take(const QList<ClientEvent> &events)
    {
        for (const ClientEvent &event : events) {
            switch (event.kind) {
            case ClientEvent::Kind::Connecting:
                m_connectingSince[std::size_t(event.client)] = event.at;
                break;
            case ClientEvent::Kind::Open:
                ++m_opened;
                ++m_open;
                m_connectMs.push_back(toMs(event.at - m_connectingSince[std::size_t(event.client)]));
                break;
            case ClientEvent::Kind::Ended:
                takeEnd(event.end);
                break;
            case ClientEvent::Kind::GaveUp:
                ++m_gone;
                break;
            default:
                break;
            }
        }
        // Nobody is left and nobody will come back: the rest of the time would be spent on nothing.
        if (m_gone >= m_options.clients && !m_ending)
            endHolding();
    }

    void takeEnd(const ConnectionEnd &end)
    {
        m_open -= end.wasOpen ? 1 : 0;
        if (end.cause == EndCause::Local && m_ending && !end.serverDisconnect)
            return;
        ++m_ends[End{int(end.cause), end.code, end.codeValid, end.reason, end.httpStatus, end.detail, end.wasOpen}];
    }

    void endHolding()
    {
        if (std::exchange(m_ending, true))
            return;
        m_end.stop();
        m_heldMs = toMs(Clock::now() - m_startedAt);
        m_openAtEnd = m_open;
        m_pool.stop();
    }

    void conclude()
    {
        if (m_global.json)
            printJson(toJson());
        else
            printResult(toText());
        const bool good = m_ends.empty() && m_openAtEnd == m_options.clients;
        QCoreApplication::exit(m_interrupt.happened() ? exitInterrupted : good ? exitPass : exitFail);
    }

    QJsonObject percentilesOf(const std::vector<double> &values) const
    {
        const auto at = [&values](double share) {
            return values.empty() ? QJsonValue(QJsonValue::Null) : QJsonValue(percentile(values, share));
        };
        return {{QStringLiteral("count"), qint64(values.size())},
                {QStringLiteral("p50_ms"), at(0.5)},
                {QStringLiteral("p95_ms"), at(0.95)},
                {QStringLiteral("p99_ms"), at(0.99)},
                {QStringLiteral("max_ms"), at(1)}};
    }

    QJsonObject toJson() const
    {
        QJsonArray closes;
        for (const auto &[end, count] : m_ends) {
            const auto &[cause, code, valid, reason, status, detail, wasOpen] = end;
            closes.append(QJsonObject{
                {QStringLiteral("code"), code},
                {QStringLiteral("reason"), redact(reason)},
                {QStringLiteral("cause"), endCauseName(EndCause(cause))},
                {QStringLiteral("count"), count},
                {QStringLiteral("code_valid"), valid},
                {QStringLiteral("was_open"), wasOpen},
                {QStringLiteral("http_status"), status > 0 ? QJsonValue(status) : QJsonValue(QJsonValue::Null)},
                {QStringLiteral("detail"), redact(detail)}});
        }
        QJsonObject ping{{QStringLiteral("count"), m_last.pings}};
        ping.insert(QStringLiteral("p50_ms"),
                    m_last.pings > 0 ? QJsonValue(m_last.pingP50) : QJsonValue(QJsonValue::Null));
        ping.insert(QStringLiteral("p99_ms"),
                    m_last.pings > 0 ? QJsonValue(m_last.pingP99) : QJsonValue(QJsonValue::Null));
        return {{QStringLiteral("schema"), QStringLiteral("switchyard.ws-hold/1")},
                {QStringLiteral("url"), redact(m_options.url)},
                {QStringLiteral("clients"), m_options.clients},
                {QStringLiteral("opened"), m_opened},
                {QStringLiteral("open_at_end"), m_openAtEnd},
                {QStringLiteral("duration_ms"), m_heldMs},
                {QStringLiteral("messages"), qint64(m_last.messages)},
                {QStringLiteral("connect"), percentilesOf(m_connectMs)},
                {QStringLiteral("ping"), ping},
                {QStringLiteral("closes"), closes}};
    }

    QString toText() const
    {
        QString text = QStringLiteral("%1 of %2 clients open at the end, %3 connections opened, %4 messages, held %5\n")
                           .arg(m_openAtEnd)
                           .arg(m_options.clients)
                           .arg(m_opened)
                           .arg(m_last.messages)
                           .arg(humanDuration(m_heldMs));
        if (!m_connectMs.empty())
            text += QStringLiteral("connect  p50 %1  p99 %2  max %3\n")
                        .arg(humanDuration(percentile(m_connectMs, 0.5)), humanDuration(percentile(m_connectMs, 0.99)),
                             humanDuration(percentile(m_connectMs, 1)));
        if (m_last.pings > 0)
            text += QStringLiteral("ping     p50 %1  p99 %2\n")
                        .arg(humanDuration(m_last.pingP50), humanDuration(m_last.pingP99));
        for (const auto &[end, count] : m_ends) {
            const auto &[cause, code, valid, reason, status, detail, wasOpen] = end;
            QStringList parts{endCauseName(EndCause(cause))};
            if (code > 0)
                parts.append(QStringLiteral("%1 %2%3").arg(code).arg(
                    closeCodeName(code), valid ? QString() : QStringLiteral(" (may not travel)")));
            if (!reason.isEmpty())
                parts.append(QStringLiteral("\"%1\"").arg(redact(reason)));
            if (!detail.isEmpty())
                parts.append(redact(detail));
            text += QStringLiteral("%1 × %2\n").arg(count, 5).arg(parts.join(QStringLiteral(", ")));
        }
        return text;
    }

    using End = std::tuple<int, int, bool, QString, int, QString, bool>;

    const Global &m_global;
    const HoldOptions &m_options;
    Interrupt m_interrupt;
    ClientPool m_pool;
    QTimer m_end;
    SocketSnapshot m_last;
    std::map<End, int> m_ends;
    std::vector<Instant> m_connectingSince;
    std::vector<double> m_connectMs;
    Instant m_startedAt{};
    double m_heldMs = 0;
    int m_opened = 0;
    int m_open = 0;
    int m_openAtEnd = 0;
    int m_gone = 0;
    bool m_ending = false;
};

Result<SocketTarget> targetFrom(const HoldOptions &options)
{
    SocketTarget target;
    target.url = options.url;
    target.clients = options.clients;
    target.reconnect = options.reconnect;
    target.nameSpace = options.nameSpace.toStdString();
    target.caFile = options.caFile;
    target.connectTimeout = options.connectTimeout;
    target.tlsTimeout = options.connectTimeout;
    target.handshakeTimeout = options.handshakeTimeout;
    target.pingTimeout = options.pingTimeout;
    target.pingInterval = std::min(target.pingInterval, std::max(Milliseconds(100), options.pingTimeout / 2));
    const auto protocol = namedProtocol(options.protocol);
    if (!protocol)
        return fail(ErrorKind::Usage, QStringLiteral("there is no protocol \"%1\"").arg(options.protocol),
                    QStringLiteral("websocket, socket.io or socket.io-polling"));
    target.protocol = protocol->protocol;
    target.deflate = options.compression;
    target.polling = protocol->transport == QLatin1StringView("polling");
    for (const QString &header : options.headers) {
        const Result<std::pair<QString, QString>> parsed = headerArgument(header);
        if (!parsed)
            return tl::unexpected(parsed.error());
        target.headers.emplace_back(parsed->first.toStdString(), parsed->second.toStdString());
    }
    return target;
}

} // namespace

int runHold(const Global &global, const HoldOptions &options)
{
    if (urlCarriesSecret(options.url))
        return reportError({ErrorKind::Usage,
                            QStringLiteral("the URL carries a secret on the command line"),
                            QStringLiteral("give credentials with --header NAME=env:VARIABLE"),
                            {}});
    if (options.clients < 1)
        return reportError(
            {ErrorKind::Usage, QStringLiteral("--clients %1: at least one client").arg(options.clients), {}, {}});
    const Result<SocketTarget> target = targetFrom(options);
    if (!target)
        return reportError(target.error());
    Holder holder(global, options);
    return holder.run(*target);
}

} // namespace Switchyard::Cli

#include "hold.moc"

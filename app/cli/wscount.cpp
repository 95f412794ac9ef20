// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "models/common/interrupt.h"
#include "models/realtime/countreader.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QTimer>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

/// Reads every count source of some backends for a while, often enough to notice that several workers answer.
class Counter final : public QObject
{
    Q_OBJECT
public:
    Counter(QList<Backend> backends, const CountOptions &options)
        : m_backends(std::move(backends))
        , m_options(options)
    {
        for (int b = 0; b < m_backends.size(); ++b) {
            QList<CountReading> readings;
            for (const SocketEndpoint &socket : std::as_const(m_backends[b].sockets))
                readings.append(CountReader::initial(socket.count));
            m_readings.append(readings);
            auto *reader = new CountReader(m_backends[b], m_options.caFile, this);
            connect(reader, &CountReader::countRead, this, [this, b](int socket, const CountReading &reading) {
                // What was read stands, even where a later try fails: the reason of that is in neither.
                CountReading &known = m_readings[b][socket];
                if (reading.status == CountReading::Status::Read || known.status != CountReading::Status::Read)
                    known = reading;
            });
            connect(&m_again, &QTimer::timeout, reader, &CountReader::read);
            m_readers.append(reader);
        }
        connect(&m_again, &QTimer::timeout, this, &Counter::maybeDone);
        connect(&m_interrupt, &Interrupt::interrupted, this, [] { QCoreApplication::exit(exitInterrupted); });
    }

    int run()
    {
        for (CountReader *reader : std::as_const(m_readers))
            reader->read();
        m_again.start(300);
        QTimer::singleShot(m_options.timeout, this, [] { QCoreApplication::exit(exitPass); });
        return QCoreApplication::exec();
    }

    const QList<QList<CountReading>> &readings() const { return m_readings; }

private:
    void maybeDone()
    {
        constexpr int rounds = 7; // some two seconds
        ++m_rounds;
        for (const QList<CountReading> &readings : std::as_const(m_readings)) {
            for (const CountReading &reading : readings) {
                if (reading.status == CountReading::Status::Waiting)
                    return;
            }
        }
        if (m_rounds >= rounds)
            QCoreApplication::exit(exitPass);
    }

    QList<Backend> m_backends;
    const CountOptions &m_options;
    Interrupt m_interrupt;
    QTimer m_again;
    QList<CountReader *> m_readers;
    QList<QList<CountReading>> m_readings;
    int m_rounds = 0;
};

QString reasonOf(const CountReading &reading)
{
    switch (reading.status) {
    case CountReading::Status::NoSource:
        return QStringLiteral("the workspace names no count source");
    case CountReading::Status::Waiting:
        return QStringLiteral("no answer in time");
    default:
        return reading.reason;
    }
}

QJsonObject toJson(const QList<Backend> &backends, const QList<QList<CountReading>> &readings)
{
    QJsonArray sockets;
    QJsonArray totals;
    for (int b = 0; b < backends.size(); ++b) {
        double total = 0;
        bool whole = true;
        bool any = false;
        for (int i = 0; i < backends[b].sockets.size(); ++i) {
            const SocketEndpoint &socket = backends[b].sockets[i];
            const CountReading &reading = readings[b][i];
            const bool read = reading.status == CountReading::Status::Read;
            total += read ? reading.value : 0;
            any = any || read;
            whole = whole && read && !reading.partial;
            sockets.append(QJsonObject{{QStringLiteral("backend"), backends[b].name},
                                       {QStringLiteral("name"), socket.name},
                                       {QStringLiteral("count"), read ? QJsonValue(reading.value) : QJsonValue()},
                                       {QStringLiteral("partial"), reading.partial},
                                       {QStringLiteral("source"), CountReader::sourceText(socket.count)},
                                       {QStringLiteral("reason"), reasonOf(reading)}});
        }
        totals.append(QJsonObject{{QStringLiteral("backend"), backends[b].name},
                                  {QStringLiteral("count"), any ? QJsonValue(total) : QJsonValue()},
                                  {QStringLiteral("partial"), any && !whole}});
    }
    return QJsonObject{{QStringLiteral("schema"), QStringLiteral("switchyard.ws-count/1")},
                       {QStringLiteral("sockets"), sockets},
                       {QStringLiteral("totals"), totals}};
}

QString toText(const QJsonObject &json)
{
    QString text;
    for (const QJsonValue socket : json[QStringLiteral("sockets")].toArray()) {
        const QJsonValue count = socket[QStringLiteral("count")];
        const QString reason = socket[QStringLiteral("reason")].toString();
        const bool partial = socket[QStringLiteral("partial")].toBool();
        QString figure = QStringLiteral("unknown");
        if (count.isDouble())
            figure = (partial ? QStringLiteral("≥ ") : QString()) + QString::number(count.toDouble(), 'f', 0);
        text += QStringLiteral("%1  %2  %3%4\n")
                    .arg(socket[QStringLiteral("backend")].toString(), -14)
                    .arg(socket[QStringLiteral("name")].toString(), -18)
                    .arg(figure, 10)
                    .arg(reason.isEmpty() ? QString() : QStringLiteral("  ") + reason);
    }
    for (const QJsonValue total : json[QStringLiteral("totals")].toArray()) {
        if (total[QStringLiteral("count")].isDouble())
            text += QStringLiteral("%1  %2  %3%4\n")
                        .arg(total[QStringLiteral("backend")].toString(), -14)
                        .arg(QStringLiteral("total"), -18)
                        .arg(total[QStringLiteral("count")].toDouble(), 10, 'f', 0)
                        .arg(total[QStringLiteral("partial")].toBool() ? QStringLiteral("  (not every socket)")
                                                                       : QString());
    }
    return text;
}

} // namespace

int runCount(const Global &global, const CountOptions &options)
{
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return exitUsage;
    QList<Backend> backends;
    for (const Backend &backend : workspace->backends) {
        if (options.backend.isEmpty() || backend.name == options.backend)
            backends.append(backend);
    }
    if (backends.isEmpty())
        return reportError({ErrorKind::Usage,
                            options.backend.isEmpty()
                                ? QStringLiteral("the workspace has no backend")
                                : QStringLiteral("the workspace has no backend \"%1\"").arg(options.backend),
                            {},
                            {}});
    const bool any = std::any_of(backends.cbegin(), backends.cend(), [](const Backend &backend) {
        return std::any_of(backend.sockets.cbegin(), backend.sockets.cend(),
                           [](const SocketEndpoint &socket) { return socket.count.kind != CountSource::Kind::None; });
    });
    if (!any)
        return reportError(
            {ErrorKind::Usage,
             QStringLiteral("no socket of the workspace names a count source"),
             QStringLiteral("count = { json = { path = \"/stats\", pointer = \"/total\" } }, or prometheus, "
                            "or socketio_admin"),
             {}});
    Counter counter(backends, options);
    if (const int status = counter.run(); status != exitPass)
        return status;
    const QJsonObject json = toJson(backends, counter.readings());
    if (global.json)
        printJson(json);
    else
        printResult(toText(json));
    for (int b = 0; b < backends.size(); ++b) {
        for (int i = 0; i < backends[b].sockets.size(); ++i) {
            const auto status = counter.readings()[b][i].status;
            if (status != CountReading::Status::Read && status != CountReading::Status::NoSource)
                return exitFail;
        }
    }
    return exitPass;
}

} // namespace Switchyard::Cli

#include "wscount.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/networkcontrol.h"

#include "models/common/origin.h"

#include <QFile>
#include <QHostAddress>
#include <QNetworkProxy>
#include <QTcpSocket>
#include <QUrl>
#include <QtEndian>

namespace Switchyard {

namespace {

constexpr int answerLimitMs = 2'000;
constexpr int dnsPort = 53;

} // namespace

NetworkControl::NetworkControl(QStringList anchors, Refusal refusal, QObject *parent)
    : QObject(parent)
    , m_anchors(std::move(anchors))
    , m_refusal(refusal)
{
    connect(&m_timer, &QTimer::timeout, this, [this] {
        for (const QString &anchor : m_anchors) {
            if (!m_pending.contains(anchor))
                probe(anchor);
        }
    });
}

void NetworkControl::start(Milliseconds interval)
{
    m_timer.start(interval);
}

void NetworkControl::stop()
{
    m_timer.stop();
}

void NetworkControl::probe(const QString &anchor)
{
    QString host = anchor.section(QLatin1Char(':'), 0, -2);
    if (host.startsWith(QLatin1Char('[')) && host.endsWith(QLatin1Char(']')))
        host = host.mid(1, host.size() - 2);
    auto *socket = new QTcpSocket(this);
    auto *limit = new QTimer(socket);
    const Instant sent = Clock::now();
    const auto done = [this, socket, anchor, sent](bool ok, const QString &problem) {
        if (!m_pending.removeOne(anchor))
            return;
        socket->disconnect(this);
        socket->abort();
        socket->deleteLater();
        const Instant now = Clock::now();
        Q_EMIT answered(anchor, now, ok, toMs(now - sent), problem);
    };
    m_pending.append(anchor);
    socket->setProxy(QNetworkProxy::NoProxy);
    connect(socket, &QTcpSocket::connected, this, [done] { done(true, {}); });
    connect(socket, &QTcpSocket::errorOccurred, this, [this, done, socket](QAbstractSocket::SocketError error) {
        // A refusal has come all the way from the other end: the network works.
        done(m_refusal == Refusal::IsAnswer && error == QAbstractSocket::ConnectionRefusedError, socket->errorString());
    });
    connect(limit, &QTimer::timeout, this, [done] { done(false, QStringLiteral("no answer within 2 s")); });
    limit->setSingleShot(true);
    limit->start(answerLimitMs);
    socket->connectToHost(host, quint16(anchor.section(QLatin1Char(':'), -1).toUInt()));
}

bool NetworkControl::isNotNeededFor(const QString &url)
{
    return isLoopbackHost(QUrl(url).host());
}

QStringList NetworkControl::defaultAnchors()
{
    // Columns of the kernel's table: interface, destination, gateway, flags, …; addresses in hexadecimal, host order.
    QFile routes(QStringLiteral("/proc/net/route"));
    if (!routes.open(QIODevice::ReadOnly))
        return {};
    const QList<QByteArray> lines = routes.readAll().split('\n');
    for (const QByteArray &line : lines) {
        const QList<QByteArray> columns = line.simplified().split(' ');
        if (columns.size() < 3 || columns[1] != "00000000")
            continue;
        bool ok = false;
        const quint32 gateway = columns[2].toUInt(&ok, 16);
        if (ok && gateway != 0)
            return {QStringLiteral("%1:%2").arg(QHostAddress(qFromBigEndian(gateway)).toString()).arg(dnsPort)};
    }
    return {};
}

} // namespace Switchyard

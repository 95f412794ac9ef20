// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

namespace Switchyard {

/// Watches this machine's own network while a backend is watched: TCP connects to anchors that have nothing to do with
/// the backend. An anchor answers by accepting or by refusing; silence and "no route" are the failures. The backend's
/// own port is watched in the same way, and there a refusal is a failure too.
///
/// Thread: the one it lives on. At most one connect an anchor at a time; each has 2 s, long enough for one lost SYN.
class NetworkControl final : public QObject
{
    Q_OBJECT
public:
    /// What a refusal says: of an anchor that the way there works, of a backend's own port that nobody listens.
    enum class Refusal
    {
        IsAnswer,
        IsFailure
    };

    /// `anchors`: "host:port", IPv6 in brackets.
    explicit NetworkControl(QStringList anchors, Refusal refusal = Refusal::IsAnswer, QObject *parent = nullptr);

    void start(Milliseconds interval = Milliseconds(500));
    void stop();

    /// The default gateway's DNS port, the nearest thing that is not this machine; empty without a gateway.
    static QStringList defaultAnchors();

    /// The target is this machine itself, which is reached without a network.
    static bool isNotNeededFor(const QString &url);

Q_SIGNALS:
    void answered(const QString &anchor, Switchyard::Instant at, bool ok, double ms, const QString &problem);

private:
    void probe(const QString &anchor);

    QStringList m_anchors;
    Refusal m_refusal;
    QStringList m_pending;
    QTimer m_timer;
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/secret.h"
#include "models/deploy/driver.h"

#include <QPointer>

class QNetworkAccessManager;
class QNetworkReply;

namespace Switchyard {

/// Makes a backend redeploy by its deploy hook: one POST to an address that is itself the secret. It never appears in
/// an event, an error or a log. The answer says that a deploy was asked for; its course is out of sight.
///
/// Thread: the one it lives on. TLS is verified, redirects are not followed (they would carry the secret elsewhere).
class HookDriver final : public DeployDriver
{
    Q_OBJECT
public:
    /// `caFile`: PEM bundle; empty: the system's. `timeout`: for the whole exchange.
    explicit HookDriver(Secret url, QString caFile = {}, Milliseconds timeout = Milliseconds(15'000),
                        QObject *parent = nullptr);

    /// Whether the text can be a hook. Errors (usage): no address, not https (http only to this machine).
    [[nodiscard]] static Result<void> check(const Secret &url);

    QString id() const override { return QStringLiteral("hook"); }
    bool seesStop() const override { return false; }
    bool seesStart() const override { return false; }
    Milliseconds grace() const override { return Milliseconds(0); }
    void prepare() override;
    void trigger() override;
    void shutDown() override;

private:
    void answered(QNetworkReply *reply);
    void emitEvent(DriverEvent::Kind kind, const QString &text);

    Secret m_url;
    QString m_caFile;
    Milliseconds m_timeout;
    QNetworkAccessManager *m_network = nullptr;
    QPointer<QNetworkReply> m_reply;
};

} // namespace Switchyard

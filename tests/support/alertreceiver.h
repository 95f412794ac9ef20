// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/certificates.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QSslServer>

#include <memory>
#include <optional>

namespace Switchyard::Testing {

/// A real HTTP server on 127.0.0.1 that takes what is posted: it keeps heads and bodies, and answers as it is told.
/// It lives on the test's thread.
class AlertReceiver final : public QObject
{
public:
    struct Answer
    {
        int status = 200;
        QByteArray headers; ///< whole lines, each with its CRLF
        QByteArray body = "ok";
        bool never = false; ///< keeps the connection and says nothing
        bool close = false; ///< closes it
    };

    explicit AlertReceiver(const std::optional<CertificateFiles> &tls = {});

    QString url(const QString &path) const;
    /// For the next requests, one each, and then the last one for good.
    void answer(const QList<Answer> &answers) { m_answers = answers; }

    QList<QByteArray> heads;
    QList<QByteArray> bodies;
    int connections = 0;

    QJsonObject json(qsizetype index) const;

private:
    void take(QTcpSocket *socket);

    std::unique_ptr<QTcpServer> m_server;
    bool m_tls = false;
    QList<Answer> m_answers{Answer()};
};

} // namespace Switchyard::Testing

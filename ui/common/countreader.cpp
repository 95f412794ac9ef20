// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/countreader.h"

#include "models/common/jsonpointer.h"

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QRegularExpression>

namespace Switchyard {

namespace {

constexpr int requestTimeoutMs = 5'000;
constexpr qint64 maxBody = 1 << 20;

QMap<QString, QString> labelsOf(const QString &text)
{
    static const QRegularExpression label(QStringLiteral(R"re((\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'))re"));
    QMap<QString, QString> labels;
    auto it = label.globalMatch(text);
    while (it.hasNext()) {
        const auto match = it.next();
        labels.insert(match.captured(1), match.captured(2) + match.captured(3));
    }
    return labels;
}

bool contains(const QMap<QString, QString> &have, const QMap<QString, QString> &wanted)
{
    for (auto it = wanted.cbegin(); it != wanted.cend(); ++it) {
        if (have.value(it.key()) != it.value())
            return false;
    }
    return true;
}

} // namespace

Result<double> prometheusValue(const QByteArray &text, const QString &metric)
{
    static const QRegularExpression series(
        QStringLiteral(R"(^([A-Za-z_:][\w:]*)\s*(?:\{(.*)\})?\s*(\S*)?(?:\s+\d+)?\s*$)"));
    const auto wanted = series.match(metric.trimmed());
    if (!wanted.hasMatch())
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is no metric").arg(metric),
                    QStringLiteral("name{label='value'}"));
    const QMap<QString, QString> labels = labelsOf(wanted.captured(2));
    double sum = 0;
    bool found = false;
    for (const QByteArray &raw : text.split('\n')) {
        if (raw.startsWith('#') || !raw.startsWith(wanted.captured(1).toUtf8()))
            continue;
        const auto line = series.match(QString::fromUtf8(raw));
        if (!line.hasMatch() || line.captured(1) != wanted.captured(1) || !contains(labelsOf(line.captured(2)), labels))
            continue;
        bool number = false;
        const double value = line.captured(3).toDouble(&number);
        if (number) {
            sum += value;
            found = true;
        }
    }
    if (!found)
        return fail(ErrorKind::Protocol, QStringLiteral("no series %1").arg(metric));
    return sum;
}

CountReader::CountReader(const Backend &backend, QObject *parent)
    : QObject(parent)
    , m_backend(backend)
{
}

CountReading CountReader::initial(const CountSource &source)
{
    CountReading reading;
    if (source.kind == CountSource::Kind::Json || source.kind == CountSource::Kind::Prometheus)
        reading.status = CountReading::Status::Waiting;
    if (source.kind == CountSource::Kind::SocketIoAdmin) {
        reading.status = CountReading::Status::NotReadYet;
        reading.reason = QStringLiteral("This version does not read the Socket.IO admin namespace yet.");
    }
    return reading;
}

void CountReader::read()
{
    if (!m_network)
        m_network = new QNetworkAccessManager(this);
    QStringList paths;
    for (const SocketEndpoint &socket : m_backend.sockets) {
        const CountSource &source = socket.count;
        if ((source.kind == CountSource::Kind::Json || source.kind == CountSource::Kind::Prometheus) &&
            !paths.contains(source.path) && !m_running.contains(source.path))
            paths.append(source.path);
    }
    for (const QString &path : paths) {
        QNetworkRequest request(QUrl(m_backend.url + path));
        request.setTransferTimeout(requestTimeoutMs);
        // A kept connection would stay on the old instance.
        request.setRawHeader("Connection", "close");
        m_running.append(path);
        QNetworkReply *reply = m_network->get(request);
        connect(reply, &QNetworkReply::finished, this, [this, reply, path, run = m_run] {
            reply->deleteLater();
            if (run != m_run)
                return;
            m_running.removeAll(path);
            const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
            const bool good = status >= 200 && status < 300;
            answer(path, good, status > 0 ? QStringLiteral("HTTP status %1").arg(status) : reply->errorString(),
                   good ? reply->read(maxBody) : QByteArray());
        });
    }
}

void CountReader::cancel()
{
    ++m_run;
    m_running.clear();
}

void CountReader::answer(const QString &path, bool good, const QString &problem, const QByteArray &body)
{
    for (int i = 0; i < m_backend.sockets.size(); ++i) {
        const CountSource &source = m_backend.sockets[i].count;
        if (source.path != path)
            continue;
        Result<double> value = fail(ErrorKind::Protocol, problem);
        if (good && source.kind == CountSource::Kind::Prometheus)
            value = prometheusValue(body, source.metric);
        else if (good)
            value = parseJson(body)
                        .and_then([&](const QJsonValue &root) { return jsonPointer(root, source.pointer); })
                        .and_then([&](const QJsonValue &found) -> Result<double> {
                            if (found.isDouble())
                                return found.toDouble();
                            return fail(ErrorKind::Protocol, QStringLiteral("%1 is no number").arg(source.pointer));
                        });
        CountReading reading;
        reading.status = value ? CountReading::Status::Read : CountReading::Status::Failed;
        reading.value = value.value_or(0);
        reading.reason = value ? QString() : value.error().message;
        reading.at = Clock::now();
        Q_EMIT countRead(i, reading);
    }
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/alerts/alertchannel.h"

#include "models/common/childgroups.h"
#include "models/common/duration.h"
#include "models/common/log.h"
#include "models/common/redact.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QHostAddress>
#include <QJsonDocument>
#include <QLoggingCategory>
#include <QPointer>
#include <QProcess>
#include <QSslCertificate>
#include <QThreadPool>

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr qsizetype mostAnswer = 200;
constexpr qint64 mostAnswerBytes = 64 << 10;
constexpr int tryLater = 75; // EX_TEMPFAIL

qint64 nowMs()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QString targetOf(const AlertSettings &settings)
{
    switch (settings.kind) {
    case AlertKind::Desktop:
        return QStringLiteral("this desktop");
    case AlertKind::Command:
        return settings.argv.value(0);
    default:
        // The path of a literal one is nobody's secret, but long.
        return isSecretReference(settings.url) ? settings.url : QUrl(settings.url).host();
    }
}

bool isLoopbackHost(const QString &host)
{
    return host == L("localhost") || QHostAddress(host).isLoopback();
}

/// Why it cannot be posted to; said without the URL.
std::optional<Error> problemOf(const QUrl &url, const AlertSettings &settings)
{
    const QString from =
        isSecretReference(settings.url) ? QStringLiteral("what %1 holds").arg(settings.url) : QStringLiteral("the URL");
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != L("http") && url.scheme() != L("https")))
        return Error{ErrorKind::Usage, QStringLiteral("%1 is no http or https address").arg(from), {}, {}};
    if (settings.kind != AlertKind::Webhook && url.scheme() == L("http") && !isLoopbackHost(url.host()))
        return Error{ErrorKind::Usage,
                     QStringLiteral("%1 would carry the secret address unencrypted").arg(from),
                     QStringLiteral("it begins with https://"),
                     {}};
    return std::nullopt;
}

/// Without the parts of the address that are all it takes to post there, should the other side repeat them.
QString without(QString text, const QUrl &url)
{
    const QString mask = QStringLiteral("***");
    text.replace(url.toString(), mask);
    text.replace(QString::fromLatin1(url.toEncoded()), mask);
    QStringList parts = url.path().split(QLatin1Char('/'), Qt::SkipEmptyParts);
    if (url.hasQuery())
        parts.append(url.query());
    parts.append(url.password());
    for (const QString &part : std::as_const(parts)) {
        if (part.size() >= 6)
            text.replace(part, mask);
    }
    return text;
}

/// Seconds or a date (RFC 9110 section 10.2.3).
std::optional<Milliseconds> retryAfter(const QByteArray &value)
{
    if (value.isEmpty())
        return std::nullopt;
    bool ok = false;
    const double seconds = value.trimmed().toDouble(&ok); // Discord sends fractions
    if (ok && seconds >= 0)
        return Milliseconds(qint64(std::min(seconds, 86'400.0) * 1'000));
    const QDateTime date = QDateTime::fromString(QString::fromLatin1(value), Qt::RFC2822Date);
    if (!date.isValid())
        return std::nullopt;
    return Milliseconds(std::clamp<qint64>(date.toMSecsSinceEpoch() - nowMs(), 0, 86'400'000));
}

QByteArray bodyOf(const AlertMessage &message, AlertKind kind)
{
    const QJsonObject object = kind == AlertKind::Slack     ? alertToSlack(message)
                               : kind == AlertKind::Discord ? alertToDiscord(message)
                                                            : alertToJson(message);
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

} // namespace

AlertChannel::AlertChannel(AlertSettings settings, AlertTimes times, QObject *parent)
    : QObject(parent)
    , m_settings(std::move(settings))
    , m_times(times)
{
    m_status.name = m_settings.name;
    m_status.kind = m_settings.kind;
    m_status.target = targetOf(m_settings);
    m_retry.setSingleShot(true);
    m_limit.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &AlertChannel::attempt);
    connect(&m_limit, &QTimer::timeout, this, [this] {
        m_late = true;
        killCommand();
    });
    connect(&m_fetch, &HttpFetch::finished, this, &AlertChannel::judge);
}

AlertChannel::~AlertChannel()
{
    if (!m_process)
        return;
    m_process->disconnect(this);
    killCommand();
    // It is dead or dies at once; nobody waits for it here.
    QProcess *process = m_process;
    process->setParent(nullptr);
    connect(process, &QProcess::finished, process, [process] {
        forgetChildGroup(pid_t(process->property("group").toLongLong()));
        process->deleteLater();
    });
    if (process->state() == QProcess::NotRunning)
        process->deleteLater();
}

AlertChannelStatus AlertChannel::status() const
{
    AlertChannelStatus status = m_status;
    status.waiting = int(m_queue.size());
    status.retries = std::max(0, m_attempts - 1);
    return status;
}

void AlertChannel::send(AlertMessage message)
{
    if (m_queue.size() > m_times.queue) {
        // The first is on its way; of the others the oldest says least about now.
        const AlertMessage old = m_queue.takeAt(1);
        ++m_status.dropped;
        ++m_droppedSince;
        Q_EMIT finished({m_settings.name,
                         old.id,
                         old.test,
                         false,
                         0,
                         QStringLiteral("given up: %1 newer messages wait").arg(m_times.queue),
                         {}});
    }
    m_queue.enqueue(std::move(message));
    if (!m_sending) {
        m_sending = true;
        m_attempts = 0;
        // Not at once: whoever sends may not expect to hear of it on the way.
        m_retry.start(0);
    }
    Q_EMIT changed();
}

void AlertChannel::attempt()
{
    ++m_attempts;
    ++m_run;
    m_queue.head().droppedBefore = m_droppedSince;
    switch (m_settings.kind) {
    case AlertKind::Desktop:
        return attemptDesktop();
    case AlertKind::Command:
        return attemptCommand();
    default:
        return attemptHttp();
    }
}

void AlertChannel::attemptDesktop()
{
    if (!m_notify)
        return conclude({false,
                         false,
                         {},
                         QStringLiteral("there is no desktop here"),
                         QStringLiteral("the window shows messages on the desktop; the command line does not")});
    const AlertMessage &message = m_queue.head();
    const bool bad = std::any_of(message.items.cbegin(), message.items.cend(),
                                 [](const AlertItem &item) { return item.event == L("down"); });
    const bool good = std::all_of(message.items.cbegin(), message.items.cend(),
                                  [](const AlertItem &item) { return item.event == L("up"); });
    m_notify(alertTitle(message), alertText(message, 5),
             bad    ? MonitorState::Down
             : good ? MonitorState::Up
                    : MonitorState::Degraded,
             [alive = QPointer<AlertChannel>(this), run = m_run](const Result<void> &shown) {
                 if (!alive || alive->m_run != run)
                     return;
                 if (shown)
                     alive->conclude({true, false, {}, {}, {}});
                 else
                     alive->conclude({false, false, {}, shown.error().message, shown.error().hint});
             });
}

// ---- HTTP

void AlertChannel::attemptHttp()
{
    if (!isSecretReference(m_settings.url))
        return post(Secret(m_settings.url));
    const Result<SecretReference> reference = parseSecretReference(m_settings.url);
    if (!reference)
        return conclude({false, false, {}, reference.error().message, reference.error().hint});
    QPointer<AlertChannel> alive(this);
    QThreadPool::globalInstance()->start([alive, reference = *reference, run = m_run] {
        // A keychain may ask a person, and a file may lie far away.
        Result<Secret> url = resolveSecret(reference);
        QCoreApplication *application = QCoreApplication::instance();
        if (!application)
            return;
        QMetaObject::invokeMethod(
            application,
            [alive, run, url = std::move(url)] {
                if (!alive || alive->m_run != run)
                    return;
                if (url)
                    alive->post(*url);
                else
                    alive->conclude({false, false, {}, url.error().message, url.error().hint});
            },
            Qt::QueuedConnection);
    });
}

void AlertChannel::post(const Secret &url)
{
    FetchRequest request;
    request.url = QUrl(url.reveal().trimmed(), QUrl::StrictMode);
    if (const std::optional<Error> problem = problemOf(request.url, m_settings))
        return conclude({false, false, {}, problem->message, problem->hint});
    if (!m_settings.ca.isEmpty() && QSslCertificate::fromPath(m_settings.ca).isEmpty())
        return conclude({false,
                         false,
                         {},
                         QStringLiteral("%1 holds no certificate that can be read").arg(m_settings.ca),
                         QStringLiteral("\"ca\" is a PEM bundle")});
    request.json = bodyOf(m_queue.head(), m_settings.kind);
    request.timeout = m_settings.timeout;
    request.maxBytes = mostAnswerBytes;
    request.caFile = m_settings.ca;
    // A receiver that has seen it already, but whose answer was lost, may tell by it.
    request.headers.append({"Idempotency-Key", m_queue.head().id.toLatin1()});
    m_url = url;
    m_fetch.start(request);
}

void AlertChannel::judge(const FetchAnswer &answer)
{
    const QUrl url(std::exchange(m_url, Secret()).reveal().trimmed());
    if (answer.good())
        return conclude({true, false, {}, {}, {}});
    if (answer.status == 0 || (!answer.whole() && answer.status >= 200 && answer.status < 300)) {
        // An answer of 2xx that is too long or slow was accepted all the same.
        if (answer.status != 0)
            return conclude({true, false, {}, {}, {}});
        const bool tls = answer.failure.kind == ErrorKind::Tls;
        return conclude(
            {false,
             !tls,
             {},
             without(answer.failure.message, url),
             tls ? QStringLiteral("certificates are always verified; \"ca\" names a bundle of your own") : QString()});
    }
    Attempt attempt;
    attempt.error = QStringLiteral("answered %1").arg(answer.status);
    const QString said = boundedText(without(QString::fromUtf8(answer.body), url), mostAnswer);
    if (!said.isEmpty())
        attempt.error += QStringLiteral(": ") + said;
    if (answer.status == 408 || answer.status == 425 || answer.status == 429 || answer.status >= 500) {
        attempt.again = true;
        attempt.after = retryAfter(answer.header("Retry-After"));
    } else if (answer.status >= 300 && answer.status < 400) {
        attempt.hint = QStringLiteral("redirects are not followed; give the address that it leads to");
    } else if (answer.status == 401 || answer.status == 403 || answer.status == 404 || answer.status == 410) {
        attempt.hint = QStringLiteral("the webhook may have been removed, or its address is not whole");
    }
    conclude(attempt);
}

// ---- command

void AlertChannel::attemptCommand()
{
    m_late = false;
    m_process = new QProcess(this);
    QProcess *process = m_process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    const QMap<QString, QString> variables = alertEnvironment(m_queue.head());
    for (auto it = variables.cbegin(); it != variables.cend(); ++it)
        environment.insert(it.key(), it.value());
    process->setProcessEnvironment(environment);
    if (!m_settings.folder.isEmpty())
        process->setWorkingDirectory(m_settings.folder);
    process->setStandardOutputFile(QProcess::nullDevice());
    // A group of its own, so that what it starts dies with it at the time limit.
    process->setChildProcessModifier([] { ::setpgid(0, 0); });
    connect(process, &QProcess::started, this, [this, process] {
        noteChildGroup(pid_t(process->processId()));
        m_process->setProperty("group", process->processId());
        process->write(QJsonDocument(alertToJson(m_queue.head())).toJson(QJsonDocument::Compact) + '\n');
        process->closeWriteChannel();
    });
    connect(process, &QProcess::readyReadStandardError, process, [process] {
        // Its beginning is kept; a chatty one may not fill the memory.
        QByteArray kept = process->property("said").toByteArray();
        kept += process->readAllStandardError().left(2'048 - kept.size());
        process->setProperty("said", kept);
    });
    connect(process, &QProcess::finished, this, [this] { concludeCommand(true); });
    connect(process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            concludeCommand(false);
    });
    m_limit.start(m_settings.timeout);
    QString program = m_settings.argv.value(0);
    // Beside the workspace, as its folder is where it runs.
    if (program.contains(QLatin1Char('/')) && QFileInfo(program).isRelative() && !m_settings.folder.isEmpty())
        program = m_settings.folder + QLatin1Char('/') + program;
    process->start(program, m_settings.argv.mid(1));
}

void AlertChannel::killCommand()
{
    if (!m_process)
        return;
    const auto group = pid_t(m_process->property("group").toLongLong());
    if (group > 0)
        ::kill(-group, SIGKILL);
    m_process->kill();
}

void AlertChannel::concludeCommand(bool started)
{
    QProcess *process = std::exchange(m_process, nullptr);
    m_limit.stop();
    process->disconnect(this);
    process->deleteLater();
    const auto group = pid_t(process->property("group").toLongLong());
    if (group > 0)
        forgetChildGroup(group);
    const QString program = m_settings.argv.value(0);
    if (!started)
        return conclude({false,
                         false,
                         {},
                         QStringLiteral("%1 cannot be started: %2").arg(program, redact(process->errorString())),
                         QStringLiteral("\"argv\" names a program and its arguments; there is no shell")});
    if (m_late)
        return conclude({false,
                         true,
                         {},
                         QStringLiteral("%1 did not end within %2 and was killed")
                             .arg(program, humanDuration(double(m_settings.timeout.count()))),
                         {}});
    const QString said = boundedText(
        QString::fromUtf8(process->property("said").toByteArray() + process->readAllStandardError().left(2'048)),
        mostAnswer);
    const QString tail = said.isEmpty() ? QString() : QStringLiteral(": ") + said;
    if (process->exitStatus() == QProcess::CrashExit)
        return conclude({false, false, {}, QStringLiteral("%1 was ended by a signal").arg(program) + tail, {}});
    const int status = process->exitCode();
    if (status == 0)
        return conclude({true, false, {}, {}, {}});
    conclude(
        {false, status == tryLater, {}, QStringLiteral("%1 ended with status %2").arg(program).arg(status) + tail, {}});
}

// ---- what became of it

void AlertChannel::conclude(const Attempt &attempt)
{
    ++m_run;
    if (attempt.accepted) {
        m_status.deliveredMs = nowMs();
        m_status.error.clear();
        ++m_status.delivered;
        return give(true, attempt);
    }
    m_status.failedMs = nowMs();
    m_status.error = redact(attempt.error);
    // Of a test somebody waits to hear.
    const bool again = attempt.again && !m_queue.head().test && m_attempts <= m_times.retries;
    qCWarning(lcAlerts).noquote() << QStringLiteral("alert %1: %2%3")
                                         .arg(m_settings.name, m_status.error,
                                              again ? QStringLiteral("; is tried again") : QString());
    if (!again) {
        ++m_status.dropped;
        return give(false, attempt);
    }
    const int doubled = std::min(m_attempts - 1, 20);
    Milliseconds wait = std::min<Milliseconds>(m_times.firstRetry * (1LL << doubled), m_times.longestRetry);
    if (attempt.after)
        wait = std::clamp(*attempt.after, wait, std::max(wait, m_times.longestRetry));
    m_retry.start(wait);
    Q_EMIT changed();
}

void AlertChannel::give(bool accepted, const Attempt &attempt)
{
    const AlertMessage message = m_queue.dequeue();
    AlertDelivery delivery{m_settings.name,       message.id,  message.test, accepted, std::exchange(m_attempts, 0),
                           redact(attempt.error), attempt.hint};
    m_droppedSince = accepted ? 0 : m_droppedSince + (message.test ? 0 : 1);
    m_sending = !m_queue.isEmpty();
    if (m_sending)
        m_retry.start(0);
    Q_EMIT changed();
    Q_EMIT finished(delivery);
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/alerts/alerter.h"

#include "models/health/monitorset.h"

#include <QDateTime>
#include <QUuid>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

constexpr int announceMs = 100;
constexpr qint64 dayMs = 86'400'000;

qint64 wallNow()
{
    return QDateTime::currentMSecsSinceEpoch();
}

QString certificateKey(const QString &monitorId)
{
    return monitorId + QStringLiteral(" certificate");
}

bool isTrouble(MonitorState state)
{
    return state == MonitorState::Down || state == MonitorState::Degraded || state == MonitorState::Unknown ||
           state == MonitorState::ColdStart;
}

/// How bad a thing is to a person who has said that they know.
int weight(MonitorState state)
{
    return state == MonitorState::Down ? 2 : state == MonitorState::Degraded ? 1 : 0;
}

} // namespace

Alerter::Alerter(const QList<AlertSettings> &settings, QString workspace, AlertTimes times, QObject *parent)
    : QObject(parent)
    , m_workspace(std::move(workspace))
    , m_times(times)
{
    for (const AlertSettings &each : settings) {
        auto route = std::make_unique<Route>();
        route->channel = std::make_unique<AlertChannel>(each, times);
        route->timer.setSingleShot(true);
        connect(&route->timer, &QTimer::timeout, this, [this, index = int(m_routes.size())] { flush(index); });
        connect(route->channel.get(), &AlertChannel::finished, this, &Alerter::delivered);
        connect(route->channel.get(), &AlertChannel::changed, this, &Alerter::noteChanged);
        if (each.on.contains(L("certificate")))
            m_certificateDays = std::max(m_certificateDays, each.certificateDays);
        m_routes.push_back(std::move(route));
    }
    m_tick.setInterval(times.tick);
    connect(&m_tick, &QTimer::timeout, this, &Alerter::tick);
    m_announce.setSingleShot(true);
    m_announce.setInterval(announceMs);
    connect(&m_announce, &QTimer::timeout, this, &Alerter::changed);
}

Alerter::~Alerter() = default;

void Alerter::watch(MonitorSet *monitors)
{
    connect(monitors, &MonitorSet::stateChanged, this, [this, monitors](const MonitorTransition &transition) {
        const int index = monitors->indexOf(transition.monitorId);
        if (index < 0 || !m_watching)
            return;
        const Monitor &monitor = monitors->record(index).monitor;
        take(monitor.name, monitor.group, transition);
    });
    connect(monitors, &MonitorSet::sampleTaken, this, [this, monitors](int index, const ProbeSample &sample) {
        if (!sample.certificate || !m_watching)
            return;
        const Monitor &monitor = monitors->record(index).monitor;
        takeCertificate(monitor.id, monitor.name, monitor.group, *sample.certificate);
    });
}

void Alerter::setNotify(const AlertNotify &notify)
{
    for (const auto &route : m_routes)
        route->channel->setNotify(notify);
}

Alerter::Case &Alerter::caseOf(const QString &key, const QString &id, const QString &name, const QString &group)
{
    Case &about = m_cases[key];
    about.alert.key = key;
    about.alert.monitorId = id;
    about.alert.monitor = name;
    about.alert.group = group;
    return about;
}

// ---- states

void Alerter::take(const QString &monitorName, const QString &group, const MonitorTransition &transition)
{
    const bool known = m_cases.contains(transition.monitorId);
    const bool good = transition.to == MonitorState::Up || transition.to == MonitorState::Paused;
    // Recovering is no news: what it was goes on until it is up.
    if (transition.to == MonitorState::Recovering || (good && !known))
        return;
    Case &about = caseOf(transition.monitorId, transition.monitorId, monitorName, group);
    noteChanged();
    if (good) {
        if (transition.to == MonitorState::Up)
            tellRecovery(about, transition);
        m_cases.remove(transition.monitorId);
        return;
    }
    if (!isTrouble(transition.to))
        return;
    const qint64 lastedMs =
        transition.from == transition.to ? std::chrono::duration_cast<Milliseconds>(transition.lasted).count() : 0;
    // Unknown is no other trouble, but the lack of news of the one before.
    if (!about.open)
        about.alert.sinceMs = transition.wallMs - lastedMs;
    if (weight(transition.to) > about.acknowledgedWeight) {
        about.alert.acknowledged.clear();
        about.alert.acknowledgedMs = 0;
    }
    about.open = true;
    about.state = transition.to;
    about.alert.event = monitorStateName(transition.to);
    about.alert.cause = boundedText(transition.cause, 400);
    about.alert.suppressed = !transition.suppressedBy.isEmpty();
    if (!about.alert.suppressed)
        tellTrouble(about, transition);
    if (!m_tick.isActive())
        m_tick.start();
}

void Alerter::tellTrouble(Case &about, const MonitorTransition &transition)
{
    const QString event = monitorStateName(transition.to);
    for (int i = 0; i < int(m_routes.size()); ++i) {
        const AlertSettings &settings = m_routes[size_t(i)]->channel->settings();
        if (!settings.covers(about.alert.monitor, about.alert.group))
            continue;
        Told &told = about.told[i];
        AlertItem item = itemOf(about, transition.wallMs);
        item.from = transition.from;
        item.atMs = transition.wallMs;
        if (settings.on.contains(event)) {
            // Down that was unknown, or recovering, for a while is still the same down.
            if (told.event == event)
                continue;
            told = Told{event, Clock::now(), 0};
            add(i, about, item);
        } else if (transition.to == MonitorState::Degraded && told.event == L("down")) {
            told = Told();
            if (!settings.on.contains(L("up")))
                continue;
            item.event = QStringLiteral("up");
            add(i, about, item);
        }
    }
}

void Alerter::tellRecovery(Case &about, const MonitorTransition &transition)
{
    for (auto it = about.told.cbegin(); it != about.told.cend(); ++it) {
        const AlertSettings &settings = m_routes[size_t(it.key())]->channel->settings();
        if (it->event.isEmpty() || !settings.on.contains(L("up")))
            continue;
        AlertItem item = itemOf(about, transition.wallMs);
        item.event = QStringLiteral("up");
        item.from = transition.from == MonitorState::Recovering ? about.state : transition.from;
        item.to = MonitorState::Up;
        item.cause = boundedText(about.alert.cause, 400);
        item.atMs = transition.wallMs;
        add(it.key(), about, item);
    }
}

// ---- certificates

void Alerter::takeCertificate(const QString &monitorId, const QString &monitorName, const QString &group,
                              const CertificateInfo &certificate)
{
    const QString key = certificateKey(monitorId);
    const qint64 nowMs = wallNow();
    const qint64 leftMs = certificate.notAfter * 1'000 - nowMs;
    // Rounded down: "ends in 0 days" is today, and -1 over.
    const int daysLeft = int(leftMs >= 0 ? leftMs / dayMs : leftMs / dayMs - 1);
    const auto known = m_cases.constFind(key);
    if (m_certificateDays == 0 || certificate.notAfter == 0 || daysLeft > m_certificateDays) {
        if (known != m_cases.cend()) {
            m_cases.erase(known);
            noteChanged();
        }
        return;
    }
    // A renewed one that ends soon too is another.
    if (known != m_cases.cend() && known->notAfter != certificate.notAfter)
        m_cases.erase(known);
    Case &about = caseOf(key, monitorId, monitorName, group);
    if (!about.open) {
        about.alert.sinceMs = nowMs;
        noteChanged();
    }
    about.open = true;
    about.notAfter = certificate.notAfter;
    about.daysLeft = daysLeft;
    about.alert.event = QStringLiteral("certificate");
    about.alert.cause =
        boundedText(QStringLiteral("%1 ends %2")
                        .arg(certificate.subject.isEmpty() ? QStringLiteral("the certificate") : certificate.subject,
                             QDateTime::fromSecsSinceEpoch(certificate.notAfter).toUTC().toString(Qt::ISODate)),
                    400);
    for (int i = 0; i < int(m_routes.size()); ++i) {
        const AlertSettings &settings = m_routes[size_t(i)]->channel->settings();
        if (!settings.on.contains(L("certificate")) || daysLeft > settings.certificateDays ||
            !settings.covers(monitorName, group))
            continue;
        Told &told = about.told[i];
        const bool first = told.event.isEmpty();
        if (!first && (!about.alert.acknowledged.isEmpty() || Clock::now() - told.at < m_times.certificateAgain))
            continue;
        told = Told{about.alert.event, Clock::now(), first ? 0 : told.resends + 1};
        AlertItem item = itemOf(about, nowMs);
        item.resend = told.resends;
        add(i, about, item);
    }
}

// ---- messages

AlertItem Alerter::itemOf(const Case &about, qint64 nowMs) const
{
    AlertItem item;
    item.event = about.alert.event;
    item.monitorId = about.alert.monitorId;
    item.monitor = about.alert.monitor;
    item.group = about.alert.group;
    item.from = item.to = about.state;
    item.cause = about.alert.cause;
    item.atMs = nowMs;
    item.sinceMs = about.alert.sinceMs;
    item.durationMs = std::max<qint64>(0, nowMs - about.alert.sinceMs);
    item.acknowledged = about.alert.acknowledged;
    item.certificateDays = about.daysLeft;
    return item;
}

void Alerter::add(int route, Case &about, AlertItem item)
{
    ++about.alert.told;
    Route &to = *m_routes[size_t(route)];
    to.pending.append(std::move(item));
    if (to.timer.isActive())
        return;
    Clock::duration wait = m_times.gather;
    if (to.sentAt)
        wait = std::max<Clock::duration>(wait, *to.sentAt + m_times.apart - Clock::now());
    to.timer.start(std::chrono::ceil<Milliseconds>(wait));
}

void Alerter::flush(int route)
{
    Route &to = *m_routes[size_t(route)];
    AlertMessage message;
    message.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    message.workspace = m_workspace;
    message.channel = to.channel->settings().name;
    message.atMs = wallNow();
    message.items = std::exchange(to.pending, {});
    to.sentAt = Clock::now();
    to.channel->send(std::move(message));
}

void Alerter::tick()
{
    const Instant now = Clock::now();
    const qint64 nowMs = wallNow();
    bool any = false;
    for (Case &about : m_cases) {
        if (about.notAfter != 0)
            continue; // told by its samples
        any = true;
        if (about.alert.suppressed || !about.alert.acknowledged.isEmpty() || about.state == MonitorState::Unknown)
            continue;
        for (auto it = about.told.begin(); it != about.told.end(); ++it) {
            const std::optional<Milliseconds> resend = m_routes[size_t(it.key())]->channel->settings().resend;
            // Where it is something else now that this channel does not follow, the old news is no news.
            if (!resend || it->event != about.alert.event || now - it->at < *resend)
                continue;
            it->at = now;
            AlertItem item = itemOf(about, nowMs);
            item.resend = ++it->resends;
            add(it.key(), about, item);
        }
    }
    if (!any)
        m_tick.stop();
}

// ---- for people

void Alerter::acknowledge(const QString &key, const QString &note)
{
    const auto found = m_cases.find(key);
    if (found == m_cases.end())
        return;
    const QString kept = boundedText(note, 200);
    found->alert.acknowledged = kept.isEmpty() ? QStringLiteral("seen") : kept;
    found->alert.acknowledgedMs = wallNow();
    found->acknowledgedWeight = std::max(found->acknowledgedWeight, weight(found->state));
    noteChanged();
}

bool Alerter::sendTest(const QString &channel)
{
    for (const auto &route : m_routes) {
        if (route->channel->settings().name != channel)
            continue;
        route->channel->send(AlertMessage::testOf(m_workspace, channel, wallNow()));
        return true;
    }
    return false;
}

QList<OpenAlert> Alerter::open() const
{
    QList<OpenAlert> list;
    for (const Case &about : m_cases) {
        if (about.open)
            list.append(about.alert);
    }
    std::sort(list.begin(), list.end(), [](const OpenAlert &a, const OpenAlert &b) {
        return a.sinceMs != b.sinceMs ? a.sinceMs > b.sinceMs : a.key < b.key;
    });
    return list;
}

QList<AlertChannelStatus> Alerter::channels() const
{
    QList<AlertChannelStatus> list;
    for (const auto &route : m_routes)
        list.append(route->channel->status());
    return list;
}

void Alerter::noteChanged()
{
    if (!m_announce.isActive())
        m_announce.start();
}

} // namespace Switchyard

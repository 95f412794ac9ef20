// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/deploy/commanddriver.h"

#include <QFileInfo>
#include <QTimer>

#include <csignal>

namespace Switchyard {

namespace {

constexpr int stopGraceMs = 3'000;

} // namespace

CommandDriver::CommandDriver(ProcessSpec spec, const QStringList &log, QObject *parent)
    : DeployDriver(parent)
    , m_spec(std::move(spec))
{
    for (const QString &pattern : log)
        m_log.append(QRegularExpression(pattern));
}

void CommandDriver::emitEvent(DriverEvent::Kind kind, const QString &text, Instant at, int code)
{
    DriverEvent event;
    event.kind = kind;
    event.at = at;
    event.text = text;
    event.code = code;
    event.pid = m_process ? m_process->pid() : 0;
    Q_EMIT happened(event);
}

void CommandDriver::prepare()
{
    QMetaObject::invokeMethod(this, &DeployDriver::ready, Qt::QueuedConnection);
}

void CommandDriver::trigger()
{
    if (m_process && m_process->isRunning())
        return;
    m_process = std::make_unique<ProcessInstance>(m_spec);
    connect(m_process.get(), &ProcessInstance::started, this, [this](Instant at, qint64) {
        // Its arguments stay out of the record: they may hold anything.
        emitEvent(DriverEvent::Kind::Step, QStringLiteral("%1 started").arg(QFileInfo(m_spec.argv.value(0)).fileName()),
                  at);
    });
    connect(m_process.get(), &ProcessInstance::startFailed, this, [this](const Error &error) {
        if (m_stopping)
            return Q_EMIT shutDownDone();
        emitEvent(DriverEvent::Kind::Failed, error.toString());
    });
    connect(m_process.get(), &ProcessInstance::line, this, &CommandDriver::takeLine);
    connect(m_process.get(), &ProcessInstance::exited, this,
            [this](Instant at, int status, bool) { ended(at, status); });
    m_process->start();
}

void CommandDriver::takeLine(Instant at, const QString &text)
{
    for (const QRegularExpression &pattern : std::as_const(m_log)) {
        if (pattern.match(text).hasMatch())
            return emitEvent(DriverEvent::Kind::LogLine, text, at);
    }
}

void CommandDriver::ended(Instant at, int status)
{
    if (m_stopping)
        return Q_EMIT shutDownDone();
    const QString name = QFileInfo(m_spec.argv.value(0)).fileName();
    if (status == 0) {
        emitEvent(DriverEvent::Kind::Step, QStringLiteral("%1 ended with status 0").arg(name), at);
        return emitEvent(DriverEvent::Kind::Finished, {}, at);
    }
    const QStringList last = m_process->lastLines();
    emitEvent(DriverEvent::Kind::Failed,
              QStringLiteral("%1 ended with status %2%3")
                  .arg(name)
                  .arg(status)
                  .arg(last.isEmpty()
                           ? QString()
                           : QStringLiteral(": %1").arg(
                                 last.mid(std::max<qsizetype>(0, last.size() - 3)).join(QStringLiteral(" / ")))),
              at, status);
}

void CommandDriver::shutDown()
{
    if (std::exchange(m_stopping, true))
        return;
    if (!m_process || !m_process->isRunning()) {
        QMetaObject::invokeMethod(this, &DeployDriver::shutDownDone, Qt::QueuedConnection);
        return;
    }
    m_process->sendSignal(SIGTERM);
    QTimer::singleShot(stopGraceMs, this, [this] { m_process->killGroup(); });
}

} // namespace Switchyard

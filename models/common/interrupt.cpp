// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/interrupt.h"

#include "models/common/childgroups.h"

#include <atomic>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace Switchyard {

namespace {

// The only thing a signal handler may touch: a pipe that the event loop watches.
int pipeEnds[2] = {-1, -1};

std::atomic_flag asked = ATOMIC_FLAG_INIT;

void handler(int number)
{
    if (asked.test_and_set()) {
        killChildGroups();
        ::_exit(128 + number);
    }
    const char byte = char(number);
    [[maybe_unused]] const ssize_t written = ::write(pipeEnds[1], &byte, 1);
}

} // namespace

Interrupt::Interrupt(QObject *parent)
    : QObject(parent)
{
    if (::pipe2(pipeEnds, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    m_notifier = new QSocketNotifier(pipeEnds[0], QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, [this] {
        char byte = 0;
        while (::read(pipeEnds[0], &byte, 1) > 0) {
        }
        if (!m_happened) {
            m_happened = true;
            Q_EMIT interrupted();
        }
    });
    asked.clear();
    struct sigaction action = {};
    action.sa_handler = handler;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(number, &action, nullptr);
}

Interrupt::~Interrupt()
{
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, SIG_DFL);
    for (int &end : pipeEnds) {
        if (end >= 0)
            ::close(end);
        end = -1;
    }
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/interrupt.h"

#include <QCoreApplication>

#include <optional>
#include <thread>

namespace Switchyard::Cli {

/// Runs work that blocks in a thread of its own, beside an event loop, which Ctrl-C needs: the work's token is asked to
/// stop then, and what it returns after that is returned.
template <typename Work>
auto besideEventLoop(const Work &work) -> decltype(work(std::stop_token()))
{
    Interrupt interrupt;
    std::stop_source stop;
    QObject::connect(&interrupt, &Interrupt::interrupted, &interrupt, [&stop] { stop.request_stop(); });
    std::optional<decltype(work(std::stop_token()))> result;
    std::jthread worker([&] {
        result.emplace(work(stop.get_token()));
        QMetaObject::invokeMethod(QCoreApplication::instance(), &QCoreApplication::quit, Qt::QueuedConnection);
    });
    QCoreApplication::exec();
    worker.join();
    return *std::move(result);
}

} // namespace Switchyard::Cli

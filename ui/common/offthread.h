// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>

#include <utility>

namespace Switchyard {

/// Does `work` on a worker thread and hands what it returns to `then` on the GUI thread, unless `context` is gone by
/// then. The work runs on whoever waits for it or not: whoever asks twice tells the answers apart.
template <typename Work, typename Then>
void offThread(QObject *context, Work work, Then then)
{
    QPointer<QObject> alive(context);
    QThreadPool::globalInstance()->start([alive, work = std::move(work), then = std::move(then)]() mutable {
        auto result = work();
        // The pointer is looked at on the GUI thread only, where the context lives and dies.
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [alive, then = std::move(then), result = std::move(result)]() mutable {
                if (alive)
                    then(result);
            },
            Qt::QueuedConnection);
    });
}

} // namespace Switchyard

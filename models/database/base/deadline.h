// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"

#include <atomic>
#include <memory>
#include <utility>

namespace Switchyard {

using CancelFlag = std::shared_ptr<std::atomic<bool>>;

/// How a wait ended.
enum class Waited
{
    Ready,
    TimedOut,
    Cancelled
};

/// Until when something may take, and the flag that ends it earlier. A value; for the thread that probes. The flag may
/// be set from any.
class Deadline final
{
public:
    explicit Deadline(Milliseconds budget, CancelFlag cancelled = {})
        : m_end(Clock::now() + budget)
        , m_cancelled(std::move(cancelled))
    {
    }

    /// One for a part of it: never later than the whole.
    Deadline part(Milliseconds budget) const;

    bool isCancelled() const { return m_cancelled && m_cancelled->load(std::memory_order_relaxed); }
    bool isOver() const { return Clock::now() >= m_end; }
    Milliseconds left() const; ///< never below zero
    /// What a poll() may take: until the end, and no longer than a cancel may be unseen.
    int slice() const;

    /// Until poll() tells any of `events`, or an error or a hang-up, of the descriptor.
    Waited wait(int descriptor, short events) const;

private:
    Instant m_end;
    CancelFlag m_cancelled;
};

/// Closes what it holds.
class Descriptor final
{
public:
    Descriptor() = default;
    explicit Descriptor(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    ~Descriptor() { reset(); }
    Descriptor(Descriptor &&other) noexcept
        : m_descriptor(other.release())
    {
    }
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        if (this != &other) {
            reset();
            m_descriptor = other.release();
        }
        return *this;
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    int get() const { return m_descriptor; }
    bool isOpen() const { return m_descriptor >= 0; }
    int release() { return std::exchange(m_descriptor, -1); }
    void reset();

private:
    int m_descriptor = -1;
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The stream that libmongoc works on: a connection of ours below. Only mongolink.cpp needs it.

#include "models/database/base/reach.h"

#include <mongoc/mongoc.h>

#include <memory>

namespace Switchyard {

/// Reads and writes for libmongoc by the deadline of the call that runs, and remembers how it ended: libmongoc has one
/// text for many ends.
class MongoWire final : public std::enable_shared_from_this<MongoWire>
{
public:
    explicit MongoWire(ProbeLink link)
        : m_link(std::move(link))
    {
    }

    /// A call begins.
    void begin(const Deadline &deadline);
    /// Nothing is waited for any more.
    void end();

    /// For libmongoc, which destroys it. Once: nullptr afterwards, for the connection is the only one there is.
    mongoc_stream_t *stream();

    ReachFailure failure() const { return m_failure; } ///< of the connection, so far
    bool isOpen() const { return m_failure == ReachFailure::None && m_link.isOpen(); }
    QByteArray first() const { return m_received.left(firstBytes); }
    /// Of the last message that came whole; empty: none, or none that can be read.
    QByteArray lastDocument() const;

private:
    struct Stream;
    static constexpr qsizetype firstBytes = 64;

    ssize_t write(const mongoc_iovec_t *pieces, size_t count);
    ssize_t read(mongoc_iovec_t *pieces, size_t count, size_t least, bool wait);
    int poll(int events);
    bool isReadable() const;
    void close();

    ProbeLink m_link;
    Deadline m_deadline{Milliseconds{0}};
    ReachFailure m_failure = ReachFailure::None;
    QByteArray m_received; ///< since the last write; the head of it
    bool m_handedOut = false;
    bool m_ending = false;
    bool m_again = false; ///< the last read would have had to wait
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace Switchyard {

/// Reads along with the bytes a WebSocket server sends and keeps what libraries hide: the status line of the
/// handshake's answer and the first close frame exactly as it stood on the wire. It changes nothing and refuses
/// nothing; frames of any length pass in constant memory. Framing: RFC 6455 section 5.2.
class FrameParser final
{
public:
    /// Feeds the next bytes. Bytes after the first close frame are ignored.
    void feed(const std::uint8_t *data, std::size_t size);

    /// HTTP status of the handshake's answer; 0 until its first line is complete or when it is no HTTP.
    int httpStatus() const { return m_httpStatus; }

    bool closeSeen() const { return m_closeSeen; }
    /// When the last byte of the close frame was fed.
    Instant closeAt() const { return m_closeAt; }
    /// Raw code; 1005 for an empty frame, 0 for a malformed one (a payload of one byte, or over 125).
    int closeCode() const { return m_closeCode; }
    /// The frame carried a code: 1005 then stood on the wire, where it must not.
    bool closeHasCode() const { return m_closeHasCode; }
    const std::string &closeReason() const { return m_closeReason; }
    /// The frame broke RFC 6455: fragmented, reserved bits, masked, one byte of payload or more than 125.
    bool closeMalformed() const { return m_closeMalformed; }

private:
    enum class State : std::uint8_t
    {
        StatusLine,
        Headers,
        Done,
        First,
        Second,
        ExtendedLength,
        Mask,
        Payload
    };

    std::size_t feedHttp(const std::uint8_t *data, std::size_t size);
    void startFrame(std::uint8_t second);
    void afterLength();
    void endFrame();

    State m_state = State::StatusLine;
    std::uint8_t m_lineEnds = 0;
    std::uint8_t m_first = 0;
    std::uint8_t m_need = 0;
    std::uint8_t m_maskBytes[4] = {};
    std::uint8_t m_taken = 0;
    bool m_masked = false;
    bool m_closeSeen = false;
    bool m_closeMalformed = false;
    bool m_closeHasCode = false;
    std::uint64_t m_length = 0;
    std::uint64_t m_left = 0;
    int m_httpStatus = 0;
    int m_closeCode = 0;
    Instant m_closeAt{};
    std::string m_closeReason;
    std::string m_kept; ///< the status line, later the close frame's payload; empty in between
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/frameparser.h"

#include <algorithm>

namespace Switchyard {

namespace {

constexpr std::uint8_t opcodeClose = 0x8;
constexpr std::size_t maxStatusLine = 64;
constexpr std::uint64_t maxControlPayload = 125;

int statusOf(const std::string &line)
{
    // "HTTP/1.1 101 Switching Protocols"
    if (line.size() < 12 || line.compare(0, 5, "HTTP/") != 0)
        return 0;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || line.size() < space + 4)
        return 0;
    int status = 0;
    for (std::size_t i = space + 1; i < space + 4; ++i) {
        if (line[i] < '0' || line[i] > '9')
            return 0;
        status = status * 10 + (line[i] - '0');
    }
    return status;
}

} // namespace

void FrameParser::feed(const std::uint8_t *data, std::size_t size)
{
    std::size_t i = 0;
    if (m_state == State::StatusLine || m_state == State::Headers)
        i = feedHttp(data, size);
    while (i < size && !m_closeSeen && m_state != State::Done) {
        switch (m_state) {
        case State::First:
            m_first = data[i++];
            m_state = State::Second;
            break;
        case State::Second:
            startFrame(data[i++]);
            break;
        case State::ExtendedLength:
            m_length = (m_length << 8) | data[i++];
            if (--m_need == 0)
                afterLength();
            break;
        case State::Mask:
            m_maskBytes[4 - m_need] = data[i++];
            if (--m_need == 0) {
                m_state = State::Payload;
                if (m_left == 0)
                    endFrame();
            }
            break;
        case State::Payload: {
            const std::size_t take = std::size_t(std::min<std::uint64_t>(m_left, size - i));
            if ((m_first & 0x0f) == opcodeClose) {
                for (std::size_t k = 0; k < take && m_taken < maxControlPayload; ++k, ++m_taken)
                    m_kept.push_back(char(data[i + k] ^ (m_masked ? m_maskBytes[m_taken & 3] : 0)));
            }
            i += take;
            m_left -= take;
            if (m_left == 0)
                endFrame();
            break;
        }
        default:
            return;
        }
    }
}

std::size_t FrameParser::feedHttp(const std::uint8_t *data, std::size_t size)
{
    std::size_t i = 0;
    while (i < size) {
        const char c = char(data[i++]);
        if (m_state == State::StatusLine) {
            if (c != '\n') {
                if (m_kept.size() < maxStatusLine)
                    m_kept.push_back(c);
                continue;
            }
            m_httpStatus = statusOf(m_kept);
            std::string().swap(m_kept);
            m_state = State::Headers;
            m_lineEnds = 1;
            continue;
        }
        if (c == '\n') {
            if (++m_lineEnds == 2) {
                // An answer other than 101 is no WebSocket: what follows is an HTTP body.
                m_state = m_httpStatus == 101 ? State::First : State::Done;
                return i;
            }
        } else if (c != '\r') {
            m_lineEnds = 0;
        }
    }
    return i;
}

void FrameParser::startFrame(std::uint8_t second)
{
    m_masked = second & 0x80;
    m_length = second & 0x7f;
    m_taken = 0;
    if (m_length == 126 || m_length == 127) {
        m_need = m_length == 126 ? 2 : 8;
        m_length = 0;
        m_state = State::ExtendedLength;
        return;
    }
    afterLength();
}

void FrameParser::afterLength()
{
    m_left = m_length;
    if (m_masked) {
        m_need = 4;
        m_state = State::Mask;
        return;
    }
    m_state = State::Payload;
    if (m_left == 0)
        endFrame();
}

void FrameParser::endFrame()
{
    m_state = State::First;
    if ((m_first & 0x0f) != opcodeClose)
        return;
    m_closeSeen = true;
    m_closeAt = Clock::now();
    const bool finished = m_first & 0x80;
    const bool reserved = m_first & 0x70;
    m_closeMalformed = !finished || reserved || m_masked || m_length == 1 || m_length > maxControlPayload;
    if (m_length == 0) {
        m_closeCode = 1005;
    } else if (m_length == 1 || m_length > maxControlPayload) {
        m_closeCode = 0;
    } else {
        m_closeHasCode = true;
        m_closeCode = (std::uint8_t(m_kept[0]) << 8) | std::uint8_t(m_kept[1]);
        m_closeReason = m_kept.substr(2);
    }
}

} // namespace Switchyard

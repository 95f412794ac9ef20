// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace Switchyard {

/// The body of an answer to an Engine.IO poll: packets, which the separator U+001E joins. Of each the first 16 KiB are
/// kept, as of a WebSocket's messages; an answer of more than 65,536 packets is an error (body_limit), so that no
/// server can fill the memory.
struct PacketBody
{
    static constexpr std::size_t keptBytes = 16 * 1024;
    static constexpr std::size_t mostPackets = 65'536;

    using value_type = std::vector<std::string>;

    class reader
    {
    public:
        template <bool isRequest, typename Fields>
        reader(boost::beast::http::header<isRequest, Fields> &, value_type &body)
            : m_body(body)
        {
        }

        void init(const boost::optional<std::uint64_t> &, boost::beast::error_code &error) { error = {}; }

        template <typename Buffers>
        std::size_t put(const Buffers &buffers, boost::beast::error_code &error)
        {
            error = {};
            std::size_t taken = 0;
            for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
                 ++it) {
                const boost::asio::const_buffer part = *it;
                take({static_cast<const char *>(part.data()), part.size()}, error);
                taken += part.size();
            }
            return taken;
        }

        void finish(boost::beast::error_code &error) { error = {}; }

    private:
        void take(std::string_view text, boost::beast::error_code &error)
        {
            if (m_body.empty() && !text.empty())
                m_body.emplace_back();
            while (!text.empty()) {
                const std::size_t end = text.find('\x1e');
                const std::string_view piece = text.substr(0, end);
                std::string &packet = m_body.back();
                packet.append(piece.substr(0, keptBytes - std::min(keptBytes, packet.size())));
                if (end == std::string_view::npos)
                    return;
                if (m_body.size() == mostPackets) {
                    error = boost::beast::http::error::body_limit;
                    return;
                }
                m_body.emplace_back();
                text.remove_prefix(end + 1);
            }
        }

        value_type &m_body;
    };
};

} // namespace Switchyard

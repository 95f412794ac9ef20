// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP message types and the few helpers every part that answers a request shares. Pure functions.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace Switchyard::Demo {

namespace http = boost::beast::http;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

/// Header 8 KB, body 64 KB, the same for a WebSocket message and what Engine.IO is told as maxPayload.
inline constexpr std::uint32_t s_maxHeaderBytes = 8 * 1024;
inline constexpr std::size_t s_maxBodyBytes = 64 * 1024;

/// A response without the fields that depend on the connection (version, keep-alive, instance id).
Response makeResponse(http::status status, std::string_view contentType, std::string body);

/// {"error": message} as application/json.
Response makeError(http::status status, std::string_view message);

/// 503 with Retry-After: 1, for newcomers while draining.
Response makeDrainingRefusal();

/// The part of the target before '?', and the part after it.
std::string_view pathOf(std::string_view target);
std::string_view queryOf(std::string_view target);

/// The value of `key` in a query string; not percent-decoded, as no value we look for needs it.
std::optional<std::string_view> queryValue(std::string_view query, std::string_view key);

} // namespace Switchyard::Demo

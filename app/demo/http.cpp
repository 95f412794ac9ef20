// SPDX-License-Identifier: GPL-3.0-or-later
#include "http.h"

#include "json.h"

namespace Switchyard::Demo {

Response makeResponse(http::status status, std::string_view contentType, std::string body)
{
    Response response(status, 11);
    response.set(http::field::content_type, contentType);
    response.set(http::field::cache_control, "no-store");
    response.body() = std::move(body);
    return response;
}

Response makeError(http::status status, std::string_view message)
{
    return makeResponse(status, "application/json", json::serialize(json::object{{"error", message}}));
}

Response makeDrainingRefusal()
{
    Response response = makeError(http::status::service_unavailable, "this instance is shutting down");
    response.set(http::field::retry_after, "1");
    return response;
}

std::string_view pathOf(std::string_view target)
{
    return target.substr(0, target.find('?'));
}

std::string_view queryOf(std::string_view target)
{
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::optional<std::string_view> queryValue(std::string_view query, std::string_view key)
{
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.size() > key.size() && pair.substr(0, key.size()) == key && pair[key.size()] == '=')
            return pair.substr(key.size() + 1);
    }
    return std::nullopt;
}

} // namespace Switchyard::Demo

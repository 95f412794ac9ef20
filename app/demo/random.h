// SPDX-License-Identifier: GPL-3.0-or-later
// Random identifiers and numbers. One generator for the single I/O thread; not for secrets.
#pragma once

#include <random>
#include <string>

namespace Switchyard::Demo {

inline std::mt19937_64 &randomEngine()
{
    static std::mt19937_64 engine{std::random_device{}()};
    return engine;
}

/// `length` characters drawn from `alphabet`.
inline std::string randomText(std::size_t length, const std::string &alphabet)
{
    std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
    std::string text(length, '\0');
    for (char &c : text)
        c = alphabet[pick(randomEngine())];
    return text;
}

inline std::string randomHex(std::size_t length)
{
    return randomText(length, "0123456789abcdef");
}

/// A session id as Engine.IO servers make them: 20 characters that need no escaping in a query.
inline std::string randomSessionId()
{
    return randomText(20, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

} // namespace Switchyard::Demo

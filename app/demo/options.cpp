// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.h"

#include "random.h"

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

namespace Switchyard::Demo {

namespace {

constexpr int s_usageError = 2;
constexpr std::size_t s_instanceIdLength = 64;
constexpr std::int64_t s_longestDelayMs = 3'600'000;

constexpr std::array<std::pair<const char *, ShutdownMode>, 5> s_modes{{
    {"graceful", ShutdownMode::Graceful},
    {"no-notice", ShutdownMode::NoNotice},
    {"abrupt", ShutdownMode::Abrupt},
    {"socketio-disconnect", ShutdownMode::SocketIoDisconnect},
    {"slow", ShutdownMode::Slow},
}};

std::optional<ShutdownMode> modeFromName(std::string_view name)
{
    for (const auto &[word, mode] : s_modes) {
        if (name == word)
            return mode;
    }
    return std::nullopt;
}

std::optional<std::uint16_t> portFromText(std::string_view text)
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

/// An instance id goes into a header and into a metric label, so it is kept to characters that are plain in both.
bool isPlainId(std::string_view id)
{
    return !id.empty() && id.size() <= s_instanceIdLength &&
           id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
               std::string_view::npos;
}

int refuse(const std::string &what)
{
    std::cerr << "switchyard-demo-backend: " << what << '\n';
    return s_usageError;
}

/// What was typed or inherited, before it is judged.
struct RawOptions
{
    std::string port;
    std::string portSource = "PORT";
    std::string shutdown;
    std::string shutdownSource = "SWITCHYARD_DEMO_SHUTDOWN";
};

// The environment is read by hand: CLI11 passes over a value from the environment that it cannot convert, and a
// backend on the wrong port because of a typing error in PORT is the very thing this program should not teach.
void readEnvironment(RawOptions &raw, Options &options)
{
    if (const char *port = std::getenv("PORT"))
        raw.port = port;
    if (const char *host = std::getenv("HOST"); host && *host)
        options.host = host;
    if (const char *mode = std::getenv("SWITCHYARD_DEMO_SHUTDOWN"))
        raw.shutdown = mode;
}

std::optional<int> judge(const RawOptions &raw, Options &options)
{
    if (!raw.port.empty()) {
        const auto port = portFromText(raw.port);
        if (!port)
            return refuse(raw.portSource + " is \"" + raw.port +
                          "\", which is no port. Give a number from 0 to 65535; 0 lets the system pick a free one.");
        options.port = *port;
    }
    if (!raw.shutdown.empty()) {
        const auto mode = modeFromName(raw.shutdown);
        if (!mode)
            return refuse(raw.shutdownSource + " is \"" + raw.shutdown +
                          "\". Give one of graceful, no-notice, abrupt, socketio-disconnect, slow.");
        options.shutdown = *mode;
    }
    if (options.instanceId.empty())
        options.instanceId = randomHex(8);
    else if (!isPlainId(options.instanceId))
        return refuse("--instance-id takes up to 64 letters, digits, '-', '_' and '.'.");
    return std::nullopt;
}

void addDelay(CLI::App &app, const char *name, Milliseconds &value, std::int64_t lowest, const char *help)
{
    app.add_option_function<std::int64_t>(
           name, [&value](const std::int64_t &ms) { value = Milliseconds(ms); }, help)
        ->type_name("MS")
        ->default_str(std::to_string(value.count()))
        ->check(CLI::Range(lowest, s_longestDelayMs));
}

} // namespace

const char *shutdownModeName(ShutdownMode mode)
{
    for (const auto &[word, value] : s_modes) {
        if (value == mode)
            return word;
    }
    return "?";
}

std::optional<int> parseOptions(int argc, char **argv, Options &options)
{
    RawOptions raw;
    readEnvironment(raw, options);

    CLI::App app("A small backend to rehearse redeploys on: HTTP and WebSocket on one port, with a choice of ways to "
                 "stop. The admin namespace of its Socket.IO takes any login: it is a demo, keep it on loopback.",
                 "switchyard-demo-backend");
    app.footer("The first SIGTERM or SIGINT starts the shutdown; a second one ends the process at once with exit "
               "status 1. A wrong option or a taken port ends it with exit status 2.");
    app.set_version_flag("--version", SWITCHYARD_VERSION);
    app.add_option_function<std::string>(
           "--port",
           [&raw](const std::string &text) {
               raw.port = text;
               raw.portSource = "--port";
           },
           "Port to listen on; 0: the system picks (default: PORT, else 8000)")
        ->type_name("PORT");
    app.add_option("--host", options.host, "Address to listen on (default: HOST, else 127.0.0.1)")->type_name("HOST");
    app.add_option("--instance-id", options.instanceId, "Name of this instance (default: 8 random hex digits)");
    app.add_option_function<std::string>(
           "--shutdown",
           [&raw](const std::string &text) {
               raw.shutdown = text;
               raw.shutdownSource = "--shutdown";
           },
           "How to stop: graceful, no-notice, abrupt, socketio-disconnect, slow (default: SWITCHYARD_DEMO_SHUTDOWN, "
           "else graceful)")
        ->type_name("MODE");
    addDelay(app, "--notice-ms", options.notice, 0, "Time between the shutdown notice and the closes");
    addDelay(app, "--drain-ms", options.drain, 0, "With --shutdown slow: time between the notice and the closes");
    addDelay(app, "--start-delay", options.startDelay, 0, "Wait this long before listening");
    addDelay(app, "--ready-delay", options.readyDelay, 0, "Listen, but answer /ready and /health with 503 this long");
    addDelay(app, "--ping-interval", options.pingInterval, 1, "Engine.IO: time between pings");
    addDelay(app, "--ping-timeout", options.pingTimeout, 1, "Engine.IO: how long a pong may take");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : s_usageError;
    }
    return judge(raw, options);
}

} // namespace Switchyard::Demo

// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line and the environment ask of the demo backend. Plain values, filled once in main before any
// socket exists and read-only from then on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace Switchyard::Demo {

using Milliseconds = std::chrono::milliseconds;

/// How the backend behaves between the signal and its exit. Each one is a way real services are seen to stop.
enum class ShutdownMode
{
    Graceful,           ///< notice, wait, close 1012 (Socket.IO: empty close frame)
    NoNotice,           ///< the same closes, but at once
    Abrupt,             ///< no close frame: half the sockets end by FIN, half by reset
    SocketIoDisconnect, ///< as graceful, but Socket.IO clients get DISCONNECT first and so never come back
    Slow,               ///< notice, then holds everything for drain, longer than some platforms allow
};

struct Options
{
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000; ///< 0: the kernel picks
    std::string instanceId;    ///< never empty after parsing
    ShutdownMode shutdown = ShutdownMode::Graceful;
    Milliseconds notice{3000};
    Milliseconds drain{12000};
    Milliseconds startDelay{0};
    Milliseconds readyDelay{0};
    Milliseconds pingInterval{25000};
    Milliseconds pingTimeout{20000};
};

/// The word for a mode, as the option takes it.
const char *shutdownModeName(ShutdownMode mode);

/// Fills `options` from PORT, HOST and SWITCHYARD_DEMO_SHUTDOWN, then from the arguments, which win.
/// Returns an exit status if the program should end now (0 after --help, 2 for a wrong option, with the reason on
/// stderr), and nothing if it should run.
std::optional<int> parseOptions(int argc, char **argv, Options &options);

} // namespace Switchyard::Demo

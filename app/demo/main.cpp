// SPDX-License-Identifier: GPL-3.0-or-later
// switchyard-demo-backend: a real little server to watch redeploys of. See options.cpp for what it can be asked.
#include "log.h"
#include "options.h"
#include "server.h"

#include <sys/resource.h>

#include <csignal>
#include <exception>

namespace {

// Ten thousand sockets need as many descriptors; the usual soft limit of 1024 is only a default.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int main(int argc, char **argv)
{
    try {
        Switchyard::Demo::Options options;
        if (const auto status = Switchyard::Demo::parseOptions(argc, argv, options))
            return *status;
        raiseDescriptorLimit();
        std::signal(SIGPIPE, SIG_IGN); // who reads our stdout may leave before we do
        Switchyard::Demo::Server server(options);
        return server.run();
    } catch (const std::exception &error) {
        Switchyard::Demo::logLine(std::string("fatal: ") + error.what());
        return 1;
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/database/base/deadline.h"
#include "models/database/strings/connectionstring.h"

#include <QStringList>

#include <memory>

namespace Switchyard {

struct TunnelOptions
{
    Milliseconds timeout{20'000}; ///< until the port must accept
    CancelFlag cancelled;
};

/// A command such as `fly proxy 15432:5432 -a db`, which makes a database reachable at a port of this computer for as
/// long as it runs. It is started without a shell and with this program's environment, and its whole process group
/// ends with this object. open() blocks: for a worker thread. The object may be destroyed on any.
class Tunnel final
{
public:
    Tunnel();
    ~Tunnel();
    Tunnel(const Tunnel &) = delete;
    Tunnel &operator=(const Tunnel &) = delete;

    /// Starts `argv` and returns when the port of the string's first host accepts. Errors, each after everything that
    /// was started has ended:
    ///  usage: no command, or the string names another computer than this one, or something listens at the port
    ///         already (it would be asked instead of the database);
    ///  io: the command cannot be run, or ends before it listens: with the last it said, without the string's secrets;
    ///  timeout, cancelled.
    [[nodiscard]] Result<void> open(const QStringList &argv, const ConnectionString &connection,
                                    const TunnelOptions &options);

    /// It was opened and its command still runs.
    bool isRunning() const;
    /// The last lines that the command said, without the string's secrets.
    QString lastWords() const;
    void close();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace Switchyard

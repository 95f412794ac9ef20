// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QJsonObject>
#include <QString>

namespace Switchyard::Cli {

/// Exit statuses of the command line: a contract with scripts.
enum ExitStatus
{
    exitPass = 0,
    exitFail = 1,
    exitUsage = 2,
    exitInconclusive = 3,
    exitInterrupted = 130
};

/// The options every command shares.
struct Global
{
    QString workspace; ///< empty: ./switchyard.toml where there is one
    bool json = false;
    bool quiet = false;
    bool noColor = false;

    /// Colours only for a terminal that wants them.
    bool color() const;
};

/// Results go to standard output, everything else to standard error.
void printResult(const QString &text);
void printJson(const QJsonObject &object);
void progress(const Global &global, const QString &text);
/// "switchyard-cli: message" with the hint on a line of its own, redacted. Returns the exit status for the kind.
int reportError(const Error &error);

} // namespace Switchyard::Cli

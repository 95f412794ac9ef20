// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

#include <functional>
#include <optional>
#include <stop_token>

namespace Switchyard {

/// One place in code or beside it that reads or declares an environment variable.
struct VariableUse
{
    QString name;
    Place place; ///< of the name
    /// What the code takes where the variable is not set. May be a secret that somebody wrote there: mask it.
    std::optional<QString> fallback;
    bool fallbackComputed = false; ///< the fallback is an expression as it is written, not a value
    bool required = false;         ///< the program fails where it is not set, as far as this place alone tells
    QString by;                    ///< "os.getenv", "pydantic Settings.database_url", "process.env", "app.json"
    bool publicByBuild = false;    ///< its name makes a build put the value into the browser's code (VITE_, …)
    QStringList anyOf;             ///< other variables that serve as well
    bool generated = false;        ///< app.json: the platform makes a random value
    std::optional<bool> sensitive; ///< where .env.schema says so
    bool splitAtCommas = false;    ///< Python: the value, default or not, goes through .split(",")
    bool inTests = false;          ///< in tests, fixtures or code of others (vendored)
    bool operator==(const VariableUse &) const = default;
};

/// What a text reads of its environment, in the order of the text. The path says which language it is, or its first
/// line ("#!/bin/sh"). Never fails: what cannot be understood gives no use. Linear in the text but for the depth of
/// nested templates, which is limited. Thread: any.
QList<VariableUse> variablesUsed(const QByteArray &text, const QString &path);

/// The same for a start command, which a shell runs: all uses have the place.
QList<VariableUse> variablesOfCommand(const QString &command, const Place &place);

struct CodeUsesOptions
{
    QString folder;
    int threads = 0;                                ///< 0: one a core
    qint64 maxFileBytes = qint64(16) * 1000 * 1000; ///< larger ones are skipped and counted
    bool git = true;                                ///< false: do not ask git what is tracked (tests)
};

struct CodeUsesProgress
{
    qint64 files = 0;
    qint64 filesTotal = 0;
    qint64 bytes = 0;
};

struct CodeUses
{
    QList<VariableUse> uses; ///< by file, line, column; the file is relative to the folder
    qint64 files = 0;        ///< read
    qint64 bytes = 0;
    qint64 binary = 0;
    qint64 tooLarge = 0;
    qint64 unreadable = 0;
    QStringList skipped; ///< the first 1000 of the too large and unreadable, each with the reason
    QStringList notices; ///< how the list of files came about
    bool git = false;
    bool cancelled = false;
};

/// Reads the files of a folder that git would track. Blocks, with threads of its own that have ended when it returns:
/// never call it on the GUI's thread. `progress` comes from those threads, one at a time, at most ten times a second.
/// Memory is bounded by the size limit of a file. Errors: usage (no folder), io.
[[nodiscard]] Result<CodeUses> usesIn(const CodeUsesOptions &options,
                                      const std::function<void(const CodeUsesProgress &)> &progress = {},
                                      std::stop_token stop = {});
[[nodiscard]] inline Result<CodeUses> usesIn(const QString &folder,
                                             const std::function<void(const CodeUsesProgress &)> &progress = {},
                                             std::stop_token stop = {})
{
    CodeUsesOptions options;
    options.folder = folder;
    return usesIn(options, progress, std::move(stop));
}

} // namespace Switchyard

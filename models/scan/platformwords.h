// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/anchors.h"

#include <QString>
#include <QStringList>

#include <string>
#include <string_view>
#include <vector>

namespace Switchyard {

/// A host suffix that a platform gives to what runs on it.
struct PlatformSuffix
{
    std::string_view suffix;   ///< "fly.dev", without the dot before it
    std::string_view platform; ///< id
    std::string_view name;     ///< for a person
    bool data = false;         ///< a managed database or store, which may stay where it is
};

/// What a repository says when it speaks of one platform.
struct PlatformWords
{
    std::string_view id;
    std::vector<std::string_view> hosts;       ///< suffixes, the platform's own sites too
    std::vector<std::string_view> variables;   ///< names, or prefixes that end in "_"
    std::vector<std::string_view> words;       ///< stand by themselves: "flyctl"
    std::string_view command;                  ///< "fly"
    std::vector<std::string_view> subcommands; ///< "deploy"
    std::vector<std::string_view> files;       ///< beginnings of names: "fly.toml"
};

const std::vector<PlatformSuffix> &platformSuffixes();
/// nullptr where the platform is not known.
const PlatformWords *platformWordsFor(std::string_view id);
QStringList platformsWithWords();

/// The suffix whose host this is ("api.fly.dev", also with "\." for "." as in regular expressions), nullptr: none.
const PlatformSuffix *suffixFor(std::string_view host);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace Switchyard {

/// How a file's strings and comments are told apart.
enum class Syntax
{
    Plain, ///< no comments known: every byte counts as a value
    C,     ///< C, C++, Java, C#, Swift, Kotlin, Dart, PHP, protobuf, …
    Go,
    Rust,
    JavaScript, ///< and TypeScript, with JSX
    Css,
    Python,
    Ruby,
    Shell,
    Yaml,
    Toml,
    Env,
    Ini, ///< "#" and ";" at the beginning of a line, properties files
    Docker,
    Hash, ///< other formats with "#" comments: nginx, Makefile, CMake, HCL
    Html,
    Sql,
    Lua,
    Json,
    Text ///< documentation
};

enum class FileRole
{
    Code,
    Config,
    Docs,
    Tests,
    Workspace, ///< switchyard.toml: the record of a move names both ends of it
    Locks ///< what tools wrote: lock files, lists of dependencies, source maps
};

struct FileKind
{
    Syntax syntax = Syntax::Plain;
    FileRole role = FileRole::Config;
};

/// By the path alone ("backend/config.py"), which is relative to the folder that is scanned.
FileKind fileKindFor(std::string_view path);

/// Whether the text of such a file has names, operators and quoted strings: an address outside a string is then none.
bool isProgram(Syntax syntax);

} // namespace Switchyard

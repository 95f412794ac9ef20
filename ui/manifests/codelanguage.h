// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace Switchyard {

/// How a text is highlighted.
enum class CodeLanguage
{
    Plain,
    Yaml,
    Json,
    Toml,
    Dockerfile,
    Procfile,
    Redirects,
    Environment, ///< NAME=value
    Diff
};

/// By the file's name.
CodeLanguage codeLanguageOf(const QString &fileName);

} // namespace Switchyard

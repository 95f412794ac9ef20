// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/hits.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace Switchyard {

/// How the code of a folder reads its environment, and which variables stand in its .env files. Values are not kept, of
/// addresses only the host. Built once before a scan; then only read, from any thread.
class ProjectIndex final
{
public:
    /// Reads the package.json and .env files among `files` (relative to `folder`); larger than 256 KB they are left
    /// out.
    void read(const std::string &folder, const std::vector<std::string> &files);

    struct Variable
    {
        std::string name;
        std::string host; ///< of its value, where that is an address
    };

    /// "VITE_", "NEXT_PUBLIC_", …; empty where the nearest package.json is no frontend's, or there is none.
    std::string_view publicPrefix(std::string_view file) const;
    /// What reads a variable in JavaScript: "import.meta.env." or "process.env.".
    std::string_view accessor(std::string_view file) const;
    /// The nearest folder that is built or started by itself (package.json, pyproject.toml, Dockerfile, …), else "".
    std::string_view scope(std::string_view file) const;
    /// Those of the .env files in the file's folder and all above it, the nearest first.
    std::vector<Variable> variables(std::string_view file) const;

private:
    struct Folder
    {
        bool package = false;
        bool component = false;
        std::string prefix;
        std::string accessor;
        std::vector<Variable> variables;
    };
    template <typename Visit>
    void upwards(std::string_view file, Visit visit) const;
    void readPackage(const std::string &text, Folder &folder);
    void readEnv(std::string_view text, Folder &folder);

    std::map<std::string, Folder, std::less<>> m_folders;
};

/// "apiBaseUrl" and "api-base-url" become "API_BASE_URL".
std::string upperSnake(std::string_view name);

/// The variable that should stand where the hit is.
std::string variableFor(const ScanHit &hit, std::string_view text, std::string_view file, FileKind kind,
                        const ProjectIndex &project);

} // namespace Switchyard

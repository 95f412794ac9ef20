// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/filekind.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace Switchyard {

namespace {

std::string lowered(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return result;
}

const std::unordered_map<std::string_view, Syntax> &suffixes()
{
    static const std::unordered_map<std::string_view, Syntax> table{{"c", Syntax::C},
                                                                    {"h", Syntax::C},
                                                                    {"cc", Syntax::C},
                                                                    {"cpp", Syntax::C},
                                                                    {"cxx", Syntax::C},
                                                                    {"hpp", Syntax::C},
                                                                    {"hh", Syntax::C},
                                                                    {"hxx", Syntax::C},
                                                                    {"inl", Syntax::C},
                                                                    {"ipp", Syntax::C},
                                                                    {"tcc", Syntax::C},
                                                                    {"inc", Syntax::C},
                                                                    {"td", Syntax::C},
                                                                    {"def", Syntax::C},
                                                                    {"idl", Syntax::C},
                                                                    {"m", Syntax::C},
                                                                    {"mm", Syntax::C},
                                                                    {"java", Syntax::C},
                                                                    {"cs", Syntax::C},
                                                                    {"kt", Syntax::C},
                                                                    {"kts", Syntax::C},
                                                                    {"swift", Syntax::C},
                                                                    {"scala", Syntax::C},
                                                                    {"dart", Syntax::C},
                                                                    {"php", Syntax::C},
                                                                    {"proto", Syntax::C},
                                                                    {"groovy", Syntax::C},
                                                                    {"gradle", Syntax::C},
                                                                    {"zig", Syntax::C},
                                                                    {"go", Syntax::Go},
                                                                    {"rs", Syntax::Rust},
                                                                    {"js", Syntax::JavaScript},
                                                                    {"mjs", Syntax::JavaScript},
                                                                    {"cjs", Syntax::JavaScript},
                                                                    {"jsx", Syntax::JavaScript},
                                                                    {"ts", Syntax::JavaScript},
                                                                    {"mts", Syntax::JavaScript},
                                                                    {"cts", Syntax::JavaScript},
                                                                    {"tsx", Syntax::JavaScript},
                                                                    {"css", Syntax::Css},
                                                                    {"scss", Syntax::Css},
                                                                    {"less", Syntax::Css},
                                                                    {"py", Syntax::Python},
                                                                    {"pyi", Syntax::Python},
                                                                    {"pyw", Syntax::Python},
                                                                    {"rb", Syntax::Ruby},
                                                                    {"rake", Syntax::Ruby},
                                                                    {"ex", Syntax::Ruby},
                                                                    {"exs", Syntax::Ruby},
                                                                    {"pl", Syntax::Ruby},
                                                                    {"pm", Syntax::Ruby},
                                                                    {"sh", Syntax::Shell},
                                                                    {"bash", Syntax::Shell},
                                                                    {"zsh", Syntax::Shell},
                                                                    {"fish", Syntax::Shell},
                                                                    {"ps1", Syntax::Shell},
                                                                    {"yml", Syntax::Yaml},
                                                                    {"yaml", Syntax::Yaml},
                                                                    {"toml", Syntax::Toml},
                                                                    {"env", Syntax::Env},
                                                                    {"ini", Syntax::Ini},
                                                                    {"cfg", Syntax::Ini},
                                                                    {"properties", Syntax::Ini},
                                                                    {"service", Syntax::Ini},
                                                                    {"conf", Syntax::Hash},
                                                                    {"tf", Syntax::Hash},
                                                                    {"hcl", Syntax::Hash},
                                                                    {"nix", Syntax::Hash},
                                                                    {"mk", Syntax::Hash},
                                                                    {"cmake", Syntax::Hash},
                                                                    {"graphql", Syntax::Hash},
                                                                    {"r", Syntax::Hash},
                                                                    {"jl", Syntax::Hash},
                                                                    {"html", Syntax::Html},
                                                                    {"htm", Syntax::Html},
                                                                    {"xhtml", Syntax::Html},
                                                                    {"xml", Syntax::Html},
                                                                    {"svg", Syntax::Html},
                                                                    {"vue", Syntax::Html},
                                                                    {"svelte", Syntax::Html},
                                                                    {"astro", Syntax::Html},
                                                                    {"plist", Syntax::Html},
                                                                    {"csproj", Syntax::Html},
                                                                    {"sql", Syntax::Sql},
                                                                    {"lua", Syntax::Lua},
                                                                    {"hs", Syntax::Lua},
                                                                    {"json", Syntax::Json},
                                                                    {"jsonc", Syntax::Json},
                                                                    {"json5", Syntax::Json},
                                                                    {"webmanifest", Syntax::Json},
                                                                    {"ipynb", Syntax::Json},
                                                                    {"md", Syntax::Text},
                                                                    {"mdx", Syntax::Text},
                                                                    {"markdown", Syntax::Text},
                                                                    {"rst", Syntax::Text},
                                                                    {"txt", Syntax::Text},
                                                                    {"adoc", Syntax::Text},
                                                                    {"asciidoc", Syntax::Text},
                                                                    {"org", Syntax::Text},
                                                                    {"tex", Syntax::Text},
                                                                    {"pod", Syntax::Text},
                                                                    {"po", Syntax::Text},
                                                                    {"pot", Syntax::Text}};
    return table;
}

bool isLock(std::string_view name)
{
    static const std::unordered_set<std::string_view> names{
        "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml",   "bun.lockb",     "go.sum",
        "go.work.sum",       "packages.lock.json",  "gradle.lockfile",  "pipfile.lock",  "composer.lock",
        "constraints.txt",   "deno.lock",           "package.resolved", "conda-lock.yml"};
    const bool requirements = name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in"));
    return names.contains(name) || requirements || name.ends_with(".lock") || name.ends_with(".map");
}

bool isTestName(std::string_view name)
{
    for (const std::string_view part :
         {".test.", ".spec.", ".e2e.", ".stories.", ".cy.", "_test.", "_spec.", "-test."}) {
        if (name.find(part) != std::string_view::npos)
            return true;
    }
    return name.starts_with("test_") || name.starts_with("tst_") || name == "conftest.py" || name == "tests.py";
}

bool isTestFolder(std::string_view name)
{
    static const std::unordered_set<std::string_view> names{
        "test", "tests",   "__tests__", "spec",  "specs",      "fixtures", "fixture",   "testdata", "test-data",
        "e2e",  "cypress", "__mocks__", "mocks", "playwright", "testing",  "test_data", "unittests"};
    return names.contains(name);
}

bool isDocFolder(std::string_view name)
{
    return name == "docs" || name == "doc" || name == "documentation";
}

bool isDocName(std::string_view name)
{
    for (const std::string_view begin : {"readme", "license", "licence", "changelog", "changes", "authors", "copying",
                                         "contributing", "notice", "pkg-info", "metadata", "news", "todo"}) {
        if (name == begin)
            return true;
    }
    return false;
}

Syntax syntaxOf(std::string_view name)
{
    if (name.starts_with(".env") || name.ends_with(".env") || name.find(".env.") != std::string_view::npos ||
        name == ".flaskenv")
        return Syntax::Env;
    if (name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name.starts_with("containerfile"))
        return Syntax::Docker;
    if (name == "makefile" || name == "gnumakefile" || name == "cmakelists.txt" || name == "caddyfile" ||
        name == ".gitignore" || name == "justfile" || name == "_redirects" || name == "_headers")
        return Syntax::Hash;
    if (name == "procfile" || name == ".bashrc" || name == ".profile")
        return Syntax::Shell;
    if (name == "gemfile" || name == "rakefile" || name == "vagrantfile")
        return Syntax::Ruby;
    if (name == "robots.txt")
        return Syntax::Hash;
    const std::size_t dot = name.rfind('.');
    const auto known = dot == std::string_view::npos ? suffixes().end() : suffixes().find(name.substr(dot + 1));
    // Manual pages: npm.1
    if (dot != std::string_view::npos && dot + 2 == name.size() && name.back() >= '1' && name.back() <= '8')
        return Syntax::Text;
    return known == suffixes().end() ? Syntax::Plain : known->second;
}

} // namespace

bool isProgram(Syntax syntax)
{
    switch (syntax) {
    case Syntax::C:
    case Syntax::Go:
    case Syntax::Rust:
    case Syntax::JavaScript:
    case Syntax::Python:
    case Syntax::Ruby:
    case Syntax::Lua:
    case Syntax::Sql:
    case Syntax::Json:
        return true;
    default:
        return false;
    }
}

FileKind fileKindFor(std::string_view path)
{
    const std::string lower = lowered(path);
    std::string_view rest(lower);
    bool tests = false;
    bool docs = false;
    for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        const std::string_view part = rest.substr(0, slash);
        tests = tests || isTestFolder(part);
        docs = docs || isDocFolder(part);
        rest.remove_prefix(slash + 1);
    }
    FileKind kind;
    kind.syntax = syntaxOf(rest);
    if (rest == "switchyard.toml")
        kind.role = FileRole::Workspace;
    else if (isLock(rest))
        kind.role = FileRole::Locks;
    else if (tests || isTestName(rest))
        kind.role = FileRole::Tests;
    else if (docs || kind.syntax == Syntax::Text || isDocName(rest))
        kind.role = FileRole::Docs;
    else if ((isProgram(kind.syntax) && kind.syntax != Syntax::Json) || kind.syntax == Syntax::Shell)
        kind.role = FileRole::Code;
    return kind;
}

} // namespace Switchyard

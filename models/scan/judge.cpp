// SPDX-License-Identifier: GPL-3.0-or-later
// What surrounds a hit: comments, comparisons, defaults, files that are templates.
#include "models/scan/judge.h"

#include "models/scan/bytetext.h"

namespace Switchyard {

using namespace ByteText;

namespace {

std::string_view fileName(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == npos ? path : path.substr(slash + 1);
}

/// Files whose values are a developer's own or stand for others: .env.example, docker-compose.yml, vite.config.ts.
bool isForDevelopment(std::string_view file)
{
    const std::string name = lowered(fileName(file));
    return containsAny(name,
                       {"example", "sample", "template", ".dist", "development", ".dev", "local", "docker-compose",
                        "compose.y", "vite.config", "webpack", "jest", "vitest", "devcontainer", "launch.json"}) ||
           name == ".env.test" || file.find(".devcontainer/") != npos || file.find(".vscode/") != npos;
}

/// `if (hostname === 'localhost')` asks, and reaches nothing.
bool isCompared(std::string_view text, const ScanHit &hit)
{
    const std::size_t from = hit.span.kind == TextClass::String ? hit.span.outerBegin : hit.begin;
    std::string_view line = lineBefore(text, from);
    while (!line.empty() && isBlank(line.back()))
        line.remove_suffix(1);
    if (line.ends_with("==") || line.ends_with("!=") || line.ends_with("===") || line.ends_with("startswith(") ||
        line.ends_with("startsWith(") || line.ends_with("includes(") || line.ends_with("endsWith(") ||
        line.ends_with("indexOf(") || line.ends_with("case") || line.ends_with("not in") || line.ends_with(" in (") ||
        line.ends_with(" in {") || line.ends_with(" in [") || line.ends_with("contains("))
        return true;
    // == L("localhost")
    if (line.ends_with('(')) {
        line.remove_suffix(1);
        while (!line.empty() && isWord(line.back()))
            line.remove_suffix(1);
        while (!line.empty() && isBlank(line.back()))
            line.remove_suffix(1);
        if (line.ends_with("==") || line.ends_with("!=") || line.ends_with("contains("))
            return true;
    }
    const std::size_t to = hit.span.kind == TextClass::String ? hit.span.outerEnd : hit.end;
    const std::string_view after = lineAfter(text, to);
    const std::size_t word = after.find_first_not_of(" \t");
    return word != npos && (after.substr(word).starts_with("in ") || after.substr(word).starts_with("=="));
}

bool isAddressKind(ScanKind kind)
{
    return kind == ScanKind::PlatformHost || kind == ScanKind::Localhost || kind == ScanKind::Address ||
           kind == ScanKind::Origin;
}

/// A name such as api_url, destination or CORS_ORIGINS: the program goes there.
bool isGivenToAnAddress(const ScanHit &hit, const ScanText &text)
{
    const std::size_t from = hit.span.kind == TextClass::String ? hit.span.outerBegin : hit.begin;
    const std::string name = lowered(nameFor(text.text, from));
    return containsAny(name, {"url", "uri", "host", "endpoint", "origin", "destination", "server", "domain", "api",
                              "backend", "target", "dsn", "proxy"}) &&
           !containsAny(name, {"homepage", "repository", "doc", "license", "bug", "issue", "schema", "download", "help",
                               "support", "website", "avatar", "image", "icon", "logo", "font", "github", "linkedin",
                               "twitter"});
}

/// What is told to a person (log lines, help texts) or looked at by one (links of a page).
bool isProse(const ScanHit &hit, std::string_view text)
{
    if (hit.span.kind != TextClass::String)
        return false;
    const std::string_view content =
        text.substr(hit.span.begin, std::min<std::size_t>(hit.span.end - hit.span.begin, 600));
    return content.size() > (hit.end - hit.begin) + 20 && std::count(content.begin(), content.end(), ' ') >= 4;
}

void judgeSeverity(ScanHit &hit, const ScanText &text)
{
    switch (hit.kind) {
    case ScanKind::PlatformHost:
        hit.severity = hit.suffix->data ? ScanSeverity::Warning : ScanSeverity::Error;
        if (hit.reason.empty())
            hit.reason = hit.suffix->data
                             ? "a host of " + std::string(hit.suffix->name) +
                                   ": it changes when the service moves or is replaced"
                             : "a host of " + std::string(hit.suffix->name) + ": it ends with the move away from there";
        break;
    case ScanKind::Localhost:
        if (hit.reason.empty())
            hit.reason = "in production nothing listens there, or something else does";
        break;
    case ScanKind::Address:
        if (hit.reason.empty())
            hit.reason = "an address: it belongs to one machine of one platform";
        break;
    case ScanKind::Origin:
        if (hit.reason.empty()) {
            hit.severity = isGivenToAnAddress(hit, text) ? ScanSeverity::Warning : ScanSeverity::Note;
            hit.reason = hit.severity == ScanSeverity::Warning
                             ? "an address that the program goes to; it may change with the move"
                             : "an address; see whether it changes with the move";
        }
        break;
    case ScanKind::Port:
        if (hit.reason.empty())
            hit.reason = "platforms choose the port and tell it in PORT";
        break;
    case ScanKind::Secret:
    case ScanKind::PlatformReference:
        break;
    }
}

} // namespace

bool judge(ScanHit &hit, const ScanText &text)
{
    const Syntax syntax = text.kind.syntax;
    const bool comment = hit.where == TextClass::Comment;
    if (hit.kind == ScanKind::Secret) {
        // Only what has a shape of its own is believed in a comment: the rest is often an example.
        if (comment && !hit.knownShape)
            hit.severity = ScanSeverity::Note;
        if (isForDevelopment(text.file) && !hit.knownShape)
            hit.severity = std::min(hit.severity, ScanSeverity::Warning);
        hit.reason += ": move it to the platform's secrets, and make a new one";
        return true;
    }
    if (hit.kind == ScanKind::Port &&
        (comment || syntax == Syntax::Css || syntax == Syntax::Html || syntax == Syntax::Sql || syntax == Syntax::Text))
        return false;
    if (comment && hit.kind == ScanKind::Origin)
        return false; // a link for whoever reads the code
    if (hit.kind == ScanKind::Origin &&
        containsAny(lineBefore(text.text, hit.begin), {"$schema", "@context", "xmlns", "xsi:", "DOCTYPE"}))
        return false; // the name of a format
    if (hit.kind == ScanKind::Port && (syntax == Syntax::Env || lineBefore(text.text, hit.begin).starts_with("ENV "))) {
        hit.severity = ScanSeverity::Note;
        hit.reason = "the value of the variable itself";
    }
    const bool address = isAddressKind(hit.kind);
    if (address && hit.where == TextClass::Code && isProgram(syntax) && !comment)
        return false; // no string: numbers, names
    if (address && hit.bare && syntax == Syntax::Css)
        return false;
    if (hit.bare && (hit.kind == ScanKind::Address || hit.kind == ScanKind::Localhost) && comment && hit.port == 0)
        return false;
    if (syntax == Syntax::Html && hit.where == TextClass::Code && (hit.kind == ScanKind::Origin || hit.bare))
        return false; // text for readers
    // Only URLs, not the ranges and tables of a regular expression.
    if (hit.span.quote == '/' && hit.kind == ScanKind::Address)
        return false;
    judgeSeverity(hit, text);
    if (comment) {
        hit.severity = ScanSeverity::Note;
        hit.reason = "in a comment: " + hit.reason;
        return true;
    }
    if (!address)
        return true;
    if (syntax == Syntax::Html && hit.where == TextClass::Code)
        hit.severity = ScanSeverity::Note;
    if (isEnvironmentDefault(text.text, hit.span.kind == TextClass::String ? hit.span.outerBegin : hit.begin)) {
        // A default of production still reaches the old platform where the variable is forgotten.
        if (hit.kind == ScanKind::PlatformHost && !hit.suffix->data)
            hit.severity = ScanSeverity::Warning;
        else
            hit.severity = ScanSeverity::Note;
        hit.reason = "only the default: the variable decides where it is set";
    } else if (hit.kind == ScanKind::Localhost && (isCompared(text.text, hit) || isForDevelopment(text.file))) {
        hit.severity = ScanSeverity::Note;
        hit.reason = isForDevelopment(text.file) ? "a file for development" : "only compared with";
    } else if (hit.kind == ScanKind::Localhost &&
               (syntax == Syntax::Docker || lineBefore(text.text, hit.begin).find("curl") != npos)) {
        hit.severity = ScanSeverity::Note;
        hit.reason = "asks the container itself";
    } else if (hit.kind != ScanKind::PlatformHost && isProse(hit, text.text)) {
        hit.severity = ScanSeverity::Note;
        hit.reason = "in a text for people";
    } else if (isForDevelopment(text.file)) {
        hit.severity = std::min(hit.severity, ScanSeverity::Warning);
    }
    return true;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/project.h"

#include "models/scan/bytetext.h"

#include <fstream>
#include <sstream>

namespace Switchyard {

using namespace ByteText;

namespace {

std::string_view fileName(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == npos ? path : path.substr(slash + 1);
}

std::string_view folderOf(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == npos ? std::string_view() : path.substr(0, slash);
}

std::string readSmall(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text(256 * 1024 + 1, '\0');
    file.read(text.data(), std::streamsize(text.size()));
    text.resize(std::size_t(file.gcount()));
    return text.size() > 256 * 1024 ? std::string() : text;
}

/// The host of "https://user@api.example.org:8000/path".
std::string hostOf(std::string_view value)
{
    const std::size_t mark = value.find("://");
    if (mark == npos || mark > 20)
        return {};
    std::string_view rest = value.substr(mark + 3);
    rest = rest.substr(0, rest.find_first_of("/?#\"' \r"));
    if (const std::size_t user = rest.rfind('@'); user != npos)
        rest = rest.substr(user + 1);
    return lowered(rest.substr(0, rest.find(':')));
}

/// The variable that a line of a .env file sets, also where it is commented out or a list; empty: none.
std::string_view variableOfLine(std::string_view line)
{
    const std::size_t equals = line.find('=');
    if (equals == npos)
        return {};
    std::size_t begin = equals;
    while (begin > 0 && isWord(line[begin - 1]))
        --begin;
    const std::string_view name = line.substr(begin, equals - begin);
    return name.empty() || isDigit(name.front()) ? std::string_view() : name;
}

/// `- key: NAME` on a line above `value: …`, as render.yaml and Kubernetes have it.
std::string_view keyAbove(std::string_view text, std::size_t place)
{
    std::size_t line = place - std::min(place, lineBefore(text, place).size());
    for (int i = 0; i < 3 && line > 1; ++i) {
        const std::string_view above = lineBefore(text, line - 1);
        for (const std::string_view mark : {"key:", "name:", "key\":", "name\":"}) {
            const std::size_t found = above.find(mark);
            if (found == npos)
                continue;
            const std::size_t begin = above.find_first_not_of(" \t\"'", found + mark.size());
            std::size_t end = begin;
            while (end < above.size() && isWord(above[end]))
                ++end;
            return begin == npos ? std::string_view() : above.substr(begin, end - begin);
        }
        line -= std::min(line, above.size() + 1);
    }
    return {};
}

bool isWebSocket(const ScanHit &hit)
{
    return hit.scheme == "ws" || hit.scheme == "wss";
}

/// Names that say nothing of what the address is.
bool isGenericName(std::string_view name)
{
    return isOneOf(name, {"URL",     "URI",         "HOST",   "HOSTNAME", "BASEURL",  "BASE_URL", "SRC",     "HREF",
                          "TARGET",  "DESTINATION", "VALUE",  "ORIGIN",   "ENDPOINT", "ADDRESS",  "ADDR",    "SERVER",
                          "DOMAIN",  "DEFAULT",     "SOURCE", "LINK",     "PATH",     "PROXY",    "CONTENT", "API",
                          "BACKEND", "FRONTEND",    "BASE",   "NAME",     "KEY",      "PORT",     "SERVERS", "HOSTS"});
}

bool namesAnAddress(std::string_view name)
{
    return containsAny(name, {"URL", "URI", "HOST", "ENDPOINT", "ORIGIN", "BASE", "DOMAIN", "SERVER", "ADDR", "DSN",
                              "BACKEND", "FRONTEND", "API", "WEBHOOK", "CALLBACK", "REDIRECT", "BROKER"});
}

/// For databases and the like: by the scheme, else by the host.
std::string databaseVariable(const ScanHit &hit)
{
    const std::string scheme = lowered(hit.scheme.substr(0, hit.scheme.find('+')));
    const std::string_view platform = hit.suffix != nullptr ? hit.suffix->platform : std::string_view();
    if (scheme == "mongodb" || platform == "atlas")
        return "MONGO_URL";
    if (scheme == "redis" || scheme == "rediss")
        return "REDIS_URL";
    if (platform == "upstash")
        return scheme.starts_with("http") ? "UPSTASH_REDIS_REST_URL" : "REDIS_URL";
    if (platform == "supabase" && scheme.starts_with("http"))
        return "SUPABASE_URL";
    if (scheme.starts_with("amqp") || platform == "cloudamqp")
        return "AMQP_URL";
    if (isOneOf(scheme,
                {"postgres", "postgresql", "mysql", "mariadb", "mssql", "cockroachdb", "libsql", "clickhouse"}) ||
        isOneOf(platform, {"neon", "planetscale", "cockroachdb", "elephantsql", "aiven", "turso"}))
        return "DATABASE_URL";
    if (platform == "redis-cloud")
        return "REDIS_URL";
    if (scheme == "smtp" || scheme == "smtps")
        return "SMTP_URL";
    if (scheme == "kafka" || scheme == "nats" || scheme == "mqtt" || scheme == "mqtts")
        return "BROKER_URL";
    return {};
}

/// The lines above, which say what a list of addresses is for.
std::string surroundings(std::string_view text, std::size_t place)
{
    const std::size_t from = place > 400 ? place - 400 : 0;
    return lowered(text.substr(from, place - from));
}

/// "api.stripe.com" becomes STRIPE_API_URL, "db" DB_URL.
std::string serviceVariable(std::string_view host)
{
    const bool api = host.starts_with("api.");
    std::size_t dot = host.rfind('.');
    std::string_view rest = dot == npos ? host : host.substr(0, dot);
    for (const std::string_view second : {".co", ".com", ".org", ".net", ".ac", ".gov"}) {
        if (rest.ends_with(second))
            rest.remove_suffix(second.size());
    }
    dot = rest.rfind('.');
    const std::string label = upperSnake(dot == npos ? rest : rest.substr(dot + 1));
    return label.empty() ? "PUBLIC_API_URL" : label + (api ? "_API_URL" : "_URL");
}

bool isFrontendHost(const ScanHit &hit)
{
    if (hit.suffix != nullptr)
        return isOneOf(hit.suffix->platform, {"vercel", "netlify", "firebase", "surge"}) ||
               hit.suffix->suffix == "pages.dev";
    return hit.kind == ScanKind::Localhost && (hit.port == 3000 || hit.port == 3001 || hit.port == 5173 ||
                                               hit.port == 5174 || hit.port == 4173 || hit.port == 4200);
}

} // namespace

std::string upperSnake(std::string_view name)
{
    std::string result;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool upper = c >= 'A' && c <= 'Z';
        const bool hump = upper && i > 0 && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z') && isAlnum(name[i - 1]);
        if (hump)
            result += '_';
        if (isWord(c))
            result += c >= 'a' && c <= 'z' ? char(c - 32) : c;
        else if (!result.empty() && result.back() != '_')
            result += '_';
    }
    while (!result.empty() && result.back() == '_')
        result.pop_back();
    if (!result.empty() && isDigit(result.front()))
        result.insert(0, "_");
    return result;
}

template <typename Visit>
void ProjectIndex::upwards(std::string_view file, Visit visit) const
{
    std::string_view folder = folderOf(file);
    for (;;) {
        const auto found = m_folders.find(folder);
        if (found != m_folders.end() && !visit(found->second))
            return;
        if (folder.empty())
            return;
        folder = folderOf(folder);
    }
}

void ProjectIndex::readPackage(const std::string &text, Folder &folder)
{
    struct Framework
    {
        std::string_view package, prefix, accessor;
    };
    static constexpr Framework frameworks[] = {
        {"\"next\"", "NEXT_PUBLIC_", "process.env."}, {"\"nuxt\"", "NUXT_PUBLIC_", "process.env."},
        {"\"expo\"", "EXPO_PUBLIC_", "process.env."}, {"\"react-scripts\"", "REACT_APP_", "process.env."},
        {"\"gatsby\"", "GATSBY_", "process.env."},    {"\"@sveltejs/kit\"", "VITE_", "import.meta.env."},
        {"\"astro\"", "PUBLIC_", "import.meta.env."}, {"\"@vue/cli-service\"", "VUE_APP_", "process.env."},
        {"\"vite\"", "VITE_", "import.meta.env."}};
    folder.package = true;
    folder.accessor = "process.env.";
    for (const Framework &each : frameworks) {
        const std::size_t found = text.find(each.package);
        if (found == npos || text.find(':', found) != found + each.package.size())
            continue;
        folder.prefix = each.prefix;
        folder.accessor = each.accessor;
        return;
    }
}

void ProjectIndex::readEnv(std::string_view text, Folder &folder)
{
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        while (!line.empty() && (isBlank(line.front()) || line.front() == '#'))
            line.remove_prefix(1);
        if (line.starts_with("export "))
            line.remove_prefix(7);
        const std::size_t equals = line.find('=');
        if (equals == npos || equals == 0)
            continue;
        std::string_view name = line.substr(0, equals);
        while (!name.empty() && isBlank(name.back()))
            name.remove_suffix(1);
        if (name.empty() || !std::all_of(name.begin(), name.end(), &isWord))
            continue;
        std::string_view value = line.substr(equals + 1);
        while (!value.empty() && (isBlank(value.front()) || isQuote(value.front())))
            value.remove_prefix(1);
        folder.variables.push_back({std::string(name), hostOf(value)});
    }
}

void ProjectIndex::read(const std::string &folder, const std::vector<std::string> &files)
{
    for (const std::string &file : files) {
        const std::string_view name = fileName(file);
        if (isOneOf(name, {"package.json", "pyproject.toml", "requirements.txt", "setup.py", "go.mod", "Gemfile",
                           "Dockerfile", "Procfile", "pom.xml", "Cargo.toml", "composer.json"}))
            m_folders[std::string(folderOf(file))].component = true;
        const bool env = name.starts_with(".env");
        if (!env && name != "package.json")
            continue;
        const std::string text = readSmall(folder + '/' + file);
        Folder &own = m_folders[std::string(folderOf(file))];
        if (env)
            readEnv(text, own);
        else
            readPackage(text, own);
    }
}

std::string_view ProjectIndex::publicPrefix(std::string_view file) const
{
    std::string_view prefix;
    upwards(file, [&](const Folder &folder) {
        prefix = folder.prefix;
        return !folder.package;
    });
    return prefix;
}

std::string_view ProjectIndex::scope(std::string_view file) const
{
    std::string_view folder = folderOf(file);
    while (!folder.empty()) {
        const auto found = m_folders.find(folder);
        if (found != m_folders.end() && found->second.component)
            return folder;
        folder = folderOf(folder);
    }
    return folder;
}

std::string_view ProjectIndex::accessor(std::string_view file) const
{
    std::string_view accessor = "process.env.";
    upwards(file, [&](const Folder &folder) {
        if (folder.package)
            accessor = folder.accessor;
        return !folder.package;
    });
    return accessor;
}

std::vector<ProjectIndex::Variable> ProjectIndex::variables(std::string_view file) const
{
    std::vector<Variable> result;
    upwards(file, [&](const Folder &folder) {
        result.insert(result.end(), folder.variables.begin(), folder.variables.end());
        return true;
    });
    return result;
}

std::string variableFor(const ScanHit &hit, std::string_view text, std::string_view file, FileKind kind,
                        const ProjectIndex &project)
{
    const bool browser = kind.syntax == Syntax::JavaScript || kind.syntax == Syntax::Html || kind.syntax == Syntax::Css;
    const std::string prefix = browser ? std::string(project.publicPrefix(file)) : std::string();
    if (hit.kind == ScanKind::Secret)
        return hit.name.empty() ? databaseVariable(hit) : upperSnake(hit.name);
    if (hit.kind == ScanKind::Port) {
        const std::string name = upperSnake(hit.name);
        const bool own = name.empty() || name.starts_with("PORT") || name == "INTERNAL_PORT" ||
                         name == "CONTAINER_PORT" || name == "HTTP_PORT" || name == "SERVER_PORT";
        return own || !name.ends_with("PORT") ? "PORT" : name;
    }
    const std::size_t quote = hit.span.kind == TextClass::String ? hit.span.outerBegin : hit.begin;
    if (kind.syntax == Syntax::Env || kind.syntax == Syntax::Docker) {
        if (const std::string_view name = variableOfLine(lineBefore(text, hit.begin)); !name.empty())
            return std::string(name);
    }
    if ((kind.syntax == Syntax::Yaml || kind.syntax == Syntax::Json) && nameFor(text, quote) == "value") {
        if (const std::string_view name = keyAbove(text, hit.begin); !name.empty())
            return std::string(name);
    }
    if (const std::string database = databaseVariable(hit); !database.empty())
        return database;
    const std::string above = surroundings(text, hit.begin);
    if (containsAny(above, {"cors", "allow_origins", "allowed_origins", "allowedorigins", "alloworigins"}))
        return "CORS_ORIGINS";
    if (containsAny(above, {"connect-src", "connectsrc", "content-security-policy"}))
        return isWebSocket(hit) ? "PUBLIC_WS_URL" : "PUBLIC_API_URL";
    const std::vector<ProjectIndex::Variable> variables = project.variables(file);
    const std::string host = lowered(hit.host);
    const bool data = kind.syntax == Syntax::Json || kind.syntax == Syntax::Html || kind.syntax == Syntax::Hash;
    const auto fits = [&](const ProjectIndex::Variable &each) {
        if (data)
            return true;
        return prefix.empty() ? !each.name.starts_with("VITE_") && !each.name.starts_with("NEXT_PUBLIC_")
                              : each.name.starts_with(prefix);
    };
    const auto speaksWs = [](std::string_view name) { return containsAny(name, {"WS", "SOCKET"}); };
    for (const ProjectIndex::Variable &each : variables) {
        if (!host.empty() && each.host == host && fits(each) && speaksWs(each.name) == isWebSocket(hit))
            return each.name;
    }
    // `api_url = "…"`; a name of the file's own.
    std::string_view given = nameFor(text, quote);
    given = given.substr(given.rfind('.') == npos ? 0 : given.rfind('.') + 1);
    const std::string own = upperSnake(given);
    if (!own.empty() && namesAnAddress(own) && !isGenericName(own))
        return prefix.empty() || own.starts_with(prefix) ? own : prefix + own;
    if (hit.kind == ScanKind::Localhost && hit.bare && hit.port == 0)
        return own.empty() || isGenericName(own) || !namesAnAddress(own) ? "HOST" : own;
    if (hit.kind == ScanKind::Origin)
        return prefix + serviceVariable(host);
    if (hit.kind == ScanKind::Address && hit.scheme.empty())
        return own.empty() || isGenericName(own) ? "HOST_ADDRESS" : namesAnAddress(own) ? own : own + "_HOST";
    for (const ProjectIndex::Variable &each : variables) {
        if (fits(each) && speaksWs(each.name) == isWebSocket(hit) &&
            containsAny(each.name, {"API", "BACKEND", "WS_URL", "SOCKET_URL"}) && each.name.ends_with("URL") &&
            !isFrontendHost(hit))
            return each.name;
    }
    if (!prefix.empty())
        return prefix + (isWebSocket(hit) ? "WS_URL" : "API_BASE_URL");
    if (isWebSocket(hit))
        return "PUBLIC_WS_URL";
    return isFrontendHost(hit) ? "FRONTEND_URL" : "PUBLIC_API_URL";
}

} // namespace Switchyard

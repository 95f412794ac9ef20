// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses: URLs, names that platforms give, localhost, IPv4 and IPv6.
#include "models/scan/bytetext.h"
#include "models/scan/hits.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <set>

namespace Switchyard {

using namespace ByteText;

namespace {

/// Schemes of services that are reached over the network, and that a move changes.
bool isServiceScheme(std::string_view scheme)
{
    const std::string_view first = scheme.substr(0, scheme.find('+'));
    return isOneOf(first, {"http",  "https",   "ws",          "wss",       "postgres", "postgresql", "mysql", "mariadb",
                           "mssql", "mongodb", "redis",       "rediss",    "amqp",     "amqps",      "nats",  "kafka",
                           "mqtt",  "mqtts",   "clickhouse",  "memcached", "ldap",     "ldaps",      "smtp",  "smtps",
                           "grpc",  "tcp",     "cockroachdb", "libsql",    "ftp",      "sftp"});
}

bool isWebScheme(std::string_view scheme)
{
    return isOneOf(scheme, {"http", "https", "ws", "wss"});
}

/// Addresses that are names of formats and licences: nothing is fetched from there.
bool isIdentifierHost(std::string_view host)
{
    return isOneOf(host, {"www.w3.org",
                          "w3.org",
                          "json-schema.org",
                          "schema.org",
                          "xmlns.com",
                          "purl.org",
                          "spdx.org",
                          "www.apache.org",
                          "apache.org",
                          "opensource.org",
                          "www.gnu.org",
                          "gnu.org",
                          "ns.adobe.com",
                          "www.sitemaps.org",
                          "sitemaps.org",
                          "ogp.me",
                          "creativecommons.org",
                          "relaxng.org",
                          "docs.oasis-open.org",
                          "www.opengis.net",
                          "tempuri.org",
                          "xmlpull.org",
                          "java.sun.com",
                          "www.topografix.com",
                          "mozilla.org",
                          "www.mozilla.org",
                          "json.schemastore.org",
                          "www.inkscape.org",
                          "sodipodi.sourceforge.net",
                          "www.boost.org",
                          "dublincore.org"}) ||
           host.starts_with("schemas.") || host.starts_with("schema.") || host.starts_with("ns.") ||
           host.starts_with("xmlns.");
}

bool isHostByte(char c)
{
    return isAlnum(c) || c == '-' || c == '.' || c == '_' || c == '*' || c == '\\';
}

bool hasTemplate(std::string_view text)
{
    return text.find_first_of("${}%<>()|^+") != npos;
}

/// Sites that people read: links to them are no part of a deployment.
bool isReaderHost(std::string_view host)
{
    for (const std::string_view each : {"github.com",
                                        "gitlab.com",
                                        "bitbucket.org",
                                        "githubusercontent.com",
                                        "stackoverflow.com",
                                        "readthedocs.io",
                                        "readthedocs.org",
                                        "wikipedia.org",
                                        "developer.mozilla.org",
                                        "linkedin.com",
                                        "twitter.com",
                                        "x.com",
                                        "facebook.com",
                                        "instagram.com",
                                        "youtube.com",
                                        "youtu.be",
                                        "shields.io",
                                        "medium.com",
                                        "reddit.com",
                                        "discord.gg",
                                        "t.me",
                                        "gitter.im",
                                        "python.org",
                                        "nodejs.org",
                                        "rust-lang.org",
                                        "golang.org",
                                        "ietf.org",
                                        "rfc-editor.org",
                                        "iana.org",
                                        "unicode.org",
                                        "ecma-international.org",
                                        "whatwg.org",
                                        "kernel.org",
                                        "debian.org",
                                        "archive.org",
                                        "doi.org",
                                        "arxiv.org"}) {
        if (host == each ||
            (host.ends_with(each) && host[host.size() - each.size() - 1] == '.' && !host.starts_with("api.")))
            return true;
    }
    return host.starts_with("docs.") || host.starts_with("doc.") || host.starts_with("wiki.") ||
           host.starts_with("blog.") || host.starts_with("bugs.") || host.starts_with("bugzilla.") ||
           host.starts_with("lists.");
}

/// "api.example.org": at least two labels, the last of letters.
bool looksLikeDomain(std::string_view host)
{
    const std::size_t dot = host.rfind('.');
    if (dot == npos || dot == 0 || host.find("..") != npos || host.front() == '.' || host.front() == '-')
        return false;
    const std::string_view top = host.substr(dot + 1);
    return top.size() >= 2 && std::all_of(top.begin(), top.end(), &isAlpha);
}

constexpr std::array<std::string_view, 6> objectArcs{"1.2.", "1.3.", "2.5.", "2.16.", "2.23.", "0.9."};

bool isDocumentationIp(std::string_view host)
{
    return host.starts_with("192.0.2.") || host.starts_with("198.51.100.") || host.starts_with("203.0.113.") ||
           host.starts_with("2001:db8") || host.starts_with("2001:0db8") || host.starts_with("3fff:");
}

bool isLoopback(std::string_view host)
{
    return host == "localhost" || host.ends_with(".localhost") || host == "::1" || host == "0.0.0.0" || host == "::" ||
           (host.starts_with("127.") && ipv4Length(host) == host.size());
}

/// Passwords are pasted unescaped: where a colon in [begin, end) is no port's, and an "@" follows in the same word,
/// what lies between is a password with "/", "?" or "#" in it. The end of the host behind it, 0: there is none.
std::size_t passwordEnd(std::string_view text, std::size_t begin, std::size_t end)
{
    const std::string_view authority = text.substr(begin, end - begin);
    const std::size_t colon = authority.find(':');
    if (colon == npos || authority.find('@') != npos || authority.starts_with('['))
        return 0;
    const std::string_view behind = authority.substr(colon + 1);
    if (!behind.empty() && std::all_of(behind.begin(), behind.end(), &isDigit))
        return 0;
    std::size_t i = end;
    while (i < text.size() && i - end < 120 && static_cast<unsigned char>(text[i]) > ' ' && !isQuote(text[i]) &&
           text[i] != '<' && text[i] != '@')
        ++i;
    if (at(text, i) != '@')
        return 0;
    ++i;
    while (isHostByte(at(text, i)) || at(text, i) == ':')
        ++i;
    return i;
}

int toPort(std::string_view digits)
{
    int port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc() && end == digits.data() + digits.size() && port > 0 && port <= 65'535 ? port : 0;
}

/// "1.2.3.4" in "v1.2.3.4", "Version 1.2.3.4", "==1.2.3.4", "Chrome/90.0.4430.212".
bool followsVersionWord(std::string_view line)
{
    while (!line.empty() && (isBlank(line.back()) || isQuote(line.back()) || line.back() == '=' || line.back() == ':' ||
                             line.back() == '>' || line.back() == '<' || line.back() == '~' || line.back() == '^' ||
                             line.back() == '(' || line.back() == ',' || line.back() == '@'))
        line.remove_suffix(1);
    const std::string word = lowered(line.size() > 40 ? line.substr(line.size() - 40) : line);
    for (const std::string_view each :
         {"version", "ver", "release", "revision", "rev", "firmware", "build", "tag", "oid", "sdk", "driver", "v"}) {
        if (word.ends_with(each) &&
            (word.size() == each.size() || !isAlpha(word[word.size() - each.size() - 1]) || each.size() > 4))
            return true;
    }
    return containsAny(word, {"version", "mozilla/", "chrome/", "safari/", "oid", "identifier"});
}

} // namespace

void addHostAnchors(AnchorFinder &finder)
{
    finder.addLiteral("://", SchemeAnchor);
    finder.addAnyCase("localhost", LocalhostAnchor);
    const AnchorFinder::ByteClass digit = AnchorFinder::bytes("0-9");
    finder.addClasses({digit, AnchorFinder::bytes("."), digit, AnchorFinder::bytes("0-9.")}, Ipv4Anchor);
    const AnchorFinder::ByteClass hex = AnchorFinder::bytes("0-9a-fA-F");
    finder.addClasses({AnchorFinder::bytes("23fF"), hex, hex, hex, AnchorFinder::bytes(":")}, Ipv6Anchor);
    finder.addLiteral("::1", LoopbackAnchor);
    // Only the last part of the names: there are few of them, and they begin with a dot.
    std::set<std::string_view> ends;
    for (const PlatformSuffix &each : platformSuffixes())
        ends.insert(each.suffix.substr(each.suffix.rfind('.') == npos ? 0 : each.suffix.rfind('.') + 1));
    for (const std::string_view each : ends) {
        std::vector<AnchorFinder::ByteClass> classes{AnchorFinder::bytes(".")};
        for (const char c : each)
            classes.push_back(AnchorFinder::bytes(std::string_view(&c, 1)));
        classes.push_back(AnchorFinder::bytes("^A-Za-z0-9_-"));
        finder.addClasses(std::move(classes), SuffixAnchor);
    }
}

std::size_t ipv4Length(std::string_view text)
{
    std::size_t i = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (at(text, i) != '.')
                return 0;
            ++i;
        }
        const std::size_t begin = i;
        int value = 0;
        while (i < begin + 3 && isDigit(at(text, i)))
            value = value * 10 + (text[i++] - '0');
        if (i == begin || value > 255 || (i - begin > 1 && text[begin] == '0') || isDigit(at(text, i)))
            return 0;
    }
    return i;
}

bool isPlaceholderHost(std::string_view host)
{
    const std::string plain = lowered(host);
    for (const std::string_view end :
         {"example.com",  "example.org",     "example.net",  ".example",   ".test",       ".invalid",
          "domain.com",   "yourdomain.com",  "mydomain.com", "domain.tld", "site.com",    "company.com",
          "acme.com",     "foo.com",         "bar.com",      "foo.bar",    "host.com",    "website.com",
          "server.com",   "your-domain.com", "mysite.com",   "myapp.com",  "yourapp.com", "my-app.com",
          "your-app.com", "yoursite.com"}) {
        if (plain == end ||
            (plain.ends_with(end) && (end.front() == '.' || plain[plain.size() - end.size() - 1] == '.')))
            return true;
    }
    const std::string_view label = std::string_view(plain).substr(0, plain.find('.'));
    return isOneOf(label, {"host",         "hostname",       "example",         "your-app",
                           "yourapp",      "my-app",         "myapp",           "app-name",
                           "appname",      "your-project",   "yourproject",     "your-service",
                           "your-api",     "your-backend",   "your-frontend",   "xxx",
                           "xxxx",         "xxxxx",          "placeholder",     "foo",
                           "bar",          "username",       "project-ref",     "ep-xxx",
                           "your-cluster", "cluster0.xxxxx", "your-project-ref"}) ||
           label.starts_with("your-") || label.starts_with("your_") || label.starts_with("my-app") ||
           label.starts_with("xxx") || label.find("example") != npos || plain.find("xxxx") != npos ||
           (label.starts_with("your") && label.size() > 5);
}

bool isEnvironmentDefault(std::string_view text, std::size_t place)
{
    std::string_view line = lineBefore(text, place);
    // Up to the statement's end; a default may be split over two lines.
    if (const std::size_t end = line.rfind(';'); end != npos)
        line = line.substr(end + 1);
    static const std::initializer_list<std::string_view> readers{"environ",
                                                                 "getenv",
                                                                 "process.env",
                                                                 "import.meta.env",
                                                                 "os.Getenv",
                                                                 "ENV[",
                                                                 "ENV.fetch",
                                                                 "Deno.env",
                                                                 "Bun.env",
                                                                 "env(",
                                                                 "env.get",
                                                                 "env::var",
                                                                 "GetEnvironmentVariable",
                                                                 "os.LookupEnv",
                                                                 ":-",
                                                                 "System.getenv",
                                                                 "config(",
                                                                 "get_env",
                                                                 "fromEnvironment",
                                                                 "Env.",
                                                                 "env.str",
                                                                 "env.int",
                                                                 "$env/"};
    if (containsAny(line, readers))
        return true;
    const std::size_t lineStart = place - std::min(place, lineBefore(text, place).size());
    if (lineStart < 2)
        return false;
    const std::string_view above = lineBefore(text, lineStart - 1);
    std::size_t end = above.size();
    while (end > 0 && isBlank(above[end - 1]))
        --end;
    const bool goesOn =
        end > 0 && (above[end - 1] == '|' || above[end - 1] == '(' || above[end - 1] == ',' || above[end - 1] == '?');
    std::size_t begin = 0;
    while (begin < line.size() && isBlank(line[begin]))
        ++begin;
    const bool continues = line.substr(begin).starts_with("||") || line.substr(begin).starts_with("??") ||
                           line.substr(begin).starts_with(":");
    return (goesOn || continues) && containsAny(above, readers) && above.find(')') == npos;
}

std::string_view nameFor(std::string_view text, std::size_t place)
{
    const std::string_view line = lineBefore(text, place);
    std::size_t i = line.size();
    const auto skipBlanks = [&] {
        while (i > 0 && isBlank(line[i - 1]))
            --i;
    };
    while (i > 0 && (isBlank(line[i - 1]) || isQuote(line[i - 1]) || line[i - 1] == '(' || line[i - 1] == '['))
        --i;
    // Python's prefixes, Field(default="…").
    if (i > 0 && (line[i - 1] == 'f' || line[i - 1] == 'r') && (i == 1 || !isWord(line[i - 2])))
        --i;
    skipBlanks();
    if (i == 0 || (line[i - 1] != '=' && line[i - 1] != ':' && line[i - 1] != '>'))
        return {};
    while (i > 0 &&
           (line[i - 1] == '=' || line[i - 1] == ':' || line[i - 1] == '>' || line[i - 1] == '?' || line[i - 1] == '|'))
        --i;
    skipBlanks();
    while (i > 0 && (isQuote(line[i - 1]) || line[i - 1] == ']'))
        --i;
    std::size_t end = i;
    const auto word = [&] {
        end = i;
        while (i > 0 && (isWord(line[i - 1]) || line[i - 1] == '-' || line[i - 1] == '.'))
            --i;
        return line.substr(i, end - i);
    };
    std::string_view name = word();
    // A type stands between: `port: int = `, `const url: string = `.
    if (isOneOf(name, {"int", "str", "string", "String", "number", "Optional", "AnyUrl", "AnyHttpUrl", "HttpUrl",
                       "List", "list", "any"})) {
        skipBlanks();
        while (i > 0 && (line[i - 1] == '[' || line[i - 1] == '|' || isWord(line[i - 1])))
            --i;
        if (i > 0 && line[i - 1] == ':') {
            --i;
            skipBlanks();
            name = word();
        }
    }
    if (name == "default" && line.find("Field") != npos) {
        const std::size_t first = line.find_first_not_of(" \t");
        std::size_t stop = first == npos ? 0 : first;
        while (stop < line.size() && isWord(line[stop]))
            ++stop;
        return first == npos ? std::string_view() : line.substr(first, stop - first);
    }
    return name;
}

bool HitRules::classifyHost(ScanHit &hit) const
{
    const std::string host = lowered(hit.host);
    if (isLoopback(host)) {
        hit.kind = ScanKind::Localhost;
        return true;
    }
    if (host == "host.docker.internal" || host == "gateway.docker.internal") {
        hit.kind = ScanKind::Localhost;
        hit.reason = "the machine that runs Docker: only a developer's machine has this name";
        return true;
    }
    if (ipv4Length(host) == host.size() || host.find(':') != npos) {
        hit.kind = ScanKind::Address;
        return !isDocumentationIp(host);
    }
    hit.suffix = suffixFor(host);
    if (hit.suffix != nullptr) {
        hit.kind = ScanKind::PlatformHost;
        return !isPlaceholderHost(host);
    }
    if (host.ends_with(".internal")) {
        static const PlatformSuffix fly{"internal", "fly", "Fly.io's private network", false};
        hit.kind = ScanKind::PlatformHost;
        hit.suffix = &fly;
        return host.size() > 9 && !containsAny(host, {"google", "compute", "docker", "ec2", ".c.", "company", "corp"});
    }
    hit.kind = ScanKind::Origin;
    if (isPlaceholderHost(host) || isIdentifierHost(host) || isReaderHost(host))
        return false;
    if (host.find('.') == npos) {
        // The name of a service of the same compose file or cluster.
        hit.severity = ScanSeverity::Note;
        hit.reason = "a name of a private network: the target must have a service of this name";
        return hit.port > 0 && isAlpha(host.front());
    }
    return looksLikeDomain(host);
}

void HitRules::urlSecret(std::size_t schemeBegin, std::size_t mark, std::size_t atSign, std::string_view host)
{
    const std::string_view info = m_text.substr(mark + 3, atSign - mark - 3);
    const std::size_t colon = info.find(':');
    if (colon == npos)
        return;
    const std::string_view user = info.substr(0, colon);
    const std::string_view password = info.substr(colon + 1);
    if (password.empty() || password == user || isPlaceholderValue(password) || isPlaceholderHost(host) ||
        hasTemplate(password.substr(0, 1)) || isOneOf(user, {"user", "username", "USER", "USERNAME"}) ||
        lowered(password).starts_with("pass"))
        return;
    ScanHit hit;
    hit.begin = mark + 3 + colon + 1;
    hit.end = atSign;
    hit.kind = ScanKind::Secret;
    hit.severity = ScanSeverity::Error;
    const bool local = isLoopback(lowered(host)) || host.find('.') == npos;
    if (local)
        hit.severity = ScanSeverity::Warning;
    hit.shown = std::string(m_text.substr(schemeBegin, mark + 3 - schemeBegin)) + std::string(user) + ":••••@" +
                std::string(host) + " (" + std::to_string(password.size()) + " characters)";
    hit.reason = "a password in an address";
    hit.scheme = m_text.substr(schemeBegin, mark - schemeBegin);
    hit.host = host;
    hit.secretBegin = hit.begin;
    hit.secretEnd = hit.end;
    hit.knownShape = true;
    m_secretEnd = std::max(m_secretEnd, hit.end);
    m_hits.push_back(std::move(hit));
}

void HitRules::url(std::size_t mark)
{
    std::size_t begin = mark;
    while (begin > 0 && mark - begin < 24 && (isAlnum(m_text[begin - 1]) || m_text[begin - 1] == '+'))
        --begin;
    const std::string_view scheme = m_text.substr(begin, mark - begin);
    if (scheme.empty() || !isServiceScheme(lowered(scheme)))
        return;
    const bool web = isWebScheme(scheme);
    std::size_t end = mark + 3;
    const std::size_t limit = std::min(m_text.size(), end + reach);
    bool bracket = false;
    while (end < limit) {
        const char c = m_text[end];
        bracket = c == '[' ? true : c == ']' ? false : bracket;
        const bool stop =
            static_cast<unsigned char>(c) <= ' ' || isQuote(c) || c == '/' || c == '?' || c == '#' ||
            (c == ',' && web) || c == ';' || c == '|' || (c == ')' && web) ||
            (c == '\\' && at(m_text, end + 1) != '.') || (c == '<' && web && end > mark + 3) ||
            (c == ']' && at(m_text, mark + 3) != '[' && m_text.substr(mark + 3, end - mark - 3).find("@[") == npos);
        if (stop)
            break;
        ++end;
    }
    end = std::max(end, passwordEnd(m_text, mark + 3, end));
    const std::string_view authority = m_text.substr(mark + 3, end - mark - 3);
    const std::size_t atSign = authority.rfind('@');
    const std::size_t hostBegin = atSign == npos ? mark + 3 : mark + 3 + atSign + 1;
    std::string_view hostPort = m_text.substr(hostBegin, end - hostBegin);
    while (!hostPort.empty() &&
           (hostPort.back() == '.' || hostPort.back() == ',' || hostPort.back() == ':' || hostPort.back() == '*')) {
        hostPort.remove_suffix(1);
        --end;
    }
    hostPort = hostPort.substr(0, hostPort.find(',')); // mongodb://a:1,b:2
    std::string_view host = hostPort;
    int port = 0;
    if (hostPort.starts_with('[')) {
        const std::size_t close = hostPort.find(']');
        if (close == npos)
            return;
        host = hostPort.substr(1, close - 1);
        in6_addr parsed{};
        if (::inet_pton(AF_INET6, std::string(host).c_str(), &parsed) != 1)
            return;
        if (at(hostPort, close + 1) == ':')
            port = toPort(hostPort.substr(close + 2));
    } else if (const std::size_t colon = hostPort.find(':'); colon != npos) {
        host = hostPort.substr(0, colon);
        port = toPort(hostPort.substr(colon + 1));
    }
    if (atSign != npos && !host.empty())
        urlSecret(begin, mark, mark + 3 + atSign, host);
    if (host.empty() || hasTemplate(host) ||
        (!host.starts_with('*') && !isAlnum(host.front()) && !hostPort.starts_with('[')))
        return;
    ScanHit hit;
    hit.begin = atSign == npos ? begin : hostBegin;
    hit.end = hostBegin + hostPort.size();
    hit.scheme = scheme;
    hit.host = host;
    hit.port = port;
    m_hostEnd = std::max(m_hostEnd, hit.end);
    if (!classifyHost(hit))
        return;
    if (web && std::all_of(host.begin(), host.end(), &isHostByte) == false && hit.kind != ScanKind::Address &&
        hit.kind != ScanKind::Localhost)
        return;
    hit.shown = std::string(m_text.substr(hit.begin, hit.end - hit.begin));
    std::size_t tail = end;
    const std::size_t tailLimit = std::min(m_text.size(), end + 2000);
    while (tail<tailLimit &&static_cast<unsigned char>(m_text[tail])> ' ' && !isQuote(m_text[tail]) &&
           m_text[tail] != '<' && m_text[tail] != '>')
        ++tail;
    hit.urlEnd = tail;
    m_hits.push_back(std::move(hit));
}

void HitRules::suffixHost(std::size_t place)
{
    std::size_t end = place;
    while (end < m_text.size() && end - place < 80 && isHostByte(m_text[end]))
        ++end;
    while (end > place && (m_text[end - 1] == '.' || m_text[end - 1] == '\\' || m_text[end - 1] == '*'))
        --end;
    std::size_t begin = place;
    while (begin > 0 && place - begin < 200 && isHostByte(m_text[begin - 1]))
        --begin;
    // "\n" before the name is no part of it, and neither is what a pattern has for any name: "*." and ".*\.".
    while (begin < place && !isAlnum(m_text[begin]) && m_text[begin] != '_') {
        const bool escape = m_text[begin] == '\\' && isAlpha(at(m_text, begin + 1));
        begin += escape ? 2 : 1;
    }
    const std::string_view host = begin < end ? m_text.substr(begin, end - begin) : std::string_view();
    ScanHit hit;
    hit.begin = begin;
    hit.end = end;
    hit.host = host;
    hit.suffix = suffixFor(host);
    if (hit.suffix == nullptr) {
        // "${APP}.fly.dev" and "(a|b)\.fly\.dev": what stands before the suffix is filled in.
        const char filled = before(m_text, begin);
        const bool template_ = std::string_view("})>+.(|*\\").find(filled) != npos;
        std::string padded = "x." + std::string(host);
        hit.suffix = template_ && at(m_text, begin) != 0 ? suffixFor(padded) : nullptr;
        if (hit.suffix == nullptr)
            return;
    } else if (isPlaceholderHost(host)) {
        return;
    }
    // The platform's own site is no deployment.
    if (isOneOf(hit.suffix->suffix, {"render.com", "netlify.com", "supabase.com"}) &&
        std::count(host.begin(), host.end(), '.') < 3)
        return;
    hit.kind = ScanKind::PlatformHost;
    hit.bare = true;
    hit.shown = std::string(host);
    m_hostEnd = std::max(m_hostEnd, end);
    m_hits.push_back(std::move(hit));
}

/// Whether the bytes are a value by themselves: between quotes, behind "=" or ":", in a list. Words of a sentence are
/// none.
bool HitRules::standsAlone(std::size_t begin, std::size_t end) const
{
    const char left = before(m_text, begin);
    const char right = at(m_text, end);
    const bool opens = left == 0 || left == '\n' || isQuote(left) || left == '=' || left == '@' || left == ',' ||
                       left == '[' || left == '(' || left == '/';
    const bool closes = right == 0 || right == '\n' || right == '\r' || isQuote(right) || right == ',' ||
                        right == ']' || right == ')' || right == '/' || right == ';' || right == ':';
    if (opens && closes)
        return true;
    const std::string_view line = lineBefore(m_text, begin);
    std::size_t i = line.size();
    while (i > 0 && isBlank(line[i - 1]))
        --i;
    const char significant = i > 0 ? line[i - 1] : '\n';
    const bool listed = significant == '=' || significant == ':' || significant == ',' || significant == '-';
    return listed && (closes || isBlank(right));
}

void HitRules::localhost(std::size_t place)
{
    constexpr std::size_t length = 9;
    const char left = before(m_text, place);
    const char right = at(m_text, place + length);
    if (isWord(left) || left == '-' || left == '.' || left == '/' || left == '\\' || left == '$' || isWord(right) ||
        right == '-' || (right == '.' && isAlnum(at(m_text, place + length + 1))))
        return;
    std::size_t end = place + length;
    int port = 0;
    if (right == ':' && isDigit(at(m_text, end + 1))) {
        std::size_t digits = end + 1;
        while (isDigit(at(m_text, digits)))
            ++digits;
        port = toPort(m_text.substr(end + 1, digits - end - 1));
        if (port > 0)
            end = digits;
    }
    if (port == 0 && !standsAlone(place, end))
        return;
    ScanHit hit;
    hit.begin = place;
    hit.end = end;
    hit.kind = ScanKind::Localhost;
    hit.host = m_text.substr(place, length);
    hit.port = port;
    hit.bare = true;
    hit.shown = std::string(m_text.substr(place, end - place));
    m_hits.push_back(std::move(hit));
}

void HitRules::ipv4(std::size_t place)
{
    // The anchor lies between the first two numbers.
    std::size_t begin = place;
    while (begin > 0 && place - begin < 3 && isDigit(m_text[begin - 1]))
        --begin;
    const std::size_t length = ipv4Length(m_text.substr(begin, 16));
    if (length == 0)
        return;
    const std::size_t end = begin + length;
    const char left = before(m_text, begin);
    const char right = at(m_text, end);
    if (isWord(left) || left == '.' || left == '-' || left == '+' || left == '\\' || left == '^' || left == '~' ||
        isWord(right) || right == '-' || right == '+' || right == '*' ||
        (right == '.' && (isAlnum(at(m_text, end + 1)) || at(m_text, end + 1) == '*')))
        return;
    m_hostEnd = std::max(m_hostEnd, end);
    const std::string_view host = m_text.substr(begin, length);
    if (left == '=' && begin > 1 && std::string_view("=<>~!^").find(m_text[begin - 2]) != npos)
        return; // lib==1.2.3.4
    if (left == '/' && isAlnum(before(m_text, begin - 1)))
        return; // Chrome/90.0.4430.212
    if (host.starts_with("0.") || host.starts_with("255.") || host.ends_with(".0") || host.ends_with(".255") ||
        isDocumentationIp(host))
        return; // bind address, masks, networks
    if (right == '/' && isDigit(at(m_text, end + 1)) && m_text.substr(end, 3) != "/32")
        return; // a range of addresses
    ScanHit hit;
    std::size_t tail = end;
    if (right == ':' && isDigit(at(m_text, end + 1))) {
        while (isDigit(at(m_text, tail + 1)))
            ++tail;
        hit.port = toPort(m_text.substr(end + 1, tail - end));
        tail = hit.port > 0 ? tail + 1 : end;
    }
    std::array<unsigned char, 4> octets{};
    ::inet_pton(AF_INET, std::string(host).c_str(), octets.data());
    const bool small = std::all_of(octets.begin(), octets.end(), [](unsigned char each) { return each < 30; });
    const bool known = octets[0] == 10 || octets[0] == 127 || host == "8.8.8.8" || host == "8.8.4.4" ||
                       host == "1.1.1.1" || host == "9.9.9.9";
    // Object identifiers of X.509 and SNMP.
    const bool object = std::any_of(objectArcs.begin(), objectArcs.end(),
                                    [&](std::string_view each) { return host.starts_with(each); });
    if (hit.port == 0 && (object || followsVersionWord(lineBefore(m_text, begin)) || (small && !known)))
        return;
    if (hit.port == 0 && !standsAlone(begin, end))
        return;
    hit.begin = begin;
    hit.end = tail;
    hit.kind = octets[0] == 127 ? ScanKind::Localhost : ScanKind::Address;
    hit.host = host;
    hit.bare = true;
    if (octets[0] >= 224)
        return; // multicast and reserved
    if (known && octets[0] != 10 && octets[0] != 127) {
        hit.severity = ScanSeverity::Note;
        hit.reason = "a public name server, the same everywhere";
    } else if (host == "169.254.169.254") {
        hit.severity = ScanSeverity::Note;
        hit.reason = "the metadata service of a cloud, which the target may not have";
    }
    hit.shown = std::string(m_text.substr(begin, tail - begin));
    m_hits.push_back(std::move(hit));
}

void HitRules::ipv6(std::size_t place)
{
    const char left = before(m_text, place);
    if (isWord(left) || left == ':' || left == '.' || left == '-')
        return;
    std::size_t end = place;
    while (end < m_text.size() && end - place < 46 && (isHex(m_text[end]) || m_text[end] == ':'))
        ++end;
    const std::string_view host = m_text.substr(place, end - place);
    const std::string first = lowered(host.substr(0, 4));
    const bool routed = first[0] == '2' || first[0] == '3' || first.starts_with("fc") || first.starts_with("fd") ||
                        first.starts_with("fe8") || first.starts_with("fe9") || first.starts_with("fea") ||
                        first.starts_with("feb");
    in6_addr parsed{};
    if (!routed || isWord(at(m_text, end)) || ::inet_pton(AF_INET6, std::string(host).c_str(), &parsed) != 1)
        return;
    m_hostEnd = std::max(m_hostEnd, end);
    if (isDocumentationIp(first + lowered(host.substr(4))) || (at(m_text, end) == '/' && isDigit(at(m_text, end + 1))))
        return;
    ScanHit hit;
    hit.begin = place;
    hit.end = end;
    hit.kind = ScanKind::Address;
    hit.host = host;
    hit.bare = true;
    hit.shown = std::string(host);
    m_hits.push_back(std::move(hit));
}

void HitRules::loopback6(std::size_t place)
{
    const char left = before(m_text, place);
    const char right = at(m_text, place + 3);
    const bool quoted = isQuote(left) && isQuote(right);
    const bool bracketed =
        left == '[' && right == ']' && at(m_text, place + 4) == ':' && isDigit(at(m_text, place + 5));
    if (!quoted && !bracketed)
        return;
    ScanHit hit;
    hit.begin = place;
    hit.end = place + 3;
    hit.kind = ScanKind::Localhost;
    hit.host = m_text.substr(place, 3);
    hit.bare = true;
    hit.shown = "::1";
    m_hits.push_back(std::move(hit));
}

void HitRules::lookAtBeginning()
{
    if (lowered(m_text.substr(0, 4)) == "port")
        portName(0);
}

void HitRules::look(const AnchorFinder::Hit &anchor)
{
    const std::size_t place = anchor.position;
    switch (anchor.id) {
    case SchemeAnchor:
        return url(place);
    case SuffixAnchor:
        return place < m_hostEnd ? void() : suffixHost(place);
    case LocalhostAnchor:
        return place < m_hostEnd ? void() : localhost(place);
    case Ipv4Anchor:
        return place < m_hostEnd ? void() : ipv4(place);
    case Ipv6Anchor:
        return place < m_hostEnd ? void() : ipv6(place);
    case LoopbackAnchor:
        return place < m_hostEnd ? void() : loopback6(place);
    case PortAnchor:
        return portName(place + 1); // its anchor begins with the byte before the word
    case ListenAnchor:
        return listenCall(place);
    case BindAnchor:
        return bindOption(place);
    case ExposeAnchor:
        return expose(place);
    case NameAnchor:
        return place < m_secretEnd ? void() : assignment(place);
    default:
        return place < m_secretEnd ? void() : token(place, std::size_t(anchor.id - TokenAnchor));
    }
}

} // namespace Switchyard

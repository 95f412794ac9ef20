// SPDX-License-Identifier: GPL-3.0-or-later
// Ports that stand in the code: options, arguments, keys, listen() and EXPOSE.
#include "models/scan/bytetext.h"
#include "models/scan/hits.h"

namespace Switchyard {

using namespace ByteText;

namespace {

struct Number
{
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A port number at the place: 2 to 5 digits that are no part of a word, a fraction or a longer number.
bool portAt(std::string_view text, std::size_t place, Number &number)
{
    std::size_t end = place;
    int value = 0;
    while (end < place + 6 && isDigit(at(text, end)))
        value = value * 10 + (text[end++] - '0');
    const char right = at(text, end);
    const bool fraction = right == '.' && isDigit(at(text, end + 1));
    if (end - place < 2 || end - place > 5 || at(text, place) == '0' || value < 20 || value > 65'535 || isWord(right) ||
        fraction || right == '%' || (right == '-' && isDigit(at(text, end + 1))))
        return false;
    number = {place, end};
    return true;
}

std::size_t skipBlanks(std::string_view text, std::size_t i)
{
    while (isBlank(at(text, i)))
        ++i;
    return i;
}

/// The number behind "port" and what may stand between: `: int = `, `", "`, `=`, ` || `, `', default=`.
bool portBehind(std::string_view text, std::size_t place, Number &number)
{
    std::size_t i = place;
    const std::string_view line = lineAfter(text, place);
    const std::size_t stop = place + line.size();
    bool connected = false;
    bool closing = false; // a quote right behind the name belongs to it
    for (int steps = 0; steps < 24 && i < stop; ++steps) {
        i = skipBlanks(text, i);
        const char c = at(text, i);
        if (isDigit(c))
            return connected && portAt(text, i, number);
        if (isQuote(c)) {
            ++i;
            closing = true;
        } else if ((c == '=' || c == '!' || c == '<' || c == '>') && at(text, i + 1) == '=') {
            return false; // a comparison
        } else if (c == '=' || c == ':' || c == '?' || c == '|' || c == '(' || c == '>') {
            connected = true;
            ++i;
        } else if (c == ',') {
            // os.getenv("PORT", 8000), but parseInt(process.env.PORT, 10) || 8000
            ++i;
            if (closing) {
                connected = true;
                continue;
            }
            while (isDigit(at(text, i)) || isBlank(at(text, i)))
                ++i;
            if (at(text, i) != ')')
                return false;
        } else if (c == ')' || c == ']') {
            // Number(process.env.PORT) || 3000
            ++i;
            const std::size_t next = skipBlanks(text, i);
            if (at(text, next) != '|' && at(text, next) != '?' && at(text, next) != ')')
                return false;
        } else if (isAlpha(c)) {
            std::size_t end = i;
            while (isWord(at(text, end)))
                ++end;
            const std::string_view word = text.substr(i, end - i);
            if (!isOneOf(word, {"int", "str", "number", "string", "Field", "default", "Optional", "or", "u16", "uint16",
                                "parseInt", "Number"}))
                return false;
            connected = connected || word == "or";
            i = end;
        } else {
            return false;
        }
    }
    return false;
}

/// The whole name around [begin, end): "serverPort", "--admin-port", "spring.port".
std::size_t nameBegin(std::string_view text, std::size_t begin)
{
    std::size_t i = begin;
    while (i > 0 && begin - i < 60 && (isWord(text[i - 1]) || text[i - 1] == '-'))
        --i;
    // "\nport = 8080" in a string.
    if (before(text, i) == '\\' && (at(text, i) == 'n' || at(text, i) == 't' || at(text, i) == 'r') && i + 1 < begin)
        ++i;
    return i;
}

} // namespace

void addPortAnchors(AnchorFinder &finder)
{
    // What may stand behind the name, so that "import", "portal" and "supported" are passed over by the first look.
    const auto with = [&](std::string_view word, std::string_view behind, std::uint16_t id,
                          std::string_view first = {}) {
        std::vector<AnchorFinder::ByteClass> classes;
        if (!first.empty())
            classes.push_back(AnchorFinder::bytes(first));
        for (const char c : word)
            classes.push_back(AnchorFinder::bytes(std::string{c, char(c - 32)}));
        classes.push_back(AnchorFinder::bytes(behind));
        finder.addClasses(std::move(classes), id);
    };
    with("port", " \t=:\"'`)]|?,", PortAnchor, "^a-z");
    // serverPort, but not support.
    std::vector<AnchorFinder::ByteClass> hump{AnchorFinder::bytes("a-z")};
    for (const char *c : {"P", "o", "r", "t", " \t=:\"'`)]|?,"})
        hump.push_back(AnchorFinder::bytes(c));
    finder.addClasses(std::move(hump), PortAnchor);
    with("listen", "( \t", ListenAnchor);
    with("bind", " =\"'", BindAnchor);
    with("expose", " \t", ExposeAnchor);
}

void HitRules::addPort(std::size_t begin, std::size_t end, std::string name, ScanSeverity severity, std::string reason)
{
    if (!m_hits.empty() && m_hits.back().kind == ScanKind::Port && m_hits.back().begin == begin)
        return;
    ScanHit hit;
    hit.begin = begin;
    hit.end = end;
    hit.kind = ScanKind::Port;
    hit.severity = severity;
    hit.shown = std::string(m_text.substr(begin, end - begin));
    hit.reason = std::move(reason);
    hit.name = std::move(name);
    for (std::size_t i = begin; i < end; ++i)
        hit.port = hit.port * 10 + (m_text[i] - '0');
    m_hits.push_back(std::move(hit));
}

void HitRules::portName(std::size_t place)
{
    const std::size_t begin = nameBegin(m_text, place);
    const char left = before(m_text, place);
    const bool hump = isWord(left) && left != '_' && m_text[place] == 'P' && !(left >= 'A' && left <= 'Z');
    if (isWord(left) && left != '_' && !hump)
        return; // import, export, support, viewport
    Number number;
    std::string_view name = m_text.substr(begin, place + 4 - begin);
    const bool option = name.starts_with("--");
    std::size_t i = place + 4;
    if (option) {
        // --port 8000, --port=8000, "--port", "8000"
        while (isBlank(at(m_text, i)) || at(m_text, i) == '=' || at(m_text, i) == ',' || isQuote(at(m_text, i)))
            ++i;
        if (!portAt(m_text, i, number))
            return;
        name.remove_prefix(2);
    } else if (!portBehind(m_text, i, number)) {
        return;
    }
    if (name.starts_with('-'))
        return;
    const std::string plain = lowered(name);
    if (containsAny(plain,
                    {"range", "max", "min", "src", "dst", "remote_debug", "ephemeral", "end_port", "start_port"}))
        return;
    const std::string_view digits = m_text.substr(number.begin, number.end - number.begin);
    if (isOneOf(digits, {"80", "443"}) && (isProgram(m_kind.syntax) || m_kind.syntax == Syntax::Toml) && !option)
        return; // what http and https mean
    const bool service =
        isOneOf(digits, {"5432", "3306", "1433", "6379", "27017", "9092", "5672", "11211", "9200", "25",
                         "465",  "587",  "514",  "53",   "22",    "21",   "389",  "636",   "1883", "8883"});
    const bool own = !service && isOneOf(plain, {"port", "http_port", "server_port", "app_port", "api_port", "web_port",
                                                 "httpport", "serverport", "appport", "listen_port", "listenport"});
    const bool fallback = isEnvironmentDefault(m_text, number.begin);
    if (fallback)
        addPort(number.begin, number.end, std::string(name), ScanSeverity::Note,
                "only the default: the variable decides where it is set");
    else if (own)
        addPort(number.begin, number.end, std::string(name), ScanSeverity::Warning, {});
    else
        addPort(number.begin, number.end, std::string(name), ScanSeverity::Note,
                service ? "the usual port of a service: managed ones may have another" : "");
}

void HitRules::listenCall(std::size_t place)
{
    const bool word = isWord(before(m_text, place));
    std::size_t i = place + 6;
    Number number;
    if (at(m_text, i) == '(') {
        // app.listen(3000), but not socket.listen(128), which is a backlog.
        if (before(m_text, place) != '.' || m_kind.syntax != Syntax::JavaScript)
            return;
        i = skipBlanks(m_text, i + 1);
        if (!portAt(m_text, i, number))
            return;
        addPort(number.begin, number.end, "PORT", ScanSeverity::Warning, {});
        return;
    }
    // nginx: listen 80; listen [::]:80; listen 0.0.0.0:8080 ssl;
    if (word || m_kind.syntax != Syntax::Hash)
        return;
    i = skipBlanks(m_text, i);
    const std::string_view value = lineAfter(m_text, i);
    const std::size_t end = value.find_first_of(" \t;");
    const std::size_t colon = value.substr(0, end).rfind(':');
    if (portAt(m_text, i + (colon == npos ? 0 : colon + 1), number))
        addPort(number.begin, number.end, "PORT", ScanSeverity::Note, {});
}

void HitRules::bindOption(std::size_t place)
{
    // --bind 0.0.0.0:8000, --bind=:8000, bind = "0.0.0.0:8000"
    const char left = before(m_text, place);
    if (isWord(left))
        return;
    std::size_t i = place + 4;
    while (isBlank(at(m_text, i)) || at(m_text, i) == '=' || at(m_text, i) == ',' || isQuote(at(m_text, i)))
        ++i;
    const std::string_view value = m_text.substr(i, 60);
    const std::size_t end = value.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz.:[]*");
    const std::string_view address = value.substr(0, end);
    const std::size_t colon = address.rfind(':');
    Number number;
    if (colon != npos && portAt(m_text, i + colon + 1, number) &&
        (colon == 0 || ipv4Length(address.substr(0, colon)) == colon || address.front() == '[' ||
         address.starts_with("localhost") || address.front() == '*'))
        addPort(number.begin, number.end, "PORT",
                isEnvironmentDefault(m_text, number.begin) ? ScanSeverity::Note : ScanSeverity::Warning, {});
}

void HitRules::expose(std::size_t place)
{
    if (m_kind.syntax != Syntax::Docker || !lineBefore(m_text, place).empty())
        return;
    std::size_t i = skipBlanks(m_text, place + 6);
    Number number;
    while (portAt(m_text, i, number)) {
        addPort(number.begin, number.end, "PORT", ScanSeverity::Note,
                "EXPOSE documents the port; the program must listen on the platform's");
        i = number.end;
        while (at(m_text, i) == '/' || isAlpha(at(m_text, i)))
            ++i;
        i = skipBlanks(m_text, i);
    }
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
// Every word that speaks of one platform: hosts, variables, commands, files. For the last question of a migration:
// does a reference remain?
#include "models/scan/bytetext.h"
#include "models/scan/judge.h"

namespace Switchyard {

using namespace ByteText;

namespace {

// The anchors of one platform's words: the kind in the thousands, an index below.
constexpr std::uint16_t hostWord = 0;
constexpr std::uint16_t variableWord = 1000;
constexpr std::uint16_t plainWord = 2000;
constexpr std::uint16_t commandWord = 3000;

bool isHostByte(char c)
{
    return isAlnum(c) || c == '-' || c == '.' || c == '_' || c == '*';
}

std::string escapedDots(std::string_view text)
{
    std::string result;
    for (const char c : text)
        result += c == '.' ? std::string("\\.") : std::string(1, c);
    return result;
}

/// "deploy" in `fly deploy`, `["fly", "deploy"]`: where the subcommand ends, 0: none of them follows.
std::size_t subcommandEnd(std::string_view text, std::size_t place, const PlatformWords &words)
{
    std::size_t i = place;
    while (isBlank(at(text, i)) || isQuote(at(text, i)) || at(text, i) == ',')
        ++i;
    if (i == place)
        return 0;
    for (const std::string_view each : words.subcommands) {
        const char right = at(text, i + each.size());
        if (text.substr(i, each.size()) == each && !isWord(right) && right != '-')
            return i + each.size();
    }
    return 0;
}

} // namespace

ScanRules::ScanRules(const QString &platform)
{
    if (platform.isEmpty()) {
        addHostAnchors(m_anchors);
        addPortAnchors(m_anchors);
        addSecretAnchors(m_anchors);
        m_anchors.build();
        return;
    }
    m_words = platformWordsFor(platform.toStdString());
    m_platformName = platform.toStdString();
    if (m_words == nullptr)
        return;
    const auto add = [this](const std::vector<std::string_view> &words, std::uint16_t kind, bool anyCase) {
        for (std::size_t i = 0; i < words.size(); ++i) {
            const auto id = std::uint16_t(kind + i);
            const std::string dotted = words[i] == "internal" ? ".internal" : std::string(words[i]);
            if (!anyCase) {
                m_anchors.addLiteral(dotted, id);
                continue;
            }
            m_anchors.addAnyCase(dotted, id);
            if (dotted.find('.') != npos)
                m_anchors.addAnyCase(escapedDots(dotted), id);
        }
    };
    add(m_words->hosts, hostWord, true);
    add(m_words->variables, variableWord, false);
    add(m_words->words, plainWord, true);
    m_anchors.addLiteral(m_words->command, commandWord);
    m_anchors.build();
}

bool ScanRules::reference(const ScanText &text, const AnchorFinder::Hit &anchor, ScanHit &hit) const
{
    const std::string_view bytes = text.text;
    const std::size_t place = anchor.position;
    const char left = before(bytes, place);
    hit.kind = ScanKind::PlatformReference;
    if (anchor.id >= commandWord) {
        if (isWord(left) || left == '-' || left == '.' || left == '/' || left == '@')
            return false;
        hit.begin = place;
        hit.end = subcommandEnd(bytes, place + m_words->command.size(), *m_words);
        hit.reason = "a command of the platform's tool";
        return hit.end > 0;
    }
    if (anchor.id >= plainWord) {
        const std::string_view word = m_words->words[anchor.id - plainWord];
        std::size_t end = place + word.size();
        if (bytes.substr(place, end - place).find('\\') != npos)
            end += std::size_t(std::count(word.begin(), word.end(), '.'));
        if (isWord(left) || left == '-' || isWord(at(bytes, end)))
            return false;
        hit.begin = place;
        hit.end = end;
        hit.reason = "a file, package or header of the platform";
        return true;
    }
    if (anchor.id >= variableWord) {
        const std::string_view name = m_words->variables[anchor.id - variableWord];
        std::size_t end = place + name.size();
        while (isWord(at(bytes, end)) && end - place < 80)
            ++end;
        if (isWord(left) || end == place + name.size())
            return false;
        hit.begin = place;
        hit.end = end;
        hit.reason = "a variable that only the platform sets or reads";
        return true;
    }
    const std::string_view suffix = m_words->hosts[anchor.id];
    std::size_t end = place;
    while (end < bytes.size() && end - place < 80 &&
           (isHostByte(bytes[end]) || (bytes[end] == '\\' && at(bytes, end + 1) == '.')))
        ++end;
    while (end > place && !isAlnum(bytes[end - 1]))
        --end;
    std::size_t begin = place;
    while (begin > 0 && place - begin < 200 && isHostByte(bytes[begin - 1]))
        --begin;
    while (begin < place && !isAlnum(bytes[begin]))
        ++begin;
    std::string host = lowered(bytes.substr(begin, end - begin));
    std::erase(host, '\\');
    if (!host.ends_with(suffix))
        return false;
    if (suffix == "internal") {
        if (host.size() < 11 || containsAny(host, {"docker.", "google", "compute", "ec2", "railway."}))
            return false;
    } else if (host.size() > suffix.size() && host[host.size() - suffix.size() - 1] != '.') {
        return false;
    }
    hit.kind = ScanKind::PlatformHost;
    hit.begin = begin;
    hit.end = end;
    hit.reason = "a host of the platform";
    return true;
}

std::vector<ScanHit> ScanRules::references(const ScanText &text) const
{
    std::vector<ScanHit> hits;
    std::size_t taken = 0;
    for (const AnchorFinder::Hit &anchor : anchors(text.text)) {
        ScanHit hit;
        if (anchor.position < taken || !reference(text, anchor, hit))
            continue;
        taken = hit.end;
        hit.shown = std::string(text.text.substr(hit.begin, hit.end - hit.begin));
        hits.push_back(std::move(hit));
    }
    return hits;
}

std::optional<ScanFinding> ScanRules::findInName(std::string_view file) const
{
    if (m_words == nullptr)
        return {};
    const std::string lower = lowered(file);
    const std::string_view name = std::string_view(lower).substr(lower.rfind('/') == npos ? 0 : lower.rfind('/') + 1);
    const std::string dotted = std::string(m_words->id) + '.';
    bool found =
        name.starts_with(dotted) && (name.ends_with(".toml") || name.ends_with(".json") || name.ends_with(".yaml"));
    for (const std::string_view each : m_words->files)
        found = found || name.starts_with(each) ||
                (each.front() == '.' &&
                 (lower.starts_with(std::string(each) + '/') || lower.find('/' + std::string(each) + '/') != npos));
    if (!found)
        return {};
    ScanFinding finding;
    finding.line = finding.column = 1;
    finding.kind = ScanKind::PlatformReference;
    finding.match = QString::fromUtf8(file.data(), qsizetype(file.size())).section(QLatin1Char('/'), -1);
    finding.reason = QStringLiteral("the file itself belongs to the platform");
    return finding;
}

} // namespace Switchyard

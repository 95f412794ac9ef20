// SPDX-License-Identifier: GPL-3.0-or-later
// From the bytes of a text to its findings.
#include "models/scan/bytetext.h"
#include "models/scan/judge.h"

#include <QCryptographicHash>

#include <cstring>
#include <unordered_map>

namespace Switchyard {

using namespace ByteText;

namespace {

// A text with more places than this is data; the rest is counted, not judged.
constexpr std::size_t maxHits = 100'000;

QString toText(std::string_view bytes)
{
    return QString::fromUtf8(bytes.data(), qsizetype(bytes.size()));
}

/// Tells each hit in what it stands. Hits are sorted by their beginning.
class Placer final : public SpanSink
{
public:
    explicit Placer(std::vector<ScanHit> &hits)
        : m_hits(hits)
    {
    }
    bool span(const TextSpan &span) override
    {
        while (m_next < m_hits.size() && m_hits[m_next].begin < span.outerBegin)
            ++m_next;
        for (std::size_t i = m_next; i < m_hits.size() && m_hits[i].begin < span.outerEnd; ++i) {
            m_hits[i].where = span.kind;
            m_hits[i].span = span;
        }
        return m_next < m_hits.size();
    }

private:
    std::vector<ScanHit> &m_hits;
    std::size_t m_next = 0;
};

/// Lines and columns of places that only go forward.
class Places final
{
public:
    explicit Places(std::string_view text)
        : m_text(text)
        , m_byte(text.starts_with("\xEF\xBB\xBF") ? 3 : 0)
    {
    }
    void moveTo(std::size_t place)
    {
        for (;;) {
            const auto *found = static_cast<const char *>(
                m_byte < place ? std::memchr(m_text.data() + m_byte, '\n', place - m_byte) : nullptr);
            if (found == nullptr)
                break;
            m_byte = std::size_t(found - m_text.data()) + 1;
            ++m_line;
            m_column = 1;
        }
        for (; m_byte < place; ++m_byte)
            m_column += (m_text[m_byte] & 0xC0) == 0x80 ? 0 : 1;
    }
    int line() const { return m_line; }
    int column() const { return m_column; }

private:
    std::string_view m_text;
    std::size_t m_byte;
    int m_line = 1;
    int m_column = 1;
};

using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

/// The line around a hit with single blanks, without the bytes of any secret and of what stands before an "@" in an
/// address: nothing of them may go into a fingerprint, from which a short one could be guessed.
std::string normalisedLine(std::string_view text, const ScanHit &hit, const Ranges &secrets)
{
    std::size_t begin = hit.begin - std::min(hit.begin, lineBefore(text, hit.begin).size());
    std::size_t end = hit.end + lineAfter(text, hit.end).size();
    if (end - begin > reach) {
        // Part of a very long line: its neighbourhood.
        begin = std::max(begin, hit.begin - std::min<std::size_t>(hit.begin, 40));
        end = std::min(end, hit.end + 40);
    }
    auto secret = std::lower_bound(secrets.begin(), secrets.end(), std::pair<std::size_t, std::size_t>(begin, 0),
                                   [](const auto &a, const auto &b) { return a.second < b.first + 1; });
    std::string line;
    for (std::size_t i = begin; i < end;) {
        while (secret != secrets.end() && secret->second <= i)
            ++secret;
        if (secret != secrets.end() && i >= secret->first) {
            line += '*';
            i = secret->second;
            continue;
        }
        if (text[i] == '@') {
            const std::size_t mark = line.rfind("//");
            if (mark != npos && line.find(' ', mark) == npos)
                line.resize(mark + 2);
        }
        const char c = text[i] == '\t' || text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];
        if (c != ' ' || (!line.empty() && line.back() != ' '))
            line += c;
        ++i;
    }
    while (!line.empty() && line.back() == ' ')
        line.pop_back();
    return line;
}

/// Numbers equal lines, so that each has a fingerprint of its own.
class Fingerprints final
{
public:
    explicit Fingerprints(std::string_view file)
        : m_file(file)
    {
    }
    QString of(ScanKind kind, const std::string &shown, const std::string &line)
    {
        std::string key = m_file;
        key += '\0';
        key += scanKindName(kind).toStdString();
        key += '\0';
        key += shown;
        key += '\0';
        key += line;
        const int occurrence = m_seen[key]++;
        key += '\0' + std::to_string(occurrence);
        const QByteArray hash =
            QCryptographicHash::hash(QByteArrayView(key.data(), qsizetype(key.size())), QCryptographicHash::Sha256);
        return QString::fromLatin1(hash.left(16).toHex());
    }

private:
    std::string m_file;
    std::unordered_map<std::string, int> m_seen;
};

} // namespace

std::vector<AnchorFinder::Hit> ScanRules::anchors(std::string_view text) const
{
    std::vector<AnchorFinder::Hit> result;
    m_anchors.find(text.data(), 0, text.size(), text.size(), result);
    return result;
}

QList<ScanFinding> ScanRules::find(ScanText text, const ProjectIndex &project, int limit, qint64 &dropped) const
{
    std::vector<ScanHit> hits;
    if (m_words != nullptr) {
        hits = references(text);
    } else {
        HitRules rules(text.text, text.kind);
        rules.lookAtBeginning();
        for (const AnchorFinder::Hit &anchor : anchors(text.text))
            rules.look(anchor);
        hits = rules.take();
    }
    if (hits.empty())
        return {};
    std::stable_sort(hits.begin(), hits.end(), [](const ScanHit &a, const ScanHit &b) { return a.begin < b.begin; });
    Ranges secrets;
    for (const ScanHit &hit : hits) {
        if (hit.secretEnd > hit.secretBegin)
            secrets.emplace_back(hit.secretBegin, hit.secretEnd);
    }
    std::sort(secrets.begin(), secrets.end());
    if (hits.size() > maxHits) {
        dropped += qint64(hits.size() - maxHits);
        hits.resize(maxHits);
    }
    text.hasEnum = text.kind.syntax == Syntax::JavaScript && text.text.find("enum ") != npos;
    Placer placer(hits);
    lexText(text.kind.syntax, text.text, placer);
    QList<ScanFinding> findings;
    Fingerprints fingerprints(text.file);
    Places places(text.text);
    std::size_t secret = 0;
    for (ScanHit &hit : hits) {
        const bool program = isProgram(text.kind.syntax);
        const bool codeName =
            m_words != nullptr && program && hit.where == TextClass::Code && hit.shown.ends_with(".internal");
        if (codeName || (m_words == nullptr && !judge(hit, text)))
            continue;
        // An address that stands in the middle of a secret.
        while (secret < secrets.size() && secrets[secret].second <= hit.begin)
            ++secret;
        if (hit.kind != ScanKind::Secret && secret < secrets.size() && hit.begin >= secrets[secret].first)
            continue;
        if (findings.size() >= limit) {
            ++dropped;
            continue;
        }
        places.moveTo(hit.begin);
        ScanFinding finding;
        finding.line = places.line();
        finding.column = places.column();
        finding.kind = hit.kind;
        finding.severity = hit.severity;
        finding.match = toText(hit.shown);
        finding.reason = toText(hit.reason);
        finding.fingerprint = fingerprints.of(hit.kind, hit.shown, normalisedLine(text.text, hit, secrets));
        finding.platform = m_words != nullptr      ? toText(m_platformName)
                           : hit.suffix != nullptr ? toText(hit.suffix->platform)
                                                   : QString();
        if (m_words == nullptr) {
            const std::string variable = variableFor(hit, text.text, text.file, text.kind, project);
            finding.suggestion = toText(variable);
            // A diff repeats the lines around a change: where a secret is among them, it would carry it away.
            if (secrets.empty())
                finding.edit = editFor(hit, text, project, variable);
        }
        findings.append(std::move(finding));
    }
    return findings;
}

QString scanKindName(ScanKind kind)
{
    switch (kind) {
    case ScanKind::PlatformHost:
        return QStringLiteral("platform-host");
    case ScanKind::Localhost:
        return QStringLiteral("localhost");
    case ScanKind::Address:
        return QStringLiteral("address");
    case ScanKind::Port:
        return QStringLiteral("port");
    case ScanKind::Origin:
        return QStringLiteral("origin");
    case ScanKind::Secret:
        return QStringLiteral("secret");
    case ScanKind::PlatformReference:
        break;
    }
    return QStringLiteral("platform-reference");
}

QString scanSeverityName(ScanSeverity severity)
{
    switch (severity) {
    case ScanSeverity::Error:
        return QStringLiteral("error");
    case ScanSeverity::Warning:
        return QStringLiteral("warning");
    case ScanSeverity::Note:
        break;
    }
    return QStringLiteral("note");
}

} // namespace Switchyard

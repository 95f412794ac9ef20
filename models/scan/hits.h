// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/anchors.h"
#include "models/scan/filekind.h"
#include "models/scan/lexer.h"
#include "models/scan/platformwords.h"
#include "models/scan/scantypes.h"

#include <string>
#include <string_view>
#include <vector>

namespace Switchyard {

/// A place that the exact rules have accepted, before its surroundings are judged. Offsets are bytes of the text.
struct ScanHit
{
    std::size_t begin = 0; ///< what line and column point at
    std::size_t end = 0;
    ScanKind kind = ScanKind::Origin;
    ScanSeverity severity = ScanSeverity::Warning;
    std::string shown;       ///< what a person sees; a secret is masked in it
    std::string reason;      ///< empty: that of its kind
    std::string_view scheme; ///< of a URL, else empty
    std::string_view host;   ///< empty for ports and secrets
    int port = 0;
    std::size_t urlEnd = 0; ///< behind path and query of a URL, 0: none
    const PlatformSuffix *suffix = nullptr;
    std::string name;            ///< what the value is called: "internal_port", "JWT_SECRET"
    std::size_t secretBegin = 0; ///< bytes that no fingerprint may be made of
    std::size_t secretEnd = 0;
    bool knownShape = false; ///< a secret by its own form, wherever it stands
    bool bare = false;       ///< an address or "localhost" that is no URL
    // From the lexer:
    TextClass where = TextClass::Code;
    TextSpan span;
};

/// Which anchor led to a place.
enum AnchorId : std::uint16_t
{
    SchemeAnchor,
    SuffixAnchor,
    LocalhostAnchor,
    Ipv4Anchor,
    Ipv6Anchor,
    LoopbackAnchor,
    PortAnchor,
    ListenAnchor,
    BindAnchor,
    ExposeAnchor,
    NameAnchor,
    TokenAnchor ///< and the following: an index into the table of token shapes
};

/// Adds the anchors of each family of rules.
void addHostAnchors(AnchorFinder &finder);
void addPortAnchors(AnchorFinder &finder);
void addSecretAnchors(AnchorFinder &finder);

/// The exact rules over one text. Each looks at one anchor and appends what it accepts.
class HitRules final
{
public:
    HitRules(std::string_view text, FileKind kind)
        : m_text(text)
        , m_kind(kind)
    {
    }
    void look(const AnchorFinder::Hit &anchor);
    /// For the anchors that begin with the byte before a word: a text may begin with the word itself.
    void lookAtBeginning();
    std::vector<ScanHit> take() { return std::move(m_hits); }

private:
    void url(std::size_t mark);
    void urlSecret(std::size_t schemeBegin, std::size_t mark, std::size_t at, std::string_view host);
    bool classifyHost(ScanHit &hit) const;
    void suffixHost(std::size_t place);
    void localhost(std::size_t place);
    void ipv4(std::size_t place);
    void ipv6(std::size_t place);
    void loopback6(std::size_t place);
    bool standsAlone(std::size_t begin, std::size_t end) const;

    void portName(std::size_t place);
    void listenCall(std::size_t place);
    void bindOption(std::size_t place);
    void expose(std::size_t place);
    void addPort(std::size_t begin, std::size_t end, std::string name, ScanSeverity severity, std::string reason);

    void assignment(std::size_t place);
    void token(std::size_t place, std::size_t shape);
    void privateKey(std::size_t place);

    std::string_view m_text;
    FileKind m_kind;
    std::vector<ScanHit> m_hits;
    std::size_t m_hostEnd = 0;   ///< up to here a URL has been taken
    std::size_t m_secretEnd = 0; ///< up to here a secret has been taken
};

// Shared by the rules.
/// "api.example.com", "your-app.fly.dev", "<host>": names that stand for a name.
bool isPlaceholderHost(std::string_view host);
/// "changeme", "${TOKEN}", "xxxx": values that stand for a value.
bool isPlaceholderValue(std::string_view value);
/// Whether the line reads an environment variable before the place: what follows is only the default.
bool isEnvironmentDefault(std::string_view text, std::size_t place);
/// The name that a value standing at `place` is given to, empty where there is none: `api_url = "…"`, `"target": "…"`.
std::string_view nameFor(std::string_view text, std::size_t place);
/// 0: no IPv4 address there; else its length.
std::size_t ipv4Length(std::string_view text);

} // namespace Switchyard

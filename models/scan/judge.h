// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/scan/hits.h"
#include "models/scan/project.h"

namespace Switchyard {

/// One text that is looked at.
struct ScanText
{
    std::string_view text;
    std::string_view file; ///< relative path
    FileKind kind;
    bool fromUtf16 = false; ///< offsets are not those of the file: no edits
    bool hasEnum = false;   ///< set while looking: members of an enum are no place for an expression
};

/// Finds everything in a text: anchors, exact rules, strings and comments, surroundings. Any thread. The text must have
/// AnchorFinder::padding readable bytes behind it.
class ScanRules final
{
public:
    /// `platform`: only references to this one. It must be one of platformsWithWords().
    explicit ScanRules(const QString &platform);

    /// Findings by place, at most `limit`; how many more there were goes to `dropped`.
    QList<ScanFinding> find(ScanText text, const ProjectIndex &project, int limit, qint64 &dropped) const;
    /// What the name of a file says (fly.toml): nothing without a platform.
    std::optional<ScanFinding> findInName(std::string_view file) const;

private:
    std::vector<AnchorFinder::Hit> anchors(std::string_view text) const;
    std::vector<ScanHit> references(const ScanText &text) const;
    bool reference(const ScanText &text, const AnchorFinder::Hit &anchor, ScanHit &hit) const;

    AnchorFinder m_anchors;
    const PlatformWords *m_words = nullptr;
    std::string m_platformName;
};

/// Judges one hit by what surrounds it; false: it is none after all.
bool judge(ScanHit &hit, const ScanText &text);
/// The edit that replaces it, where there is no doubt what it would be.
std::optional<ScanEdit> editFor(const ScanHit &hit, const ScanText &text, const ProjectIndex &project,
                                const std::string &variable);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/lint.h"

#include "models/common/redact.h"
#include "models/manifests/lintkit.h"

#include <algorithm>

namespace Switchyard {

namespace {

QList<LintRule> gathered()
{
    QList<LintRule> rules;
    for (const auto &table : {renderRules, renderServiceRules, flyRules, flyKeyRules, dockerRules, frontendRules,
                              variableRules, originRules})
        rules += rulesFrom(table());
    std::sort(rules.begin(), rules.end(), [](const LintRule &a, const LintRule &b) { return a.id < b.id; });
    return rules;
}

} // namespace

const QList<LintRule> &lintRules()
{
    static const QList<LintRule> rules = gathered();
    return rules;
}

LintRun::LintRun(const QList<LintSubject> &subjects)
    : m_subjects(subjects)
{
    for (const LintRule &rule : lintRules())
        m_severities.insert(rule.id, rule.severity);
    for (const LintSubject &subject : subjects)
        m_units.append(lintUnits(subject));
}

void LintRun::report(const char *rule, const Place &place, const QString &message, const QString &fix)
{
    const QString id = QString::fromUtf8(rule);
    Q_ASSERT_X(m_severities.contains(id), "LintRun::report", rule);
    // Names and hosts stand in messages; a secret that hides in one of them does not.
    m_findings.append({id, m_severities.value(id, Severity::Warning), place, redact(message), redact(fix)});
}

QList<LintUnit> LintRun::unitsOf(const LintSubject &subject) const
{
    QList<LintUnit> own;
    std::copy_if(m_units.begin(), m_units.end(), std::back_inserter(own),
                 [&](const LintUnit &unit) { return unit.subject == &subject; });
    return own;
}

bool LintRun::runsAnywhere(QStringView word) const
{
    return std::any_of(m_units.begin(), m_units.end(), [word](const LintUnit &unit) { return unit.runs(word); });
}

QList<Finding> LintRun::take()
{
    // The order of the files is the caller's; a place that an alias shares is said once.
    QHash<QString, qsizetype> order;
    for (const LintSubject &subject : m_subjects)
        order.insert(subject.manifest.file, order.size());
    const auto before = [&order](const Finding &a, const Finding &b) {
        return std::tuple(order.value(a.place.file), a.place.line, a.place.column, a.rule) <
               std::tuple(order.value(b.place.file), b.place.line, b.place.column, b.rule);
    };
    std::stable_sort(m_findings.begin(), m_findings.end(), before);
    const auto same = [](const Finding &a, const Finding &b) {
        return a.rule == b.rule && a.place == b.place && a.message == b.message;
    };
    m_findings.erase(std::unique(m_findings.begin(), m_findings.end(), same), m_findings.end());
    return m_findings;
}

QList<Finding> lintManifests(const QList<LintSubject> &subjects)
{
    LintRun run(subjects);
    for (const LintSubject &subject : subjects) {
        switch (subject.manifest.format) {
        case ManifestFormat::Render:
            checkRender(subject, run);
            checkRenderServices(subject, run);
            break;
        case ManifestFormat::Fly:
            checkFly(subject, run);
            checkFlyKeys(subject, run);
            break;
        case ManifestFormat::Dockerfile:
            checkDocker(subject, run);
            break;
        case ManifestFormat::Vercel:
        case ManifestFormat::Netlify:
        case ManifestFormat::Redirects:
            checkFrontend(subject, run);
            break;
        case ManifestFormat::Compose:
        case ManifestFormat::Procfile:
            break;
        }
        checkHeaders(lintHeaders(subject), run);
    }
    for (const LintUnit &unit : run.units()) {
        checkVariables(unit, run);
        checkOrigins(unit, run);
    }
    return run.take();
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/platformwords.h"

#include "models/common/redact.h"

#include <QJsonArray>

#include <algorithm>

namespace Switchyard {

namespace {

/// Whole seconds: the platform's own clock ticks beside ours.
QString spokenTime(Milliseconds duration)
{
    const qint64 seconds = std::max<qint64>((duration.count() + 500) / 1000, 0);
    if (seconds < 120)
        return QStringLiteral("%1 s").arg(seconds);
    return seconds % 60 == 0 ? QStringLiteral("%1 min").arg(seconds / 60)
                             : QStringLiteral("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
}

struct Moment
{
    bool past = false;
    QString words; ///< "4 s ago", "in 41 s", "now"
};

Moment momentOf(Milliseconds after, Milliseconds elapsed)
{
    const Milliseconds away = elapsed >= after ? elapsed - after : after - elapsed;
    if (away < Milliseconds(500))
        return {false, QStringLiteral("now")};
    return elapsed >= after ? Moment{true, spokenTime(away) + QStringLiteral(" ago")}
                            : Moment{false, QStringLiteral("in ") + spokenTime(away)};
}

QString neverMoved(const PlatformProfile &profile)
{
    return QStringLiteral("%1 itself would do nothing: no check of it moves traffic").arg(profile.name);
}

} // namespace

QString platformWords(const Monitor &monitor, std::optional<Instant> failingSince, Instant now)
{
    const PlatformProfile *profile = monitor.profile.get();
    if (!profile || profile->problem || !failingSince)
        return {};
    if (!profile->unroutedAfter && !profile->restartedAfter)
        return neverMoved(*profile);
    const auto elapsed = std::max(std::chrono::duration_cast<Milliseconds>(now - *failingSince), Milliseconds(0));
    QString words = profile->name;
    bool told = false;
    if (profile->unroutedAfter) {
        const Moment moment = momentOf(*profile->unroutedAfter, elapsed);
        words += (moment.past ? QStringLiteral(" would have taken the instance out of routing %1")
                              : QStringLiteral(" would take the instance out of routing %1"))
                     .arg(moment.words);
        told = true;
    }
    if (profile->restartedAfter) {
        const Moment moment = momentOf(*profile->restartedAfter, elapsed);
        words += (told ? QStringLiteral(", and") : QString()) +
                 (moment.past ? QStringLiteral(" would have restarted it %1") : QStringLiteral(" would restart it %1"))
                     .arg(moment.words);
    }
    return words;
}

QString platformThreat(const PlatformProfile &profile)
{
    if (profile.problem)
        return {};
    if (!profile.unroutedAfter && !profile.restartedAfter)
        return neverMoved(profile);
    QString words = profile.name + QStringLiteral(" would");
    if (profile.unroutedAfter)
        words += *profile.unroutedAfter > Milliseconds(0)
                     ? QStringLiteral(" take the instance out of routing after %1 of this")
                           .arg(spokenTime(*profile.unroutedAfter))
                     : QStringLiteral(" take the instance out of routing at once");
    if (profile.restartedAfter)
        words += (profile.unroutedAfter ? QStringLiteral(", and") : QString()) +
                 QStringLiteral(" restart it after %1").arg(spokenTime(*profile.restartedAfter));
    return words;
}

QString profileToText(const PlatformProfile &profile)
{
    QString text = QStringLiteral("  judged as %1 does, by %2\n").arg(profile.name, profile.source);
    if (!profile.sourceNote.isEmpty())
        text += QStringLiteral("    %1\n").arg(profile.sourceNote);
    qsizetype keys = 0, values = 0;
    for (const ProfileRule &rule : profile.rules) {
        keys = std::max(keys, rule.key.size());
        values = std::max(values, std::min<qsizetype>(redact(rule.value).size(), 30));
    }
    for (const ProfileRule &rule : profile.rules)
        text += QStringLiteral("    %1  %2  %3%4\n")
                    .arg(rule.key.leftJustified(keys), redact(rule.value).leftJustified(values), rule.from,
                         rule.insteadOf.isEmpty() ? QString()
                                                  : QStringLiteral(", instead of %1").arg(redact(rule.insteadOf)));
    for (const QString &note : profile.notes)
        text += QStringLiteral("    note: %1\n").arg(redact(note));
    for (const QString &finding : profile.findings)
        text += QStringLiteral("    finding: %1\n").arg(redact(finding));
    return text;
}

QJsonValue profileToJson(const PlatformProfile *profile)
{
    if (!profile)
        return QJsonValue::Null;
    QJsonArray rules, findings, notes;
    for (const ProfileRule &rule : profile->rules)
        rules.append(
            QJsonObject{{QStringLiteral("key"), rule.key},
                        {QStringLiteral("value"), redact(rule.value)},
                        {QStringLiteral("from"), rule.from},
                        {QStringLiteral("instead_of"), rule.insteadOf.isEmpty() ? QJsonValue(QJsonValue::Null)
                                                                                : QJsonValue(redact(rule.insteadOf))}});
    for (const QString &finding : profile->findings)
        findings.append(redact(finding));
    for (const QString &note : profile->notes)
        notes.append(redact(note));
    const QString threat = platformThreat(*profile);
    return QJsonObject{{QStringLiteral("platform"), profile->platform},
                       {QStringLiteral("source"), profile->source},
                       {QStringLiteral("rules"), rules},
                       {QStringLiteral("on_failure"), threat},
                       {QStringLiteral("findings"), findings},
                       {QStringLiteral("notes"), notes}};
}

} // namespace Switchyard

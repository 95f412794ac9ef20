// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expressions for origins: making tight ones, and finding out what a given one lets in.
#include "models/environment/origins.h"

#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

OriginFinding finding(const char *id, Severity severity, const QString &regex, const QString &message, const char *hint)
{
    return {s(id), severity, regex, message, s(hint), {}};
}

/// The fixed part of a glob's host behind its last star-bearing label: "vercel.app" of "app-*.vercel.app".
QString behindStars(const QString &host)
{
    QStringList labels = host.split(QLatin1Char('.'));
    QStringList fixed;
    while (!labels.isEmpty() && !labels.last().contains(QLatin1Char('*')))
        fixed.prepend(labels.takeLast());
    return fixed.join(QLatin1Char('.'));
}

/// Names an attacker can have that a careless expression for `host` lets in, each with what it shows.
struct Attack
{
    QString origin;
    const char *id;
    const char *message; ///< %1: the origin
    const char *hint;
};

QList<Attack> attacksOn(const QString &host)
{
    QList<Attack> attacks;
    // A suffix that others can have names under is tried by suffixesOpenTo(); in front of it nothing can be put.
    if (!isListedSuffix(host))
        attacks.append({s("https://evil") + host, "origin/regex-prefix", "it takes %1",
                        "write the dot before the domain, or the whole host"});
    attacks.append({s("https://") + host + s(".switchyard-check.invalid"), "origin/regex-not-anchored", "it takes %1",
                    "end it with $"});
    return attacks;
}

bool hasAnchors(const QString &regex)
{
    static const QRegularExpression begin(s(R"(\A(?:\(\?[a-z]+\))?\(?(?:\^|\\A))"));
    static const QRegularExpression end(s(R"((?:(?<!\\)(?:\\\\)*\$|\\[zZ])\)?\z)"));
    return begin.match(regex).hasMatch() && end.match(regex).hasMatch();
}

/// The hosts with one of their dots replaced, which only a dot that stands for any character lets in.
QString looseDot(const QString &regex)
{
    for (const QString &host : hostsInRegex(regex)) {
        for (qsizetype at = host.indexOf(QLatin1Char('.')); at >= 0; at = host.indexOf(QLatin1Char('.'), at + 1)) {
            QString other = host;
            other[at] = QLatin1Char('x');
            // As it stands, and where the expression wants something in front of it.
            for (const char *front : {"https://", "https://a.", "https://a", "http://"})
                if (regexMatches(regex, s(front) + other, true) && regexMatches(regex, s(front) + host, true))
                    return s(front) + other;
        }
    }
    return {};
}

bool takesPlainHttp(const QString &regex)
{
    for (const QString &host : hostsInRegex(regex)) {
        for (const char *front : {"http://", "http://a."})
            if (regexMatches(regex, s(front) + host, true))
                return true;
    }
    return false;
}

/// Names below a shared suffix that fit the expression: who asks first may have them. With something fixed behind the
/// variable part too (the team's suffix) it is at least no accident.
QList<OriginFinding> namesToBeTaken(const QString &regex, const QStringList &open, bool credentials)
{
    static const QRegularExpression label(s(
        R"(([A-Za-z0-9\-]*)(?:\[[^\]]*\]|\.|\\w)(?:[*+?]|\{[\d,]*\})+\)?([A-Za-z0-9\-]*)((?:\\?\.[A-Za-z0-9\-]+)+))"));
    QList<OriginFinding> findings;
    for (auto it = label.globalMatch(regex); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        QString suffix = match.captured(3);
        suffix = suffix.remove(QLatin1Char('\\')).mid(1);
        const QString origin = s("https://%1nobody0%2.%3").arg(match.captured(1), match.captured(2), suffix);
        if (open.contains(suffix) || !isListedSuffix(suffix) || !regexMatches(regex, origin, true))
            continue;
        const bool fixedEnd = !match.captured(2).isEmpty();
        findings.append(finding("origin/regex-name", credentials && !fixedEnd ? Severity::Warning : Severity::Note,
                                regex,
                                s("it takes %1, which is free for whoever takes that name on %2").arg(origin, suffix),
                                "right for previews of a staging API; in production list the origins"));
    }
    return findings;
}

} // namespace

QString tightOriginRegex(const QString &glob)
{
    static const QRegularExpression shape(
        s(R"(\A(https?|\*)://([A-Za-z0-9.\-*]+|\[[0-9a-fA-F:]+\])(?::(\d+|\*))?/?\z)"));
    const QRegularExpressionMatch match = shape.match(glob.trimmed());
    if (!match.hasMatch())
        return {};
    const QString host = match.captured(2).toLower();
    const QStringList labels = host.split(QLatin1Char('.'));
    const QString fixed = behindStars(host);
    if (labels.contains(QString()) || fixed.isEmpty())
        return {};
    const qsizetype before = labels.size() - fixed.count(QLatin1Char('.')) - 2;
    // https://*.vercel.app is everybody's; https://app-*.vercel.app is at least narrowed to a name.
    if (before >= 0 && isPublicSuffix(fixed) && labels[before] == L("*"))
        return {};
    QStringList parts;
    for (const QString &label : labels) {
        QString part = QRegularExpression::escape(label);
        part.replace(L("\\-"), L("-")).replace(L("\\*"), L("[a-z0-9-]+"));
        static const QRegularExpression twice(s(R"((\[a-z0-9-\]\+){2,})"));
        part.replace(twice, s("[a-z0-9-]+"));
        parts.append(part);
    }
    const QString scheme = match.captured(1) == L("*") ? s("https") : match.captured(1);
    const QString port = match.captured(3);
    QString text = L("^") + scheme + L("://") + parts.join(L("\\."));
    if (port == L("*"))
        text += L(":[0-9]+");
    else if (!port.isEmpty() && port != (scheme == L("https") ? L("443") : L("80")))
        text += QLatin1Char(':') + port;
    return text + QLatin1Char('$');
}

QList<OriginFinding> judgeOriginRegex(const QString &regex, bool credentials)
{
    const Severity bad = credentials ? Severity::Error : Severity::Warning;
    const QRegularExpression compiled(regex);
    if (regex.size() > 2'000)
        return {finding("origin/regex-long", Severity::Error, regex.left(100), s("longer than 2,000 characters"),
                        "list the origins")};
    if (!compiled.isValid())
        return {finding("origin/regex-broken", Severity::Error, regex,
                        s("it is no regular expression: %1").arg(compiled.errorString()), "mend it")};
    if (regexMatches(regex, s("https://switchyard-check.invalid"), true) ||
        regexMatches(regex, s("https://nobody.switchyard-check.invalid"), true))
        return {finding("origin/regex-any", bad, regex, s("it takes every origin"), "list the frontends' origins")};
    QList<OriginFinding> findings;
    const QStringList open = suffixesOpenTo(regex);
    for (const QString &suffix : open)
        findings.append(finding("origin/regex-shared", bad, regex,
                                s("it takes every site on %1, where anybody can have one").arg(suffix),
                                "begin with the project's name and end with the team's suffix, or list the origins"));
    QSet<QString> told;
    for (const QString &host : hostsInRegex(regex)) {
        for (const Attack &attack : attacksOn(host)) {
            if (told.contains(s(attack.id)) || open.contains(host) || !regexMatches(regex, attack.origin, true))
                continue;
            told.insert(s(attack.id));
            findings.append(finding(attack.id, bad, regex, s(attack.message).arg(attack.origin), attack.hint));
        }
    }
    if (const QString loose = looseDot(regex); !loose.isEmpty())
        findings.append(finding("origin/regex-dot", bad, regex,
                                s("a dot in it stands for any character: it takes %1").arg(loose),
                                "write \\. for a dot"));
    if (!told.contains(s("origin/regex-prefix")))
        findings += namesToBeTaken(regex, open, credentials);
    if (takesPlainHttp(regex))
        findings.append(finding("origin/regex-insecure", Severity::Warning, regex, s("it takes http:// too"),
                                "begin with ^https://"));
    if (!hasAnchors(regex) && !told.contains(s("origin/regex-not-anchored")))
        findings.append(finding("origin/regex-not-anchored", Severity::Warning, regex,
                                s("it has not both ^ and $: Starlette matches the whole text, but JavaScript's test(), "
                                  "Python's re.match and re.search, Go and nginx take longer ones"),
                                "write ^ in front and $ behind"));
    return findings;
}

} // namespace Switchyard

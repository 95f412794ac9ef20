// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/origins.h"

#include "models/common/redact.h"

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

OriginFinding finding(const char *id, Severity severity, const QString &subject, const QString &message,
                      const char *hint, const QString &suggestion = {})
{
    return {s(id), severity, subject, message, s(hint), suggestion};
}

/// What is wrong with one entry; `out` gets the first thing that makes it useless, and what is dangerous besides.
class Judge final
{
public:
    Judge(Stage stage, bool credentials)
        : m_stage(stage)
        , m_credentials(credentials)
    {
    }

    QList<OriginFinding> judge(const QString &entry)
    {
        m_entry = entry;
        m_findings.clear();
        if (entry == L("*"))
            star();
        else if (entry == L("null"))
            null();
        else if (looksLikeRegex(entry))
            add("origin/regex-in-list", Severity::Error,
                s("%1 is a regular expression, and entries of a list are compared as they are").arg(entry),
                "give it to the setting for expressions (allow_origin_regex), or list the origins");
        else if (entry.contains(QLatin1Char('*')))
            glob();
        else
            plain();
        return m_findings;
    }

private:
    void add(const char *id, Severity severity, const QString &message, const char *hint,
             const QString &suggestion = {})
    {
        m_findings.append(finding(id, severity, m_entry, message, hint, suggestion));
    }

    void star()
    {
        if (m_credentials)
            add("origin/any-credentials", Severity::Error,
                s("* with credentials: browsers refuse it, and servers that answer with the asking origin instead "
                  "(Starlette) let every site act for a user who is logged in"),
                "list the frontends' origins");
        else if (m_stage != Stage::Development)
            add("origin/any", Severity::Warning, s("* lets every page on the web read the answers"),
                "right for an API that is public anyway; else list the frontends' origins");
    }

    void null()
    {
        add("origin/null", m_credentials ? Severity::Error : Severity::Warning,
            s("null is the origin of every sandboxed frame and every file: any page can have it"), "leave it out");
    }

    void glob()
    {
        const QString regex = tightOriginRegex(m_entry);
        if (regex.isEmpty())
            add("origin/glob", Severity::Error,
                s("%1 is compared as it is and never matches; as a pattern it would take everybody's sites")
                    .arg(m_entry),
                "list the origins");
        else
            add("origin/glob", Severity::Error, s("%1 is compared as it is and never matches").arg(m_entry),
                "list the origins, or give the expression to allow_origin_regex (Socket.IO: a callable)", regex);
    }

    void plain()
    {
        if (std::any_of(m_entry.cbegin(), m_entry.cend(), [](QChar c) { return c.unicode() > 0x7e; }))
            return foreignLetters();
        if (!m_entry.contains(L("://")))
            return noScheme();
        const std::optional<Origin> origin = originOf(m_entry);
        const QString scheme = m_entry.section(L("://"), 0, 0).toLower();
        if (!origin || (scheme != L("https") && scheme != L("http"))) {
            QString text = origin ? origin->toString() : QString();
            text.replace(0,
                         text.startsWith(L("wss"))  ? 3
                         : text.startsWith(L("ws")) ? 2
                                                    : 0,
                         text.startsWith(L("wss"))  ? s("https")
                         : text.startsWith(L("ws")) ? s("http")
                                                    : QString());
            return add("origin/scheme", Severity::Error, s("%1 is no origin of a web page").arg(m_entry),
                       "pages are of http or https, also where they open a WebSocket", text);
        }
        spelling(*origin);
        place(*origin);
    }

    void foreignLetters()
    {
        const std::optional<Origin> origin = originOf(m_entry);
        add("origin/non-ascii", Severity::Error,
            s("%1 has letters outside ASCII; browsers send the host in its xn-- form").arg(m_entry),
            "write the host in punycode", origin ? origin->toString() : QString());
    }

    void noScheme()
    {
        const std::optional<Origin> origin = originOf(s("https://") + m_entry);
        const bool here = origin && origin->isLoopback();
        const std::optional<Origin> meant = here ? originOf(s("http://") + m_entry) : origin;
        add("origin/no-scheme", Severity::Error, s("%1 has no scheme").arg(m_entry),
            "browsers send scheme://host[:port]", meant ? meant->toString() : QString());
    }

    /// Browsers have one spelling for each origin; any other never matches.
    void spelling(const Origin &origin)
    {
        const QString right = origin.toString();
        if (m_entry == right)
            return;
        const QString behind = m_entry.section(L("://"), 1);
        const QString authority = behind.section(QLatin1Char('/'), 0, 0);
        if (behind.contains(QLatin1Char('/')) || behind.contains(QLatin1Char('?')) || behind.contains(QLatin1Char('#')))
            add("origin/path", Severity::Error, s("%1 has something behind host and port").arg(m_entry),
                "browsers send no slash and no path", right);
        static const QRegularExpression port(s(R"(:\d+\z)"));
        if (origin.isDefaultPort() && port.match(authority).hasMatch())
            add("origin/default-port", Severity::Error,
                s("%1 names the port that %2 has anyway").arg(m_entry, origin.scheme),
                "browsers leave it out, so this never matches", right);
        const QString front = m_entry.section(L("://"), 0, 0) + authority;
        if (front != front.toLower())
            add("origin/upper-case", Severity::Error, s("%1 has capital letters").arg(m_entry),
                "browsers send scheme and host in lower case", right);
        if (m_findings.isEmpty())
            add("origin/spelling", Severity::Error, s("%1 is not how browsers write this origin").arg(m_entry),
                "write it as they do", right);
    }

    void place(const Origin &origin)
    {
        if (origin.isLoopback()) {
            if (m_stage == Stage::Production)
                add("origin/local", Severity::Warning,
                    s("%1: every program on a visitor's own machine may then ask").arg(m_entry),
                    "keep it to the development list");
        } else if (origin.scheme == L("http") && m_stage != Stage::Development) {
            add("origin/insecure", m_stage == Stage::Production ? Severity::Error : Severity::Warning,
                s("%1: whoever is on the visitor's network can put scripts into that page").arg(m_entry), "https only",
                s("https://") + origin.toString().mid(7));
        }
        if (isListedSuffix(origin.host))
            add("origin/suffix", Severity::Warning, s("%1 is not a site but the place where sites are").arg(m_entry),
                "name the project's own host");
    }

    const Stage m_stage;
    const bool m_credentials;
    QString m_entry;
    QList<OriginFinding> m_findings;
};

} // namespace

std::optional<Stage> stageFromName(const QString &name)
{
    if (name == L("dev"))
        return Stage::Development;
    if (name == L("test"))
        return Stage::Test;
    return name == L("production") ? std::optional(Stage::Production) : std::nullopt;
}

QString stageName(Stage stage)
{
    return stage == Stage::Development ? s("dev") : stage == Stage::Test ? s("test") : s("production");
}

OriginList readOrigins(const QString &value)
{
    const ListedEntries listed = listEntries(value);
    OriginList list;
    list.form = OriginList::Form(int(listed.form));
    list.valid = listed.whole;
    int empty = 0;
    int blanks = 0;
    for (const QString &raw : listed.raw) {
        const QString entry = raw.trimmed();
        empty += entry.isEmpty();
        blanks += !entry.isEmpty() && entry != raw;
        if (!entry.isEmpty())
            list.origins.append(entry);
    }
    const auto add = [&](const char *id, Severity severity, const QString &message, const char *hint,
                         const QString &suggestion = {}) {
        list.findings.append(finding(id, severity, {}, message, hint, suggestion));
    };
    if (!listed.whole) {
        add("origin/json-broken", Severity::Error, s("it begins like a JSON list and is none of texts"),
            "quotes get lost in some importers of variables: give it again, or use a comma list");
        return list;
    }
    const QString commas = list.origins.join(QLatin1Char(','));
    if (listed.form == ListForm::Json)
        add("origin/json", Severity::Note,
            s("a JSON list: pydantic-settings reads it, code that splits at commas does not"),
            "make sure that the program reads JSON here");
    if (listed.form == ListForm::Spaces)
        add("origin/spaces-only", Severity::Error, s("blanks alone separate the entries: few programs split there"),
            "write commas, without blanks", commas);
    if (value.trimmed().isEmpty())
        add("origin/empty", Severity::Warning,
            s("the list is empty; \"\".split(\",\") makes one empty entry of it, and JSON readers refuse to start"),
            "leave the variable out, or name an origin");
    else if (empty > 0)
        add("origin/empty-entry", Severity::Warning, s("%1 of its entries are empty").arg(empty),
            "a comma too many: leave it out", commas);
    if (blanks > 0)
        add("origin/blanks", Severity::Warning,
            s("%1 of its entries have blanks around them; split(\",\") keeps them, and they match no origin")
                .arg(blanks),
            "write it without blanks", listed.form == ListForm::Json ? QString() : commas);
    return list;
}

QList<OriginFinding> judgeOrigins(const QStringList &origins, Stage stage, bool credentials)
{
    QList<OriginFinding> findings;
    QSet<QString> seen;
    Judge judge(stage, credentials);
    for (const QString &entry : origins) {
        if (seen.contains(entry)) {
            findings.append(finding("origin/duplicate", Severity::Note, entry, s("%1 is there twice").arg(entry),
                                    "once is enough"));
            continue;
        }
        seen.insert(entry);
        findings += judge.judge(entry);
    }
    if (origins.size() > 1 && seen.contains(s("*")))
        findings.append(finding("origin/any-and-others", Severity::Warning, s("*"),
                                s("* stands beside origins by name, and makes them pointless"),
                                "leave out one or the other"));
    return findings;
}

bool sameSite(const QString &originA, const QString &originB)
{
    const std::optional<Origin> a = originOf(originA);
    const std::optional<Origin> b = originOf(originB);
    return a && b && sameSite(*a, *b);
}

std::optional<OriginFinding> crossSiteCookies(const QString &frontend, const QString &api)
{
    const std::optional<Origin> page = originOf(frontend);
    const std::optional<Origin> backend = originOf(api);
    if (!page || !backend || sameSite(*page, *backend))
        return std::nullopt;
    const QString domain = registrableDomain(page->host);
    const QString suffix = page->host.section(QLatin1Char('.'), 1);
    QString why = s("%1 and %2 are different sites").arg(page->toString(), backend->toString());
    if (domain == registrableDomain(backend->host) && !domain.isEmpty())
        why += s(": their schemes differ");
    else if (isListedSuffix(suffix) && backend->host.endsWith(QLatin1Char('.') + suffix))
        why += s(": %1 is a public suffix, so each name below it is a site of its own").arg(suffix);
    return finding(
        "origin/cross-site-cookies", Severity::Note, page->toString(), why,
        "the API's cookies need SameSite=None; Secure, and some browsers keep even those away; one registered "
        "domain for both, or a rewrite through the frontend's host, avoids that");
}

QStringList originsForStage(const QList<Frontend> &frontends, Stage stage)
{
    QStringList origins;
    for (const Frontend &frontend : frontends) {
        const std::optional<Origin> origin = originOf(frontend.url);
        if (!origin || (origin->scheme != L("https") && origin->scheme != L("http")) ||
            origin->host.contains(QLatin1Char('*')))
            continue;
        const bool here = origin->isLoopback();
        const bool fits =
            stage == Stage::Development ? here || frontend.stage == stage : frontend.stage == stage && !here;
        const bool safe = stage != Stage::Production || origin->scheme == L("https");
        if (fits && safe && !origins.contains(origin->toString()))
            origins.append(origin->toString());
    }
    if (stage == Stage::Development && origins.isEmpty())
        return {s("http://localhost:5173"), s("http://localhost:3000")};
    return origins;
}

QJsonObject findingToJson(const OriginFinding &finding)
{
    return {{s("id"), finding.id},
            {s("severity"), severityName(finding.severity)},
            {s("subject"), redact(finding.subject)},
            {s("message"), redact(finding.message)},
            {s("hint"), finding.hint},
            {s("suggestion"), redact(finding.suggestion)}};
}

QString findingsToText(const QList<OriginFinding> &findings)
{
    QString text;
    for (const OriginFinding &finding : findings) {
        text += s("%1: %2 [%3]\n").arg(severityName(finding.severity), redact(finding.message), finding.id);
        if (!finding.suggestion.isEmpty())
            text += s("    → %1: %2\n").arg(finding.hint, redact(finding.suggestion));
        else if (!finding.hint.isEmpty())
            text += s("    → %1\n").arg(finding.hint);
    }
    return text;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/accesslist.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <iterator>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr qsizetype mostEntries = 10'000;
constexpr int widestIpv4 = 16; ///< a cloud region's whole share is seldom one block wider than this
constexpr int widestIpv6 = 32;
constexpr qint64 soonMs = 24 * 3'600'000LL;

const QList<RuleText> &ruleTexts()
{
    static const QList<RuleText> texts{
        {"access/anywhere", Severity::Warning, "the whole Internet is let in",
         "Only user and password are left between anybody and the data. PCI DSS and HIPAA reviews do not pass with it.",
         "https://www.mongodb.com/docs/atlas/security/ip-access-list/", "M-2"},
        {"access/anywhere-beside", Severity::Error, "0.0.0.0/0 or ::/0 stands beside narrower entries",
         "An address that any entry lets in is let in: the narrower entries do nothing, also where the wide one is "
         "meant as a fallback.",
         "https://www.mongodb.com/docs/atlas/security/ip-access-list/", "M-2"},
        {"access/too-wide", Severity::Warning, "an entry lets in more than a platform's region needs",
         "Everybody who rents a machine there is let in too.", "https://www.rfc-editor.org/rfc/rfc4632", ""},
        {"access/expired", Severity::Warning, "an entry should be gone already",
         "Its date has passed. Either the clock here is wrong, or the list is an old copy.",
         "https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/", ""},
        {"access/expires", Severity::Note, "an entry will be removed by the service",
         "What connects through it is cut off then, perhaps in the middle of a copy.",
         "https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/", ""},
        {"access/operator-leftover", Severity::Warning, "a person's own address stands in the list for good",
         "It was let in for a migration or a look, and the provider gives the address to somebody else one day.",
         "https://www.mongodb.com/docs/atlas/security/ip-access-list/", ""},
        {"access/missing-range", Severity::Error, "the backend has addresses that the list does not let in",
         "Connections from them time out, which looks like a network's fault and comes and goes with the instances.",
         "https://render.com/docs/outbound-ip-addresses", "R-NET-1"},
        {"access/only-by-anywhere", Severity::Note, "nothing but 0.0.0.0/0 or ::/0 lets the backend in",
         "Who removes that entry first locks the backend out.",
         "https://www.mongodb.com/docs/atlas/security/ip-access-list/", "M-2"},
        {"access/not-needed", Severity::Note, "an entry is used by none of the backend's addresses",
         "It belongs to another backend, to the platform that was left, or to nobody.",
         "https://www.mongodb.com/docs/atlas/security/ip-access-list/", ""},
        {"access/overlap", Severity::Note, "an entry lies within another",
         "Removing it changes nothing, which surprises whoever removes it to lock somebody out.",
         "https://www.rfc-editor.org/rfc/rfc4632", ""},
        {"access/private", Severity::Warning, "an address that nobody has in the Internet",
         "Connections over the Internet never come from it; it only counts where networks are joined.",
         "https://www.rfc-editor.org/rfc/rfc1918", ""},
        {"access/ipv6", Severity::Note, "the backend has IPv6 addresses, the list none",
         "Where a database's name has AAAA records, the backend may come by IPv6 and be refused. Nothing here says "
         "that this one has any.",
         "https://www.rfc-editor.org/rfc/rfc6724", ""},
        {"access/empty", Severity::Warning, "the list is empty",
         "What that means differs: nobody from outside at Atlas and at Render Key Value.",
         "https://render.com/docs/key-value", ""},
        {"access/unreadable", Severity::Error, "an entry is no address and no range",
         "What it lets in is not known, so nothing else here counts it.", "https://www.rfc-editor.org/rfc/rfc4632", ""},
    };
    return texts;
}

class Judge final
{
public:
    Judge(const QList<AccessEntry> &list, const AccessNeeds &needs)
        : m_list(list)
        , m_needs(needs)
    {
        for (const AccessEntry &entry : list) {
            // What the service will have removed by now lets nobody in.
            if (entry.range && !isExpired(entry))
                m_ranges.append(*entry.range);
        }
        std::copy_if(m_ranges.cbegin(), m_ranges.cend(), std::back_inserter(m_narrow),
                     [](const AddressRange &range) { return !range.isEverything(); });
    }

    QList<Finding> go()
    {
        anywhere();
        for (const AccessEntry &entry : m_list)
            alone(entry);
        needed();
        overlaps();
        if (m_list.isEmpty())
            add("access/empty", emptyWords(), s("add what the backend connects from"));
        return m_findings;
    }

private:
    bool isExpired(const AccessEntry &entry) const { return entry.deleteAfter && *entry.deleteAfter <= m_needs.now; }

    void add(const char *rule, const QString &message, const QString &fix)
    {
        Finding finding;
        finding.rule = s(rule);
        for (const RuleText &text : ruleTexts()) {
            if (finding.rule == s(text.id))
                finding.severity = text.severity;
        }
        finding.message = message;
        finding.fix = fix;
        m_findings.append(finding);
    }

    static QString named(const AccessEntry &entry)
    {
        return entry.comment.isEmpty() ? entry.value : s("%1 (%2)").arg(entry.value, entry.comment);
    }

    QString emptyWords() const
    {
        switch (m_needs.owner) {
        case AccessListOwner::Atlas:
            return s("the list is empty: Atlas lets nobody in");
        case AccessListOwner::RenderKeyValue:
            return s("the list is empty: only Render's private network reaches it");
        case AccessListOwner::RenderPostgres:
            return s("the list is empty: only Render's private network reaches it (no list at all lets everybody in)");
        case AccessListOwner::Other:
            break;
        }
        return s("the list is empty; what that means at this service is not known here");
    }

    void anywhere()
    {
        // By family: ::/0 cancels no IPv4 entry.
        for (const AddressRange &range : m_ranges) {
            if (!range.isEverything())
                continue;
            QStringList cancelled;
            for (const AddressRange &other : m_narrow) {
                if (range.contains(other))
                    cancelled.append(other.toString());
            }
            if (cancelled.isEmpty())
                add("access/anywhere", s("%1 lets the whole Internet in").arg(range.toString()),
                    s("the addresses of the backend, and nothing else"));
            else
                add("access/anywhere-beside",
                    s("%1 stands beside narrower entries and cancels them: %2")
                        .arg(range.toString(), cancelled.join(s(", "))),
                    s("remove %1 once the backend's own addresses are ACTIVE").arg(range.toString()));
        }
    }

    void alone(const AccessEntry &entry)
    {
        if (entry.isSecurityGroup())
            return;
        if (!entry.range) {
            add("access/unreadable", s("\"%1\" is no address and no range").arg(entry.value.left(60)), {});
            return;
        }
        const AddressRange &range = *entry.range;
        if (isExpired(entry))
            add("access/expired",
                s("%1 was to be removed at %2").arg(named(entry), entry.deleteAfter->toString(Qt::ISODate)),
                s("ask for the list again"));
        else if (entry.deleteAfter)
            add("access/expires",
                s("%1 is removed at %2%3")
                    .arg(named(entry), entry.deleteAfter->toString(Qt::ISODate),
                         m_needs.now.msecsTo(*entry.deleteAfter) < soonMs ? s(", within a day") : QString()),
                s("without a date for what the backend needs for good"));
        if (!range.isEverything() && range.prefix < (range.isIpv6() ? widestIpv6 : widestIpv4))
            add("access/too-wide", s("%1 lets in %2").arg(named(entry), range.sizeInWords()),
                s("the ranges that the platform names for the backend's region"));
        if (range.isPrivate())
            add("access/private", s("%1 is a private address").arg(named(entry)),
                s("the public address behind it, or a private way to the database"));
        leftover(entry);
    }

    void leftover(const AccessEntry &entry)
    {
        if (!entry.range->isSingle() || entry.deleteAfter || isNeeded(*entry.range))
            return;
        static const QRegularExpression words(
            s("\\b(migrat\\w*|dump|restore|temp(orary)?|tmp|laptop|home|office|my (ip|machine|computer)|vpn|operator|"
              "debug|test(ing)?|auto-generated|quick start)\\b"),
            QRegularExpression::CaseInsensitiveOption);
        const bool own = m_needs.operatorAddress && *m_needs.operatorAddress == *entry.range;
        const bool told = words.match(entry.comment).hasMatch();
        if (own || told)
            add("access/operator-leftover",
                s("%1 stays for good: %2")
                    .arg(named(entry), own ? s("it is your own address") : s("its comment sounds like a person's")),
                s("remove it, and let it in again with a date (--expires) when it is needed"));
    }

    bool isNeeded(const AddressRange &range) const
    {
        return m_needs.outbound && std::any_of(m_needs.outbound->cbegin(), m_needs.outbound->cend(),
                                               [&range](const AddressRange &each) { return each.overlaps(range); });
    }

    void needed()
    {
        if (!m_needs.outbound || m_needs.outbound->isEmpty())
            return;
        const QString who = m_needs.backend.isEmpty() ? s("the backend") : m_needs.backend;
        const QList<AddressRange> missing = uncovered(*m_needs.outbound, m_ranges);
        bool someIpv6 = false;
        for (const AddressRange &range : missing) {
            someIpv6 |= range.isIpv6();
            if (range.isIpv6())
                continue;
            add("access/missing-range", s("%1 connects from %2, which is not let in").arg(who, range.toString()),
                s("add %1").arg(range.toString()));
        }
        const bool listHasIpv6 =
            std::any_of(m_ranges.cbegin(), m_ranges.cend(), [](const AddressRange &range) { return range.isIpv6(); });
        if (someIpv6)
            add(listHasIpv6 ? "access/missing-range" : "access/ipv6",
                s("%1 has IPv6 addresses that are not let in").arg(who),
                s("add them where the database is reached by IPv6"));
        QStringList byAnywhere;
        for (const AddressRange &range : uncovered(*m_needs.outbound, m_narrow)) {
            if (!missing.contains(range))
                byAnywhere.append(range.toString());
        }
        if (!byAnywhere.isEmpty())
            add("access/only-by-anywhere",
                s("nothing but 0.0.0.0/0 or ::/0 lets %1 in from %2").arg(who, byAnywhere.join(s(", "))),
                s("add these first, wait until they are ACTIVE, then remove the wide entry"));
        for (const AccessEntry &entry : m_list) {
            if (entry.range && !entry.range->isEverything() && !isExpired(entry) && !isNeeded(*entry.range))
                add("access/not-needed", s("%1 is none of the addresses of %2").arg(named(entry), who),
                    s("remove it, unless another backend or a person needs it"));
        }
    }

    void overlaps()
    {
        for (qsizetype i = 0; i < m_narrow.size(); ++i) {
            for (qsizetype j = 0; j < m_narrow.size(); ++j) {
                const bool twice = m_narrow[i] == m_narrow[j];
                if (i == j || (twice && i > j) || !m_narrow[j].contains(m_narrow[i]))
                    continue;
                add("access/overlap",
                    twice ? s("%1 stands there twice").arg(m_narrow[i].toString())
                          : s("%1 lies within %2").arg(m_narrow[i].toString(), m_narrow[j].toString()),
                    s("one of them is enough"));
                break;
            }
        }
    }

    const QList<AccessEntry> &m_list;
    const AccessNeeds &m_needs;
    QList<AddressRange> m_ranges, m_narrow;
    QList<Finding> m_findings;
};

/// A comment is anybody's text: it must not move the cursor of whoever reads it.
QString printable(const QString &text)
{
    constexpr qsizetype most = 200;
    QString clean = text.simplified().left(most);
    clean.removeIf([](QChar c) { return !c.isPrint() && !c.isSurrogate(); });
    return clean;
}

AccessEntry entryOf(const QString &value, const QString &comment, const QString &deleteAfter)
{
    AccessEntry entry;
    entry.value = printable(value);
    entry.comment = printable(comment);
    if (const Result<AddressRange> range = parseAddressRange(entry.value))
        entry.range = *range;
    const QDateTime date = QDateTime::fromString(deleteAfter, Qt::ISODate);
    if (date.isValid())
        entry.deleteAfter = date.toUTC();
    return entry;
}

} // namespace

QString accessListOwnerName(AccessListOwner owner)
{
    switch (owner) {
    case AccessListOwner::Atlas:
        return s("atlas");
    case AccessListOwner::RenderPostgres:
        return s("render-postgres");
    case AccessListOwner::RenderKeyValue:
        return s("render-key-value");
    case AccessListOwner::Other:
        break;
    }
    return s("other");
}

Result<AccessEntry> parseAccessEntry(const QString &text, const QString &comment)
{
    static const QRegularExpression group(s("^sg-[0-9a-f]{8,32}$"));
    AccessEntry entry;
    entry.value = text.trimmed();
    entry.comment = comment;
    if (group.match(entry.value).hasMatch())
        return entry;
    const Result<AddressRange> range = parseAddressRange(entry.value);
    if (!range)
        return tl::unexpected(range.error());
    entry.range = *range;
    entry.value = range->toString();
    return entry;
}

Result<QList<AccessEntry>> parseAccessList(const QByteArray &json)
{
    const auto useless = [](const QString &what) {
        return fail(ErrorKind::Usage, s("the access list cannot be read: %1").arg(what),
                    s("what \"db access list --format json\" or Atlas' API answers, Render's ipAllowList, or an array "
                      "of texts"));
    };
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (problem.error != QJsonParseError::NoError)
        return useless(problem.errorString());
    QJsonArray items = document.array();
    if (document.isObject()) {
        const QJsonObject object = document.object();
        QJsonValue inside;
        for (const char *key : {"results", "entries", "ipAllowList", "list"}) {
            if (inside.isUndefined() || inside.isNull())
                inside = object[s(key)];
        }
        if (!inside.isArray())
            return useless(s("the object has no results, entries or ipAllowList"));
        // A page of a longer list would be judged as if it were all of it.
        if (object[s("totalCount")].toInt() > inside.toArray().size())
            return useless(
                s("it holds %1 of %2 entries").arg(inside.toArray().size()).arg(object[s("totalCount")].toInt()));
        items = inside.toArray();
    }
    if (items.size() > mostEntries)
        return useless(s("more than %1 entries").arg(mostEntries));
    QList<AccessEntry> list;
    for (const QJsonValue item : items) {
        if (item.isString()) {
            list.append(entryOf(item.toString(), {}, {}));
            continue;
        }
        QString value;
        for (const char *key : {"ipAddress", "cidrBlock", "awsSecurityGroup", "source", "value"}) {
            if (value.isEmpty())
                value = item[s(key)].toString();
        }
        if (value.isEmpty())
            return useless(s("entry %1 has no address").arg(list.size() + 1));
        const QString comment = item[s("comment")].toString();
        const QString date = item[s("deleteAfterDate")].toString();
        list.append(entryOf(value, comment.isEmpty() ? item[s("description")].toString() : comment,
                            date.isEmpty() ? item[s("delete_after")].toString() : date));
    }
    return list;
}

QList<Finding> judgeAccessList(const QList<AccessEntry> &list, const AccessNeeds &needs)
{
    return Judge(list, needs).go();
}

QList<LintRule> accessRules()
{
    return rulesFrom(ruleTexts());
}

QJsonObject accessEntryToJson(const AccessEntry &entry)
{
    return {{s("value"), entry.value},
            {s("comment"), entry.comment.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(entry.comment)},
            {s("delete_after"),
             entry.deleteAfter ? QJsonValue(entry.deleteAfter->toString(Qt::ISODate)) : QJsonValue(QJsonValue::Null)}};
}

} // namespace Switchyard

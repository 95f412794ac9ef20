// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/accessendpoint.h"
#include "models/database/strings/connectionstring.h"

#include <QJsonArray>
#include <QSet>
#include <QTest>

#include <algorithm>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

AddressRange range(const char *text)
{
    const Result<AddressRange> parsed = parseAddressRange(s(text));
    if (!parsed)
        qFatal("%s", text);
    return *parsed;
}

QList<AddressRange> ranges(std::initializer_list<const char *> texts)
{
    QList<AddressRange> list;
    for (const char *text : texts)
        list.append(range(text));
    return list;
}

QDateTime today()
{
    return QDateTime::fromString(s("2026-11-22T10:00:00Z"), Qt::ISODate);
}

QString told(const QList<Finding> &findings)
{
    QStringList lines;
    for (const Finding &finding : findings)
        lines.append(finding.rule + u' ' + finding.message);
    return lines.join(u'\n');
}

QStringList rulesOf(const QList<Finding> &findings)
{
    QStringList rules;
    for (const Finding &finding : findings)
        rules.append(finding.rule.section(u'/', 1));
    rules.sort();
    rules.removeDuplicates();
    return rules;
}

const AccessStrategy &row(const AccessAdvice &advice, const char *id)
{
    for (const AccessStrategy &each : advice.strategies) {
        if (each.id == s(id))
            return each;
    }
    qFatal("no strategy %s", id);
}

} // namespace

class TestAccessAdvice final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void addresses_data();
    void addresses();
    void refusedAddresses_data();
    void refusedAddresses();
    void covering();
    void lists_data();
    void lists();
    void listsOfAllKinds();
    void brokenLists_data();
    void brokenLists();
    void everyRuleIsFound();
    void renderToAtlas();
    void seedsAdvice();
    void flyToAtlas();
    void plans_data();
    void plans();
    void rendersOwn();
    void whatIsNotKnown();
    void owners_data();
    void owners();
    void outboundAnswers();
    void reports();
    void commands();

private:
    AccessInput input(const char *platform) const;
    PlatformCatalogue m_catalogue;
    QSet<QString> m_found;
};

void TestAccessAdvice::initTestCase()
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QVERIFY2(catalogue.has_value(), catalogue ? "" : qPrintable(catalogue.error().toString()));
    m_catalogue = *catalogue;
}

AccessInput TestAccessAdvice::input(const char *platform) const
{
    AccessInput input;
    input.platform = m_catalogue.find(s(platform));
    input.backend = s("api");
    input.database = s("main");
    input.now = today();
    return input;
}

void TestAccessAdvice::addresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("shown");
    QTest::addColumn<QString>("size");
    const auto add = [](const char *text, const char *shown, const char *size) {
        QTest::newRow(text) << s(text) << s(shown) << s(size);
    };
    add("192.0.2.7", "192.0.2.7", "one address");
    add("192.0.2.7/32", "192.0.2.7", "one address");
    add("192.0.2.0/24", "192.0.2.0/24", "256 addresses");
    add("10.0.0.0/8", "10.0.0.0/8", "16.8 million addresses");
    add("0.0.0.0/0", "0.0.0.0/0", "4295.0 million addresses");
    add("::/0", "::/0", "2^128 addresses");
    add("2001:DB8::1", "2001:db8::1", "one address");
    add("2001:db8::/58", "2001:db8::/58", "2^70 addresses");
    add("128.0.0.0/1", "128.0.0.0/1", "2147.5 million addresses");
}

void TestAccessAdvice::addresses()
{
    QFETCH(QString, text);
    const Result<AddressRange> parsed = parseAddressRange(text);
    QVERIFY2(parsed.has_value(), parsed ? "" : qPrintable(parsed.error().toString()));
    QTEST(parsed->toString(), "shown");
    QTEST(parsed->sizeInWords(), "size");
    QVERIFY(parsed->contains(*parsed));
    QCOMPARE(*parseAddressRange(parsed->toString()), *parsed);
}

void TestAccessAdvice::refusedAddresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("hint");
    for (const char *text : {"", " ", "10.1", "0x7f.0.0.1", "256.0.0.1", "010.0.0.1", "1.2.3.4/33", "1.2.3.4/",
                             "1.2.3.4/-1", "1.2.3.4/08", "1.2.3.4/2 4", "example.com", "1.2.3.4.5", "fe80::1%eth0",
                             "2001:db8::/129", "1.2.3.4/255.255.255.0", ":::", "12345::"})
        QTest::newRow(*text ? text : "(empty)") << s(text) << QString();
    QTest::newRow("host bits") << s("192.0.2.7/24") << s("192.0.2.0/24 is the block around it");
    QTest::newRow("host bits, IPv6") << s("2001:db8::1/64") << s("2001:db8::/64 is the block");
    QTest::newRow("mapped") << s("::ffff:192.0.2.1") << s("write 192.0.2.1");
    QTest::newRow("a long one") << QString(100'000, u'1') << QString();
}

void TestAccessAdvice::refusedAddresses()
{
    QFETCH(QString, text);
    QFETCH(QString, hint);
    const Result<AddressRange> parsed = parseAddressRange(text);
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().kind, ErrorKind::Usage);
    QVERIFY(parsed.error().message.size() < 200);
    QVERIFY2(parsed.error().hint.contains(hint), qPrintable(parsed.error().hint));
}

void TestAccessAdvice::covering()
{
    const auto missing = [](const QList<AddressRange> &wanted, const QList<AddressRange> &given) {
        QStringList texts;
        for (const AddressRange &each : uncovered(wanted, given))
            texts.append(each.toString());
        return texts.join(u' ');
    };
    QCOMPARE(missing(ranges({"192.0.2.0/24"}), ranges({"192.0.2.0/25", "192.0.2.128/25"})), QString());
    QCOMPARE(missing(ranges({"192.0.2.0/24"}), ranges({"192.0.2.0/25", "192.0.2.128/26"})), s("192.0.2.0/24"));
    QCOMPARE(missing(ranges({"192.0.2.0/24"}), ranges({"192.0.0.0/16"})), QString());
    QCOMPARE(missing(ranges({"192.0.2.0/24"}), ranges({"0.0.0.0/0"})), QString());
    QCOMPARE(missing(ranges({"192.0.2.0/24"}), ranges({"::/0"})), s("192.0.2.0/24"));
    QCOMPARE(missing(ranges({"0.0.0.0/0"}), ranges({"0.0.0.0/1", "128.0.0.0/1"})), QString());
    QCOMPARE(missing(ranges({"2001:db8::/32"}), ranges({"2001:db8::/33", "2001:db8:8000::/33"})), QString());
    QCOMPARE(missing(ranges({"0.0.0.0/0"}), ranges({"192.0.2.7"})), s("0.0.0.0/0"));
    QCOMPARE(missing({}, {}), QString());
}

void TestAccessAdvice::lists_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QStringList>("outbound");
    QTest::addColumn<QStringList>("rules");
    const auto add = [](const char *name, const char *json, const QStringList &outbound, const QStringList &rules) {
        QTest::newRow(name) << QByteArray(json) << outbound << rules;
    };
    const QStringList render{s("192.0.2.0/24"), s("198.51.100.7")};
    add("as it should be", R"(["192.0.2.0/24", "198.51.100.7"])", render, {});
    add("two halves", R"(["192.0.2.0/25", "192.0.2.128/25", "198.51.100.7/32"])", render, {});
    add("everybody alone", R"(["0.0.0.0/0"])", {}, {s("anywhere")});
    add("everybody alone, addresses known", R"(["0.0.0.0/0"])", render, {s("anywhere"), s("only-by-anywhere")});
    add("the seed's fallback", R"(["0.0.0.0/0", "192.0.2.0/24", "198.51.100.7"])", render, {s("anywhere-beside")});
    add("the fallback, one missing", R"(["0.0.0.0/0", "192.0.2.0/24"])", render,
        {s("anywhere-beside"), s("only-by-anywhere")});
    add("IPv6's everybody cancels no IPv4", R"(["::/0", "192.0.2.0/24", "198.51.100.7"])", render, {s("anywhere")});
    add("IPv6's everybody cancels IPv6", R"(["::/0", "2001:db8::/48"])", {}, {s("anywhere-beside")});
    add("too wide", R"(["52.0.0.0/8"])", {}, {s("too-wide")});
    add("just not too wide", R"(["52.1.0.0/16"])", {}, {});
    add("missing", R"(["192.0.2.0/24"])", render, {s("missing-range")});
    add("not needed", R"(["192.0.2.0/24", "198.51.100.7", "203.0.113.0/24"])", render, {s("not-needed")});
    add("a part of what is needed is needed", R"(["192.0.2.128/25"])", {s("192.0.2.0/24")}, {s("missing-range")});
    add("overlap", R"(["192.0.2.0/24", "192.0.2.7", "198.51.100.7"])", render, {s("overlap")});
    add("twice", R"(["198.51.100.7", "198.51.100.7/32", "192.0.2.0/24"])", render, {s("overlap")});
    add("leftover by its comment", R"([{"ipAddress": "203.0.113.9", "comment": "Ana laptop for the migration"}])", {},
        {s("operator-leftover")});
    add("own address", R"(["203.0.113.77"])", {}, {s("operator-leftover")});
    add("own address, with a date", R"([{"ipAddress": "203.0.113.77", "deleteAfterDate": "2026-11-25T00:00:00Z"}])", {},
        {s("expires")});
    add("a comment that says temporary and is needed", R"([{"ipAddress": "198.51.100.7", "comment": "temporary"}])",
        {s("198.51.100.7")}, {});
    add("expired", R"([{"cidrBlock": "203.0.113.9/32", "deleteAfterDate": "2026-11-20T00:00:00Z"}])", {},
        {s("expired")});
    add("expired does not let in", R"([{"cidrBlock": "198.51.100.7/32", "deleteAfterDate": "2026-11-20T00:00:00Z"}])",
        {s("198.51.100.7")}, {s("expired"), s("missing-range")});
    add("private", R"(["10.1.0.0/16"])", {}, {s("private")});
    add("IPv6 not in the list", R"(["198.51.100.7"])", {s("198.51.100.7"), s("2001:db8::7")}, {s("ipv6")});
    add("another IPv6 in the list", R"(["198.51.100.7", "2001:db8::8"])", {s("198.51.100.7"), s("2001:db8::7")},
        {s("missing-range"), s("not-needed")});
    add("empty", "[]", {}, {s("empty")});
    add("unreadable", R"(["nonsense"])", {}, {s("unreadable")});
    add("security group", R"([{"awsSecurityGroup": "sg-0a1b2c3d"}])", {}, {});
}

void TestAccessAdvice::lists()
{
    QFETCH(QByteArray, json);
    QFETCH(QStringList, outbound);
    const Result<QList<AccessEntry>> list = parseAccessList(json);
    QVERIFY2(list.has_value(), list ? "" : qPrintable(list.error().toString()));
    AccessNeeds needs;
    needs.now = today();
    needs.operatorAddress = range("203.0.113.77");
    if (!outbound.isEmpty()) {
        needs.outbound.emplace();
        for (const QString &text : outbound)
            needs.outbound->append(*parseAddressRange(text));
    }
    const QList<Finding> findings = judgeAccessList(*list, needs);
    QFETCH(QStringList, rules);
    rules.sort();
    for (const QString &rule : rulesOf(findings))
        m_found.insert(rule);
    QVERIFY2(rulesOf(findings) == rules, qPrintable(told(findings)));
}

void TestAccessAdvice::listsOfAllKinds()
{
    const auto values = [](const char *json) {
        QStringList texts;
        const Result<QList<AccessEntry>> list = parseAccessList(json);
        if (!list)
            return list.error().message;
        for (const AccessEntry &entry : *list)
            texts.append(entry.value + (entry.comment.isEmpty() ? QString() : u'=' + entry.comment));
        return texts.join(u' ');
    };
    // Atlas, Render's API, Render's blueprint as JSON, our own output.
    QCOMPARE(values(R"({"results": [{"cidrBlock": "192.0.2.7/32", "ipAddress": "192.0.2.7", "comment": "a"}],
                        "totalCount": 1})"),
             s("192.0.2.7=a"));
    QCOMPARE(values(R"({"id": "dpg-1", "ipAllowList": [{"cidrBlock": "192.0.2.0/24", "description": "b"}]})"),
             s("192.0.2.0/24=b"));
    QCOMPARE(values(R"([{"source": "192.0.2.0/24", "description": "c"}])"), s("192.0.2.0/24=c"));
    QCOMPARE(values(R"({"entries": [{"value": "192.0.2.0/24", "comment": null, "delete_after": null}]})"),
             s("192.0.2.0/24"));
    // A comment is anybody's text.
    QCOMPARE(values("[{\"ipAddress\": \"192.0.2.7\", \"comment\": \"x\\u001b[31m\\ny\"}]"), s("192.0.2.7=x[31m y"));
}

void TestAccessAdvice::brokenLists_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("no JSON") << QByteArray("hello");
    QTest::newRow("number") << QByteArray("[1]");
    QTest::newRow("object without a list") << QByteArray("{}");
    QTest::newRow("entry without an address") << QByteArray(R"([{"comment": "x"}])");
    QTest::newRow("one page of many") << QByteArray(R"({"results": [{"ipAddress": "192.0.2.7"}], "totalCount": 2})");
    QTest::newRow("too many") << "[\"192.0.2.7\"" + QByteArray(",\"192.0.2.7\"").repeated(10'000) + "]";
}

void TestAccessAdvice::brokenLists()
{
    QFETCH(QByteArray, json);
    const Result<QList<AccessEntry>> list = parseAccessList(json);
    QVERIFY(!list);
    QCOMPARE(list.error().kind, ErrorKind::Usage);
    QVERIFY(!list.error().hint.isEmpty());
}

/// Every rule of the table is found in some list above, and nothing is found that the table does not name.
void TestAccessAdvice::everyRuleIsFound()
{
    if (m_found.isEmpty())
        QSKIP("needs the lists() of the same run");
    QSet<QString> known;
    for (const LintRule &rule : accessRules()) {
        QVERIFY2(rule.source.startsWith(s("https://")) && !rule.reason.isEmpty(), qPrintable(rule.id));
        known.insert(rule.id.section(u'/', 1));
    }
    QCOMPARE(m_found, known);
}

void TestAccessAdvice::renderToAtlas()
{
    AccessInput in = input("render");
    in.region = s("frankfurt");
    in.databasePlan = s("M10");
    in.platformPlan = s("pro");
    AccessAdvice advice = adviseAccess(in);
    QCOMPARE(advice.outbound.kind, OutboundKind::SharedRanges);
    QVERIFY(!advice.outbound.ranges); // shipped with no addresses: the API tells them
    QVERIFY(advice.outbound.howToAsk.contains(s("outbound-ips")));
    QVERIFY(advice.outbound.howKnown.contains(s("not asked")));
    QCOMPARE(row(advice, "any").openness, AccessOpenness::Open);
    QCOMPARE(row(advice, "any").security.grade, AccessGrade::Poor);
    QCOMPARE(row(advice, "platform-ranges").openness, AccessOpenness::Open);
    QVERIFY(row(advice, "platform-ranges").security.words.contains(s("shared")));
    QCOMPARE(row(advice, "static-egress").openness, AccessOpenness::Open);
    QVERIFY(row(advice, "static-egress").cost.words.contains(s("$100")));
    QCOMPARE(row(advice, "private").openness, AccessOpenness::Open);
    QVERIFY(row(advice, "private").why.contains(s("no VPC peering")));
    QCOMPARE(advice.recommendation, s("hybrid"));
    QCOMPARE(std::count_if(advice.strategies.cbegin(), advice.strategies.cend(),
                           [](const AccessStrategy &each) { return each.recommended; }),
             1);
    QVERIFY(row(advice, "hybrid").recommended);
    // With what Render said, the steps and the rows name it.
    in.outbound = ranges({"192.0.2.0/24", "198.51.100.7"});
    in.outboundFrom = s("Render's API, read by you");
    in.list = *parseAccessList(R"(["0.0.0.0/0", "192.0.2.0/24"])");
    advice = adviseAccess(in);
    QCOMPARE(row(advice, "platform-ranges").entry, s("192.0.2.0/24, 198.51.100.7"));
    QCOMPARE(advice.outbound.howKnown, s("Render's API, read by you"));
    const QString steps = advice.steps.join(u'\n');
    QVERIFY2(steps.contains(s("db access add 198.51.100.7 ")), qPrintable(steps)); // the other is there
    // First in, then ACTIVE, then the wide one out.
    QVERIFY(steps.indexOf(s("add")) < steps.indexOf(s("ACTIVE")));
    QVERIFY(steps.indexOf(s("ACTIVE")) < steps.indexOf(s("remove 0.0.0.0/0")));
    QVERIFY(advice.hasComplaints());
}

/// What the strategy report of the first migration says and is wrong.
void TestAccessAdvice::seedsAdvice()
{
    AccessInput in = input("render");
    in.region = s("oregon");
    in.databasePlan = s("M0");
    in.platformPlan = s("hobby");
    in.list = *parseAccessList(R"(["0.0.0.0/0", "192.0.2.0/24"])");
    const AccessAdvice advice = adviseAccess(in);
    // "Keep 0.0.0.0/0 as fallback".
    QVERIFY(rulesOf(advice.findings).contains(s("anywhere-beside")));
    // "Hybrid" there is 0.0.0.0/0 with a password; here it never is.
    QVERIFY(!row(advice, "hybrid").entry.contains(s("0.0.0.0/0")));
    QVERIFY(row(advice, "hybrid").security.words.contains(s("never together with 0.0.0.0/0")));
    // "VPC peering" with a free cluster.
    QCOMPARE(row(advice, "private").openness, AccessOpenness::Closed);
    QVERIFY(row(advice, "private").why.contains(s("M0")));
    QCOMPARE(row(advice, "static-egress").openness, AccessOpenness::Closed);
    // "Dynamic, no guarantee": only for old workspaces in Oregon.
    QCOMPARE(row(advice, "platform-ranges").openness, AccessOpenness::Depends);
    QVERIFY(row(advice, "platform-ranges").why.contains(s("2022-01-23")));
    // Audit logs on a free cluster.
    QVERIFY(row(advice, "hybrid").compliance.words.contains(s("M10")));
    // db.createUser in a shell.
    QVERIFY(advice.steps.join(u' ').contains(s("not db.createUser")));
    // None of the example ranges of that report is shipped.
    const QByteArray text = accessAdviceToMarkdown(advice);
    QVERIFY(!text.contains("35.197.82") && !text.contains("18.191"));
}

void TestAccessAdvice::flyToAtlas()
{
    AccessInput in = input("fly");
    in.region = s("iad");
    AccessAdvice advice = adviseAccess(in);
    QCOMPARE(advice.outbound.kind, OutboundKind::Dynamic);
    QCOMPARE(row(advice, "platform-ranges").openness, AccessOpenness::Closed);
    QCOMPARE(row(advice, "static-egress").openness, AccessOpenness::Open);
    QVERIFY(row(advice, "static-egress").cost.words.contains(s("$3.60")));
    QCOMPARE(row(advice, "private").openness, AccessOpenness::Closed);
    QCOMPARE(advice.recommendation, s("hybrid"));
    QVERIFY(advice.steps.first().contains(s("allocate-egress")));
    // Bought: nothing to allocate, and the list holds them alone.
    in.staticEgress = true;
    in.outbound = ranges({"203.0.113.5", "2001:db8::5"});
    advice = adviseAccess(in);
    QCOMPARE(advice.outbound.kind, OutboundKind::Static);
    QVERIFY(!advice.steps.join(u' ').contains(s("allocate-egress")));
    QCOMPARE(row(advice, "hybrid").entry, s("203.0.113.5, 2001:db8::5"));
    // A backend here needs no more than hours.
    advice = adviseAccess(input("local"));
    QCOMPARE(advice.outbound.kind, OutboundKind::Own);
    QCOMPARE(advice.recommendation, s("temporary"));
    QVERIFY(advice.steps.first().contains(s("--expires")));
}

void TestAccessAdvice::plans_data()
{
    QTest::addColumn<QString>("cluster");
    QTest::addColumn<QString>("account");
    QTest::addColumn<AccessOpenness>("link");
    QTest::addColumn<AccessOpenness>("egress");
    using enum AccessOpenness;
    const auto add = [](const char *cluster, const char *account, AccessOpenness link, AccessOpenness egress) {
        QTest::addRow("%s at %s", cluster, account) << s(cluster) << s(account) << link << egress;
    };
    add("M0", "pro", Closed, Open);
    add("flex", "pro", Closed, Open);
    add("M2", "pro", Closed, Open);
    add("M10", "pro", Open, Open);
    add("m30", "Pro", Open, Open);
    add("M10", "hobby", Closed, Closed);
    add("M10", "", Depends, Depends);
    add("", "pro", Depends, Open);
    add("", "hobby", Closed, Closed);
    add("something", "pro", Depends, Open);
    add("M10", "a plan of 2027", Depends, Depends);
}

void TestAccessAdvice::plans()
{
    QFETCH(QString, cluster);
    QFETCH(QString, account);
    AccessInput in = input("render");
    in.databasePlan = cluster;
    in.platformPlan = account;
    const AccessAdvice advice = adviseAccess(in);
    QTEST(row(advice, "private").openness, "link");
    QTEST(row(advice, "static-egress").openness, "egress");
    for (const AccessStrategy &each : advice.strategies) {
        QVERIFY2(!each.why.isEmpty(), qPrintable(each.id));
        for (const AccessJudgement &cell :
             {each.security, each.reliability, each.cost, each.maintenance, each.compliance})
            QVERIFY2(!cell.words.isEmpty(), qPrintable(each.id));
    }
}

void TestAccessAdvice::rendersOwn()
{
    AccessInput in = input("render");
    in.region = s("oregon");
    in.owner = AccessListOwner::RenderPostgres;
    AccessAdvice advice = adviseAccess(in);
    QCOMPARE(advice.recommendation, s("internal"));
    QVERIFY(row(advice, "internal").entry.contains(s("left out, it lets everybody in")));
    in.owner = AccessListOwner::RenderKeyValue;
    advice = adviseAccess(in);
    QVERIFY(!row(advice, "internal").entry.contains(s("left out")));
    AccessInput fly = input("fly");
    fly.owner = AccessListOwner::RenderPostgres;
    advice = adviseAccess(fly);
    QCOMPARE(row(advice, "internal").openness, AccessOpenness::Closed);
    QCOMPARE(advice.recommendation, s("static-egress"));
    QVERIFY(advice.steps.join(u' ').contains(s("ipAllowList")));
    // Render's list has no dates: what is let in for a while stays.
    QVERIFY(row(advice, "temporary").maintenance.words.contains(s("until a person")));
    for (const AccessListOwner owner : {AccessListOwner::RenderPostgres, AccessListOwner::RenderKeyValue}) {
        fly.owner = owner;
        fly.list = QList<AccessEntry>();
        QVERIFY(told(adviseAccess(fly).findings).contains(s("private network")));
    }
}

void TestAccessAdvice::whatIsNotKnown()
{
    AccessInput nothing;
    nothing.now = today();
    AccessAdvice advice = adviseAccess(nothing);
    QCOMPARE(advice.outbound.kind, OutboundKind::Unknown);
    QVERIFY(advice.recommendation.isEmpty());
    QVERIFY(advice.reason.contains(s("not known")));
    QCOMPARE(advice.unknown.size(), 4);
    AccessInput other = input("render");
    other.owner = AccessListOwner::Other;
    advice = adviseAccess(other);
    QVERIFY(advice.strategies.isEmpty());
    QVERIFY(advice.recommendation.isEmpty());
    QVERIFY(advice.unknown.join(u' ').contains(s("Neon")));
    // Static, but not which: nothing is judged as missing.
    AccessInput bought = input("fly");
    bought.staticEgress = true;
    bought.list = *parseAccessList(R"(["203.0.113.5"])");
    advice = adviseAccess(bought);
    QVERIFY(advice.findings.isEmpty());
    QVERIFY(advice.outbound.howKnown.contains(s("which they are was not")));
}

void TestAccessAdvice::owners_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("owner");
    const auto add = [](const char *url, const char *owner) { QTest::newRow(url) << s(url) << s(owner); };
    add("mongodb+srv://cluster0.ab1cd.mongodb.net/shop", "atlas");
    add("mongodb://db.example.com/shop", "other");
    add("postgresql://dpg-abc-a/shop", "render-postgres");
    add("postgresql://dpg-abc-a.oregon-postgres.render.com/shop", "render-postgres");
    add("postgresql://ep-x-123.eu-central-1.aws.neon.tech/shop", "other");
    add("redis://red-abc:6379", "render-key-value");
    add("rediss://oregon-keyvalue.render.com:6379", "render-key-value");
    add("rediss://x.upstash.io:6379", "other");
}

void TestAccessAdvice::owners()
{
    QFETCH(QString, url);
    const Result<ConnectionString> connection = parseConnectionString({url, {}, {}});
    QVERIFY2(connection.has_value(), connection ? "" : qPrintable(connection.error().toString()));
    QTEST(accessListOwnerName(accessListOwnerOf(*connection)), "owner");
}

void TestAccessAdvice::outboundAnswers()
{
    Result<ToldOutbound> told = parseOutbound(R"({"type": "shared", "ips": ["192.0.2.0/24", "198.51.100.7"]})");
    QVERIFY(told.has_value());
    QCOMPARE(told->ranges, ranges({"192.0.2.0/24", "198.51.100.7"}));
    QCOMPARE(told->isStatic, std::optional<bool>(false));
    told = parseOutbound(R"({"type": "dedicated", "dedicatedIpId": "egs-1", "ips": ["192.0.2.7"]})");
    QCOMPARE(told->isStatic, std::optional<bool>(true));
    told = parseOutbound(R"(["192.0.2.7"])");
    QVERIFY(told.has_value() && !told->isStatic);
    for (const char *bad : {"", "[]", "{}", "[1]", R"({"ips": []})", R"(["nonsense"])"})
        QVERIFY2(!parseOutbound(bad), bad);
}

void TestAccessAdvice::reports()
{
    AccessInput in = input("render");
    in.backend = s("a|b *c* [d](e)");
    in.list = *parseAccessList(R"([{"ipAddress": "203.0.113.9", "comment": "x|y <script>"}])");
    const AccessAdvice advice = adviseAccess(in);
    const QString markdown = QString::fromUtf8(accessAdviceToMarkdown(advice));
    QVERIFY(markdown.contains(s("a\\|b \\*c\\* \\[d\\](e)")));
    QVERIFY(markdown.contains(s("x\\|y \\<script\\>")));
    QCOMPARE(markdown.count(s("(recommended)")), 1);
    const QString text = accessAdviceToText(advice);
    for (const char *word :
         {"security", "reliability", "cost", "maintenance", "compliance", "recommended: hybrid", "1. "})
        QVERIFY2(text.contains(s(word)), word);
    const QJsonObject json = accessAdviceToJson(advice);
    QCOMPARE(json[s("schema")].toString(), s("switchyard.db-access/1"));
    QCOMPARE(json[s("strategies")].toArray().size(), 6);
    QVERIFY(json[s("outbound")][s("ranges")].isNull());
}

/// As a shell takes them; whatever name a backend or a folder has.
void TestAccessAdvice::commands()
{
    AccessInput in = input("render");
    in.backend = s("api; rm -rf ~");
    in.database = s("main");
    in.production = true;
    in.outbound = ranges({"192.0.2.0/24", "198.51.100.7"});
    AccessOrigin origin;
    origin.workspace = s("/home/it's me/switchyard.toml");
    const auto lineOf = [&](const char *id) {
        for (const AccessCommand &each : accessCommands(in, origin)) {
            if (each.id == s(id))
                return each.line;
        }
        return s("none");
    };
    QVERIFY2(lineOf("add").startsWith(s("switchyard-cli --workspace '/home/it'\\''s me/switchyard.toml' db access add "
                                        "192.0.2.0/24 198.51.100.7 --group PROJECT_ID --auth env:ATLAS_ACCOUNT "
                                        "--backend 'api; rm -rf ~' ")),
             qPrintable(lineOf("add")));
    QVERIFY(!lineOf("add").contains(s("--yes")));
    QVERIFY(lineOf("add-yes").contains(s("--yes --unlock 'api; rm -rf ~' --wait 5m")));
    QVERIFY(lineOf("remove").contains(s("remove 0.0.0.0/0")));
    QVERIFY(lineOf("self").contains(s("YOUR_ADDRESS --expires 4h")));
    QVERIFY(lineOf("advice").contains(s("--outbound 192.0.2.0/24 --outbound 198.51.100.7")));
    // What the list lets in already is not added again; where nobody else is let in, nobody has to be put out.
    in.list = QList<AccessEntry>{*parseAccessEntry(s("192.0.2.0/24"))};
    QVERIFY2(lineOf("add").contains(s("add 198.51.100.7 --group")), qPrintable(lineOf("add")));
    QCOMPARE(lineOf("remove"), s("none"));
    in.list = QList<AccessEntry>{*parseAccessEntry(s("192.0.2.0/24")), *parseAccessEntry(s("198.51.100.7"))};
    QCOMPARE(lineOf("add"), s("none"));
    // Not known: a word that nobody takes for an address.
    in.outbound.reset();
    in.list.reset();
    QVERIFY(lineOf("add").contains(s("add ADDRESS --group")));
    in.owner = AccessListOwner::RenderPostgres;
    QCOMPARE(accessCommands(in, origin).size(), 1);
}

QTEST_GUILESS_MAIN(TestAccessAdvice)
#include "tst_accessadvice.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Origins in lists and regular expressions, sites by the Public Suffix List, and the list for each stage.
#include "models/environment/origins.h"

#include <QRegularExpression>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList ids(const QList<OriginFinding> &findings)
{
    QStringList list;
    for (const OriginFinding &finding : findings)
        list.append(finding.id);
    return list;
}

} // namespace

class OriginsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parsing_data();
    void parsing();
    void suffixes();
    void sites_data();
    void sites();
    void crossSite();
    void lists_data();
    void lists();
    void judging_data();
    void judging();
    void suggestions_data();
    void suggestions();
    void several();
    void globs_data();
    void globs();
    void globsAgainstAttackers();
    void regexes_data();
    void regexes();
    void regexBounds();
    void stages();
};

void OriginsTest::parsing_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("origin");
    const auto row = [](const char *url, const char *origin) { QTest::newRow(url) << s(url) << s(origin); };
    row("https://app.example.com", "https://app.example.com");
    row("https://App.Example.COM:443/x?y#z", "https://app.example.com");
    row("http://localhost:3000/", "http://localhost:3000");
    row("http://127.0.0.1:80", "http://127.0.0.1");
    row("http://[::1]:8000/x", "http://[::1]:8000");
    row("https://example.com.", "https://example.com");
    row("wss://api.example.com/ws", "wss://api.example.com");
    row("https://bücher.example", "https://xn--bcher-kva.example");
    row("https://u:p@example.com", "");
    row("ftp://example.com", "");
    row("example.com", "");
    row("https://", "");
    row("", "");
    row("null", "");
}

void OriginsTest::parsing()
{
    QFETCH(QString, url);
    QFETCH(QString, origin);
    const std::optional<Origin> parsed = originOf(url);
    QCOMPARE(parsed ? parsed->toString() : QString(), origin);
    QCOMPARE(isSerializedOrigin(url), url == s("null") || (url == origin && url.startsWith(s("http"))));
}

void OriginsTest::suffixes()
{
    // The private part of the list: places where anybody can have a name.
    for (const char *host : {"com", "co.uk", "vercel.app", "netlify.app", "onrender.com", "fly.dev", "github.io",
                             "herokuapp.com", "pages.dev"}) {
        QVERIFY2(isPublicSuffix(s(host)) && isListedSuffix(s(host)), host);
        QVERIFY2(registrableDomain(s(host)).isEmpty(), host);
        QCOMPARE(registrableDomain(s("a.b.") + s(host)), s("b.") + s(host));
    }
    QVERIFY(!isPublicSuffix(s("example.com")));
    QVERIFY(!isListedSuffix(s("localhost")));
    QVERIFY(isPublicSuffix(s("localhost")));
    QVERIFY(!isPublicSuffix(s("127.0.0.1")));
    QVERIFY(registrableDomain(s("10.0.0.1")).isEmpty());
    QVERIFY(registrableDomain(s("[::1]")).isEmpty());
    QCOMPARE(registrableDomain(s("www.example.co.uk")), s("example.co.uk"));
}

void OriginsTest::sites_data()
{
    QTest::addColumn<QString>("a");
    QTest::addColumn<QString>("b");
    QTest::addColumn<bool>("same");
    const auto row = [](const char *a, const char *b, bool same) {
        QTest::addRow("%s %s", a, b) << s(a) << s(b) << same;
    };
    row("https://app.example.com", "https://api.example.com", true);
    row("https://app.example.com", "wss://api.example.com/ws", true);
    row("https://example.com", "https://example.com:8443", true);
    row("https://app.example.com", "http://app.example.com", false);
    row("https://app.example.com", "ws://app.example.com", false);
    row("https://app.example.com", "https://app.example.org", false);
    row("https://a.onrender.com", "https://b.onrender.com", false);
    row("https://a.vercel.app", "https://b.vercel.app", false);
    row("https://a.fly.dev", "https://b.fly.dev", false);
    row("https://a.netlify.app", "https://b.netlify.app", false);
    row("https://x.a.onrender.com", "https://a.onrender.com", true);
    row("https://a.co.uk", "https://b.co.uk", false);
    row("http://localhost:3000", "http://localhost:8000", true);
    row("http://localhost:3000", "http://127.0.0.1:8000", false);
    row("http://127.0.0.1:3000", "http://127.0.0.1:8000", true);
    row("http://[::1]:3000", "http://[::1]", true);
    row("https://onrender.com", "https://onrender.com", true);
    row("nonsense", "nonsense", false);
}

void OriginsTest::sites()
{
    QFETCH(QString, a);
    QFETCH(QString, b);
    QFETCH(bool, same);
    QCOMPARE(sameSite(a, b), same);
    QCOMPARE(sameSite(b, a), same);
}

void OriginsTest::crossSite()
{
    QVERIFY(!crossSiteCookies(s("https://app.example.com"), s("https://api.example.com")));
    const std::optional<OriginFinding> shared =
        crossSiteCookies(s("https://a.onrender.com"), s("https://b.onrender.com"));
    QVERIFY(shared && shared->hint.contains(s("SameSite=None; Secure")));
    QVERIFY(shared->message.contains(s("onrender.com is a public suffix")));
    const std::optional<OriginFinding> schemes =
        crossSiteCookies(s("http://app.example.com"), s("https://api.example.com"));
    QVERIFY(schemes && schemes->message.contains(s("schemes differ")));
    QVERIFY(crossSiteCookies(s("https://cryptovault.vercel.app"), s("https://cryptovault-api.fly.dev")));
    QVERIFY(!crossSiteCookies(s("null"), s("https://b.onrender.com")));
}

void OriginsTest::lists_data()
{
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("form");
    QTest::addColumn<QStringList>("origins");
    QTest::addColumn<QStringList>("findings");
    const QString a = s("https://a.example");
    const QString b = s("https://b.example");
    const auto row = [](const char *value, OriginList::Form form, const QStringList &origins,
                        const QStringList &findings) {
        QTest::addRow("[%s]", value) << s(value) << int(form) << origins << findings;
    };
    row("https://a.example", OriginList::Single, {a}, {});
    row("https://a.example,https://b.example", OriginList::Comma, {a, b}, {});
    row("https://a.example, https://b.example", OriginList::Comma, {a, b}, {s("origin/blanks")});
    row("https://a.example,,https://b.example,", OriginList::Comma, {a, b}, {s("origin/empty-entry")});
    row("https://a.example https://b.example", OriginList::Spaces, {a, b}, {s("origin/spaces-only")});
    row("[\"https://a.example\",\"https://b.example\"]", OriginList::Json, {a, b}, {s("origin/json")});
    row("[\" https://a.example\"]", OriginList::Json, {a}, {s("origin/json"), s("origin/blanks")});
    row("[]", OriginList::Json, {}, {s("origin/json")});
    row("[\"\"]", OriginList::Json, {}, {s("origin/json"), s("origin/empty-entry")});
    row("[https://a.example]", OriginList::Json, {s("[https://a.example]")}, {s("origin/json-broken")});
    row("[1]", OriginList::Json, {}, {s("origin/json-broken")});
    row("", OriginList::Single, {}, {s("origin/empty")});
    row("  ", OriginList::Single, {}, {s("origin/empty")});
    row(",", OriginList::Comma, {}, {s("origin/empty-entry")});
    row(" https://a.example ", OriginList::Single, {a}, {s("origin/blanks")});
}

void OriginsTest::lists()
{
    QFETCH(QString, value);
    QFETCH(int, form);
    QFETCH(QStringList, origins);
    QFETCH(QStringList, findings);
    const OriginList list = readOrigins(value);
    QCOMPARE(int(list.form), form);
    QCOMPARE(list.origins, origins);
    QCOMPARE(ids(list.findings), findings);
    QCOMPARE(list.valid, !findings.contains(s("origin/json-broken")));
}

void OriginsTest::judging_data()
{
    QTest::addColumn<QString>("entry");
    QTest::addColumn<int>("stage");
    QTest::addColumn<bool>("credentials");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *entry, Stage stage, bool credentials, const QStringList &expected) {
        QTest::addRow("%s %s %d", entry, qPrintable(stageName(stage)), credentials)
            << s(entry) << int(stage) << credentials << expected;
    };
    const Stage dev = Stage::Development;
    const Stage test = Stage::Test;
    const Stage prod = Stage::Production;
    row("https://app.example.com", prod, true, {});
    row("https://app.example.com:8443", prod, true, {});
    row("http://localhost:3000", dev, true, {});
    row("http://localhost:3000", test, true, {});
    row("http://localhost:3000", prod, true, {s("origin/local")});
    row("http://127.0.0.1:3000", prod, false, {s("origin/local")});
    row("http://app.example.com", dev, false, {});
    row("http://app.example.com", test, false, {s("origin/insecure")});
    row("http://app.example.com", prod, false, {s("origin/insecure")});
    row("https://app.example.com/", prod, true, {s("origin/path")});
    row("https://app.example.com/app", prod, true, {s("origin/path")});
    row("https://app.example.com:443", prod, true, {s("origin/default-port")});
    row("http://localhost:80", dev, true, {s("origin/default-port")});
    row("https://app.example.com:80", prod, true, {});
    row("https://App.example.com", prod, true, {s("origin/upper-case")});
    row("HTTPS://app.example.com", prod, true, {s("origin/upper-case")});
    row("https://App.example.com:443/", prod, true,
        {s("origin/path"), s("origin/default-port"), s("origin/upper-case")});
    row("https://app.example.com.", prod, true, {s("origin/spelling")});
    row("https://bücher.example", prod, true, {s("origin/non-ascii")});
    row("app.example.com", prod, true, {s("origin/no-scheme")});
    row("wss://app.example.com", prod, true, {s("origin/scheme")});
    row("*", prod, true, {s("origin/any-credentials")});
    row("*", dev, true, {s("origin/any-credentials")});
    row("*", prod, false, {s("origin/any")});
    row("*", dev, false, {});
    row("null", prod, true, {s("origin/null")});
    row("https://cryptovault-*.vercel.app", prod, true, {s("origin/glob")});
    row("https://*.vercel.app", prod, true, {s("origin/glob")});
    row("https://.*\\.example\\.com", prod, true, {s("origin/regex-in-list")});
    row("https://vercel.app", prod, true, {s("origin/suffix")});
}

void OriginsTest::judging()
{
    QFETCH(QString, entry);
    QFETCH(int, stage);
    QFETCH(bool, credentials);
    QFETCH(QStringList, expected);
    const QList<OriginFinding> findings = judgeOrigins({entry}, Stage(stage), credentials);
    QCOMPARE(ids(findings), expected);
    for (const OriginFinding &finding : findings) {
        QCOMPARE(finding.subject, entry);
        QVERIFY(!finding.message.isEmpty() && !finding.hint.isEmpty());
    }
}

void OriginsTest::suggestions_data()
{
    QTest::addColumn<QString>("entry");
    QTest::addColumn<QString>("suggestion");
    const auto row = [](const char *entry, const char *suggestion) {
        QTest::newRow(entry) << s(entry) << s(suggestion);
    };
    row("https://app.example.com/", "https://app.example.com");
    row("https://App.example.com:443/x", "https://app.example.com");
    row("app.example.com", "https://app.example.com");
    row("localhost:3000", "http://localhost:3000");
    row("wss://app.example.com", "https://app.example.com");
    row("ws://localhost:3000", "http://localhost:3000");
    row("https://bücher.example", "https://xn--bcher-kva.example");
    row("http://app.example.com", "https://app.example.com");
    row("https://cryptovault-*.vercel.app", "^https://cryptovault-[a-z0-9-]+\\.vercel\\.app$");
    row("https://*.vercel.app", "");
}

void OriginsTest::suggestions()
{
    QFETCH(QString, entry);
    QFETCH(QString, suggestion);
    const QList<OriginFinding> findings = judgeOrigins({entry}, Stage::Test, true);
    QVERIFY(!findings.isEmpty());
    QCOMPARE(findings[0].suggestion, suggestion);
    // What is suggested is right; an expression is one for another setting.
    if (!suggestion.isEmpty() && !looksLikeRegex(suggestion))
        QCOMPARE(ids(judgeOrigins({suggestion}, Stage::Test, true)), QStringList());
}

void OriginsTest::several()
{
    const QString a = s("https://a.example");
    QCOMPARE(ids(judgeOrigins({a, a, s("https://b.example")}, Stage::Production, true)),
             QStringList{s("origin/duplicate")});
    QCOMPARE(ids(judgeOrigins({s("*"), a}, Stage::Development, false)), QStringList{s("origin/any-and-others")});
    QVERIFY(judgeOrigins({}, Stage::Production, true).isEmpty());
    QCOMPARE(judgeOrigins({s("http://a.example")}, Stage::Production, false)[0].severity, Severity::Error);
    QCOMPARE(judgeOrigins({s("http://a.example")}, Stage::Test, false)[0].severity, Severity::Warning);
}

void OriginsTest::globs_data()
{
    QTest::addColumn<QString>("glob");
    QTest::addColumn<QString>("regex");
    const auto row = [](const char *glob, const char *regex) { QTest::newRow(glob) << s(glob) << s(regex); };
    row("https://cryptovault-*.vercel.app", "^https://cryptovault-[a-z0-9-]+\\.vercel\\.app$");
    row("https://cryptovault-*-team.vercel.app", "^https://cryptovault-[a-z0-9-]+-team\\.vercel\\.app$");
    row("https://*.example.com", "^https://[a-z0-9-]+\\.example\\.com$");
    row("https://**.example.com", "^https://[a-z0-9-]+\\.example\\.com$");
    row("https://*.*.example.com", "^https://[a-z0-9-]+\\.[a-z0-9-]+\\.example\\.com$");
    row("https://pr-*.app.example.com:8443", "^https://pr-[a-z0-9-]+\\.app\\.example\\.com:8443$");
    row("https://*.Example.com/", "^https://[a-z0-9-]+\\.example\\.com$");
    row("http://localhost:*", "^http://localhost:[0-9]+$");
    row("*://app.example.com", "^https://app\\.example\\.com$");
    row("https://app.example.com:443", "^https://app\\.example\\.com$");
    // No tight one: everybody's sites, or no origin.
    row("https://*.vercel.app", "");
    row("https://*.com", "");
    row("https://*", "");
    row("https://app.*", "");
    row("*", "");
    row("app-*", "");
    row("https://a..example.com", "");
    row("https://*.example.com/path", "");
}

void OriginsTest::globs()
{
    QFETCH(QString, glob);
    QFETCH(QString, regex);
    QCOMPARE(tightOriginRegex(glob), regex);
}

void OriginsTest::globsAgainstAttackers()
{
    const QString regex = tightOriginRegex(s("https://app-*.devskyy.app"));
    const QRegularExpression expression(regex);
    QVERIFY(expression.isValid());
    // A glob's meaning is in, unanchored use included; nothing else is.
    for (const char *good : {"https://app-1.devskyy.app", "https://app-a-b.devskyy.app"})
        QVERIFY2(expression.match(s(good)).hasMatch(), good);
    for (const char *evil :
         {"https://evil.vercel.app", "https://app-1.devskyy.app.evil.com", "https://app-1xdevskyy.app",
          "https://app-1.devskyyxapp", "http://app-1.devskyy.app", "https://app-.evil.com/.devskyy.app",
          "https://app-1.evil.devskyy.app", "https://app-1.devskyy.app:8443", "https://app-1.devskyy.app/",
          "xhttps://app-1.devskyy.app", "https://evil.com#https://app-1.devskyy.app", "https://app-.devskyy.app ",
          "https://APP-1.devskyy.app", "https://app-evil@app-1.devskyy.app", "null"})
        QVERIFY2(!expression.match(s(evil)).hasMatch(), evil);
    QVERIFY(judgeOriginRegex(regex, true).isEmpty());
    // On a shared suffix the tight expression takes the project's names only, and that these can be taken is said.
    const QString shared = tightOriginRegex(s("https://cryptovault-*.vercel.app"));
    QVERIFY(!QRegularExpression(shared).match(s("https://evil.vercel.app")).hasMatch());
    QCOMPARE(ids(judgeOriginRegex(shared, true)), QStringList{s("origin/regex-name")});
}

void OriginsTest::regexes_data()
{
    QTest::addColumn<QString>("regex");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *regex, const QStringList &expected) {
        QTest::newRow(regex) << s(regex) << expected;
    };
    const QString loose = s("origin/regex-not-anchored");
    // The sample's own (C-8).
    row(R"(https://.*\.(vercel\.app|devskyy\.app))", {s("origin/regex-shared"), loose});
    row(R"(^https://.*\.(vercel\.app|devskyy\.app)$)", {s("origin/regex-shared")});
    row(R"(^https://[a-z0-9-]+\.vercel\.app$)", {s("origin/regex-shared")});
    row(R"(^https://.*\.(netlify|vercel)\.app$)", {s("origin/regex-shared"), s("origin/regex-shared")});
    row(R"(^https://.*\.com$)", {s("origin/regex-shared")});
    row(R"(^https://app\.devskyy\.app$)", {});
    row(R"(^https://(app|www)\.devskyy\.app$)", {});
    row(R"(\Ahttps://app\.devskyy\.app\Z)", {});
    row(R"(https://app\.devskyy\.app)", {loose});
    row(R"(^https://app\.devskyy\.app)", {loose});
    row(R"(^https://app\.devskyy\.app.*$)", {loose});
    row(R"(^https://app.devskyy.app$)", {s("origin/regex-dot")});
    row(R"(^https://.*devskyy\.app$)", {s("origin/regex-prefix")});
    row(R"(^https?://app\.devskyy\.app$)", {s("origin/regex-insecure")});
    row(R"(.*)", {s("origin/regex-any")});
    row(R"(^https?://.+$)", {s("origin/regex-any")});
    row(R"(^https://devskyy-[a-z0-9]+-team\.vercel\.app$)", {s("origin/regex-name")});
    row(R"(^https://(app)", {s("origin/regex-broken")});
}

void OriginsTest::regexes()
{
    QFETCH(QString, regex);
    QFETCH(QStringList, expected);
    const QList<OriginFinding> findings = judgeOriginRegex(regex, true);
    QCOMPARE(ids(findings), expected);
    for (const OriginFinding &finding : judgeOriginRegex(regex, false)) {
        if (finding.id != s("origin/regex-broken"))
            QVERIFY2(finding.severity != Severity::Error, qPrintable(finding.id));
    }
    // An origin that a finding names is really let in by the expression.
    static const QRegularExpression named(s(R"(it takes (https?://[^\s,]+))"));
    for (const OriginFinding &finding : findings) {
        const QRegularExpressionMatch match = named.match(finding.message);
        if (match.hasMatch())
            QVERIFY2(QRegularExpression(QRegularExpression::anchoredPattern(regex)).match(match.captured(1)).hasMatch(),
                     qPrintable(match.captured(1)));
    }
}

void OriginsTest::regexBounds()
{
    QCOMPARE(ids(judgeOriginRegex(QString(3'000, QLatin1Char('a')), true)), QStringList{s("origin/regex-long")});
    // An expression that backtracks for ever ends all the same.
    QVERIFY(!regexMatches(s("^(a+)+$"), QString(60, QLatin1Char('a')) + QLatin1Char('!'), true));
    QVERIFY(judgeOriginRegex(s("^https://((x+)+)+\\.vercel\\.app$"), true).size() >= 0);
}

void OriginsTest::stages()
{
    const QList<Frontend> frontends{{s("http://localhost:5173/"), Stage::Development},
                                    {s("http://127.0.0.1:3000"), Stage::Production},
                                    {s("https://staging.example.com/"), Stage::Test},
                                    {s("https://old.vercel.app/app"), Stage::Production},
                                    {s("https://www.example.com"), Stage::Production},
                                    {s("https://www.example.com/"), Stage::Production},
                                    {s("http://insecure.example.com"), Stage::Production},
                                    {s("https://*.vercel.app"), Stage::Production},
                                    {s("nonsense"), Stage::Production}};
    QCOMPARE(originsForStage(frontends, Stage::Development),
             (QStringList{s("http://localhost:5173"), s("http://127.0.0.1:3000")}));
    QCOMPARE(originsForStage(frontends, Stage::Test), QStringList{s("https://staging.example.com")});
    // Old and new frontend while both are there.
    QCOMPARE(originsForStage(frontends, Stage::Production),
             (QStringList{s("https://old.vercel.app"), s("https://www.example.com")}));
    QCOMPARE(originsForStage({}, Stage::Development),
             (QStringList{s("http://localhost:5173"), s("http://localhost:3000")}));
    QVERIFY(originsForStage({}, Stage::Production).isEmpty());
    for (const Stage stage : {Stage::Development, Stage::Test, Stage::Production}) {
        QVERIFY(judgeOrigins(originsForStage(frontends, stage), stage, true).isEmpty());
        QCOMPARE(stageFromName(stageName(stage)), std::optional(stage));
    }
    QVERIFY(!stageFromName(s("staging")));
}

QTEST_GUILESS_MAIN(OriginsTest)
#include "tst_origins.moc"

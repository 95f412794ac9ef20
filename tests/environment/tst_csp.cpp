// SPDX-License-Identifier: GPL-3.0-or-later
// Content security policies: matching by the rules of CSP3, building connect-src, and what is wrong with a policy.
#include "models/environment/csp.h"

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

struct Match
{
    const char *source;
    const char *url;
    bool matches;
    const char *self = "https://app.example.com";
};

// The rules of CSP3 6.7.2, a case or more for each step.
const Match matches[] = {
    // The star
    {"*", "https://api.example.com/", true},
    {"*", "http://api.example.com/", true},
    {"*", "wss://api.example.com/", true},
    // Scheme sources, upwards only
    {"https:", "https://x.example/", true},
    {"https:", "http://x.example/", false},
    {"https:", "wss://x.example/", false},
    {"http:", "https://x.example/", true},
    {"ws:", "wss://x.example/", true},
    {"ws:", "https://x.example/", true},
    {"ws:", "http://x.example/", true},
    {"wss:", "https://x.example/", true},
    {"wss:", "http://x.example/", false},
    {"wss:", "ws://x.example/", false},
    {"HTTPS:", "https://x.example/", true},
    // Host sources: the scheme
    {"https://api.example.com", "https://api.example.com/", true},
    {"https://api.example.com", "wss://api.example.com/", false}, // P-1
    {"wss://api.example.com", "wss://api.example.com/", true},
    {"wss://api.example.com", "https://api.example.com/", true},
    {"http://api.example.com", "https://api.example.com/", true},
    {"https://api.example.com", "http://api.example.com/", false},
    {"ws://api.example.com", "wss://api.example.com/", true},
    // Without one: the page's
    {"api.example.com", "https://api.example.com/", true},
    {"api.example.com", "http://api.example.com/", false},
    {"api.example.com", "wss://api.example.com/", false},
    {"api.example.com", "http://api.example.com/", true, "http://app.example.com"},
    {"api.example.com", "https://api.example.com/", true, "http://app.example.com"},
    // The host
    {"https://API.example.com", "https://api.EXAMPLE.com/", true},
    {"https://*.sentry.io", "https://o1.ingest.sentry.io/", true},
    {"https://*.sentry.io", "https://sentry.io/", false}, // P-4
    {"https://*.sentry.io", "https://evilsentry.io/", false},
    {"https://*", "https://x.example/", true},
    {"https://api-*.example.com", "https://api-1.example.com/", false},
    {"https://example.com", "https://api.example.com/", false},
    {"http://127.0.0.1:8000", "http://127.0.0.1:8000/", true},
    // The port
    {"https://api.example.com", "https://api.example.com:8443/", false},
    {"https://api.example.com:443", "https://api.example.com/", true},
    {"https://api.example.com:8443", "https://api.example.com:8443/", true},
    {"https://api.example.com:8443", "https://api.example.com/", false},
    {"https://api.example.com:*", "https://api.example.com:8443/", true},
    {"http://localhost:*", "http://localhost:5173/", true},
    {"http://api.example.com:80", "https://api.example.com/", false},
    {"http://api.example.com", "https://api.example.com/", true},
    {"https://api.example.com:99999999999", "https://api.example.com/", false},
    // The path
    {"https://api.example.com/", "https://api.example.com/v1/users", true}, // P-2
    {"https://api.example.com/api", "https://api.example.com/api", true},
    {"https://api.example.com/api", "https://api.example.com/api/users", false},
    {"https://api.example.com/api/", "https://api.example.com/api/users", true},
    {"https://api.example.com/api/", "https://api.example.com/api", false},
    {"https://api.example.com/api/", "https://api.example.com/apis/x", false},
    {"https://api.example.com/a%20b", "https://api.example.com/a%20b", true},
    {"https://api.example.com/API", "https://api.example.com/api", false},
    {"https://api.example.com/v1/x/y", "https://api.example.com/v1", false},
    {"https://api.example.com", "https://api.example.com/v1?q=1", true},
    // 'self'
    {"'self'", "https://app.example.com/api", true},
    {"'SELF'", "https://app.example.com/api", true},
    {"'self'", "wss://app.example.com/ws", true},
    {"'self'", "https://api.example.com/", false},
    {"'self'", "http://app.example.com/", false},
    {"'self'", "https://app.example.com:8443/", false},
    {"'self'", "https://app.example.com/", true, "http://app.example.com"},
    {"'self'", "ws://localhost:5173/", true, "http://localhost:5173"},
    {"'self'", "ws://app.example.com/", false},
    {"self", "https://app.example.com/", false},
    // What is no source at all
    {"'none'", "https://app.example.com/", false},
    {"https://a.*.example.com", "https://a.b.example.com/", false},
    {"https://api.example.com?x=1", "https://api.example.com/", false},
    {"https://api.example.com:port", "https://api.example.com/", false},
    {"", "https://api.example.com/", false},
    {"data:", "https://api.example.com/", false},
    {"*", "not a url", false},
};

} // namespace

class CspTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void matching_data();
    void matching();
    void policies();
    void building();
    void buildingBadInput_data();
    void buildingBadInput();
    void missing();
    void judging_data();
    void judging();
    void replacing();
};

void CspTest::matching_data()
{
    QTest::addColumn<int>("index");
    for (int i = 0; i < int(std::size(matches)); ++i)
        QTest::addRow("%d %s | %s | %s", i, matches[i].source, matches[i].url, matches[i].self) << i;
}

void CspTest::matching()
{
    QFETCH(int, index);
    const Match &row = matches[index];
    QCOMPARE(sourceMatches(s(row.source), s(row.url), *originOf(s(row.self))), row.matches);
}

void CspTest::policies()
{
    const QList<ContentPolicy> one = parsePolicies(
        s("Content-Security-Policy: default-src 'self';; Connect-Src  https://a.example\t wss://a.example ; "
          "connect-src 'none'"));
    QCOMPARE(one.size(), 1);
    QCOMPARE(one[0].directives.size(), 2);
    QCOMPARE(one[0].connections()->name, s("connect-src"));
    QCOMPARE(one[0].connections()->values, (QStringList{s("https://a.example"), s("wss://a.example")}));
    QCOMPARE(one[0].repeated, QStringList{s("connect-src")});
    QCOMPARE(one[0].toString(), s("default-src 'self'; connect-src https://a.example wss://a.example"));
    QCOMPARE(parsePolicies(s("default-src 'self', connect-src *")).size(), 2);
    QCOMPARE(parsePolicies(s(" ; , ;")).size(), 0);
    const QList<ContentPolicy> fallback = parsePolicies(s("img-src *; default-src 'self'"));
    QCOMPARE(fallback[0].connections()->name, s("default-src"));
    QVERIFY(!parsePolicies(s("img-src *"))[0].connections());
}

void CspTest::building()
{
    PolicyRequest request;
    request.backends = {{s("https://coinbase-love.fly.dev")}, {s("https://cryptovault-api.onrender.com/"), true}};
    request.extra = {s("https://api.coincap.io/v2/assets"), s("https://*.sentry.io"), s("wss://ws.coincap.io/prices/"),
                     s("https://coinbase-love.fly.dev")};
    const Result<PolicyResult> result = buildPolicy(request);
    QVERIFY(result.has_value());
    QCOMPARE(result->connectSrc,
             s("connect-src 'self' https://coinbase-love.fly.dev wss://coinbase-love.fly.dev "
               "https://cryptovault-api.onrender.com wss://cryptovault-api.onrender.com https://api.coincap.io "
               "https://*.sentry.io wss://ws.coincap.io/prices/"));
    QVERIFY(result->findings.isEmpty());
    QVERIFY(result->policy.isEmpty());
    // What is built lets everything through that was asked for.
    const Origin self = *originOf(s("https://app.example.com"));
    for (const char *url :
         {"https://coinbase-love.fly.dev/api/x", "wss://coinbase-love.fly.dev/ws/prices",
          "wss://cryptovault-api.onrender.com/socket.io/?EIO=4", "https://api.coincap.io/v2/assets/1"})
        QVERIFY2(sourceListMatches(result->sources, s(url), self), url);
    QVERIFY(!sourceListMatches(result->sources, s("wss://api.coincap.io/"), self));

    QCOMPARE(*connectSources({{s("http://localhost:8000"), true}}, {}),
             (QStringList{s("'self'"), s("http://localhost:8000"), s("ws://localhost:8000")}));
    QCOMPARE(*connectSources({{s("https://a.example:8443"), false}}, {}),
             (QStringList{s("'self'"), s("https://a.example:8443")}));
    request = {};
    request.backends = {{s("http://api.example.com"), true}};
    QCOMPARE(ids(buildPolicy(request)->findings), (QStringList{s("csp/mixed"), s("csp/mixed")}));
}

void CspTest::buildingBadInput_data()
{
    QTest::addColumn<QString>("backend");
    QTest::addColumn<QString>("extra");
    QTest::newRow("no scheme") << s("api.example.com") << QString();
    QTest::newRow("credentials") << s("https://u:p@api.example.com") << QString();
    QTest::newRow("socket") << s("wss://api.example.com") << QString();
    QTest::newRow("keyword") << s("https://a.example") << s("'self'");
    QTest::newRow("star") << s("https://a.example") << s("*");
    QTest::newRow("inner star") << s("https://a.example") << s("https://a.*.example");
    QTest::newRow("semicolon") << s("https://a.example") << s("https://b.example; script-src *");
    QTest::newRow("ftp") << s("https://a.example") << s("ftp://b.example");
    QTest::newRow("word") << s("https://a.example") << s("sentry");
}

void CspTest::buildingBadInput()
{
    QFETCH(QString, backend);
    QFETCH(QString, extra);
    PolicyRequest request;
    request.backends = {{backend, true}};
    if (!extra.isEmpty())
        request.extra = {extra};
    const Result<PolicyResult> result = buildPolicy(request);
    QVERIFY(!result.has_value());
    QCOMPARE(result.error().kind, ErrorKind::Usage);
    QVERIFY(!result.error().hint.isEmpty());
    QVERIFY(!result.error().message.contains(s("u:p@")));
}

void CspTest::missing()
{
    PolicyRequest request;
    request.backends = {{s("https://new.onrender.com"), true}};
    request.existing = s("default-src 'self'; connect-src 'self' https://old.fly.dev https://new.onrender.com");
    const Result<PolicyResult> result = buildPolicy(request);
    QVERIFY(result.has_value() && result->hasError());
    QCOMPARE(ids(result->findings), QStringList{s("csp/missing")});
    QCOMPARE(result->findings[0].suggestion, s("wss://new.onrender.com"));
    QVERIFY(result->findings[0].message.contains(s("https://new.onrender.com does not cover it")));
    // The same through default-src, and with nothing that decides.
    request.existing = s("default-src 'self'");
    QCOMPARE(ids(buildPolicy(request)->findings), (QStringList{s("csp/fallback"), s("csp/missing"), s("csp/missing")}));
    request.existing = s("img-src *");
    QCOMPARE(ids(buildPolicy(request)->findings), QStringList{s("csp/open")});
    QCOMPARE(buildPolicy(request)->policy,
             s("img-src *; connect-src 'self' https://new.onrender.com wss://new.onrender.com"));
    request.existing = s(" ; ");
    QVERIFY(!buildPolicy(request).has_value());
    // Every policy has its say.
    request.existing = s("connect-src https: wss:, connect-src 'none'");
    const QStringList both = ids(buildPolicy(request)->findings);
    QVERIFY(both.contains(s("csp/several")));
    QCOMPARE(both.count(s("csp/missing")), 2);
    // On a page of the backend itself 'self' is enough.
    request.existing = s("connect-src 'self'");
    request.page = s("https://new.onrender.com");
    QVERIFY(buildPolicy(request)->findings.isEmpty());
}

void CspTest::judging_data()
{
    QTest::addColumn<QString>("policy");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *policy, const QStringList &expected) {
        QTest::newRow(policy) << s(policy) << expected;
    };
    row("connect-src 'self' https://a.example wss://a.example", {});
    row("connect-src https://api-*.onrender.com", {s("csp/wildcard")});
    row("connect-src https://a.*.example", {s("csp/wildcard")});
    row("connect-src ws://api.example.com", {s("csp/insecure-socket")});
    row("connect-src ws://localhost:8000 http://localhost:8000", {});
    row("connect-src https://api.example.com/api", {s("csp/path")});
    row("connect-src https://api.example.com/api/", {});
    row("connect-src https://api.example.com/", {});
    row("connect-src self", {s("csp/unquoted")});
    row("connect-src 'none' https://a.example", {s("csp/none")});
    row("connect-src 'none'", {});
    row("connect-src *", {s("csp/broad")});
    row("connect-src https:", {s("csp/broad")});
    row("connect-src wss:", {s("csp/broad")});
    row("connect-src https://*.vercel.app", {s("csp/shared")});
    row("connect-src https://*.sentry.io", {});
    row("connect-src https://a.example:port", {s("csp/invalid")});
    row("connect-src 'selff'", {s("csp/invalid")});
    row("connect-src 'self'; connect-src https://a.example", {s("csp/repeated")});
    row("script-src https://api-*.example.com", {});
}

void CspTest::judging()
{
    QFETCH(QString, policy);
    QFETCH(QStringList, expected);
    QCOMPARE(ids(judgePolicy(parsePolicies(policy)[0])), expected);
}

void CspTest::replacing()
{
    PolicyRequest request;
    request.backends = {{s("https://new.onrender.com"), true}};
    request.existing = s("script-src 'self'; connect-src 'self' https://new.onrender.com/api ws://new.onrender.com "
                         "https://api-*.fly.dev https://*.sentry.io https://old.fly.dev 'none'; img-src data:");
    const Result<PolicyResult> result = buildPolicy(request);
    QVERIFY(result.has_value());
    QCOMPARE(result->policy, s("script-src 'self'; connect-src 'self' https://new.onrender.com wss://new.onrender.com "
                               "https://*.sentry.io https://old.fly.dev; img-src data:"));
    // What was built has nothing wrong in it.
    PolicyRequest again = request;
    again.existing = result->policy;
    const Result<PolicyResult> second = buildPolicy(again);
    QVERIFY(second->findings.isEmpty());
    QCOMPARE(second->policy, result->policy);
}

QTEST_GUILESS_MAIN(CspTest)
#include "tst_csp.moc"

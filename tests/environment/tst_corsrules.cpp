// SPDX-License-Identifier: GPL-3.0-or-later
// The Fetch standard's rules of CORS, by tables.
#include "models/environment/corscheck.h"

#include <QTest>

using namespace Switchyard;

Q_DECLARE_METATYPE(Switchyard::CorsCheckOptions)

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

using Headers = QList<HeaderLine>;

const char app[] = "https://app.example.com";

CorsRequest asking(const QByteArray &method = "GET", const Headers &headers = {}, bool credentials = false)
{
    return {s(app), method, headers, credentials};
}

} // namespace

class CorsRulesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void safelist_data();
    void safelist();
    void requestHeaders();
    void check_data();
    void check();
    void preflight_data();
    void preflight();
    void values();
    void mixed();
    void tricks();
    void neighbours();
    void usage_data();
    void usage();
};

void CorsRulesTest::safelist_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<bool>("safe");
    const auto row = [](const char *name, const QByteArray &value, bool safe) {
        QTest::addRow("%s %s", name, value.left(40).constData()) << QByteArray(name) << value << safe;
    };
    row("Accept", "application/json", true);
    row("Accept", "a(b)", false);
    row("Accept", QByteArray(129, 'a'), false);
    row("Accept-Language", "de-DE, en;q=0.5", true);
    row("Content-Language", "de/DE", false);
    row("Content-Type", "text/plain;charset=UTF-8", true);
    row("content-type", "multipart/form-data", true);
    row("Content-Type", "application/x-www-form-urlencoded", true);
    row("Content-Type", "application/json", false);
    row("Content-Type", "text/plain; x=\"y\"", false);
    row("Content-Type", "", false);
    row("Range", "bytes=0-", true);
    row("Range", "bytes=5-10", true);
    row("Range", "bytes=-5", false);
    row("Range", "bytes=10-5", false);
    row("Authorization", "", false);
    row("X-Request-ID", "1", false);
}

void CorsRulesTest::safelist()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(bool, safe);
    QCOMPARE(isSafelistedHeader({name, value}), safe);
    QCOMPARE(needsPreflight(asking("GET", {{name, value}})), !safe);
}

void CorsRulesTest::requestHeaders()
{
    QCOMPARE(requestHeadersLine({{"X-B", "1"}, {"Accept", "*/*"}, {"authorization", ""}, {"X-b", "2"}, {"X-A", ""}}),
             QByteArray("authorization,x-a,x-b"));
    QCOMPARE(requestHeadersLine({{"Accept", "*/*"}}), QByteArray());
    // Safelisted ones are safe together only up to 1,024 bytes.
    Headers many;
    for (int i = 0; i < 9; ++i)
        many.append({"Accept", QByteArray(120, 'a')});
    QCOMPARE(requestHeadersLine(many), QByteArray("accept"));
    QCOMPARE(normalizedMethod("delete"), QByteArray("DELETE"));
    QCOMPARE(normalizedMethod("patch"), QByteArray("patch"));
    QVERIFY(needsPreflight(asking("PUT")) && needsPreflight(asking("OPTIONS")));
    QVERIFY(!needsPreflight(asking("POST")) && !needsPreflight(asking("HEAD")));
    QVERIFY(isForbiddenMethod("trace") && !isForbiddenMethod("PATCH"));
    QVERIFY(isForbiddenHeader("Cookie") && isForbiddenHeader("Sec-Fetch-Mode") && !isForbiddenHeader("Authorization"));
}

void CorsRulesTest::check_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<bool>("plain");
    QTest::addColumn<bool>("credentials");
    const QByteArray acao("Access-Control-Allow-Origin");
    const QByteArray acac("Access-Control-Allow-Credentials");
    const auto row = [](const char *name, const Headers &headers, bool plain, bool credentials) {
        QTest::newRow(name) << headers << plain << credentials;
    };
    row("nothing", {}, false, false);
    row("star", {{acao, "*"}}, true, false);
    row("star, true", {{acao, "*"}, {acac, "true"}}, true, false);
    row("own", {{acao, app}}, true, false);
    row("own, true", {{acao, app}, {acac, "true"}}, true, true);
    row("own, any case of name", {{"access-control-allow-ORIGIN", app}, {"ACCESS-control-allow-credentials", "true"}},
        true, true);
    row("own, True", {{acao, app}, {acac, "True"}}, true, false);
    row("own, 1", {{acao, app}, {acac, "1"}}, true, false);
    row("own, true twice", {{acao, app}, {acac, "true"}, {acac, "true"}}, true, false);
    row("other", {{acao, "https://www.example.com"}, {acac, "true"}}, false, false);
    row("slash", {{acao, "https://app.example.com/"}, {acac, "true"}}, false, false);
    row("capitals", {{acao, "https://App.example.com"}}, false, false);
    row("port", {{acao, "https://app.example.com:443"}}, false, false);
    row("glob", {{acao, "https://*.example.com"}}, false, false);
    row("list", {{acao, "https://app.example.com, https://www.example.com"}}, false, false);
    row("list of blanks", {{acao, "https://app.example.com https://www.example.com"}}, false, false);
    row("twice the same", {{acao, app}, {acao, app}}, false, false);
    row("star twice", {{acao, "*"}, {acao, "*"}}, false, false);
    row("null", {{acao, "null"}}, false, false);
    row("empty", {{acao, ""}}, false, false);
}

void CorsRulesTest::check()
{
    QFETCH(Headers, headers);
    QFETCH(bool, plain);
    QFETCH(bool, credentials);
    for (const bool with : {false, true}) {
        const CorsVerdict verdict = corsCheck(asking("GET", {}, with), headers);
        QCOMPARE(verdict.allowed, with ? credentials : plain);
        QCOMPARE(verdict.reason.isEmpty(), verdict.allowed);
        QCOMPARE(verdict.hint.isEmpty(), verdict.allowed);
    }
}

void CorsRulesTest::preflight_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<Headers>("asked");
    QTest::addColumn<bool>("credentials");
    QTest::addColumn<int>("status");
    QTest::addColumn<Headers>("answer");
    QTest::addColumn<QString>("reason"); // empty: allowed
    const QByteArray methods("Access-Control-Allow-Methods");
    const QByteArray names("Access-Control-Allow-Headers");
    const auto row = [](const char *name, const QByteArray &method, const Headers &asked, bool credentials, int status,
                        const Headers &answer, const char *reason) {
        Headers whole{{"Access-Control-Allow-Origin", app}, {"Access-Control-Allow-Credentials", "true"}};
        QTest::newRow(name) << method << asked << credentials << status << whole + answer << s(reason);
    };
    row("200", "PUT", {}, true, 200, {{methods, "GET, PUT"}}, "");
    row("204", "PUT", {}, true, 204, {{methods, "PUT"}}, "");
    row("299", "PUT", {}, false, 299, {{methods, "PUT"}}, "");
    row("400", "PUT", {}, true, 400, {{methods, "PUT"}}, "HTTP 400");
    row("401", "PUT", {}, true, 401, {{methods, "PUT"}}, "HTTP 401");
    row("304", "PUT", {}, true, 304, {{methods, "PUT"}}, "HTTP 304");
    row("redirect", "PUT", {}, true, 307, {{"Location", "/x"}, {methods, "PUT"}}, "redirect");
    row("method missing", "PUT", {}, true, 200, {}, "PUT is not in Access-Control-Allow-Methods");
    row("method not there", "PUT", {}, true, 200, {{methods, "GET,POST"}}, "PUT is not in");
    row("method in other case", "PATCH", {}, true, 200, {{methods, "patch"}}, "capital and small");
    row("method star", "PUT", {}, false, 200, {{methods, "*"}}, "");
    row("method star with credentials", "PUT", {}, true, 200, {{methods, "*"}}, "with credentials *");
    row("method named star", "*", {}, true, 200, {{methods, "*"}}, "");
    row("safelisted method needs no name", "POST", {{"X-A", ""}}, true, 200, {{names, "x-a"}}, "");
    row("methods of two headers", "PUT", {}, true, 200, {{methods, "GET"}, {methods, "PUT"}}, "");
    row("methods no list", "PUT", {}, true, 200, {{methods, "PUT DELETE"}}, "no list of names");
    row("header there", "GET", {{"X-A", ""}}, true, 200, {{names, "X-a"}}, "");
    row("header missing", "GET", {{"X-A", ""}}, true, 200, {}, "x-a is not in Access-Control-Allow-Headers");
    row("one header missing", "GET", {{"X-A", ""}, {"X-B", ""}}, true, 200, {{names, "X-A"}}, "x-b is not in");
    row("header star", "GET", {{"X-A", ""}}, false, 200, {{names, "*"}}, "");
    row("header star with credentials", "GET", {{"X-A", ""}}, true, 200, {{names, "*"}}, "with credentials *");
    row("Authorization and star", "GET", {{"Authorization", ""}}, false, 200, {{names, "*"}}, "* never covers it");
    row("Authorization by name", "GET", {{"Authorization", ""}}, false, 200, {{names, "*, authorization"}}, "");
    row("headers no list", "GET", {{"X-A", ""}}, true, 200, {{names, "X-A; X-B"}}, "no list of names");
    row("empty elements", "PUT", {{"X-A", ""}}, true, 200, {{methods, ",PUT,,"}, {names, " , X-A"}}, "");
    row("another origin", "PUT", {}, true, 200, {{methods, "PUT"}, {"Access-Control-Allow-Origin", app}},
        "2 Access-Control-Allow-Origin headers");
}

void CorsRulesTest::preflight()
{
    QFETCH(QByteArray, method);
    QFETCH(Headers, asked);
    QFETCH(bool, credentials);
    QFETCH(int, status);
    QFETCH(Headers, answer);
    QFETCH(QString, reason);
    const CorsVerdict verdict = judgePreflight(asking(method, asked, credentials), status, answer);
    QVERIFY2(verdict.allowed == reason.isEmpty(), qPrintable(verdict.reason));
    QVERIFY2(verdict.reason.contains(reason), qPrintable(verdict.reason));
}

void CorsRulesTest::values()
{
    QCOMPARE(maxAge({{"Access-Control-Max-Age", "600"}}), std::optional<qint64>(600));
    for (const char *bad : {"", "-1", "600s", "1.5", "6 00", "99999999999999999999"})
        QVERIFY2(!maxAge({{"Access-Control-Max-Age", bad}}), bad);
    QVERIFY(!maxAge({}));
    QVERIFY(variesByOrigin({{"Vary", "Accept-Encoding"}, {"vary", "origin"}}));
    QVERIFY(variesByOrigin({{"Vary", "*"}}));
    QVERIFY(!variesByOrigin({{"Vary", "X-Origin"}}));
    QVERIFY(!headerValue({}, "x"));
    QCOMPARE(*headerValue({{"X", "a"}, {"x", "b"}}, "X"), QByteArray("a, b"));
}

void CorsRulesTest::mixed()
{
    QVERIFY(isMixedContent(s(app), s("http://api.example.com/")));
    QVERIFY(!isMixedContent(s(app), s("http://localhost:8000/")));
    QVERIFY(!isMixedContent(s(app), s("http://127.0.0.1:8000/")));
    QVERIFY(!isMixedContent(s(app), s("https://api.example.com/")));
    QVERIFY(!isMixedContent(s("http://app.example.com"), s("http://api.example.com/")));
}

void CorsRulesTest::tricks()
{
    QMap<QString, QPair<QString, bool>> seen;
    for (const CorsProbe &probe : trickOrigins(s("https://app.vercel.app:8443")))
        seen.insert(probeKindName(probe.kind), {probe.origin, probe.anybody});
    const QMap<QString, QPair<QString, bool>> expected{
        {s("suffix"), {s("https://app.vercel.app.switchyard-check.invalid:8443"), true}},
        {s("prefix"), {s("https://attackerapp.vercel.app:8443"), true}},
        {s("dot"), {s("https://appxvercel.app:8443"), true}},
        {s("neighbour"), {s("https://switchyard-check-nobody.vercel.app:8443"), true}},
        {s("insecure"), {s("http://app.vercel.app:8443"), false}}};
    QCOMPARE(seen, expected);
    seen.clear();
    for (const CorsProbe &probe : trickOrigins(s(app)))
        seen.insert(probeKindName(probe.kind), {probe.origin, probe.anybody});
    QCOMPARE(seen[s("prefix")], qMakePair(s("https://attackerapp.example.com"), false));
    QCOMPARE(seen[s("dot")], qMakePair(s("https://appxexample.com"), true));
    QVERIFY(!seen.contains(s("neighbour")));
    QVERIFY(trickOrigins(s("http://localhost:3000")).isEmpty());
    QVERIFY(trickOrigins(s("null")).isEmpty());
    for (const CorsProbe &probe : trickOrigins(s(app)))
        QVERIFY2(isSerializedOrigin(probe.origin), qPrintable(probe.origin));
}

void CorsRulesTest::neighbours()
{
    for (const QString &suffix : frontendSuffixes())
        QVERIFY2(isListedSuffix(suffix), qPrintable(suffix));
    QVERIFY(isSerializedOrigin(foreignOrigin()));
}

void CorsRulesTest::usage_data()
{
    QTest::addColumn<CorsCheckOptions>("options");
    CorsCheckOptions good;
    good.url = s("https://api.example.com/x");
    good.origins = {s(app)};
    QVERIFY(good.check().has_value());
    const auto row = [&](const char *name, const std::function<void(CorsCheckOptions &)> &spoil) {
        CorsCheckOptions options = good;
        spoil(options);
        QTest::newRow(name) << options;
    };
    row("credentials", [](auto &o) { o.url = s("https://u:p@api.example.com"); });
    row("user", [](auto &o) { o.url = s("https://u@api.example.com"); });
    row("token", [](auto &o) { o.url = s("https://api.example.com/?access_token=abcdef123456"); });
    row("socket url", [](auto &o) { o.url = s("wss://api.example.com"); });
    row("no url", [](auto &o) { o.url = s("api.example.com"); });
    row("no origin", [](auto &o) { o.origins.clear(); });
    row("slash", [](auto &o) { o.origins = {s("https://app.example.com/")}; });
    row("star", [](auto &o) { o.origins = {s("*")}; });
    row("many origins", [](auto &o) { o.origins = QStringList(51, s(app)); });
    row("trace", [](auto &o) { o.methods = {"TRACE"}; });
    row("method", [](auto &o) { o.methods = {"GE T"}; });
    row("send what is not asked", [](auto &o) { o.sendUnsafe = {"POST"}; });
    row("cookie", [](auto &o) { o.headers = {{"Cookie", "a=b"}}; });
    row("line break", [](auto &o) { o.headers = {{"X-A", "b\r\nX-B: c"}}; });
    row("header", [](auto &o) { o.headers = {{"X A", ""}}; });
    row("timeout 0", [](auto &o) { o.timeout = Milliseconds(0); });
    row("timeout long", [](auto &o) { o.timeout = Milliseconds(600'000); });
    row("socket", [](auto &o) { o.sockets = {{s("ws"), {}}}; });
}

void CorsRulesTest::usage()
{
    QFETCH(CorsCheckOptions, options);
    const Result<void> result = options.check();
    QVERIFY(!result.has_value());
    QCOMPARE(result.error().kind, ErrorKind::Usage);
    QVERIFY(!result.error().hint.isEmpty());
    QVERIFY(!checkCors(options, {}, {}).has_value());
}

QTEST_GUILESS_MAIN(CorsRulesTest)
#include "tst_corsrules.moc"

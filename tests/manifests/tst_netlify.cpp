// SPDX-License-Identifier: GPL-3.0-or-later
// netlify.toml and _redirects: what is read of them, each with its place.
#include "models/manifests/formats.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Reading
{
    ServiceModel model;
    Ledger ledger;
    QList<Error> problems;
    QString parseError;

    const Service &only() const { return model.services.first(); }
    KeyFate fate(const char *key) const
    {
        for (const KeyFate &fate : ledger.fates()) {
            if (fate.key == QLatin1StringView(key))
                return fate;
        }
        return {};
    }
    QString problemAt(int line, int column) const
    {
        for (const Error &problem : problems) {
            if (problem.place.line == line && problem.place.column == column)
                return problem.message;
        }
        return {};
    }
};

Reading readToml(const QByteArray &text)
{
    Reading reading;
    const Result<ManifestNode> root = parseManifest(text, s("site/netlify.toml"), ManifestSyntax::Toml);
    if (root)
        reading.model = readNetlify(*root, reading.ledger, reading.problems);
    else
        reading.parseError = root.error().toString();
    return reading;
}

Reading readLines(const QByteArray &text)
{
    Reading reading;
    reading.model = readRedirects(text, s("site/_redirects"), reading.ledger, reading.problems);
    return reading;
}

QString spelled(const Route &route)
{
    return s("%1 %2 -> %3 %4")
        .arg(route.kind == Route::Kind::Redirect ? s("redirect") : s("rewrite"), route.source.value,
             route.destination.value, route.status ? QString::number(route.status->value) : QString());
}

QStringList routes(const Reading &reading)
{
    QStringList lines;
    for (const Service &service : reading.model.services) {
        for (const Route &route : service.routes)
            lines.append(spelled(route));
    }
    return lines;
}

} // namespace

class NetlifyTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void site();
    void production();
    void redirects();
    void everyKeyIsSpokenOf();
    void wrongTypes();
    void lines_data();
    void lines();
    void linePlaces();
    void badLines();
    void bigFiles();
};

void NetlifyTest::site()
{
    const Reading r = readToml(R"j([build]
  base = "web"
  command = "npm run build"
  publish = "dist"
[build.environment]
  NODE_VERSION = "20"
  MODE = "x"
[[headers]]
  for = "/*"
  [headers.values]
  X-Frame-Options = "DENY"
  Cache-Control = '''
  max-age=0,
  no-cache
  must-revalidate'''
)j");
    QCOMPARE(r.parseError, QString());
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(r.model.format, s("netlify"));
    const Service &site = r.only();
    QCOMPARE(site.kind, ServiceKind::Static);
    QCOMPARE(site.name, s("site"));
    QCOMPARE(site.root->value, s("web"));
    QCOMPARE(site.buildCommand->value, s("npm run build"));
    QCOMPARE(site.buildCommand->place, (Place{s("site/netlify.toml"), 3, 13}));
    QCOMPARE(site.publishPath->value, s("dist"));
    QCOMPARE(site.environment.size(), 2);
    QCOMPARE(site.environment[0].name, s("NODE_VERSION"));
    QCOMPARE(site.environment[0].place.line, 6);
    QCOMPARE(site.headers.size(), 2);
    QCOMPARE(site.headers[0].path.value, s("/*"));
    QCOMPARE(site.headers[0].value.value, s("DENY"));
    QCOMPARE(site.headers[1].value.value, s("max-age=0, no-cache, must-revalidate"));
    QVERIFY(readToml("").model.services.isEmpty());
    QVERIFY(readToml("# nothing\n").model.services.isEmpty());
}

void NetlifyTest::production()
{
    const Reading r = readToml(R"j([build]
command = "general"
publish = "dist"
[build.environment]
A = "general"
B = "both"
[context.production]
command = "production"
[context.production.environment]
A = "production"
[context.deploy-preview]
command = "preview"
[context."feature/x".environment]
A = "branch"
)j");
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(r.only().buildCommand->value, s("production"));
    QCOMPARE(r.only().publishPath->value, s("dist"));
    QCOMPARE(r.only().environment.size(), 2);
    QCOMPARE(r.only().environment[0].value, s("production"));
    QVERIFY(r.fate("build.command").reason.contains(s("context.production")));
    QVERIFY(r.fate("build.environment.A").reason.contains(s("context.production")));
    QVERIFY(r.fate("context.deploy-preview.command").reason.contains(s("\"deploy-preview\" only")));
    QVERIFY(r.fate("context.feature/x.environment.A").reason.contains(s("\"feature/x\" only")));
}

void NetlifyTest::redirects()
{
    const Reading r = readToml(R"j([[redirects]]
from = "/old/*"
to = "/new/:splat"
[[redirects]]
from = "/api/*"
to = "https://api.example.com/:splat"
status = 200
force = true
headers = {X-From = "Netlify"}
[[redirects]]
from = "/*"
to = "/404.html"
status = 404
[[redirects]]
from = "/"
to = "/de"
status = 302
conditions = {Language = ["de"]}
[[redirects]]
from = "/store"
to = "/blog/:id"
query = {id = ":id"}
[[redirects]]
from = "https://old.example.com/*"
to = "https://new.example.com/:splat"
[[redirects]]
from = "/f"
to = "/g"
conditions = {}
)j");
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(routes(r), QStringList({s("redirect /old/* -> /new/:splat "),
                                     s("rewrite /api/* -> https://api.example.com/:splat 200"),
                                     s("rewrite /* -> /404.html 404"), s("redirect /f -> /g ")}));
    QVERIFY(r.fate("redirects[1].force").reason.contains(s("file of the same path")));
    QVERIFY(r.fate("redirects[3].conditions.Language").reason.contains(s("conditions")));
    QVERIFY(r.fate("redirects[3].to").reason.contains(s("conditions")));
    QVERIFY(r.fate("redirects[4].query.id").reason.contains(s("conditions")));
    QVERIFY(r.fate("redirects[5].from").reason.contains(s("one host name")));
}

void NetlifyTest::everyKeyIsSpokenOf()
{
    const Reading r = readToml(R"j([build]
command = "x"
functions = "f"
ignore = "git diff"
[build.processing.css]
bundle = true
[functions]
node_bundler = "esbuild"
[functions."api_*"]
included_files = ["a"]
[[plugins]]
package = "p"
[plugins.inputs]
a = 1
[[edge_functions]]
path = "/a"
function = "b"
[dev]
port = 8888
[images]
remote_images = ["https://a/.*"]
[nobody]
knows = "this"
)j");
    QVERIFY(r.problems.isEmpty());
    int unknown = 0;
    const QList<KeyFate> fates = r.ledger.fates();
    QCOMPARE(fates.size(), 13);
    for (const KeyFate &fate : fates) {
        QVERIFY2(!fate.reason.isEmpty(), qPrintable(fate.key));
        unknown += fate.reason.contains(s("unknown")) ? 1 : 0;
    }
    QCOMPARE(unknown, 1);
    QVERIFY(r.fate("nobody.knows").reason.contains(s("unknown")));
}

void NetlifyTest::wrongTypes()
{
    const Reading r = readToml(R"j([build]
command = ["s3cr3t"]
publish = "dist"
[build.environment]
TOKEN = 12345
KEPT = "s3cr3t"
[[redirects]]
from = "/a"
[[redirects]]
to = "/a"
[[redirects]]
from = "/b"
to = "/c"
status = "s3cr3t"
[[headers]]
for = "/x"
values = {A = 7, B = "b"}
[[headers]]
[headers.values]
C = "d"
)j");
    QCOMPARE(r.parseError, QString());
    QCOMPARE(r.only().publishPath->value, s("dist"));
    QVERIFY(!r.only().buildCommand);
    QCOMPARE(r.only().environment.size(), 1);
    QCOMPARE(routes(r), QStringList{s("redirect /b -> /c ")});
    QCOMPARE(r.only().headers.size(), 1);
    QVERIFY(r.problemAt(2, 11).contains(s("\"command\"")));
    QVERIFY(r.problemAt(5, 9).contains(s("\"TOKEN\"")));
    QVERIFY(r.problemAt(7, 1).contains(s("\"to\"")));
    QVERIFY(r.problemAt(9, 1).contains(s("\"from\"")));
    QVERIFY(r.problemAt(14, 10).contains(s("\"status\"")));
    QVERIFY(r.problemAt(17, 15).contains(s("\"A\"")));
    QVERIFY(r.problemAt(18, 1).contains(s("\"for\"")));
    QCOMPARE(r.problems.size(), 7);
    for (const Error &problem : r.problems) {
        QVERIFY2(!problem.toString().contains(s("s3cr3t")) && !problem.toString().contains(s("12345")),
                 qPrintable(problem.toString()));
    }
    QVERIFY(readToml("build = 1\nredirects = 2\ncontext = 3\nheaders = {}\n").problems.size() == 4);
    QVERIFY(readToml("[build]\ncommand = \n").parseError.startsWith(s("site/netlify.toml:2:")));
}

void NetlifyTest::lines_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("plain") << QByteArray("/a /b") << QStringList{s("redirect /a -> /b ")};
    QTest::newRow("status") << QByteArray("/a\t/b\t302") << QStringList{s("redirect /a -> /b 302")};
    QTest::newRow("rewrite") << QByteArray("/api/*  https://x.io/:splat  200")
                             << QStringList{s("rewrite /api/* -> https://x.io/:splat 200")};
    QTest::newRow("forced") << QByteArray("/a /b 200!") << QStringList{s("rewrite /a -> /b 200")};
    QTest::newRow("not found") << QByteArray("/* /404.html 404") << QStringList{s("rewrite /* -> /404.html 404")};
    QTest::newRow("comment") << QByteArray("# /x /y\n/a /b 301 # why\n  #\n")
                             << QStringList{s("redirect /a -> /b 301")};
    QTest::newRow("fragment") << QByteArray("/a /b#c") << QStringList{s("redirect /a -> /b#c ")};
    QTest::newRow("placeholders") << QByteArray("/n/:y/:m /b/:y-:m 301")
                                  << QStringList{s("redirect /n/:y/:m -> /b/:y-:m 301")};
    QTest::newRow("windows") << QByteArray("\xef\xbb\xbf/a /b 301\r\n\r\n/c /d\r\n")
                             << QStringList{s("redirect /a -> /b 301"), s("redirect /c -> /d ")};
    QTest::newRow("country") << QByteArray("/ /anz 302 Country=au,nz") << QStringList{};
    QTest::newRow("condition without status") << QByteArray("/ /anz Country=au") << QStringList{};
    QTest::newRow("query") << QByteArray("/store id=:id /blog/:id 301") << QStringList{};
    QTest::newRow("host") << QByteArray("http://a.io/* https://b.io/:splat 301!") << QStringList{};
    QTest::newRow("query in the target") << QByteArray("/a /b?c=d") << QStringList{s("redirect /a -> /b?c=d ")};
}

void NetlifyTest::lines()
{
    QFETCH(QByteArray, text);
    QFETCH(QStringList, expected);
    const Reading r = readLines(text);
    QVERIFY2(r.problems.isEmpty(), r.problems.isEmpty() ? "" : qPrintable(r.problems.first().toString()));
    QCOMPARE(r.model.format, s("redirects"));
    QCOMPARE(routes(r), expected);
    for (const KeyFate &fate : r.ledger.fates())
        QVERIFY2(!fate.reason.contains(s("unknown")), qPrintable(fate.key));
}

void NetlifyTest::linePlaces()
{
    const Reading r = readLines("# Grüße\n/ä😀  /b\t301! Role=admin\n/c id=1 /d 200!\n/e /f 307!\n");
    QStringList places;
    for (const KeyFate &fate : r.ledger.fates())
        places.append(s("%1@%2:%3").arg(fate.key).arg(fate.place.line).arg(fate.place.column));
    QCOMPARE(places,
             QStringList({s("redirects[0].from@2:1"), s("redirects[0].to@2:6"), s("redirects[0].status@2:9"),
                          s("redirects[0].force@2:12"), s("redirects[0].conditions.Role@2:14"),
                          s("redirects[1].from@3:1"), s("redirects[1].query.id@3:4"), s("redirects[1].to@3:9"),
                          s("redirects[1].status@3:12"), s("redirects[1].force@3:15"), s("redirects[2].from@4:1"),
                          s("redirects[2].to@4:4"), s("redirects[2].status@4:7"), s("redirects[2].force@4:10")}));
    QCOMPARE(routes(r), QStringList{s("redirect /e -> /f 307")});
    QCOMPARE(r.only().routes[0].destination.place, (Place{s("site/_redirects"), 4, 4}));
    QVERIFY(r.fate("redirects[0].conditions.Role").reason.contains(s("conditions")));
    QVERIFY(r.fate("redirects[2].force").reason.contains(s("file of the same path")));
}

void NetlifyTest::badLines()
{
    const Reading r = readLines("/alone\n/a /b soon\n/c nowhere /d\n/x /y 301\n");
    QCOMPARE(r.problems.size(), 3);
    QVERIFY(r.problemAt(1, 1).contains(s("destination")));
    QVERIFY(r.problemAt(2, 7).contains(s("neither a status nor a condition")));
    QVERIFY(r.problemAt(3, 12).contains(s("destination")));
    QVERIFY(!r.problems[1].toString().contains(s("soon")));
    QCOMPARE(routes(r), QStringList{s("redirect /x -> /y 301")});
    QVERIFY(r.fate("redirects[1].rest").reason.contains(s("unknown")));
    QVERIFY(readLines("").model.services.isEmpty());
    QVERIFY(readLines("# only\n\n").model.services.isEmpty());
}

void NetlifyTest::bigFiles()
{
    QElapsedTimer timer;
    timer.start();
    const Reading r = readLines(QByteArray("/a/:b /c/:b 301\n").repeated(20'000));
    QCOMPARE(r.only().routes.size(), 20'000);
    const Reading big = readLines(QByteArray(2'000'000, 'x'));
    QCOMPARE(big.problems.size(), 1);
    QVERIFY(big.model.services.isEmpty());
    QCOMPARE(readLines(QByteArray("/ ").repeated(400'000)).model.services.size(), 1);
    QVERIFY(timer.elapsed() < 20'000);
}

QTEST_GUILESS_MAIN(NetlifyTest)
#include "tst_netlify.moc"

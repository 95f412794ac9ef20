// SPDX-License-Identifier: GPL-3.0-or-later
// vercel.json: what is read of it, what is written, and that no key of a real file is dropped in silence.
#include "models/manifests/formats.h"
#include "models/manifests/writeraccount.h"
#include "models/manifests/jsonreader.h"
#include "models/manifests/routepattern.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
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
    QString problemAt(int line, int column) const
    {
        for (const Error &problem : problems) {
            if (problem.place.line == line && problem.place.column == column)
                return problem.message;
        }
        return {};
    }
    KeyFate fate(const char *key) const
    {
        for (const KeyFate &fate : ledger.fates()) {
            if (fate.key == QLatin1StringView(key))
                return fate;
        }
        return {};
    }
};

Reading readJson(const QByteArray &text, const QString &file = s("shop/vercel.json"))
{
    Reading reading;
    const Result<ManifestNode> root = parseManifest(text, file, ManifestSyntax::Json);
    if (root)
        reading.model = readVercel(*root, reading.ledger, reading.problems);
    else
        reading.parseError = root.error().toString();
    return reading;
}

/// Everything about a service that vercel.json carries, without places and names. Redirects and rewrites apart, because
/// Vercel runs the one before the other wherever they stand.
QStringList described(const Service &service)
{
    QStringList lines{serviceKindName(service.kind)};
    const auto field = [&lines](const char *name, const Field<QString> &value) {
        if (value)
            lines.append(QLatin1StringView(name) + QLatin1Char('=') + value->value);
    };
    field("install", service.installCommand);
    field("build", service.buildCommand);
    field("publish", service.publishPath);
    field("region", service.region);
    for (const Route::Kind kind : {Route::Kind::Redirect, Route::Kind::Rewrite}) {
        for (const Route &route : service.routes) {
            if (route.kind == kind)
                lines.append(s("%1 %2 -> %3 %4")
                                 .arg(kind == Route::Kind::Redirect ? s("redirect") : s("rewrite"), route.source.value,
                                      route.destination.value,
                                      route.status ? QString::number(route.status->value) : QString()));
        }
    }
    for (const ResponseHeader &header : service.headers)
        lines.append(s("header %1 %2: %3").arg(header.path.value, header.name.value, header.value.value));
    for (const EnvironmentEntry &entry : service.environment) {
        if (entry.source == EnvironmentEntry::Source::Literal)
            lines.append(s("env %1=%2").arg(entry.name, entry.value));
    }
    return lines;
}

/// The keys of a document as another parser sees them, in the notation of the ledger.
void collect(const QJsonValue &value, const QString &path, QSet<QString> &keys)
{
    if (value.isObject() && !value.toObject().isEmpty()) {
        const QJsonObject object = value.toObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            collect(it.value(), path.isEmpty() ? it.key() : path + QLatin1Char('.') + it.key(), keys);
        return;
    }
    const QJsonArray array = value.toArray();
    bool nested = false;
    for (const QJsonValue &element : array)
        nested = nested || element.isObject() || element.isArray();
    if (!nested) {
        keys.insert(path);
        return;
    }
    for (qsizetype i = 0; i < array.size(); ++i)
        collect(array[i], s("%1[%2]").arg(path).arg(i), keys);
}

const QString dataFolder = s(SOURCE_DIR "/../shared/data");

QStringList corpus()
{
    QStringList files;
    for (const char *folder : {"vercel", "vercel-fixtures"}) {
        const QDir dir(dataFolder + s("/corpus/") + QLatin1StringView(folder));
        for (const QString &name : dir.entryList({s("*.json")}, QDir::Files, QDir::Name))
            files.append(dir.filePath(name));
    }
    return files;
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Validates all files of a folder in one run: against the published schema, and each list of rules against the limits
/// that Vercel's own program enforces. Gives the complaints; "skip: …" where the validator is missing.
QString invalid(const QString &folder)
{
    QProcess python;
    python.start(
        s("/usr/bin/python3"),
        {s("-c"),
         s("import json,sys,glob\n"
           "try:\n    import jsonschema\nexcept ImportError:\n    sys.exit(77)\n"
           "schema=json.load(open(sys.argv[1]+'/vercel.schema.json'))\n"
           "limits=json.load(open(sys.argv[1]+'/vercel.limits.schemas.json'))['routing']\n"
           "main=jsonschema.Draft7Validator(schema)\n"
           "parts={k:jsonschema.Draft7Validator(limits[k+'Schema']) for k in ('rewrites','redirects','headers')}\n"
           "n=0\n"
           "for f in sorted(glob.glob(sys.argv[2]+'/*.json')):\n"
           "    d=json.load(open(f)); n+=1\n"
           "    assert next(iter(d))=='$schema'\n"
           "    errors=list(main.iter_errors(d))\n"
           "    for k,v in parts.items():\n"
           "        errors+=list(v.iter_errors(d[k])) if k in d else []\n"
           "    for e in errors: print(f.rsplit('/',1)[-1]+': '+e.message[:300])\n"
           "print('checked',n,file=sys.stderr)\n"),
         dataFolder + s("/vercel"), folder});
    if (!python.waitForFinished(60'000) || python.exitCode() == 77)
        return s("skip: python3-jsonschema is missing");
    const QByteArray said = python.readAllStandardError();
    if (python.exitCode() != 0)
        return QString::fromUtf8(said);
    const qsizetype files = QDir(folder).entryList({s("*.json")}, QDir::Files).size();
    if (said.trimmed() != "checked " + QByteArray::number(files))
        return s("not every file was looked at: ") + QString::fromUtf8(said);
    return QString::fromUtf8(python.readAllStandardOutput());
}

} // namespace

class VercelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void site();
    void redirects();
    void conditionsAreLeftOut();
    void oldRoutes_data();
    void oldRoutes();
    void phases();
    void kind_data();
    void kind();
    void services();
    void environment();
    void knownAndUnknown();
    void wrongTypes();
    void badText_data();
    void badText();
    void patterns_data();
    void patterns();
    void unsayable_data();
    void unsayable();
    void written();
    void writtenFromNetlify();
    void otherPlatformsFunctions();
    void frontendOfABackend();
    void limits();
    void webSockets_data();
    void webSockets();
    void backends();
    void folders();
    void corpusIsRead();
    void corpusGoesThere();
};

void VercelTest::site()
{
    const Reading r = readJson(R"j({
  // a comment, as people write them
  "name": "shop",
  "installCommand": "npm ci",
  "buildCommand": "npm run build",
  "outputDirectory": "dist",
  "framework": "vite",
  "regions": ["fra1", "iad1"],
  "rewrites": [
    { "source": "/api/:path*", "destination": "https://api.example.com/:path*" },
    { "source": "/(.*)", "destination": "/index.html", "statusCode": 404 },
  ],
  "headers": [{ "source": "/(.*)", "headers": [{ "key": "X-Frame-Options", "value": "DENY" }] }],
})j");
    QCOMPARE(r.parseError, QString());
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(r.model.format, s("vercel"));
    QCOMPARE(r.model.services.size(), 1);
    const Service &site = r.only();
    QCOMPARE(site.kind, ServiceKind::Static);
    QCOMPARE(site.name, s("shop"));
    QCOMPARE(described(site),
             QStringList({s("static"), s("install=npm ci"), s("build=npm run build"), s("publish=dist"),
                          s("region=fra1"), s("rewrite /api/:path* -> https://api.example.com/:path* "),
                          s("rewrite /(.*) -> /index.html 404"), s("header /(.*) X-Frame-Options: DENY")}));
    QCOMPARE(site.routes[0].destination.place, (Place{s("shop/vercel.json"), 10, 47}));
    QCOMPARE(site.buildCommand->place, (Place{s("shop/vercel.json"), 5, 19}));
    QVERIFY(r.fate("framework").reason.contains(s("preset")));

    // Without a name it has its folder's.
    QCOMPARE(readJson(R"j({"cleanUrls": true})j", s("/srv/My Shop.com/vercel.json")).only().name, s("my-shop-com"));
    // What describes nothing is no service.
    for (const char *nothing : {"{}", R"j({"version": 2})j", R"j({"$schema": "x", "buildCommand": null})j", "[]", "1"})
        QVERIFY2(readJson(nothing).model.services.isEmpty(), nothing);
}

void VercelTest::redirects()
{
    const Reading r = readJson(R"j({"redirects": [
  {"source": "/a", "destination": "/b"},
  {"source": "/c", "destination": "/d", "permanent": true},
  {"source": "/e", "destination": "/f", "permanent": false, "statusCode": 301},
  {"source": "/g", "destination": "/h", "statusCode": 302}
]})j");
    QVERIFY(r.problems.isEmpty());
    const QList<Route> &routes = r.only().routes;
    QCOMPARE(routes.size(), 4);
    QVERIFY(!routes[0].status);
    QCOMPARE(routes[1].status->value, 308);
    QCOMPARE(routes[2].status->value, 307);
    QCOMPARE(routes[3].status->value, 302);
    QVERIFY(r.fate("redirects[2].statusCode").reason.contains(s("wins")));
    for (const Route &route : routes)
        QCOMPARE(route.kind, Route::Kind::Redirect);
}

void VercelTest::conditionsAreLeftOut()
{
    const Reading r = readJson(R"j({
  "rewrites": [
    {"source": "/a", "destination": "/b", "has": [{"type": "host", "value": "x.example.com"}]},
    {"source": "/c", "destination": "/d", "missing": [{"type": "cookie", "key": "k"}]},
    {"source": "/e", "destination": {"type": "service", "service": "api"}},
    {"source": "/f", "destination": "/g", "has": []}
  ],
  "headers": [{"source": "/h", "has": [{"type": "query", "key": "q"}], "headers": [{"key": "A", "value": "b"}]}]
})j");
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(described(r.only()), QStringList({s("static"), s("rewrite /f -> /g ")}));
    for (const char *key : {"rewrites[0].source", "rewrites[0].has[0].value", "rewrites[1].missing[0].key",
                            "headers[0].headers[0].value", "headers[0].has[0].key"})
        QVERIFY2(r.fate(key).reason.contains(s("conditions")), key);
    QVERIFY(r.fate("rewrites[2].destination.service").reason.contains(s("another service")));
}

void VercelTest::oldRoutes_data()
{
    QTest::addColumn<QByteArray>("route");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("page") << QByteArray(R"j({"src": "/(.*)", "dest": "/index.html"})j")
                          << QStringList{s("rewrite /(.*) -> /index.html ")};
    QTest::newRow("no slash") << QByteArray(R"j({"src": "^/.*$", "dest": "index.html"})j")
                              << QStringList{s("rewrite /(.*) -> /index.html ")};
    QTest::newRow("named") << QByteArray(R"j({"src": "/widgets/(?<id>[^/]+)", "dest": "/w.js?id=$id"})j")
                           << QStringList{s("rewrite /widgets/:id([^/]+) -> /w.js?id=:id ")};
    QTest::newRow("redirect") << QByteArray(
                                     R"j({"src": "/old", "status": 301, "headers": {"Location": "/new", "X-A": "b"}})j")
                              << QStringList{s("redirect /old -> /new 301"), s("header /old X-A: b")};
    QTest::newRow("headers") << QByteArray(R"j({"src": "/a/(.*)", "headers": {"X-A": "b"}, "continue": true})j")
                             << QStringList{s("header /a/(.*) X-A: b")};
    QTest::newRow("newer names") << QByteArray(R"j({"source": "/a", "destination": "/b", "statusCode": 404})j")
                                 << QStringList{s("rewrite /a -> /b 404")};
    QTest::newRow("status alone") << QByteArray(R"j({"src": "/gone", "status": 410})j") << QStringList{};
    QTest::newRow("methods") << QByteArray(R"j({"src": "/a", "dest": "/b", "methods": ["POST"]})j") << QStringList{};
    QTest::newRow("regular") << QByteArray(R"j({"src": "^/(a|b)(?:x)?/[0-9]+$", "dest": "/b"})j") << QStringList{};
    QTest::newRow("alternatives") << QByteArray(R"j({"src": "/a|/b", "dest": "/c"})j") << QStringList{};
}

void VercelTest::oldRoutes()
{
    QFETCH(QByteArray, route);
    QFETCH(QStringList, expected);
    const Reading r = readJson("{\"routes\": [" + route + "]}");
    QVERIFY(r.problems.isEmpty());
    expected.prepend(s("static"));
    QCOMPARE(described(r.only()), expected);
    for (const KeyFate &fate : r.ledger.fates())
        QVERIFY2(!fate.reason.contains(s("unknown")), qPrintable(fate.key));
}

void VercelTest::phases()
{
    const Reading r = readJson(R"j({"routes": [
  {"src": "/a", "dest": "/1"},
  {"handle": "filesystem"},
  {"src": "/b", "dest": "/2"},
  {"handle": "error"},
  {"src": "/c", "dest": "/3"}
]})j");
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(described(r.only()), QStringList({s("static"), s("rewrite /a -> /1 "), s("rewrite /b -> /2 ")}));
    QVERIFY(r.fate("routes[4].dest").reason.contains(s("\"error\"")));
    QVERIFY(r.fate("routes[1].handle").reason.contains(s("phase")));
}

void VercelTest::kind_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<ServiceKind>("kind");
    QTest::addColumn<QString>("runtime");
    QTest::newRow("vite") << QByteArray(R"j({"framework": "vite"})j") << ServiceKind::Static << QString();
    QTest::newRow("next") << QByteArray(R"j({"framework": "nextjs"})j") << ServiceKind::Web << s("node");
    QTest::newRow("flask") << QByteArray(R"j({"framework": "flask"})j") << ServiceKind::Web << s("python");
    QTest::newRow("functions") << QByteArray(R"j({"functions": {"api/a.js": {"memory": 128}}})j") << ServiceKind::Web
                               << QString();
    QTest::newRow("no functions") << QByteArray(R"j({"functions": {}})j") << ServiceKind::Static << QString();
    QTest::newRow("static build") << QByteArray(
                                         R"j({"builds": [{"src": "package.json", "use": "@vercel/static-build"}]})j")
                                  << ServiceKind::Static << QString();
    QTest::newRow("server build") << QByteArray(R"j({"builds": [{"src": "s.py", "use": "@vercel/python@4"}]})j")
                                  << ServiceKind::Web << s("python");
    QTest::newRow("both") << QByteArray(R"j({"builds": [{"use": "@vercel/static"}, {"use": "@vercel/go"}]})j")
                          << ServiceKind::Web << s("go");
}

void VercelTest::kind()
{
    QFETCH(QByteArray, text);
    QFETCH(ServiceKind, kind);
    QFETCH(QString, runtime);
    const Reading r = readJson(text);
    QVERIFY(r.problems.isEmpty());
    QCOMPARE(serviceKindName(r.only().kind), serviceKindName(kind));
    QCOMPARE(r.only().runtime ? r.only().runtime->value : QString(), runtime);
}

void VercelTest::services()
{
    const Reading r = readJson(R"j({
  "services": {
    "web": {"root": "apps/web", "framework": "vite", "rewrites": [{"source": "/(.*)", "destination": "/index.html"}],
            "env": {"API": {"type": "service-ref", "service": "api"}, "MODE": "x"}},
    "api": {"root": "apps/api", "framework": "fastapi", "entrypoint": "main:app", "memory": 512},
    "box": {"runtime": "container", "entrypoint": "deploy/Dockerfile.web"},
    "jobs": {"type": "worker", "entrypoint": "w.py", "topics": ["t"]},
    "nightly": {"type": "job", "trigger": "schedule", "schedule": "0 0 * * *", "entrypoint": "n.js"},
    "queue": {"type": "job", "trigger": "queue", "entrypoint": "q.js"},
    "odd": {"type": "lamp"}
  },
  "redirects": [{"source": "/a", "destination": "/b"}]
})j");
    QCOMPARE(r.model.services.size(), 7);
    const QList<Service> &all = r.model.services;
    QCOMPARE(described(all[0]),
             QStringList({s("static"), s("redirect /a -> /b "), s("rewrite /(.*) -> /index.html "), s("env MODE=x")}));
    QCOMPARE(all[0].root->value, s("apps/web"));
    QCOMPARE(all[1].kind, ServiceKind::Web);
    QCOMPARE(all[1].runtime->value, s("python"));
    QCOMPARE(all[1].size.memoryMb->value, 512);
    QCOMPARE(all[2].runtime->value, s("docker"));
    QCOMPARE(all[2].dockerfile->value, s("deploy/Dockerfile.web"));
    QCOMPARE(all[3].kind, ServiceKind::Worker);
    QCOMPARE(all[4].kind, ServiceKind::Cron);
    QCOMPARE(all[4].schedule->value, s("0 0 * * *"));
    QCOMPARE(all[5].kind, ServiceKind::Worker);
    QCOMPARE(r.problems.size(), 1);
    QVERIFY(r.problemAt(10, 21).contains(s("\"odd\"")));
    for (const KeyFate &fate : r.ledger.fates())
        QVERIFY2(!fate.reason.contains(s("unknown")) || fate.key == s("services.odd.type"), qPrintable(fate.key));
}

void VercelTest::environment()
{
    const Reading r = readJson(R"j({
  "build": {"env": {"A": "1", "B": "build", "C": "@old-secret"}},
  "env": {"A": "1", "B": "run", "D": ""},
  "name": "n"})j");
    QVERIFY(r.problems.isEmpty());
    const QList<EnvironmentEntry> &entries = r.only().environment;
    QCOMPARE(entries.size(), 4);
    QCOMPARE(entries[0].details.size(), 1);
    QCOMPARE(entries[1].value, s("build"));
    QVERIFY(r.fate("env.B").reason.contains(s("different values")));
    QCOMPARE(entries[2].source, EnvironmentEntry::Source::Asked);
    QVERIFY(entries[2].value.isEmpty());
    QCOMPARE(entries[3].name, s("D"));
    // A server reads its variables as it runs.
    const Reading server =
        readJson(R"j({"framework": "flask", "build": {"env": {"B": "build"}}, "env": {"B": "run"}})j");
    QCOMPARE(server.only().environment.first().value, s("run"));
}

void VercelTest::knownAndUnknown()
{
    const Reading r =
        readJson(R"j({"version": 2, "github": {"silent": true}, "crons": [{"path": "/a", "schedule": "* * * * *"}],
  "no_such_key": {"deep": 1}})j");
    QVERIFY(r.fate("github.silent").reason.contains(s("chosen on the platform")));
    QVERIFY(r.fate("crons[0].schedule").reason.contains(s("cron job")));
    QVERIFY(r.fate("no_such_key.deep").reason.contains(s("unknown")));
}

void VercelTest::wrongTypes()
{
    const char *secret = "s3cr3t-value";
    const Reading r = readJson(R"j({
  "name": 5,
  "buildCommand": ["s3cr3t-value"],
  "outputDirectory": "dist",
  "rewrites": {"source": "s3cr3t-value"},
  "redirects": ["s3cr3t-value", {"source": "/a"}, {"source": "/b", "destination": "/c", "permanent": "s3cr3t-value"},
    {"source": 1, "destination": "/d"}, {"source": "/e", "destination": "/f", "statusCode": 1000000}],
  "headers": [{"source": "/", "headers": [{"key": "A"}, 7]}],
  "env": {"TOKEN": 12345, "KEPT": "s3cr3t-value"},
  "regions": "fra1",
  "routes": [{"dest": "/x"}],
  "builds": [{"src": "a"}]
})j");
    QCOMPARE(r.parseError, QString());
    QCOMPARE(r.only().publishPath->value, s("dist"));
    QCOMPARE(r.only().environment.size(), 1);
    QCOMPARE(described(r.only()), QStringList({s("static"), s("publish=dist"), s("redirect /b -> /c "),
                                               s("redirect /e -> /f "), s("env KEPT=s3cr3t-value")}));
    QVERIFY(r.problemAt(2, 11).contains(s("\"name\"")));
    QVERIFY(r.problemAt(3, 19).contains(s("\"buildCommand\"")));
    QVERIFY(r.problemAt(5, 15).contains(s("a list")));
    QVERIFY(r.problemAt(6, 17).contains(s("\"redirects\"")));
    QVERIFY(r.problemAt(6, 33).contains(s("\"destination\"")));
    QVERIFY(r.problemAt(6, 102).contains(s("\"permanent\"")));
    QVERIFY(r.problemAt(7, 16).contains(s("\"source\"")));
    QVERIFY(r.problemAt(8, 43).contains(s("\"key\"")));
    QVERIFY(r.problemAt(9, 20).contains(s("\"TOKEN\"")));
    QVERIFY(r.problemAt(10, 14).contains(s("\"regions\"")));
    QVERIFY(r.problemAt(11, 14).contains(s("\"src\"")));
    QVERIFY(r.problemAt(12, 14).contains(s("\"use\"")));
    for (const Error &problem : r.problems) {
        QCOMPARE(problem.kind, ErrorKind::Usage);
        QVERIFY2(!problem.toString().contains(QLatin1StringView(secret)), qPrintable(problem.toString()));
        QVERIFY(!problem.toString().contains(s("12345")));
    }
    for (const KeyFate &fate : r.ledger.fates())
        QVERIFY2(!fate.reason.contains(QLatin1StringView(secret)), qPrintable(fate.reason));
    QVERIFY(!readJson("[1]").problems.isEmpty());
}

void VercelTest::badText_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("error");
    QTest::newRow("broken") << QByteArray("{\n  \"a\": 1,\n  \"b\" 2\n}") << s("shop/vercel.json:3:7: ");
    QTest::newRow("unended") << QByteArray("{\n\"a\": [1,\n") << s("shop/vercel.json:3:1: ");
    QTest::newRow("twice") << QByteArray("{\"a\": 1,\n \"a\": 2}") << s("shop/vercel.json:2:2: \"a\" stands twice");
    QTest::newRow("twice inside") << QByteArray("{\"e\": {\"K\": \"v1\", \"K\": \"v2\"}}")
                                  << s("shop/vercel.json:1:19: \"K\" stands twice");
    QTest::newRow("empty") << QByteArray() << s("shop/vercel.json:1:1: ");
    QTest::newRow("deep") << QByteArray(100'000, '[') << s("shop/vercel.json:1:101: nested deeper");
    QTest::newRow("deep objects") << QByteArray("{\"a\":").repeated(100'000)
                                  << s("shop/vercel.json:1:501: nested deeper");
    QTest::newRow("2 MB") << "{\"a\": \"" + QByteArray(2'000'000, 'x') + "\"}" << s("shop/vercel.json: more than 1 MB");
    QTest::newRow("zero byte") << QByteArray("{}\n\0{\"a\": 1}", 12) << s("shop/vercel.json:2:1: ");
    QTest::newRow("two roots") << QByteArray("{} {}") << s("shop/vercel.json:1:4: ");
    QTest::newRow("not UTF-8") << QByteArray("{\"a\": \"\xff\"}") << s("shop/vercel.json:1:");
    QTest::newRow("html") << QByteArray("<!DOCTYPE html>") << s("shop/vercel.json:1:1: ");
}

void VercelTest::badText()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, error);
    QElapsedTimer timer;
    timer.start();
    const Reading r = readJson(text);
    QVERIFY2(r.parseError.startsWith(error), qPrintable(r.parseError));
    QVERIFY(timer.elapsed() < 2'000);
}

void VercelTest::patterns_data()
{
    QTest::addColumn<RouteForm>("from");
    QTest::addColumn<RouteForm>("to");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("destination");
    QTest::addColumn<QString>("newSource");
    QTest::addColumn<QString>("newDestination");
    const auto N = RouteForm::Netlify;
    const auto R = RouteForm::Render;
    const auto V = RouteForm::Vercel;
    const auto row = [](const char *name, RouteForm from, RouteForm to, const char *a, const char *b, const char *c,
                        const char *d) { QTest::newRow(name) << from << to << s(a) << s(b) << s(c) << s(d); };
    row("proxy", N, V, "/api/*", "https://x.io/:splat", "/api/:path*", "https://x.io/:path*");
    row("proxy with a port", N, V, "/api/*", "https://x.io:8080/:splat", "/api/:path*", "https://x.io:8080/:path*");
    row("page", N, V, "/*", "/index.html", "/(.*)", "/index.html");
    row("all", N, V, "/*", "https://x.io/:splat", "/:path*", "https://x.io/:path*");
    row("names", N, V, "/:year/:month/a", "/b/:year-:month", "/:year/:month/a", "/b/:year-:month");
    row("name taken", N, V, "/:path/*", "/x/:splat/:path", "/:path/:splat*", "/x/:splat*/:path");
    row("no slash", N, V, "/api*", "/x:splat", "/api(.*)", "/x$1");
    row("special", N, V, "/a(b)+c", "/d", "/a\\(b\\)\\+c", "/d");
    row("splat that is none", N, V, "/a/*", "/:splatter", "/a/:path*", "/:splatter");
    row("render", R, V, "/api/*", "https://x.io/*", "/api/:path*", "https://x.io/:path*");
    row("render page", R, V, "/*", "/index.html", "/(.*)", "/index.html");
    row("render names", R, V, "/a/:id", "/b/:id", "/a/:id", "/b/:id");
    row("render middle", R, V, "/*.css", "", "/(.*).css", "");
    row("to netlify", V, N, "/api/:path*", "https://x.io/:path*", "/api/*", "https://x.io/:splat");
    row("to netlify without a star", V, N, "/api/:path*", "https://x.io/:path", "/api/*", "https://x.io/:splat");
    row("group to netlify", V, N, "/api/(.*)", "https://x.io/$1", "/api/*", "https://x.io/:splat");
    row("named group to netlify", V, N, "/api/:rest(.*)", "https://x.io/:rest", "/api/*", "https://x.io/:splat");
    row("to render", V, R, "/api/:path*", "https://x.io/:path*", "/api/*", "https://x.io/*");
    row("group to render", V, R, "/:a/(.*)", "/x/$2/:a", "/:a/*", "/x/*/:a");
    row("page to render", V, R, "/(.*)", "/index.html", "/*", "/index.html");
    row("escaped", V, R, "/a\\.b", "/c", "/a.b", "/c");
    row("netlify to render", N, R, "/a/*", "/b/:splat", "/a/*", "/b/*");
    row("render to netlify", R, N, "/a/*", "/b/*", "/a/*", "/b/:splat");
    row("same", V, V, "/a(/x)?", "/b", "/a(/x)?", "/b");
}

void VercelTest::patterns()
{
    QFETCH(RouteForm, from);
    QFETCH(RouteForm, to);
    QFETCH(QString, source);
    QFETCH(QString, destination);
    QFETCH(QString, newSource);
    QFETCH(QString, newDestination);
    const TranslatedRoute route = translateRoute(source, destination, from, to);
    QCOMPARE(route.lost, QString());
    QCOMPARE(route.source, newSource);
    QCOMPARE(route.destination, newDestination);
    QCOMPARE(route.changed, source != newSource || destination != newDestination);
}

void VercelTest::unsayable_data()
{
    QTest::addColumn<RouteForm>("from");
    QTest::addColumn<RouteForm>("to");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("destination");
    QTest::newRow("regular") << RouteForm::Vercel << RouteForm::Render << s("/api(/v[0-9]+)?/x") << s("/y");
    QTest::newRow("optional") << RouteForm::Vercel << RouteForm::Netlify << s("/a/:b?") << s("/y");
    QTest::newRow("not") << RouteForm::Vercel << RouteForm::Render << s("/((?!api).*)") << s("/y");
    QTest::newRow("middle") << RouteForm::Vercel << RouteForm::Render << s("/(.*)/end") << s("/y");
    QTest::newRow("two stars") << RouteForm::Render << RouteForm::Vercel << s("/*/a/*") << s("/*");
}

void VercelTest::unsayable()
{
    QFETCH(RouteForm, from);
    QFETCH(RouteForm, to);
    QFETCH(QString, source);
    QFETCH(QString, destination);
    QVERIFY(!translateRoute(source, destination, from, to).lost.isEmpty());
}

void VercelTest::written()
{
    Reading r = readJson(R"j({
  "name": "shop", "version": 2,
  "env": {"QUOTED": "a \"b\" \\ \n \u0001 é 😀"},
  "installCommand": "npm ci", "buildCommand": "npm run build", "outputDirectory": "dist", "regions": ["fra1"],
  "redirects": [{"source": "/a", "destination": "/b", "permanent": true}],
  "rewrites": [{"source": "/(.*)", "destination": "/index.html"}],
  "headers": [{"source": "/x", "headers": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]}]
})j");
    const Written out = writeVercel(r.model, r.ledger);
    QCOMPARE(out.files.size(), 1);
    QCOMPARE(out.files[0].path, s("vercel.json"));
    QCOMPARE(out.files[0].text, QByteArray(R"j({
  "$schema": "https://openapi.vercel.sh/vercel.json",
  "installCommand": "npm ci",
  "buildCommand": "npm run build",
  "outputDirectory": "dist",
  "regions": [
    "fra1"
  ],
  "redirects": [
    {
      "source": "/a",
      "destination": "/b",
      "permanent": true
    }
  ],
  "rewrites": [
    {
      "source": "/(.*)",
      "destination": "/index.html"
    }
  ],
  "headers": [
    {
      "source": "/x",
      "headers": [
        {
          "key": "A",
          "value": "1"
        },
        {
          "key": "B",
          "value": "2"
        }
      ]
    }
  ],
  "build": {
    "env": {
      "QUOTED": "a \"b\" \\ \n \u0001 é 😀"
    }
  }
}
)j"));
    QCOMPARE(r.fate("buildCommand").outcome, KeyOutcome::Mapped);
    QCOMPARE(r.fate("headers[0].headers[1].value").target, s("vercel.json: headers[0].headers[1].value"));
    QCOMPARE(r.fate("redirects[0].permanent").outcome, KeyOutcome::Mapped);
    QCOMPARE(r.fate("name").outcome, KeyOutcome::NotTranslated);
    QVERIFY(r.fate("name").reason.contains(s("vercel link")));
    QCOMPARE(out.added.size(), 1);
    QCOMPARE(described(readJson(out.files[0].text).only()), described(r.only()));
}

void VercelTest::writtenFromNetlify()
{
    Ledger ledger;
    QList<Error> problems;
    const ServiceModel model = readRedirects("/api/* https://x.io/:splat 200\n/* /index.html 200\n/old /new\n",
                                             s("site/_redirects"), ledger, problems);
    const Written out = writeVercel(model, ledger);
    QCOMPARE(out.files.size(), 1);
    const Reading again = readJson(out.files[0].text);
    QCOMPARE(described(again.only()),
             QStringList({s("static"), s("redirect /old -> /new 301"), s("rewrite /api/:path* -> https://x.io/:path* "),
                          s("rewrite /(.*) -> /index.html ")}));
    bool earlier = false;
    for (const KeyFate &fate : ledger.fates()) {
        if (fate.key == s("redirects[0].from")) {
            QCOMPARE(fate.outcome, KeyOutcome::Rewritten);
            QVERIFY(fate.reason.contains(s("form of paths")));
        }
        earlier = earlier || (fate.key == s("redirects[2].from") && fate.reason.contains(s("before every rewrite")));
        QVERIFY2(fate.outcome != KeyOutcome::NotTranslated, qPrintable(fate.key + fate.reason));
    }
    QVERIFY(earlier);
    QCOMPARE(out.added.last().key, s("vercel.json: redirects[0].statusCode"));
}

void VercelTest::otherPlatformsFunctions()
{
    Ledger ledger;
    QList<Error> problems;
    const ServiceModel model =
        readRedirects("/api/* /.netlify/functions/:splat 200\n/a /b 302\n", s("site/_redirects"), ledger, problems);
    const Written out = writeVercel(model, ledger);
    QVERIFY(!out.files[0].text.contains("netlify"));
    QCOMPARE(readJson(out.files[0].text).only().routes.size(), 1);
    QCOMPARE(ledger.fates().first().outcome, KeyOutcome::NotTranslated);
    QVERIFY(ledger.fates().first().reason.contains(s("Netlify itself")));
}

// The frontend's file of a team that moves its backend: rewrites to it, with comments, one of them for Socket.IO.
void VercelTest::frontendOfABackend()
{
    Reading r = readJson(R"j({
  // "destination" names the backend's host
  "rewrites": [
    {"source": "/api/:path*", "destination": "https://shop-api.onrender.com/api/:path*"},
    {"source": "/health", "destination": "https://shop-api.onrender.com/health"}, // probes
    {"source": "/socket.io/:path*", "destination": "https://shop-api.onrender.com/socket.io/:path*"},
  ],
})j");
    QCOMPARE(r.only().routes.size(), 3);
    QCOMPARE(r.only().routes[2].source.place, (Place{s("shop/vercel.json"), 6, 16}));
    const Written out = writeVercel(r.model, r.ledger);
    QVERIFY(isStrictJson(out.files[0].text, s("vercel.json"), nullptr));
    QCOMPARE(described(readJson(out.files[0].text).only()), described(r.only()));
    QCOMPARE(r.fate("rewrites[0].source").outcome, KeyOutcome::Mapped);
    QCOMPARE(r.fate("rewrites[2].source").outcome, KeyOutcome::Rewritten);
}

void VercelTest::limits()
{
    Service site;
    site.kind = ServiceKind::Static;
    site.name = s("site");
    ServiceModel model{s("render"), {}, {}, {}};
    Ledger ledger;
    for (int i = 0; i < 2050; ++i) {
        const Place place{s("render.yaml"), i + 1, 1};
        ledger.open(s("routes[%1].source").arg(i), place);
        site.routes.append(
            Route{Route::Kind::Rewrite, {s("/a%1").arg(i), place}, {s("/b"), {s("render.yaml"), i + 1, 9}}, {}, place});
    }
    const Place longPlace{s("render.yaml"), 3000, 1};
    ledger.open(s("headers[0].value"), longPlace);
    site.headers.append(ResponseHeader{{s("/"), {}}, {s("X"), {}}, {QString(40'000, QLatin1Char('v')), longPlace}});
    model.services.append(site);
    const Written out = writeVercel(model, ledger);
    const Service again = readJson(out.files[0].text).only();
    QCOMPARE(again.routes.size(), 2048);
    QVERIFY(again.headers.isEmpty());
    int lost = 0;
    for (const KeyFate &fate : ledger.fates()) {
        if (fate.outcome == KeyOutcome::NotTranslated) {
            ++lost;
            QVERIFY2(fate.reason.contains(s("at most")), qPrintable(fate.reason));
        }
    }
    QCOMPARE(lost, 3);

    // Far more than that is told quickly.
    Ledger large;
    QList<Error> problems;
    const ServiceModel many = readRedirects(QByteArray("/a/:b /c/:b 200\n/d/* /e/:splat 301\n").repeated(15'000),
                                            s("site/_redirects"), large, problems);
    QElapsedTimer timer;
    timer.start();
    const Service most = readJson(writeVercel(many, large).files[0].text).only();
    QCOMPARE(most.routes.size(), 2 * 2048);
    QVERIFY2(timer.elapsed() < 20'000, qPrintable(QString::number(timer.elapsed())));
}

void VercelTest::webSockets_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("destination");
    QTest::addColumn<bool>("noted");
    QTest::newRow("socket.io") << s("/socket.io/:path*") << s("https://x.io/socket.io/:path*") << true;
    QTest::newRow("ws") << s("/ws") << s("https://x.io/ws") << true;
    QTest::newRow("ws below") << s("/api/ws/(.*)") << s("https://x.io/$1") << true;
    QTest::newRow("own host") << s("/ws") << s("/socket.html") << false;
    QTest::newRow("news") << s("/news") << s("https://x.io/news") << false;
    QTest::newRow("scheme") << s("/live") << s("wss://x.io/live") << true;
}

void VercelTest::webSockets()
{
    QFETCH(QString, source);
    QFETCH(QString, destination);
    QFETCH(bool, noted);
    const QByteArray json =
        QJsonDocument(QJsonObject{{s("rewrites"),
                                   QJsonArray{QJsonObject{{s("source"), source}, {s("destination"), destination}}}}})
            .toJson();
    Reading r = readJson(json);
    const Written out = writeVercel(r.model, r.ledger);
    QVERIFY(!out.files[0].text.contains("wss:"));
    QCOMPARE(readJson(out.files[0].text).only().routes.size(), 1);
    const QString reasons = r.fate("rewrites[0].source").reason + r.fate("rewrites[0].destination").reason;
    QCOMPARE(reasons.contains(s("no WebSocket upgrade")), noted);
}

void VercelTest::backends()
{
    Reading r = readJson(R"j({"framework": "fastapi", "buildCommand": "x", "routes": [{"src": "/a", "dest": "/b"}],
  "env": {"TOKEN": "s3cr3t"}})j");
    const Written out = writeVercel(r.model, r.ledger);
    QVERIFY(out.files.isEmpty());
    QVERIFY(out.added.isEmpty());
    for (const char *key : {"framework", "buildCommand", "routes[0].src", "routes[0].dest", "env.TOKEN"}) {
        QCOMPARE(r.fate(key).outcome, KeyOutcome::NotTranslated);
        QVERIFY2(r.fate(key).reason.contains(s("only static sites")), key);
    }
}

void VercelTest::folders()
{
    Reading r = readJson(R"j({"services": {
  "a": {"root": "apps/a", "buildCommand": "1"},
  "b": {"root": "./apps/a/", "buildCommand": "2"},
  "c": {"root": "../c", "buildCommand": "3"},
  "d": {"buildCommand": "4"}
}})j");
    const Written out = writeVercel(r.model, r.ledger);
    QCOMPARE(out.files.size(), 2);
    QCOMPARE(out.files[0].path, s("apps/a/vercel.json"));
    QCOMPARE(out.files[1].path, s("vercel.json"));
    QCOMPARE(r.fate("services.a.root").outcome, KeyOutcome::Rewritten);
    QVERIFY(r.fate("services.b.buildCommand").reason.contains(s("same folder")));
    QVERIFY(r.fate("services.c.buildCommand").reason.contains(s("outside")));
}

void VercelTest::corpusIsRead()
{
    const QStringList files = corpus();
    if (files.isEmpty())
        QSKIP("the reference data beside the repository is not there");
    int strict = 0;
    int services = 0;
    int problems = 0;
    for (const QString &path : files) {
        const QByteArray text = contents(path);
        const Reading r = readJson(text, path);
        // Some fixtures are templates whose comments stand where a parser of strict JSON stops.
        QVERIFY2(r.parseError.isEmpty(), qPrintable(r.parseError));
        services += r.model.services.isEmpty() ? 0 : 1;
        problems += r.problems.isEmpty() ? 0 : 1;
        QSet<QString> found;
        for (const KeyFate &fate : r.ledger.fates()) {
            found.insert(fate.key);
            QVERIFY2(fate.place.line > 0 && !fate.reason.isEmpty(), qPrintable(path + fate.key));
        }
        const QJsonDocument document = QJsonDocument::fromJson(text);
        QCOMPARE(isStrictJson(text, path, nullptr), !document.isNull());
        if (document.isNull())
            continue;
        ++strict;
        QSet<QString> keys;
        collect(document.object(), {}, keys);
        QVERIFY2(found == keys, qPrintable(path));
    }
    qInfo("%d files, %d strict JSON, %d describe a service, %d with problems", int(files.size()), strict, services,
          problems);
    QVERIFY(files.size() >= 100);
    QVERIFY(services * 10 >= files.size() * 9);
}

void VercelTest::corpusGoesThere()
{
    const QStringList files = corpus();
    if (files.isEmpty())
        QSKIP("the reference data beside the repository is not there");
    QTemporaryDir folder;
    int count = 0;
    QMap<QString, int> outcomes;
    QMap<QString, int> unknown;
    for (const QString &path : files) {
        Reading r = readJson(contents(path), path);
        const Written out = writeVercel(r.model, r.ledger);
        for (const KeyFate &fate : r.ledger.fates()) {
            ++outcomes[keyOutcomeName(fate.outcome)];
            if (fate.reason.contains(s("unknown")))
                ++unknown[fate.key.section(QRegularExpression(s("[.\\[]")), 0, 0)];
        }
        QList<Service> sites;
        for (const Service &service : r.model.services) {
            if (service.kind != ServiceKind::Static)
                continue;
            sites.append(service);
            // A secret stands in no file that is written.
            sites.last().environment.removeIf([](const EnvironmentEntry &entry) {
                return entry.source == EnvironmentEntry::Source::Literal && !mayStandInFile(entry);
            });
        }
        QCOMPARE(out.files.size(), sites.size());
        for (qsizetype i = 0; i < sites.size(); ++i) {
            QFile file(folder.filePath(s("%1.json").arg(count++)));
            QVERIFY(file.open(QIODevice::WriteOnly));
            QCOMPARE(file.write(out.files[i].text), out.files[i].text.size());
            QVERIFY(isStrictJson(out.files[i].text, path, nullptr));
            QVERIFY(out.files[i].text.endsWith("}\n"));
            const Reading again = readJson(out.files[i].text, path);
            QVERIFY(again.problems.isEmpty());
            const QStringList before = described(sites[i]);
            QCOMPARE(again.model.services.isEmpty() ? QStringList{s("static")} : described(again.only()), before);
        }
    }
    QStringList figures;
    for (auto it = outcomes.cbegin(); it != outcomes.cend(); ++it)
        figures.append(s("%1 %2").arg(it.value()).arg(it.key()));
    qInfo("%d files written; keys: %s; unknown: %s", count, qPrintable(figures.join(s(", "))),
          qPrintable(QStringList(unknown.keys()).join(s(", "))));
    QVERIFY(count >= 20);
    const QString complaints = invalid(folder.path());
    if (complaints.startsWith(s("skip:")))
        QSKIP(qPrintable(complaints));
    QVERIFY2(complaints.isEmpty(), qPrintable(complaints));
}

QTEST_GUILESS_MAIN(VercelTest)
#include "tst_vercel.moc"

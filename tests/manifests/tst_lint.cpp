// SPDX-License-Identifier: GPL-3.0-or-later
// Each rule on a text that has what it finds and on one that has not; the manual's account of rules and facts; and all
// manifests of the corpus.
#include "models/manifests/lint.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <algorithm>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Files whose text is no tree have no document.
Result<LintSubject> subjectOf(const QString &file, const QByteArray &text, ManifestFormat format)
{
    LintSubject subject;
    subject.manifest.format = format;
    subject.manifest.file = file;
    subject.text = text;
    const bool plain = format == ManifestFormat::Dockerfile || format == ManifestFormat::Redirects ||
                       format == ManifestFormat::Procfile;
    if (plain)
        return subject;
    const ManifestSyntax syntax = file.endsWith(s(".json"))   ? ManifestSyntax::Json
                                  : file.endsWith(s(".toml")) ? ManifestSyntax::Toml
                                                              : ManifestSyntax::Yaml;
    Result<ManifestNode> document = parseManifest(text, file, syntax);
    if (!document)
        return tl::unexpected(document.error());
    subject.manifest.document = std::move(*document);
    return subject;
}

LintSubject read(const QString &file, const QByteArray &text)
{
    const Result<ManifestFormat> format = manifestFormatOf(file, text);
    if (!format) {
        qFatal("%s", qPrintable(format.error().toString()));
    }
    const Result<LintSubject> subject = subjectOf(file, text, *format);
    if (!subject) {
        qFatal("%s", qPrintable(subject.error().toString()));
    }
    return *subject;
}

struct Case
{
    QString rule;
    QList<LintSubject> bad;
    QList<LintSubject> good;
    Place place;
    int line = 0; ///< in the file of cases
};

/// Reads lint-cases.txt; its head says the form.
QList<Case> readCases()
{
    QList<Case> cases;
    QList<std::pair<QString, QString>> files;
    QString first;
    bool good = false;
    const auto flush = [&] {
        for (auto [file, text] : files) {
            const qsizetype at = text.indexOf(QChar(0xab));
            if (at >= 0) {
                const QString before = text.left(at);
                cases.last().place = {file, int(before.count(QLatin1Char('\n'))) + 1,
                                      int(at - before.lastIndexOf(QLatin1Char('\n')))};
                text.remove(at, 1);
            }
            (good ? cases.last().good : cases.last().bad).append(read(file, text.toUtf8()));
        }
        files.clear();
    };
    int number = 0;
    for (const QString &line :
         QString::fromUtf8(contents(s(SOURCE_DIR "/tests/manifests/lint-cases.txt"))).split(QLatin1Char('\n'))) {
        ++number;
        if (line.startsWith(s("=== "))) {
            flush();
            good = false;
            cases.append({line.section(QLatin1Char(' '), 1, 1), {}, {}, {}, number});
            first = line.section(QLatin1Char(' '), 2, 2);
            files.append({first, {}});
        } else if (line == s("---") || line.startsWith(s("--- "))) {
            flush();
            good = true;
            files.append({line.size() > 4 ? line.mid(4) : first, {}});
        } else if (line.startsWith(s("+++ "))) {
            files.append({line.mid(4), {}});
        } else if (!files.isEmpty()) {
            files.last().second += line + QLatin1Char('\n');
        }
    }
    flush();
    return cases;
}

QString listed(const QList<Finding> &findings)
{
    QStringList lines;
    for (const Finding &finding : findings)
        lines.append(s("%1 %2: %3").arg(finding.place.toString(), finding.rule, finding.message));
    return lines.join(QLatin1Char('\n'));
}

QList<Finding> of(const QString &rule, const QList<Finding> &findings)
{
    QList<Finding> own;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(own),
                 [&](const Finding &finding) { return finding.rule == rule; });
    return own;
}

QStringList ids()
{
    QStringList all;
    for (const LintRule &rule : lintRules())
        all.append(rule.id);
    return all;
}

/// The ids of platforms.md in §1, §2 and §6: named facts, sections, and what it says of each seed in a section.
QStringList factsOf(const QString &text)
{
    static const QRegularExpression heading(s(R"(\A###? (\d)(?:\.(\d+))?)"));
    static const QRegularExpression named(s(R"(\A- ([RFCP]-[A-Z0-9]+(?:-[0-9]+[a-z]?)?)\b)"));
    static const QRegularExpression seeds(s(R"(SEEDS? ([0-4](?:(?:, |/)[0-4])*))"));
    QStringList facts;
    QString chapter;
    QString section;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        if (const auto match = heading.match(line); match.hasMatch()) {
            chapter = match.captured(1);
            section = chapter + QLatin1Char('.') + match.captured(2);
        }
        if (chapter != s("1") && chapter != s("2") && chapter != s("6"))
            continue;
        if (const auto match = named.match(line); match.hasMatch())
            facts.append(match.captured(1));
        for (auto it = seeds.globalMatch(line); it.hasNext();)
            for (const QChar seed : it.next().captured(1))
                if (seed.isDigit())
                    facts.append(s("SEED-%1/%2").arg(seed, section));
    }
    facts.removeDuplicates();
    return facts;
}

QString shared()
{
    return QDir(s(SOURCE_DIR "/../shared")).absolutePath();
}

} // namespace

class LintTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rulesAreWellFormed()
    {
        static const QRegularExpression form(s(R"(\A(render|fly|docker|vercel|netlify|any)/[a-z]+(-[a-z]+)*\z)"));
        const QStringList all = ids();
        QVERIFY(std::is_sorted(all.begin(), all.end()));
        QCOMPARE(QSet<QString>(all.begin(), all.end()).size(), all.size());
        for (const LintRule &rule : lintRules()) {
            QVERIFY2(form.match(rule.id).hasMatch(), qPrintable(rule.id));
            QVERIFY2(!rule.title.isEmpty() && !rule.reason.isEmpty() && !rule.source.isEmpty(), qPrintable(rule.id));
            QVERIFY2(rule.source.startsWith(s("https://")), qPrintable(rule.id));
        }
    }

    void everyRuleHasACase()
    {
        QStringList missing = ids();
        for (const Case &each : readCases()) {
            QVERIFY2(ids().contains(each.rule), qPrintable(each.rule));
            missing.removeAll(each.rule);
        }
        // These need more than texts: see the tests below.
        QCOMPARE(missing, QStringList({s("any/run-bit"), s("vercel/limits")}));
    }

    void cases_data()
    {
        QTest::addColumn<int>("index");
        const QList<Case> all = readCases();
        for (int i = 0; i < all.size(); ++i)
            QTest::addRow("%s, line %d", qPrintable(all[i].rule), all[i].line) << i;
    }

    void cases()
    {
        static const QList<Case> all = readCases();
        QFETCH(int, index);
        const Case &each = all[index];
        const QList<Finding> findings = lintManifests(each.bad);
        const QList<Finding> own = of(each.rule, findings);
        QVERIFY2(own.size() == 1, qPrintable(listed(findings)));
        QCOMPARE(own.first().place.toString(), each.place.toString());
        QVERIFY(!own.first().message.isEmpty());
        QVERIFY(!own.first().fix.isEmpty());
        const auto rule =
            std::find_if(lintRules().begin(), lintRules().end(), [&](const LintRule &r) { return r.id == each.rule; });
        QCOMPARE(own.first().severity, rule->severity);
        QVERIFY(!each.good.isEmpty());
        const QList<Finding> clean = of(each.rule, lintManifests(each.good));
        QVERIFY2(clean.isEmpty(), qPrintable(listed(clean)));
    }

    void aGoodSetHasNoFindings()
    {
        const LintSubject render = read(s("render.yaml"), R"(services:
  - type: web
    name: api
    runtime: python
    region: frankfurt
    plan: 1c-2g
    rootDir: backend
    buildCommand: pip install -r requirements.txt
    preDeployCommand: alembic upgrade head
    startCommand: exec uvicorn server:socket_app --host 0.0.0.0 --port $PORT
    healthCheckPath: /health
    maxShutdownDelaySeconds: 60
    autoDeployTrigger: checksPass
    envVars:
      - key: PYTHON_VERSION
        value: "3.11.9"
      - key: CORS_ORIGINS
        value: https://app.example.com,https://www.example.com
      - key: JWT_SECRET
        sync: false
)");
        const LintSubject fly = read(s("fly.toml"), R"(app = "api"
primary_region = "fra"
kill_signal = "SIGTERM"
kill_timeout = "60s"
[deploy]
strategy = "rolling"
[env]
PORT = "8080"
[http_service]
internal_port = 8080
force_https = true
auto_stop_machines = "off"
auto_start_machines = true
[[http_service.checks]]
path = "/health"
interval = "15s"
timeout = "5s"
grace_period = "10s"
)");
        const LintSubject docker = read(s("Dockerfile"), R"(FROM python:3.11-slim AS builder
RUN python -m venv /opt/venv
FROM python:3.11-slim
COPY --from=builder /opt/venv /opt/venv
USER app
EXPOSE 8080
CMD ["sh", "-c", "exec uvicorn server:app --host 0.0.0.0 --port ${PORT:-8080}"]
)");
        const LintSubject vercel = read(s("vercel.json"), R"({"framework": "vite",
 "rewrites": [{"source": "/api/:path*", "destination": "https://api.example.com/api/:path*"}]}
)");
        const QList<Finding> findings = lintManifests({render, fly, docker, vercel});
        QVERIFY2(findings.isEmpty(), qPrintable(listed(findings)));
    }

    void runBit()
    {
        LintSubject subject = read(s("render.yaml"), "services:\n"
                                                     "  - type: web\n"
                                                     "    rootDir: backend\n"
                                                     "    buildCommand: ./build.sh && echo done\n");
        const QString rule = s("any/run-bit");
        QCOMPARE(of(rule, lintManifests({subject})).size(), 0);
        subject.modes.insert(s("backend/build.sh"), 0100644);
        const QList<Finding> found = of(rule, lintManifests({subject}));
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.first().place.toString(), s("render.yaml:4:19"));
        QVERIFY(found.first().fix.contains(s("backend/build.sh")));
        subject.modes.insert(s("backend/build.sh"), 0100755);
        QCOMPARE(of(rule, lintManifests({subject})).size(), 0);
        // A Blueprint in the service's own folder has the script beside it.
        subject.manifest.file = s("backend/render.yaml");
        subject.modes = {{s("build.sh"), 0100644}};
        QCOMPARE(of(rule, lintManifests({subject})).size(), 1);
        subject.manifest.file = s("deploy/render.yaml");
        QCOMPARE(of(rule, lintManifests({subject})).size(), 0);
    }

    void scriptsOfTheBuild()
    {
        const QString rule = s("any/migrations-in-build");
        LintSubject subject = read(s("render.yaml"), "services:\n"
                                                     "  - type: web\n"
                                                     "    rootDir: backend\n"
                                                     "    buildCommand: bash scripts/build.sh\n");
        QCOMPARE(of(rule, lintManifests({subject})).size(), 0);
        subject.scripts.insert(s("backend/scripts/build.sh"), "set -e\n# alembic upgrade head\n");
        QCOMPARE(of(rule, lintManifests({subject})).size(), 0);
        subject.scripts.insert(s("backend/scripts/build.sh"), "set -e\npip install .\nalembic upgrade head\n");
        const QList<Finding> found = of(rule, lintManifests({subject}));
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.first().place.toString(), s("render.yaml:4:19"));
        QVERIFY2(found.first().message.contains(s("backend/scripts/build.sh")) &&
                     found.first().message.contains(s("line 3")),
                 qPrintable(found.first().message));
    }

    void serversOfOtherPlatforms()
    {
        const LintSubject fly = read(s("fly.toml"), "app = 'a'\n");
        const LintSubject render = read(s("render.yaml"), "services:\n"
                                                          "  - type: web\n"
                                                          "    startCommand: gunicorn a:b\n");
        const LintSubject image = read(s("Dockerfile"), "FROM python:3.11\nCMD [\"gunicorn\", \"a:b\"]\n");
        const auto message = [](const QList<LintSubject> &set) {
            return of(s("fly/kill-signal"), lintManifests(set)).value(0).message;
        };
        QVERIFY(!message({fly, render}).contains(s("gunicorn")));
        QVERIFY(message({fly, image}).contains(s("gunicorn")));
    }

    void vercelLimits()
    {
        const auto file = [](int count) {
            QByteArray text = "{\"rewrites\": [";
            for (int i = 0; i < count; ++i)
                text += (i ? "," : "") + QByteArray("{\"source\": \"/") + QByteArray::number(i) +
                        "\", \"destination\": \"/x\"}";
            return read(s("vercel.json"), text + "]}");
        };
        const QString rule = s("vercel/limits");
        QCOMPARE(of(rule, lintManifests({file(2048)})).size(), 0);
        const QList<Finding> found = of(rule, lintManifests({file(2049)}));
        QCOMPARE(found.size(), 1);
        QCOMPARE(found.first().place.toString(), s("vercel.json:1:2"));
    }

    void secretsStayOutOfFindings()
    {
        const QByteArray secret = "hunter22xQ7";
        const LintSubject fly = read(
            s("fly.toml"), "[env]\nJWT_SECRET = \"" + secret + "\"\nCORS_ORIGINS = \"https://u:" + secret +
                               "@*.example.com, https://u:" + secret + "@b.example/x\"\nWS_URL = \"ws://u:" + secret +
                               "@a.example.com\"\nDB_URL = \"postgres://u:" + secret + "@localhost/${X}\"\n");
        const LintSubject docker =
            read(s("Dockerfile"), "FROM a\nENV API_KEY=" + secret + "\nCMD uvicorn a:b --port 80 --token " + secret);
        const QList<Finding> findings = lintManifests({fly, docker});
        QVERIFY(of(s("any/secret-in-clear"), findings).size() >= 3);
        QVERIFY(!of(s("any/origin-glob"), findings).isEmpty());
        for (const Finding &finding : findings)
            QVERIFY2(!finding.message.contains(QString::fromLatin1(secret)) &&
                         !finding.fix.contains(QString::fromLatin1(secret)),
                     qPrintable(finding.rule));
    }

    void findingsStandInTheOrderOfFilesAndLines()
    {
        const LintSubject fly = read(s("fly.toml"), "kill_signal = \"SIGKILL\"\nkill_timeout = 900\n");
        const LintSubject docker = read(s("Dockerfile"), "FROM a as b\nCMD x\n");
        QStringList places;
        for (const Finding &finding : lintManifests({fly, docker}))
            places.append(finding.place.toString());
        QCOMPARE(places,
                 QStringList({s("fly.toml:1:15"), s("fly.toml:2:16"), s("Dockerfile:1:8"), s("Dockerfile:2:5")}));
    }

    void oddTextsDoNotCrash_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char *file, const char *text) {
            QTest::addRow("%s %s", file, text) << s(file) << QByteArray(text);
        };
        row("render.yaml", "");
        row("render.yaml", "[]");
        row("render.yaml", "services: 3");
        row("render.yaml", "services: [1, [2], {name: [a]}, {type: {a: b}, envVars: {a: b}, plan: [x]}]");
        row("render.yaml", "services: [{type: web, envVars: [1, {key: [a]}, {value: {a: b}}, {fromService: 3}]}]");
        row("render.yaml", "services: [{type: web, disk: 3, scaling: x, schedule: {}, startCommand: [a]}]");
        row("render.yaml", "projects: {a: b}\nenvVarGroups: [x]\ndatabases: [{readReplicas: 1}]");
        row("fly.toml", "");
        row("fly.toml", "env = 3\nprocesses = 4\nservices = 5\nchecks = 6\nmounts = 7\ndeploy = 8\nbuild = 9");
        row("fly.toml", "http_service = []\nkill_signal = 3\nkill_timeout = \"x\"\nvm = [[]]\nexperimental = 1");
        row("fly.toml", "[[processes]]\n[[env]]\n[[checks]]\n[[services]]\n[[services.ports]]");
        row("vercel.json", "[]");
        row("vercel.json",
            "{\"rewrites\": {\"a\": 1}, \"routes\": 3, \"headers\": [1, {\"headers\": 2}], \"env\": [1]}");
        row("netlify.toml", "redirects = 3\nheaders = [1]\nbuild = 2\ncontext = 4");
        row("_redirects", "/\n\n/a\n#\n/a  /b  !\n");
        row("Dockerfile", "");
        row("Dockerfile", "FROM\nCMD\nCMD [\nENV\nENV A\nCOPY\nUSER\nRUN <<EOF\n");
        row("Dockerfile", "RUN a \\");
        row("compose.yaml", "services: {a: 1, b: {environment: [1, \"A\", \"=\"], command: {}}}");
        row("Procfile", "web\n: x\nweb:\n");
    }

    void oddTextsDoNotCrash()
    {
        QFETCH(QString, file);
        QFETCH(QByteArray, text);
        const LintSubject subject = read(file, text);
        const qsizetype lines = text.count('\n') + 1;
        for (const Finding &finding : lintManifests({subject}))
            QVERIFY2(finding.place.line >= 1 && finding.place.line <= lines && finding.place.column >= 1,
                     qPrintable(finding.rule + QLatin1Char(' ') + finding.place.toString()));
    }

    /// Texts that make careless patterns take for ever; ctest's own limit is the measure.
    void longTextsEnd()
    {
        const QByteArray origins = "[env]\nCORS_ORIGINS = \"" + QByteArray("//(.*").repeated(20000) + "\"\n";
        const QByteArray policy = "[[headers]]\n[headers.values]\nContent-Security-Policy = \"connect-src " +
                                  QByteArray("a*").repeated(50000) + "\"\n";
        const QByteArray lines = "FROM a\nRUN " + QByteArray("x \\\n").repeated(20000) + "y\nCMD uvicorn " +
                                 QByteArray("\"a ").repeated(20000);
        QVERIFY(!lintManifests({read(s("fly.toml"), origins)}).isEmpty());
        QCOMPARE(of(s("any/csp-wildcard"), lintManifests({read(s("netlify.toml"), policy)})).size(), 1);
        QCOMPARE(of(s("docker/shell-command"), lintManifests({read(s("Dockerfile"), lines)})).size(), 1);
    }

    void manualListsEveryRule()
    {
        const QString page = QString::fromUtf8(contents(s(SOURCE_DIR "/docs/manual/lint.md")));
        QVERIFY(!page.isEmpty());
        for (const LintRule &rule : lintRules())
            QVERIFY2(page.contains(s("| `%1` | %2 | %3 |").arg(rule.id, severityName(rule.severity), rule.title)),
                     qPrintable(rule.id));
        static const QRegularExpression mention(s(R"(`((render|fly|docker|vercel|netlify|any)/[a-z\-]+)`)"));
        for (auto it = mention.globalMatch(page); it.hasNext();) {
            const QString id = it.next().captured(1);
            QVERIFY2(ids().contains(id), qPrintable(id));
        }
    }

    void everyFactHasARuleOrAReason()
    {
        const QByteArray text = contents(shared() + s("/facts/platforms.md"));
        if (text.isEmpty())
            QSKIP("the facts are not beside the repository");
        const QString page = QString::fromUtf8(contents(s(SOURCE_DIR "/docs/manual/lint.md")));
        const QStringList facts = factsOf(QString::fromUtf8(text));
        QVERIFY(facts.contains(s("R-ENV-2b")) && facts.contains(s("F-NET-1")) && facts.contains(s("SEED-4/1.11")));
        QSet<QString> covered;
        for (const LintRule &rule : lintRules())
            covered.unite(QSet<QString>(rule.facts.begin(), rule.facts.end()));
        QStringList open;
        for (const QString &fact : facts)
            if (!covered.contains(fact) && !page.contains(s("\n| %1 | ").arg(fact)))
                open.append(fact);
        QVERIFY2(open.isEmpty(), qPrintable(open.join(s(", "))));
        static const QRegularExpression other(s(R"(\A(§[12]\.\d+|SEED-([0-4]/checklist|common))\z)"));
        for (const QString &fact : std::as_const(covered))
            QVERIFY2(facts.contains(fact) || other.match(fact).hasMatch(), qPrintable(fact));
    }

    void corpus()
    {
        const QDir data(shared() + s("/data"));
        if (!data.exists())
            QSKIP("the corpus is not beside the repository");
        QMap<QString, int> counts;
        int files = 0;
        for (const char *folder :
             {"corpus/render", "corpus/fly", "corpus/vercel", "corpus/dockerfile", "fly/appconfig-testdata"}) {
            const QDir dir(data.filePath(s(folder)));
            for (const QString &name : dir.entryList(QDir::Files)) {
                const QByteArray text = contents(dir.filePath(name));
                const Result<ManifestFormat> format = manifestFormatOf(name, text);
                if (!format)
                    continue;
                const Result<LintSubject> subject = subjectOf(name, text, *format);
                if (!subject)
                    continue;
                ++files;
                const QStringList lines = QString::fromUtf8(text).split(QLatin1Char('\n'));
                for (const Finding &finding : lintManifests({*subject})) {
                    QVERIFY2(finding.place.line >= 1 && finding.place.line <= lines.size() &&
                                 finding.place.column >= 1 &&
                                 finding.place.column <= lines[finding.place.line - 1].size() + 1,
                             qPrintable(finding.place.toString() + QLatin1Char(' ') + finding.rule));
                    ++counts[s("%1 %2").arg(QLatin1StringView(folder), finding.rule)];
                }
            }
        }
        QVERIFY(files > 150);
        QVERIFY(counts.value(s("corpus/fly fly/both-services")) >= 3);
        for (auto it = counts.cbegin(); it != counts.cend(); ++it)
            qInfo("%4d %s", it.value(), qPrintable(it.key()));
    }
};

QTEST_GUILESS_MAIN(LintTest)
#include "tst_lint.moc"

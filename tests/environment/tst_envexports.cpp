// SPDX-License-Identifier: GPL-3.0-or-later
// Awkward values through every export: what is written arrives unchanged at the target's own program, the rest is
// refused by name.
#include "models/environment/exports.h"
#include "models/environment/secretlook.h"
#include "tests/support/runtimes.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRandomGenerator>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

using Values = QMap<QString, QString>;

/// Values on which the forms break, and random ones out of the same pieces; the same each time.
QStringList awkwardValues()
{
    QStringList values{s(""),
                       s("plain"),
                       s(" "),
                       s(" leading"),
                       s("trailing "),
                       s("\ttab\t"),
                       s("two\nlines"),
                       s("\n"),
                       s("ends\n"),
                       s("\r\n"),
                       s("a\rb"),
                       s("'"),
                       s("\""),
                       s("`"),
                       s("''"),
                       s("\"\""),
                       s("\"\"\""),
                       s("it's"),
                       s("say \"hi\""),
                       s("say \"hi\" and it's `x`"),
                       s("'quoted'"),
                       s("\"quoted\""),
                       s("#"),
                       s("a#b"),
                       s("a #b"),
                       s("\"a\" #b"),
                       s("$"),
                       s("$HOME"),
                       s("${HOME}"),
                       s("${HOME:-x}"),
                       s("a$$b"),
                       s("$(id)"),
                       s("`id`"),
                       s("\\"),
                       s("\\\\"),
                       s("a\\nb"),
                       s("a\\\nb"),
                       s("ends\\"),
                       s("\\'"),
                       s("\\\""),
                       s("C:\\new\\table"),
                       s("="),
                       s("a=b=c"),
                       s("a: b"),
                       s("{\"a\": [1, \"b#c\"]}"),
                       s("[\"https://a.example\",\"https://b.example\"]"),
                       s("postgres://u:p%40ss@h:5432/d?sslmode=require&x=y"),
                       s("ünïcödé"),
                       s("日本語"),
                       s("\U0001F600 emoji"),
                       s("\u00a0nbsp\u00a0"),
                       s("\u2028line separator"),
                       s("\ufeffmark"),
                       s("\x01\x1b[31m\x7f"),
                       s("-----BEGIN KEY-----\nabc=\ndef\n-----END KEY-----\n"),
                       s("true"),
                       s("null"),
                       s("1e3"),
                       s("~"),
                       s("~/x"),
                       s("*"),
                       s("!x"),
                       s("a;b"),
                       s("a&b|c<d>e"),
                       s("%PATH%"),
                       s("- a"),
                       s("<<EOF"),
                       s("END_OF_V65\nx"),
                       QString(2'000, QLatin1Char('x')),
                       QString(70'000, QLatin1Char('y')),
                       QString(131'100, QLatin1Char('z'))};
    QRandomGenerator random(21);
    const QStringList pieces{s("a"), s("'"), s("\""), s("`"), s("\\"), s("#"), s("$"), s(" "),  s("\n"),  s("\t"),
                             s("{"), s("}"), s("="),  s("n"), s("é"),  s(":"), s("!"), s("\r"), s("b c"), s("\\n")};
    for (int i = 0; i < 400; ++i) {
        QString value;
        const int length = random.bounded(1, 9);
        for (int k = 0; k < length; ++k)
            value += pieces[random.bounded(pieces.size())];
        values.append(value);
    }
    return values;
}

QList<EnvEntry> entriesOf(const QStringList &values)
{
    QList<EnvEntry> entries;
    for (qsizetype i = 0; i < values.size(); ++i) {
        EnvEntry entry;
        entry.name = s("V%1").arg(i);
        entry.value = values[i];
        entry.secret = i % 3 == 0;
        entries.append(entry);
    }
    return entries;
}

struct Written
{
    QByteArray text;
    Values values;
    QStringList refused;
};

/// Everything the target carries, in one file, and what it should read as.
Written written(ExportTarget target, const QStringList &values)
{
    ExportOptions options;
    options.withSecrets = true;
    options.skipRefused = true;
    const Result<EnvExport> result = exportEnvironment(entriesOf(values), target, options);
    Written all;
    if (!result) {
        qWarning("%s", qPrintable(result.error().toString()));
        return all;
    }
    all.text = result->text;
    for (const QString &name : result->written)
        all.values.insert(name, values[name.mid(1).toLongLong()]);
    for (const ExportRefusal &refusal : result->refused)
        all.refused.append(values[refusal.name.mid(1).toLongLong()]);
    return all;
}

/// The values without those too large for the target's limit on the whole.
QStringList forTarget(ExportTarget target)
{
    QStringList values = awkwardValues();
    if (target == ExportTarget::Vercel || target == ExportTarget::Heroku)
        values.removeIf([](const QString &value) { return value.size() > 10'000; });
    return values;
}

Values fromJson(const QByteArray &json)
{
    Values values;
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    for (auto at = object.begin(); at != object.end(); ++at)
        values.insert(at.key(), at.value().toString());
    return values;
}

QByteArray output(const QString &program, const QStringList &arguments, const QMap<QString, QString> &environment = {})
{
    QProcess process;
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    for (auto at = environment.cbegin(); at != environment.cend(); ++at)
        all.insert(at.key(), at.value());
    process.setProcessEnvironment(all);
    process.start(program, arguments);
    if (!process.waitForFinished(60'000) || process.exitCode() != 0)
        qWarning("%s: %s", qPrintable(program), process.readAllStandardError().constData());
    return process.readAllStandardOutput();
}

bool same(const Values &theirs, const Values &wanted)
{
    for (auto at = wanted.cbegin(); at != wanted.cend(); ++at) {
        if (theirs.value(at.key(), s("(nothing)")) != at.value()) {
            qWarning("%s: %s instead of %s", qPrintable(at.key()),
                     QJsonDocument(QJsonArray{theirs.value(at.key(), s("(nothing)")).left(60)})
                         .toJson(QJsonDocument::Compact)
                         .constData(),
                     QJsonDocument(QJsonArray{at.value().left(60)}).toJson(QJsonDocument::Compact).constData());
            return false;
        }
    }
    return theirs.size() == wanted.size();
}

} // namespace

class EnvExportsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyValueArrivesOrIsRefused_data();
    void everyValueArrivesOrIsRefused();
    void whatIsCarried_data();
    void whatIsCarried();
    void names_data();
    void names();
    void limits();
    void secretsStayOut_data();
    void secretsStayOut();
    void allOrNone();
    void twice();
    void realPython();
    void realNode();
    void realYaml();
    void realSystemd();
    void realDocker();
    void looks_data();
    void looks();

private:
    QString write(const QByteArray &text);
    QTemporaryDir m_folder;
};

QString EnvExportsTest::write(const QByteArray &text)
{
    QFile file(m_folder.filePath(s("file")));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        return {};
    return file.fileName();
}

void EnvExportsTest::everyValueArrivesOrIsRefused_data()
{
    QTest::addColumn<QString>("target");
    for (const ExportTarget target : allExportTargets()) {
        if (target != ExportTarget::Example)
            QTest::newRow(qPrintable(exportTargetId(target))) << exportTargetId(target);
    }
}

void EnvExportsTest::everyValueArrivesOrIsRefused()
{
    QFETCH(QString, target);
    const ExportTarget to = *exportTarget(target);
    const QStringList values = forTarget(to);
    ExportOptions options;
    options.withSecrets = true;
    for (const QString &value : values) {
        EnvEntry first;
        first.name = s("A");
        first.value = value;
        EnvEntry second;
        second.name = s("B");
        second.value = s("b");
        const Result<EnvExport> result = exportEnvironment({first, second}, to, options);
        QVERIFY2(result.has_value(), qPrintable(result ? QString() : result.error().toString()));
        if (!result->refused.isEmpty()) {
            QVERIFY(result->text.isEmpty() && result->written.isEmpty());
            QCOMPARE(result->refused.first().name, s("A"));
            QVERIFY(!result->refused.first().reason.isEmpty() && !result->refused.first().hint.isEmpty());
            continue;
        }
        const auto read = readEnv(result->text, exportDialect(to)).values();
        QCOMPARE(read.size(), 2);
        QCOMPARE(read.value(s("A")).value_or(s("(nothing)")), value);
        QCOMPARE(read.value(s("B")).value_or(s("(nothing)")), s("b"));
    }
    const Written all = written(to, values);
    QVERIFY(all.values.size() > values.size() / 4);
    QVERIFY(readEnv(all.text, exportDialect(to)).problems.isEmpty());
    if (to == ExportTarget::Compose || to == ExportTarget::Github || to == ExportTarget::Kubernetes)
        QCOMPARE(all.refused.size(), 1); // only what is too long for any environment
}

void EnvExportsTest::whatIsCarried_data()
{
    QTest::addColumn<QString>("value");
    QTest::addColumn<QStringList>("refusing");
    // Every target that is not named carries it.
    const QStringList none;
    QTest::newRow("plain") << s("plain") << none;
    QTest::newRow("empty") << s("") << none;
    QTest::newRow("spaces") << s(" a b ") << none;
    QTest::newRow("hash") << s("a #b") << none;
    QTest::newRow("unicode") << s("日本語 \U0001F600") << none;
    QTest::newRow("dollar") << s("pa$word") << none;
    QTest::newRow("reference") << s("a${B}c") << QStringList{s("dotenv")};
    QTest::newRow("JSON") << s("{\"a\": \"b\"}") << QStringList{s("render")};
    QTest::newRow("JSON without spaces") << s("[\"a\",\"b\"]") << none;
    QTest::newRow("JSON with #") << s("{\"a\": \"b#c\"}") << QStringList{s("render")};
    QTest::newRow("lines") << s("a\nb") << QStringList{s("docker")};
    QTest::newRow("CR LF") << s("a\r\nb") << QStringList{s("render"), s("fly-secrets"), s("docker"), s("systemd")};
    QTest::newRow("backslash") << s("C:\\new") << QStringList{s("render")};
    QTest::newRow("NUL") << QString(QChar(u'\0'))
                         << QStringList{s("dotenv"),  s("render"),     s("fly-secrets"), s("docker"), s("compose"),
                                        s("systemd"), s("kubernetes"), s("github"),      s("vercel"), s("heroku")};
    QTest::newRow("broken surrogates") << QString(QChar(u'\xd800'))
                                       << QStringList{s("dotenv"),  s("render"),  s("fly-secrets"), s("docker"),
                                                      s("compose"), s("systemd"), s("kubernetes"),  s("github"),
                                                      s("vercel"),  s("heroku")};
    QTest::newRow("128 KB") << QString(131'072, QLatin1Char('x'))
                            << QStringList{s("render"),     s("fly-secrets"), s("docker"), s("compose"), s("systemd"),
                                           s("kubernetes"), s("github"),      s("vercel"), s("heroku")};
    QTest::newRow("escape") << s("\x1b") << QStringList{s("systemd")};
}

void EnvExportsTest::whatIsCarried()
{
    QFETCH(QString, value);
    QFETCH(QStringList, refusing);
    EnvEntry entry;
    entry.name = s("A");
    entry.value = value;
    for (const ExportTarget target : allExportTargets()) {
        const Result<EnvExport> result = exportEnvironment({entry}, target);
        const bool refused = !result || !result->refused.isEmpty();
        QVERIFY2(refused == refusing.contains(exportTargetId(target)), qPrintable(exportTargetId(target)));
    }
}

void EnvExportsTest::names_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("taking");
    const QStringList dotted{s("dotenv"), s("docker"), s("compose"), s("kubernetes"), s("env-example")};
    QTest::newRow("dots") << s("a.b-c") << dotted;
    for (const char *name : {"", "1A", "A B", "A=B", "A\nB", "#A", "Ä", "export A", "A\"", "A:"})
        QTest::newRow(*name ? name : "empty") << s(name) << QStringList{};
    const auto without = [](const QStringList &others) {
        QStringList list;
        for (const ExportTarget target : allExportTargets()) {
            if (!others.contains(exportTargetId(target)))
                list.append(exportTargetId(target));
        }
        return list;
    };
    QTest::newRow("GITHUB_") << s("GITHUB_TOKEN") << without({s("github")});
    QTest::newRow("RUNNER_") << s("RUNNER_X") << without({s("github")});
    QTest::newRow("NODE_OPTIONS") << s("NODE_OPTIONS") << without({s("github")});
    QTest::newRow("FLY_") << s("FLY_REGION") << without({s("fly-secrets")});
    QTest::newRow("RENDER_") << s("RENDER_X") << without({s("render")});
    QTest::newRow("HEROKU_") << s("HEROKU_X") << without({s("heroku")});
}

void EnvExportsTest::names()
{
    QFETCH(QString, name);
    QFETCH(QStringList, taking);
    EnvEntry entry;
    entry.name = name;
    entry.value = s("x");
    for (const ExportTarget target : allExportTargets()) {
        const Result<EnvExport> result = exportEnvironment({entry}, target);
        QVERIFY(result.has_value());
        QVERIFY2(result->refused.isEmpty() == taking.contains(exportTargetId(target)),
                 qPrintable(exportTargetId(target)));
    }
    // A secret of that name is only spoken of, and must not get into the file by its comment.
    entry.secret = true;
    for (const ExportTarget target : allExportTargets()) {
        const Result<EnvExport> result = exportEnvironment({entry}, target);
        QVERIFY(result.has_value());
        QVERIFY(readEnv(result->text, exportDialect(target)).assignments.isEmpty() || target == ExportTarget::Example);
    }
}

void EnvExportsTest::limits()
{
    QList<EnvEntry> entries;
    for (int i = 0; i < 12; ++i) {
        EnvEntry entry;
        entry.name = s("V%1").arg(i);
        entry.value = QString(100'000, QLatin1Char('x'));
        entries.append(entry);
    }
    QVERIFY(!exportEnvironment(entries, ExportTarget::Kubernetes));
    QVERIFY(!exportEnvironment(entries, ExportTarget::Heroku));
    QVERIFY(!exportEnvironment(entries, ExportTarget::Vercel));
    QVERIFY(exportEnvironment(entries, ExportTarget::Systemd).has_value());
    const auto fly = exportEnvironment(entries, ExportTarget::FlySecrets);
    QVERIFY(fly && fly->refused.size() == 12);
    QVERIFY(fly->refused.first().reason.contains(s("64 KB")));
}

void EnvExportsTest::secretsStayOut_data()
{
    everyValueArrivesOrIsRefused_data();
    QTest::newRow("env-example") << s("env-example");
}

void EnvExportsTest::secretsStayOut()
{
    QFETCH(QString, target);
    const ExportTarget to = *exportTarget(target);
    EnvEntry secret;
    secret.name = s("API_TOKEN");
    secret.value = s("canary-4711");
    secret.secret = true;
    EnvEntry plain;
    plain.name = s("PLAIN");
    plain.value = s("x");
    EnvEntry missing;
    missing.name = s("ASKED");
    missing.missing = s("a person gives it on the platform");
    const auto result = exportEnvironment({secret, plain, missing}, to);
    QVERIFY(result && result->refused.isEmpty() && !result->privateFile);
    QVERIFY(!result->text.contains("canary"));
    ExportOptions with;
    with.withSecrets = true;
    const auto all = exportEnvironment({secret, plain, missing}, to, with);
    QVERIFY(all.has_value());
    const bool example = to == ExportTarget::Example;
    QCOMPARE(all->text.contains("canary-4711"), !example);
    QCOMPARE(all->privateFile, !example);
    if (example) {
        QCOMPARE(result->text, QByteArray("API_TOKEN=\nPLAIN=\nASKED=\n"));
        return;
    }
    QCOMPARE(result->written, QStringList{s("PLAIN")});
    QCOMPARE(result->leftOut.size(), 2);
    // GITHUB_ENV and Heroku's form have no comments.
    const bool comments = to != ExportTarget::Github && to != ExportTarget::Heroku;
    QCOMPARE(result->text.contains("# API_TOKEN: a secret, left out\n"), comments);
    QCOMPARE(all->leftOut.size(), 1);
}

void EnvExportsTest::allOrNone()
{
    EnvEntry good;
    good.name = s("GOOD");
    good.value = s("x");
    EnvEntry bad;
    bad.name = s("BAD");
    bad.value = s("a\nb");
    ExportOptions options;
    const auto none = exportEnvironment({good, bad}, ExportTarget::Docker, options);
    QVERIFY(none && none->text.isEmpty() && none->written.isEmpty());
    QCOMPARE(none->refused.size(), 1);
    QCOMPARE(none->refused.first().name, s("BAD"));
    options.skipRefused = true;
    const auto rest = exportEnvironment({good, bad}, ExportTarget::Docker, options);
    QVERIFY(rest.has_value());
    QCOMPARE(rest->text, QByteArray("GOOD=x\n"));
}

void EnvExportsTest::twice()
{
    EnvEntry entry;
    entry.name = s("A");
    entry.value = s("x");
    QVERIFY(!exportEnvironment({entry, entry}, ExportTarget::Dotenv));
}

void EnvExportsTest::realPython()
{
    const Written all = written(ExportTarget::Dotenv, awkwardValues());
    const QString file = write(all.text);
    const QString program = s("import dotenv, json, os, sys\nos.environ.clear()\n"
                              "print(json.dumps(dotenv.dotenv_values(sys.argv[1])))");
    QVERIFY(same(fromJson(output(s("/usr/bin/python3"), {s("-c"), program, file})), all.values));
    if (const Result<QString> current = Testing::currentPython())
        QVERIFY(same(fromJson(output(*current, {s("-c"), program, file})), all.values));
}

void EnvExportsTest::realNode()
{
    const Result<QString> modules = Testing::nodeModules();
    if (!modules)
        QSKIP(qPrintable(modules.error().toString()));
    const QString program =
        s("console.log(JSON.stringify(require('dotenv').parse(require('fs').readFileSync(process.argv[1]))))");
    for (const ExportTarget target : {ExportTarget::Dotenv, ExportTarget::Vercel}) {
        const Written all = written(target, forTarget(target));
        QVERIFY(same(fromJson(output(s("node"), {s("-e"), program, write(all.text)}, {{s("NODE_PATH"), *modules}})),
                     all.values));
    }
    // heroku config:edit splits at \n, undoes its own \n and \\, and leaves the rest to shell-quote.
    const QString heroku =
        s("const q = require('shell-quote'), r = {};\n"
          "for (const l of require('fs').readFileSync(process.argv[1], 'utf8').split('\\n').filter(Boolean)) {\n"
          "  const i = l.indexOf('='); let v = l.slice(i + 1);\n"
          "  if (v[0] === '\"') v = v.split('\\\\n').join('\\n');\n"
          "  else if (v[0] === \"'\") v = v.split('\\\\\\\\').join('\\\\');\n"
          "  const p = q.parse(v); if (p.length > 1) throw new Error(l); r[l.slice(0, i)] = p[0] || '';\n"
          "}\nconsole.log(JSON.stringify(r));");
    const Written all = written(ExportTarget::Heroku, forTarget(ExportTarget::Heroku));
    QVERIFY(same(fromJson(output(s("node"), {s("-e"), heroku, write(all.text)}, {{s("NODE_PATH"), *modules}})),
                 all.values));
}

void EnvExportsTest::realYaml()
{
    const Written all = written(ExportTarget::Kubernetes, awkwardValues());
    const QString program =
        s("import json, sys, yaml\nd = yaml.safe_load(open(sys.argv[1], encoding='utf-8'))\nr = {}\n"
          "assert d['kind'] == 'List' and len(d['items']) == 2\n"
          "for i in d['items']:\n"
          "    r.update(i['data'] if i['kind'] == 'ConfigMap' else i['stringData'])\n"
          "assert all(isinstance(k, str) and isinstance(v, str) for k, v in r.items())\n"
          "print(json.dumps(r))");
    QVERIFY(same(fromJson(output(s("/usr/bin/python3"), {s("-c"), program, write(all.text)})), all.values));
    QVERIFY(all.refused.size() <= 1); // the one over 128 KB
}

void EnvExportsTest::realSystemd()
{
    // systemd's own parser, as the user manager uses it for environment.d. It replaces $NAME afterwards and takes no
    // empty value there, which EnvironmentFile= does not do: such values stay out.
    const QString generator = s("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator");
    if (!QFile::exists(generator))
        QSKIP("systemd is not installed");
    QStringList values = awkwardValues();
    values.removeIf([](const QString &value) { return value.isEmpty() || value.contains(QLatin1Char('$')); });
    const Written all = written(ExportTarget::Systemd, values);
    QVERIFY(QDir(m_folder.path()).mkpath(s("environment.d")));
    QFile file(m_folder.filePath(s("environment.d/x.conf")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(all.text) == all.text.size());
    file.close();
    Values theirs;
    const QByteArray printed = output(
        s("/usr/bin/env"), {s("-i"), s("XDG_CONFIG_HOME=") + m_folder.path(), s("HOME=") + m_folder.path(), generator});
    for (const QByteArray &line : printed.split('\n')) {
        const qsizetype equals = line.indexOf('=');
        const QString name = QString::fromUtf8(line.left(equals));
        if (!all.values.contains(name))
            continue; // of the machine's own files
        // Printed within double quotes, with backslashes before what a shell minds, and \\n and \\t.
        QByteArray value = line.mid(equals + 1);
        if (value.startsWith('"')) {
            QByteArray plain;
            for (qsizetype i = 1; i < value.size() - 1; ++i) {
                const bool escape = value[i] == '\\';
                i += escape ? 1 : 0;
                plain += escape && value[i] == 'n' ? '\n' : escape && value[i] == 't' ? '\t' : value[i];
            }
            value = plain;
        }
        theirs.insert(name, QString::fromUtf8(value));
    }
    QVERIFY(same(theirs, all.values));
}

void EnvExportsTest::realDocker()
{
    // The docker client sends what it has read to whoever DOCKER_HOST names.
    if (QStandardPaths::findExecutable(s("docker")).isEmpty())
        QSKIP("the docker client is not installed");
    const Written all = written(ExportTarget::Docker, awkwardValues());
    const QByteArray answer =
        output(s("/usr/bin/python3"), {s(SOURCE_DIR "/tests/backends/dockerenv.py"), write(all.text)});
    Values theirs;
    for (const QJsonValue &each : QJsonDocument::fromJson(answer).array()) {
        const QString variable = each.toString();
        theirs.insert(variable.section(QLatin1Char('='), 0, 0), variable.section(QLatin1Char('='), 1));
    }
    QVERIFY(same(theirs, all.values));
}

void EnvExportsTest::looks_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::addColumn<bool>("secret");
    const auto add = [](const char *name, const char *value, bool secret) {
        QTest::newRow(name) << s(name) << s(value) << secret;
    };
    add("DB_PASSWORD", "x", true);
    add("JWT_SECRET", "", true);
    add("DATABASE_URL", "postgres://u:p@h/d", true);
    add("DATABASE_URL_PLAIN", "postgres://h/d", false);
    add("PORT", "8080", false);
    add("TOKEN_TTL", "3600", false);
    add("AWS", "AKIAIOSFODNN7EXAMPLE", true);
    add("MAIL", "SG.abcdefghijklmnopqrst.abcdefghijklmnopqrst", true);
    add("PEM", "-----BEGIN RSA PRIVATE KEY-----\nabc", true);
    add("HOOK", "https://hooks.slack.com/services/T0/B0/abc", true);
    add("SALT_HEX", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", true);
    add("GIT_SHA", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", false);
    add("SEED", "q83vASNFZ4mrze8BI0VniavN7wEjRWeJ", true);
    add("SENTENCE", "the-quick-brown-fox-jumps-over-the-lazy-dog", false);
    add("CORS_ORIGINS", "https://app.example.com,https://www.example.com", false);
    add("VITE_API_KEY", "abc", false);
    add("VITE_STRIPE", "sk_live_abcdefghijklmnop", true);
    add("NEXT_PUBLIC_POSTHOG_KEY", "phc_x", false);
}

void EnvExportsTest::looks()
{
    QFETCH(QString, name);
    QFETCH(QString, value);
    QFETCH(bool, secret);
    QCOMPARE(looksSecret(name, value), secret);
    QVERIFY(value.isEmpty() || !secretReason(name, value).contains(value) || value.size() < 2);
}

QTEST_GUILESS_MAIN(EnvExportsTest)
#include "tst_envexports.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of a variable when a backend moves, rule by rule.
#include "models/environment/drift.h"
#include "models/environment/matrix.h"
#include "models/environment/variablefacts.h"
#include "models/platforms/platform.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

EnvEntry entry(const char *name, const char *value, const char *missing = "")
{
    EnvEntry result;
    result.name = s(name);
    if (value)
        result.value = s(value);
    result.missing = s(missing);
    result.place = {s("env"), 1, 1};
    return result;
}

VariableUse use(const char *name, const char *fallback = nullptr, bool required = false)
{
    VariableUse result;
    result.name = s(name);
    result.place = {s("config.py"), 7, 5};
    result.by = s("os.getenv");
    result.required = required;
    if (fallback)
        result.fallback = s(fallback);
    return result;
}

/// Two backends of one component, as small as they can be.
struct Move
{
    MatrixInput input;

    Move(const char *from, const char *to)
    {
        input.source.name = s("old");
        input.source.platform = s(from);
        input.source.stage = s("production");
        input.source.url = s("https://old.fly.dev");
        input.target.name = s("new");
        input.target.platform = s(to);
        input.target.runtime = s("python");
        input.target.stage = s("production");
        input.target.url = s("https://new.onrender.com");
        input.sourceHosts = {s("old.fly.dev")};
        MatrixComponent api;
        api.name = s("api");
        api.backend = true;
        api.readsVariables = true;
        input.components = {api};
    }
    Move &source(const EnvEntry &each)
    {
        input.source.set.entries.append(each);
        input.source.set.origins.append({each.name, {each.place}});
        return *this;
    }
    Move &target(const EnvEntry &each)
    {
        input.target.set.entries.append(each);
        input.target.set.origins.append({each.name, {each.place}});
        return *this;
    }
    Move &reads(const VariableUse &each)
    {
        input.components[0].uses.append(each);
        return *this;
    }
    MatrixComponent &beside(const char *name)
    {
        MatrixComponent component;
        component.name = s(name);
        input.components.append(component);
        return input.components.last();
    }
};

/// "class status wanted" and the ids of the notes, on one line.
QString told(const VariableRow &row)
{
    QStringList words{variableClassName(row.way), variableStatusName(row.status)};
    if (row.wanted)
        words.append(*row.wanted);
    for (const VariableNote &note : row.notes)
        words.append(s("%1:%2").arg(variableWeightName(note.weight), note.id));
    return words.join(QLatin1Char(' '));
}

} // namespace

class MatrixTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void judged_data();
    void judged();
    void neighbours();
    void sharedSecrets();
    void reusedSecrets();
    void anyOf_data();
    void anyOf();
    void connections_data();
    void connections();
    void masks();
    void placeholders_data();
    void placeholders();
    void hostsAreReplacedWhole_data();
    void hostsAreReplacedWhole();
    void everyRowHasAReason();
    void tenThousand();
    void drift();

private:
    EnvironmentMatrix build(const Move &move) { return buildMatrix(move.input, *m_catalogue); }

    std::optional<PlatformCatalogue> m_catalogue;
};

void MatrixTest::initTestCase()
{
    Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QVERIFY2(catalogue, catalogue ? "" : qPrintable(catalogue.error().toString()));
    m_catalogue = *std::move(catalogue);
}

void MatrixTest::judged_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("source"); // "-": not stated; "?…": without a value, and why
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("code"); // "-": nobody reads it; "!": required; "=x": with a default; "": read
    QTest::addColumn<QString>("expected");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *tag, const char *way, const char *name, const char *source, const char *target,
                        const char *code, const char *expected, const char *reason) {
        const QStringList ends = s(way).split(QLatin1Char('>'));
        QTest::newRow(tag) << ends[0] << ends[1] << s(name) << s(source) << s(target) << s(code) << s(expected)
                           << s(reason);
    };
    // The same value, another, none.
    row("equal", "fly>render", "MODE", "a", "a", "", "copy ok", "the same on both sides; read by config.py:7");
    row("another", "fly>render", "MODE", "a", "b", "", "copy ok", "a value of its own");
    row("lacking", "fly>render", "MODE", "a", "-", "!", "copy missing a", "new does not; required by config.py:7");
    row("empty and optional", "fly>render", "MODE", "", "-", "", "copy ok", "empty in old");
    row("only the target", "fly>render", "MODE", "-", "b", "", "copy ok", "only new has it");
    row("neither, required", "fly>render", "MODE", "-", "-", "!", "copy missing", "neither side has it");
    row("neither, default", "fly>render", "MODE", "-", "-", "=x", "copy ok", "the default in config.py:7 holds");
    row("neither, optional", "fly>render", "MODE", "-", "-", "", "copy ok", "does without");
    row("not read", "fly>render", "OLD_THING", "a", "-", "-", "drop unused", "nothing in the code reads it");
    row("not read on the target", "fly>render", "OLD_THING", "a", "a", "-", "drop unused", "nothing in the code");
    row("read by a program", "fly>render", "SENTRY_DSN", "a", "-", "-", "copy missing a", "read by the Sentry SDK");
    row("own secret, required", "fly>render", "JWT_SECRET", "-", "-", "!", "generate missing", "neither side has it");
    // What platforms set.
    row("injected", "fly>render", "RENDER_EXTERNAL_URL", "-", "-", "", "injected ok", "Render sets it");
    row("injected and stated", "fly>render", "RENDER_EXTERNAL_URL", "-", "x", "", "injected change",
        "Render sets it by itself");
    row("overridable", "fly>render", "WEB_CONCURRENCY", "2", "3", "-", "copy ok", "wins over what Render sets");
    row("runtime's own", "fly>render", "FORWARDED_ALLOW_IPS", "*", "-", "-", "injected ok", "Render sets it (*)");
    row("translated by name", "render>fly", "RENDER_SERVICE_NAME", "-", "-", "", "rewrite missing",
        "Fly.io calls it FLY_APP_NAME");
    row("translated by text", "render>fly", "RENDER_EXTERNAL_URL", "-", "-", "",
        "rewrite missing https://new.onrender.com", "has no variable for it; config.py:7 reads it");
    row("not translated", "render>fly", "RENDER_GIT_REPO_SLUG", "-", "-", "", "rewrite missing", "has nothing like it");
    row("translated back", "fly>render", "FLY_MACHINE_ID", "-", "-", "", "rewrite missing",
        "Render calls it RENDER_INSTANCE_ID");
    row("source's own, set by hand", "render>fly", "RENDER_SERVICE_NAME", "-", "x", "", "rewrite ok", "set by hand");
    row("source's own, not read", "render>fly", "RENDER", "-", "x", "-", "drop unused", "Render's own");
    row("reserved", "render>fly", "FLY_THING", "-", "x", "", "drop change", "belong to Fly.io");
    // The port.
    row("port set by the platform", "fly>render", "PORT", "8000", "-", "=8000", "injected ok", "listen on 0.0.0.0:$PORT");
    row("port stated", "fly>render", "PORT", "8000", "10000", "", "injected ok", "what Render would set by itself");
    row("port with words", "fly>render", "PORT", "8000", "<injected>", "", "injected change", "take its place");
    row("port that is kept", "fly>render", "PORT", "8000", "18012", "", "injected change", "keeps 18012 for itself");
    row("port nobody sets", "render>fly", "PORT", "-", "-", "=8000", "rewrite missing 8080", "Fly.io sets no PORT");
    row("port that differs", "render>fly", "PORT", "-", "9000", "", "rewrite change 8080", "internal_port = 8080");
    row("port that fits", "render>fly", "PORT", "-", "8080", "", "rewrite ok 8080", "Fly.io sets no PORT");
    row("port nobody reads", "render>fly", "PORT", "-", "-", "-", "absent", "");
    // The build, and the person.
    row("build setting", "render>fly", "PYTHON_VERSION", "3.11.9", "-", "-", "drop ok", "the image says it");
    row("build setting wanted", "fly>render", "PYTHON_VERSION", "3.11.9", "-", "-", "copy missing 3.11.9",
        "reads it while building");
    row("console", "fly>render", "ATLAS_PRIVATE_KEY", "x", "-", "-", "drop ok", "MongoDB Atlas' API");
    row("platform's token", "fly>render", "FLY_API_TOKEN", "x", "x", "-", "drop unused", "Fly.io's tools");
    // Hosts.
    row("derived", "fly>render", "PUBLIC_API_URL", "https://old.fly.dev/api", "-", "",
        "derive missing https://new.onrender.com/api", "follows from where new is");
    row("derived, behind", "fly>render", "PUBLIC_API_URL", "https://old.fly.dev", "https://old.fly.dev", "",
        "derive change https://new.onrender.com", "still names old");
    row("derived, right", "fly>render", "PUBLIC_API_URL", "https://old.fly.dev", "https://new.onrender.com", "",
        "derive ok https://new.onrender.com", "follows from where new is");
    row("derived socket", "fly>render", "PUBLIC_WS_URL", "wss://old.fly.dev/ws", "-", "",
        "derive missing wss://new.onrender.com/ws", "follows");
    row("interpolation", "fly>render", "PUBLIC_API_URL", "-", "${RENDER_EXTERNAL_URL}", "",
        "derive change https://new.onrender.com", "not interpolated");
    row("interpolated part", "fly>render", "API", "-", "${RENDER_EXTERNAL_URL}/api", "", "rewrite change",
        "not interpolated");
    row("private host", "fly>render", "DATABASE_URL", "postgresql://u:p4ssw0rd-of-it@db.flycast:5432/d", "-", "",
        "rewrite missing", "db.flycast is reachable inside Fly.io only");
    row("private host of render", "render>fly", "REDIS_URL", "redis://red-abc123:6379", "-", "", "rewrite missing",
        "red-abc123 is reachable inside Render only");
    row("localhost", "fly>render", "REDIS_URL", "redis://localhost:6379", "redis://localhost:6379", "",
        "rewrite change", "the container itself");
    row("another host of the source", "fly>render", "AUTH_URL", "https://auth.fly.dev", "https://auth.fly.dev", "",
        "copy ok warning:source-host", "the same");
    // URLs in the driver's form.
    row("sslmode", "fly>render", "DATABASE_URL", "-",
        "postgresql+asyncpg://u:p4ssw0rd-of-it@h.example/d?sslmode=require", "",
        "rewrite change postgresql+asyncpg://u:p4ssw0rd-of-it@h.example/d?ssl=require", "knows no sslmode");
    row("postgres", "fly>render", "DATABASE_URL", "postgres://u:p4ssw0rd-of-it@h.example/d", "-", "",
        "rewrite missing postgresql://u:p4ssw0rd-of-it@h.example/d", "takes postgresql:// only");
    row("reference for an async driver", "fly>render", "DATABASE_URL",
        "postgresql+asyncpg://u:p4ssw0rd-of-it@h.example/d", "?the platform takes it from the database main", "",
        "rewrite change", "fills in postgresql://…, and the program takes postgresql+asyncpg://");
    row("reference", "fly>render", "DATABASE_URL", "postgresql://u:p4ssw0rd-of-it@h.example/d",
        "?the platform takes it from the database main", "", "rewrite ok", "from the database main");
    // Values nobody sees.
    row("asked", "fly>render", "STRIPE_API_KEY", "abcdefgh-1", "?a person gives it on the platform", "",
        "copy cannot-verify abcdefgh-1", "a person gives it");
    row("made by the platform", "fly>render", "JWT_SECRET", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60",
        "?the platform makes a random value", "", "generate cannot-verify note:new-secret", "32 random bytes");
    row("made anew, and data lost", "fly>render", "ENCRYPTION_MASTER_KEY", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60",
        "?the platform makes a random value", "", "generate cannot-verify warning:new-secret", "32 random bytes");
    // Placeholders.
    row("placeholder", "fly>render", "API_TOKEN", "q8Zr4Tn2Wm6Xb0Vc", "<existing>", "", "copy missing q8Zr4Tn2Wm6Xb0Vc",
        "a placeholder stands there");
    row("placeholder that asks", "fly>render", "JWT_SECRET", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60",
        "<generate-with-openssl-rand-hex-32>", "", "generate missing note:new-secret", "asks for a random value");
    // Secrets.
    row("weak", "fly>render", "JWT_SECRET", "abc-very-short-1", "abc-very-short-1", "", "copy ok warning:weak-secret",
        "the same");
    row("public", "fly>render", "VITE_API_SECRET", "q8Zr4Tn2Wm6Xb0Vc", "q8Zr4Tn2Wm6Xb0Vc", "",
        "copy ok error:public-secret", "the same");
    row("secret with a default", "fly>render", "JWT_SECRET", "-", "-", "=not-so-secret-at-all",
        "copy ok error:secret-default", "the default");
    // The number of processes.
    row("workers", "fly>render", "WORKERS", "4", "4", "=4", "rewrite change", "WEB_CONCURRENCY");
    // Text.
    row("comment inside", "fly>render", "MODE", "-", "a  # why", "", "copy ok warning:inline-comment", "only new");
    row("ws", "fly>render", "FEED_URL", "-", "ws://feed.example.com/x", "", "copy ok warning:insecure-websocket",
        "only new");
}

void MatrixTest::judged()
{
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, name);
    QFETCH(QString, source);
    QFETCH(QString, target);
    QFETCH(QString, code);
    QFETCH(QString, expected);
    QFETCH(QString, reason);
    Move move(from.toLatin1(), to.toLatin1());
    move.input.source.runtime = s("python");
    move.input.target.startCommand = s("gunicorn app:app -k uvicorn.workers.UvicornWorker");
    const QByteArray variable = name.toLatin1();
    const auto stated = [&](const QString &text) {
        return text.startsWith(QLatin1Char('?')) ? entry(variable, nullptr, text.mid(1).toUtf8())
                                                 : entry(variable, text.toUtf8());
    };
    if (source != s("-"))
        move.source(stated(source));
    if (target != s("-"))
        move.target(stated(target));
    if (code != s("-"))
        move.reads(use(variable, code.startsWith(QLatin1Char('=')) ? code.mid(1).toUtf8().constData() : nullptr,
                       code == s("!")));
    const EnvironmentMatrix matrix = build(move);
    const VariableRow *row = matrix.find(name);
    if (expected == s("absent")) {
        QVERIFY(!row);
        return;
    }
    QVERIFY(row);
    QCOMPARE(told(*row), expected);
    QVERIFY2(row->reason.contains(reason), qPrintable(row->reason));
    // What is not right has an action, and what is secret is not said.
    if (row->status != VariableStatus::Ok && row->status != VariableStatus::CannotVerify)
        QVERIFY(!row->action.isEmpty());
    for (const QString &value : {source, target}) {
        constexpr qsizetype telling = 9;
        if (row->secret && value.size() >= telling && !value.startsWith(QLatin1Char('?')))
            QVERIFY(!row->reason.contains(value) && !row->action.contains(value));
    }
}

void MatrixTest::neighbours()
{
    Move move("fly", "render");
    MatrixComponent &frontend = move.beside("frontend");
    frontend.readsVariables = true;
    frontend.set.entries = {entry("VITE_API_URL", "https://old.fly.dev/api"), entry("VITE_NAME", "Shop"),
                            entry("VITE_GONE", "x"), entry("VITE_KEY", "<your-key>")};
    for (const char *name : {"VITE_API_URL", "VITE_NAME", "VITE_KEY"}) {
        VariableUse each = use(name);
        each.by = s("import.meta.env");
        each.publicByBuild = true;
        frontend.uses.append(each);
    }
    EnvironmentMatrix matrix = build(move);
    QCOMPARE(told(*matrix.find(s("VITE_API_URL"))), s("derive change https://new.onrender.com/api"));
    QVERIFY(matrix.find(s("VITE_API_URL"))->scope == VariableScope::Public);
    QVERIFY(matrix.find(s("VITE_API_URL"))->action.contains(s("publish frontend anew")));
    QCOMPARE(told(*matrix.find(s("VITE_NAME"))), s("copy ok"));
    QCOMPARE(told(*matrix.find(s("VITE_GONE"))), s("drop unused"));
    QCOMPARE(told(*matrix.find(s("VITE_KEY"))), s("copy missing"));
    // A file named for the target is the plan.
    move.input.components[1].targetSet.entries = {entry("VITE_API_URL", "https://new.onrender.com/api")};
    matrix = build(move);
    QCOMPARE(told(*matrix.find(s("VITE_API_URL"))), s("derive ok https://new.onrender.com/api"));
}

void MatrixTest::sharedSecrets()
{
    Move move("fly", "render");
    move.source(entry("SESSION_HASH_SECRET", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60"));
    move.target(entry("SESSION_HASH_SECRET", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60")).reads(use("SESSION_HASH_SECRET"));
    MatrixComponent &other = move.beside("auth-server");
    other.set.entries = {entry("SESSION_HASH_SECRET", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60")};
    const auto notes = [&](const char *component) {
        const EnvironmentMatrix matrix = build(move);
        const VariableRow *row = matrix.find(s("SESSION_HASH_SECRET"), s(component));
        return row ? told(*row) : QString();
    };
    QCOMPARE(notes("api"), s("copy ok note:shared-secret"));
    QCOMPARE(notes("auth-server"), s("copy ok note:shared-secret"));
    move.input.components[1].set.entries = {entry("SESSION_HASH_SECRET", "another-one-0f8a3b4c5d6e7f80910a1b")};
    QCOMPARE(notes("api"), s("copy ok error:shared-secret-differs"));
    QCOMPARE(notes("auth-server"), s("copy ok error:shared-secret-differs"));
    // What a person gives cannot be compared.
    move.input.target.set.entries = {entry("SESSION_HASH_SECRET", nullptr, "a person gives it on the platform")};
    move.input.source.set.entries.clear();
    QCOMPARE(notes("api"), s("copy cannot-verify warning:shared-secret"));
}

void MatrixTest::reusedSecrets()
{
    Move move("fly", "render");
    for (const char *name : {"JWT_SECRET", "CSRF_SECRET"})
        move.target(entry(name, "0f8a3b4c5d6e7f80910a1b2c3d4e5f60")).reads(use(name));
    const EnvironmentMatrix matrix = build(move);
    QCOMPARE(told(*matrix.find(s("JWT_SECRET"))), s("copy ok"));
    QCOMPARE(told(*matrix.find(s("CSRF_SECRET"))), s("copy ok warning:reused-secret"));
    QVERIFY(matrix.find(s("CSRF_SECRET"))->notes.first().message.contains(s("JWT_SECRET")));
}

void MatrixTest::anyOf_data()
{
    QTest::addColumn<QString>("first"); // on the target; "-": not there
    QTest::addColumn<QString>("second");
    QTest::addColumn<QString>("weight");
    QTest::addColumn<QString>("status"); // of the second
    QTest::newRow("one is set") << s("q8Zr4Tn2Wm6Xb0Vc") << s("-") << s("note") << s("ok");
    QTest::newRow("none is set") << s("-") << s("-") << s("error") << s("missing");
    QTest::newRow("placeholders") << s("sk-...") << s("...") << s("error") << s("missing");
    QTest::newRow("asked") << s("?a person gives it on the platform") << s("-") << s("warning") << s("ok");
}

void MatrixTest::anyOf()
{
    QFETCH(QString, first);
    QFETCH(QString, second);
    QFETCH(QString, weight);
    QFETCH(QString, status);
    Move move("fly", "render");
    const auto add = [&](const char *name, const QString &text) {
        move.reads(use(name, nullptr, true));
        if (text.startsWith(QLatin1Char('?')))
            move.target(entry(name, nullptr, text.mid(1).toUtf8()));
        else if (text != s("-"))
            move.target(entry(name, text.toUtf8()));
    };
    add("OPENAI_API_KEY", first);
    add("GROQ_API_KEY", second);
    move.input.anyOf = {{{s("OPENAI_API_KEY"), s("GROQ_API_KEY")}, {s(".env.example"), 3, 1}}};
    const EnvironmentMatrix matrix = build(move);
    QCOMPARE(matrix.notes.size(), 1);
    QCOMPARE(matrix.notes.first().id, s("any-of"));
    QCOMPARE(variableWeightName(matrix.notes.first().weight), weight);
    QCOMPARE(variableStatusName(matrix.find(s("GROQ_API_KEY"))->status), status);
}

void MatrixTest::connections_data()
{
    QTest::addColumn<int>("processes");
    QTest::addColumn<int>("limit");
    QTest::addColumn<QString>("weight");
    QTest::addColumn<QString>("text");
    QTest::newRow("fits twice") << 2 << 100 << s("note") << s("2 processes × (10 + 5) = 30 connections");
    QTest::newRow("fits once") << 4 << 100 << s("warning") << s("= 60 connections; during a deploy twice that");
    QTest::newRow("does not fit") << 7 << 100 << s("error") << s("= 105 connections, and the plan takes 100");
    QTest::newRow("limit unknown") << 2 << 0 << s("note") << s("what the database takes is not known");
    QTest::newRow("processes unknown") << 0 << 100 << s("note") << s("how many processes there are is not known");
}

void MatrixTest::connections()
{
    QFETCH(int, processes);
    QFETCH(int, limit);
    QFETCH(QString, weight);
    QFETCH(QString, text);
    Move move("fly", "render");
    move.input.target.processes = processes;
    move.input.target.databaseConnections = limit;
    move.input.target.databasePlan = s("the plan");
    move.target(entry("DB_POOL_SIZE", "10")).reads(use("DB_POOL_SIZE", "20")).reads(use("DB_MAX_OVERFLOW", "5"));
    const EnvironmentMatrix matrix = build(move);
    QCOMPARE(matrix.notes.size(), 1);
    QCOMPARE(variableWeightName(matrix.notes.first().weight), weight);
    QVERIFY2(matrix.notes.first().message.contains(text), qPrintable(matrix.notes.first().message));
}

void MatrixTest::masks()
{
    VariableState state;
    QCOMPARE(shownValue(state, true), s("–"));
    state.stated = true;
    state.said = s("the platform sets it");
    QCOMPARE(shownValue(state, true), s("the platform sets it"));
    state.value = s("geheim");
    QCOMPARE(shownValue(state, true), s("•••• (6 characters)"));
    QCOMPARE(shownValue(state, false), s("geheim"));
    QCOMPARE(shownValue(state, true, true), s("geheim"));
    state.value = QString();
    QCOMPARE(shownValue(state, true), QString());
}

void MatrixTest::placeholders_data()
{
    QTest::addColumn<bool>("secret");
    QTest::addColumn<bool>("expected");
    for (const char *text :
         {"<existing>", "<auto-generated>", "...", "sk-...", "sk-ant-...", "redis://red-***:6379",
          "https://xxx.upstash.io", "SG.xxx", "https://...@sentry.io/...", "https://yoursite.com",
          "https://your-app.netlify.app", "postgresql://user:pass@host/db", "changeme", "change-me-1", "your_key_here",
          "ck_...", "postgresql+asyncpg://momentum:pw9@ep-xxx.neon.tech/db"})
        QTest::newRow(text) << false << true;
    for (const char *text : {"production", "development", "true", "8000", "https://www.example.org",
                             "redis://default:4f9a8b7c6d5e@host:6379", "a...b is fine", "info", "test", "*", "exxxxact",
                             "https://app.acme.io/x.y", "localhost", "postgres", "<b>bold</b>"})
        QTest::newRow(text) << false << false;
    for (const char *text : {"secret", "supersecret", "xxx", "changeme", "password123", "insecure"})
        QTest::newRow(text) << true << true;
    for (const char *text : {"q8Zr4Tn2Wm6Xb0Vc", "0f8a3b4c5d6e7f80910a1b2c3d4e5f60",
                             "mongodb+srv://app:q8Zr4Tn2Wm6@cluster.mongodb.net/test"})
        QTest::newRow(qPrintable(s("secret %1").arg(s(text)))) << true << false;
}

void MatrixTest::placeholders()
{
    QFETCH(bool, secret);
    QFETCH(bool, expected);
    QString text = s(QTest::currentDataTag());
    if (text.startsWith(s("secret ")))
        text = text.mid(7);
    QCOMPARE(looksPlaceholder(text, secret), expected);
}

void MatrixTest::hostsAreReplacedWhole_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    const auto row = [](const char *before, const char *after) { QTest::newRow(before) << s(before) << s(after); };
    row("https://old.fly.dev", "https://new.onrender.com");
    row("http://old.fly.dev/x", "https://new.onrender.com/x");
    row("ws://old.fly.dev/ws", "wss://new.onrender.com/ws");
    row("old.fly.dev", "new.onrender.com");
    row("HTTPS://OLD.FLY.DEV/a", "https://new.onrender.com/a");
    row("[\"https://old.fly.dev\",\"https://other.example\"]",
        "[\"https://new.onrender.com\",\"https://other.example\"]");
    row("https://old.fly.dev,https://www.old.fly.dev", "https://new.onrender.com,https://www.old.fly.dev");
    // Names that only contain it are others.
    row("https://very-old.fly.dev", "https://very-old.fly.dev");
    row("https://old.fly.dev.example", "https://old.fly.dev.example");
    row("https://old.fly.dev:8443", "https://old.fly.dev:8443");
    row("https://old.fly.devil", "https://old.fly.devil");
}

void MatrixTest::hostsAreReplacedWhole()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    Move move("fly", "render");
    move.source(entry("SOME_LINK", before.toUtf8())).reads(use("SOME_LINK"));
    const EnvironmentMatrix matrix = build(move);
    const VariableRow *row = matrix.find(s("SOME_LINK"));
    QCOMPARE(row->wanted.value_or(before), after);
    QCOMPARE(row->way == VariableClass::Derive, before != after);
}

/// A thousand chance rows: each has class, status and a reason, and no text has a secret's value.
void MatrixTest::everyRowHasAReason()
{
    const QStringList names{s("PORT"),          s("JWT_SECRET"),          s("DATABASE_URL"),
                            s("CORS_ORIGINS"),  s("RENDER_EXTERNAL_URL"), s("FLY_APP_NAME"),
                            s("WORKERS"),       s("VITE_API_URL"),        s("PYTHON_VERSION"),
                            s("API_TOKEN"),     s("WEB_CONCURRENCY"),     s("MODE"),
                            s("FLY_API_TOKEN"), s("PUBLIC_WS_URL")};
    const QStringList values{s("a"),
                             QString(),
                             s("<x>"),
                             s("https://old.fly.dev"),
                             s("postgres://u:hunter2hunter@h/d"),
                             s("${RENDER_EXTERNAL_URL}"),
                             s("8080"),
                             s("0f8a3b4c5d6e7f80910a1b2c3d4e5f60"),
                             s("redis://localhost:1"),
                             s("[\"https://a.example\"]"),
                             s("\u00e4 \u20ac \U0001F511")};
    const QStringList platforms{s("fly"), s("render"), s("local"), QString()};
    quint32 state = 2463534242U;
    const auto next = [&](qsizetype below) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return qsizetype(state % quint32(below));
    };
    for (int round = 0; round < 1000; ++round) {
        Move move(platforms[next(4)].toLatin1(), platforms[next(4)].toLatin1());
        move.input.components[0].readsVariables = next(2) == 0;
        for (const QString &name : names) {
            if (next(2) == 0)
                move.source(entry(name.toLatin1(),
                                  next(4) == 0 ? nullptr : values[next(values.size())].toUtf8().constData(), "said"));
            if (next(2) == 0)
                move.target(entry(name.toLatin1(),
                                  next(4) == 0 ? nullptr : values[next(values.size())].toUtf8().constData(), "said"));
            if (next(2) == 0)
                move.reads(use(name.toLatin1(), next(2) == 0 ? "x" : nullptr, next(2) == 0));
        }
        const EnvironmentMatrix matrix = build(move);
        for (const VariableRow &row : matrix.rows) {
            QVERIFY(!row.reason.isEmpty());
            QVERIFY(row.status == VariableStatus::Ok || row.status == VariableStatus::CannotVerify ||
                    !row.action.isEmpty());
            for (const char *secret : {"hunter2", "0f8a3b4c"}) {
                QVERIFY2(!row.reason.contains(s(secret)) && !row.action.contains(s(secret)), qPrintable(row.name));
                for (const VariableNote &note : row.notes)
                    QVERIFY(!note.message.contains(s(secret)) && !note.hint.contains(s(secret)));
            }
        }
    }
}

/// Linear: ten times the variables do not take a hundred times as long.
void MatrixTest::tenThousand()
{
    const auto timed = [&](int count) {
        Move move("fly", "render");
        for (int i = 0; i < count; ++i) {
            const QByteArray name = "VARIABLE_" + QByteArray::number(i) + (i % 7 == 0 ? "_SECRET" : "");
            move.source(entry(name, "https://old.fly.dev/" + QByteArray::number(i)));
            if (i % 3 != 0)
                move.target(entry(name, "some value " + QByteArray::number(i)));
            move.reads(use(name));
        }
        QElapsedTimer clock;
        clock.start();
        const EnvironmentMatrix matrix = build(move);
        const qint64 ms = std::max<qint64>(clock.elapsed(), 1);
        return matrix.rows.size() == count ? ms : -1;
    };
    const qint64 small = timed(1000);
    const qint64 large = timed(10'000);
    QVERIFY(small > 0 && large > 0);
    qInfo("1,000 variables in %lld ms, 10,000 in %lld ms", small, large);
    QVERIFY2(large < 40 * small, "the time grows faster than the number of variables");
}

void MatrixTest::drift()
{
    EnvironmentSet a;
    EnvironmentSet b;
    a.entries = {entry("SAME", "1"),    entry("OTHER", "x"), entry("BLANKS", "x"), entry("QUOTES", "\"x\""),
                 entry("CASE", "True"), entry("LEFT", "1"),  entry("HIDDEN", "1"), entry("EMPTY", "")};
    b.entries = {entry("RIGHT", "2"),
                 entry("SAME", "1"),
                 entry("OTHER", "yy"),
                 entry("BLANKS", "x "),
                 entry("QUOTES", "x"),
                 entry("CASE", "true"),
                 entry("HIDDEN", nullptr, "Fly.io shows no values"),
                 entry("EMPTY", "x")};
    QStringList lines;
    for (const DriftRow &row : compareVariables(a, b))
        lines.append(s("%1 %2: %3").arg(row.name, driftStateName(row.state), row.reason));
    const QStringList expected{s("SAME same: the same value"),
                               s("OTHER differs: the values differ, also in length"),
                               s("BLANKS differs: only in the blanks around it"),
                               s("QUOTES differs: only in the quotes around it"),
                               s("CASE differs: only in capitals"),
                               s("LEFT only-first: only the first has it"),
                               s("HIDDEN cannot-verify: Fly.io shows no values"),
                               s("EMPTY differs: one is empty"),
                               s("RIGHT only-second: only the second has it")};
    QCOMPARE(lines, expected);
}

QTEST_GUILESS_MAIN(MatrixTest)
#include "tst_matrix.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/duration.h"
#include "models/common/error.h"
#include "models/common/files.h"
#include "models/common/redact.h"
#include "models/common/secret.h"
#include "models/common/tomlreader.h"

#include <QDebug>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <thread>
#include <type_traits>

using namespace Switchyard;

namespace {

/// No text that leaves may hold it.
const QString canary = QStringLiteral("cAnArY-7x");

template <typename T>
concept Streamable = requires(QDebug debug, const T &value)
{
    debug << value;
};

static_assert(!Streamable<Secret>);
static_assert(!std::is_convertible_v<Secret, QString>);
static_assert(!std::is_convertible_v<QString, Secret>);

QString ofRead(const Result<Secret> &secret)
{
    return secret ? secret->reveal() : secret.error().toString();
}

} // namespace

class TestCommon : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void durations_data();
    void durations();
    void badDurations_data();
    void badDurations();
    void formatsDurations();
    void places();
    void masks_data();
    void masks();
    void leavesAlone_data();
    void leavesAlone();
    void masksQuickly();
    void secretNames_data();
    void secretNames();
    void urls_data();
    void urls();
    void secretValues();
    void references();
    void fromEnvironment();
    void fromFile();
    void readsFiles();
    void writesFiles();
    void keepsTheOldFile();
    void writesIntoDevices();
    void suggests();
};

void TestCommon::durations_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("ms");
    const auto row = [](const char *text, qint64 ms) { QTest::newRow(text) << QString::fromLatin1(text) << ms; };
    row("250ms", 250);
    row("2s", 2'000);
    row("1.5s", 1'500);
    row("5m", 300'000);
    row("1h", 3'600'000);
    row("2d", 172'800'000);
    row("0s", 0);
    row(" 10 s ", 10'000);
    row("0.001s", 1);
    row("0.5h", 1'800'000);
    row("3650d", 315'360'000'000);
}

void TestCommon::durations()
{
    QFETCH(QString, text);
    QFETCH(qint64, ms);
    const Result<Milliseconds> duration = parseDuration(text);
    QVERIFY2(duration.has_value(), duration ? "" : qPrintable(duration.error().toString()));
    QCOMPARE(qint64(duration->count()), ms);
    QCOMPARE(qint64(parseDuration(formatDuration(*duration))->count()), ms);
}

void TestCommon::badDurations_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"", "30", "s", "-5s", "+5s", "5 minutes", "1e3s", "0x5s", "1..5s", "1,5s", "5sec", "3661d",
                             "0.0001s", "inf s", "nan s", "1m30s", "5S", "9999999999999999999999d"})
        QTest::newRow(text) << QString::fromLatin1(text);
    QTest::newRow("other digits") << QStringLiteral("٣s");
}

void TestCommon::badDurations()
{
    QFETCH(QString, text);
    const Result<Milliseconds> duration = parseDuration(text);
    QVERIFY(!duration.has_value());
    QVERIFY(duration.error().kind == ErrorKind::Usage);
    QVERIFY(!duration.error().hint.isEmpty());
}

void TestCommon::formatsDurations()
{
    QCOMPARE(formatDuration(Milliseconds(1'500)), QStringLiteral("1500ms"));
    QCOMPARE(formatDuration(Milliseconds(60'000)), QStringLiteral("1m"));
    QCOMPARE(formatDuration(Milliseconds(90'000)), QStringLiteral("90s"));
    QCOMPARE(formatDuration(Milliseconds(0)), QStringLiteral("0s"));
    QCOMPARE(formatDuration(Milliseconds(86'400'000)), QStringLiteral("1d"));
    QCOMPARE(humanDuration(0.44), QStringLiteral("0.4 ms"));
    QCOMPARE(humanDuration(850), QStringLiteral("850 ms"));
    QCOMPARE(humanDuration(999.7), QStringLiteral("1.0 s"));
    QCOMPARE(humanDuration(4'200), QStringLiteral("4.2 s"));
    QCOMPARE(humanDuration(59'960), QStringLiteral("1 min 0 s"));
    QCOMPARE(humanDuration(185'000), QStringLiteral("3 min 5 s"));
    QCOMPARE(humanDuration(7'260'000), QStringLiteral("2 h 1 min"));
    QCOMPARE(humanDuration(qQNaN()), QStringLiteral("unknown"));
}

void TestCommon::places()
{
    QCOMPARE((Place{QStringLiteral("a.toml"), 3, 7}).toString(), QStringLiteral("a.toml:3:7"));
    QCOMPARE((Place{QStringLiteral("a.toml"), 3, 0}).toString(), QStringLiteral("a.toml:3"));
    QCOMPARE((Place{QStringLiteral("a.toml"), 0, 7}).toString(), QStringLiteral("a.toml"));
    const Error error{
        ErrorKind::Usage, QStringLiteral("wrong"), QStringLiteral("mend it"), {QStringLiteral("a"), 1, 2}};
    QCOMPARE(error.toString(), QStringLiteral("a:1:2: wrong (mend it)"));
    QCOMPARE((Error{ErrorKind::Io, QStringLiteral("wrong"), {}, {}}).toString(), QStringLiteral("wrong"));
    QCOMPARE(errorKindName(ErrorKind::Cancelled), QStringLiteral("cancelled"));
}

void TestCommon::masks_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("kept");
    // "#" stands for the canary.
    const auto row = [](const char *name, const char *text, const char *kept) {
        QTest::newRow(name) << QString::fromUtf8(text).replace(QLatin1Char('#'), canary) << QString::fromUtf8(kept);
    };
    row("postgres", "connect postgresql://app:#@db.example:5432/main failed",
        "postgresql://app:••••@db.example:5432/main failed");
    row("redis", "redis://:#@cache:6379/0", "redis://:••••@cache:6379/0");
    row("mongo", "mongodb+srv://u:#@c.example/?retryWrites=true", "@c.example/?retryWrites=true");
    row("at in password", "postgres://u:p@#@h/d", "postgres://u:••••@h/d");
    row("slash in password", "postgres://u:p/#@h/d", "postgres://u:••••@h/d");
    row("hash in password", "postgres://u:p\x23\x23#@h/d", "postgres://u:••••@h/d");
    row("web, slash in password", "https://u:p/#@h/d", "https://u:••••@h/d");
    row("quote in password", "postgres://u:p'#@h/d", "@h/d");
    row("upper case scheme", "HTTPS://U:#@h", "HTTPS://U:••••@h");
    row("two urls", "a http://u:#@h b http://v:#@i c", "http://u:••••@h b http://v:••••@i c");
    row("token as user", "https://0123456789#@github.com/o/r", "https://••••@github.com/o/r");
    row("hook", "https://api.render.com/deploy/srv-1?key=#", "https://api.render.com/deploy/srv-1?key=••••");
    row("query", "GET /ws?token=#&room=7 HTTP/1.1", "GET /ws?token=••••&room=7 HTTP/1.1");
    row("query, camel case", "/x?accessToken=#&b=1", "/x?accessToken=••••&b=1");
    row("signature", "/x?X-Amz-Signature=#&b=1", "&b=1");
    row("fragment", "/cb?a=1\x26id_token=#", "/cb?a=1&id_token=••••");
    row("authorization", "Authorization: Bearer #", "Authorization: ••••");
    row("authorization, lower", "authorization: Basic dTpj#", "authorization: ••••");
    row("cookie", "Cookie: a=1; sid=#", "Cookie: ••••");
    row("key header", "X-API-Key: #", "X-API-Key: ••••");
    row("auth token header", "x-auth-token:#", "x-auth-token:••••");
    row("bearer", "sent bearer # to it", "sent bearer •••• to it");
    row("basic", "Basic dXNlcjpwYXNzd29yZA==", "Basic ••••");
    row("assignment", "DATABASE_PASSWORD=# PORT=80", "DATABASE_PASSWORD=•••• PORT=80");
    row("assignment, quoted", "JWT_SECRET=\"a # b\" x", "JWT_SECRET=•••• x");
    row("assignment, single", "export API_KEY='#'", "export API_KEY=••••");
    row("conninfo", "host=h password=# user=u", "host=h password=•••• user=u");
    row("compound", "PGPASSWORD=#", "PGPASSWORD=••••");
    row("digits", "SECRET_KEY2=#", "SECRET_KEY2=••••");
    row("argument", "tool --api-token=# run", " run");
    row("inside a value", "args=\"run PASSWORD=#\" b=1", " b=1");
    row("behind an assignment", "A=TOKEN=#", "A=TOKEN=••••");
    row("inside a query", "/login?next=/x?token=#", "/login?next=/x?token=••••");
    row("json in json in json", R"({"a":{"b":[{"secret":"#"}]}})", R"({"a":{"b":[{"secret":"••••"}]}})");
    row("json", R"({"user":"u","password":"#","n":1})", R"({"user":"u","password":"••••","n":1})");
    row("json, spaces", R"({ "apiKey" : "a\"#" })", R"({ "apiKey" : "••••" })");
    row("json in json", R"({"body":"{\"token\":\"#\"}"})", "token");
    row("python", "{'client_secret': '#'}", "client_secret");
    row("yaml", "env:\n  db_password: #\n  port: 80", "\n  port: 80");
    row("jwt", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.# here", "got •••• here");
    row("render token", "used rnd_abcdefABCDEF0123456789", "used ••••");
    row("fly token", "FlyV1 fm2_lJPECAAAAAAAAAAAxBA0123456789", "••••");
    row("github token", "x ghp_0123456789abcdefghijABCDEFGHIJ y", "x •••• y");
}

void TestCommon::masks()
{
    QFETCH(QString, text);
    QFETCH(QString, kept);
    const QString masked = redact(text);
    QVERIFY2(!masked.contains(QStringLiteral("cAnArY")), qPrintable(masked));
    QVERIFY2(masked.contains(kept), qPrintable(masked));
    QVERIFY2(masked.contains(QStringLiteral("••••")), qPrintable(masked));
    // A broken surrogate pair switches nothing off.
    QVERIFY(!redact(QChar(0xD800) + text).contains(QStringLiteral("cAnArY")));
    // What was masked once stays as it is.
    QCOMPARE(redact(masked), masked);
}

void TestCommon::leavesAlone_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"https://api.example:8443/health?page=2&sort=key",
                             "https://host:8080/path@foo",
                             "http://127.0.0.1:80/?to=a@b.example",
                             "ws://localhost:8000/ws/prices",
                             "mongodb://h1:27017,h2:27017/db",
                             "postgres://app@db/main",
                             "https://user@host/x",
                             "basic authentication is not offered",
                             "Basic information follows",
                             "bearer authentication",
                             "key = value",
                             "sort_key=created",
                             "MAX_TOKENS=4096",
                             "ACCESS_TOKEN_EXPIRE_MINUTES=30",
                             "PASSWORD_MIN_LENGTH=12",
                             "TOKEN_URL=https://a.example/t",
                             "SESSION_COOKIE_SECURE=true",
                             "PUBLIC_KEY=abc",
                             "keyboard=us",
                             "authority: none",
                             "monkey=1",
                             "tokenizer=bpe",
                             "if (token == other) return;",
                             R"({"type":"heartbeat","key":"BTC"})",
                             "file.toml:3:5: \"token\" holds a literal secret",
                             "x-request-id: 7",
                             "content-type: text/plain",
                             "passed=12 failed=0",
                             "secretary=Jane",
                             "at 12:30:05 close code 1012",
                             "",
                             "env:TOKEN",
                             "keychain:render/api",
                             "a b c = d e f",
                             "commit=0123456789abcdef",
                             "path=/etc/secrets/render"})
        QTest::newRow(text) << QString::fromUtf8(text);
}

void TestCommon::leavesAlone()
{
    QFETCH(QString, text);
    QCOMPARE(redact(text), text);
}

void TestCommon::masksQuickly()
{
    // Hostile lines: nothing may take quadratic time.
    for (const char *piece : {"a", "://", "a:b@", "x=", "\"a\":", "eyJ", "https://a:", "\\\"", "?a=", "bearer ", " : ",
                              "A_", "a-", "x=x ", "\"a\":\"b", "?a=b?"}) {
        const QString line = QString::fromLatin1(piece).repeated(20'000);
        QElapsedTimer timer;
        timer.start();
        const QString masked = redact(line);
        QVERIFY2(timer.elapsed() < 2'000, piece);
        QVERIFY(!masked.isEmpty());
    }
}

void TestCommon::secretNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("secret");
    for (const char *name : {"PASSWORD",
                             "DB_PASSWORD",
                             "JWT_SECRET_KEY",
                             "SECRET_KEY",
                             "accessToken",
                             "apiKey",
                             "X-Api-Key",
                             "X-Auth-Token",
                             "Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "STRIPE_SECRET_KEY",
                             "ENCRYPTION_MASTER_KEY",
                             "PGPASSWORD",
                             "authtoken",
                             "REDIS_AUTH",
                             "SENTRY_DSN",
                             "key",
                             "sig",
                             "session",
                             "SECRET1",
                             "PRIVATE_KEY",
                             "aws_secret_access_key",
                             "DB_PASS",
                             "CREDENTIALS",
                             "passwd",
                             "MYSQL_PWD",
                             "JWT"})
        QTest::newRow(name) << QString::fromLatin1(name) << true;
    for (const char *name : {"",
                             "PORT",
                             "NODE_ENV",
                             "PUBLIC_KEY",
                             "STRIPE_PUBLISHABLE_KEY",
                             "TOKEN_TTL",
                             "MAX_TOKENS",
                             "PASSWORD_MIN_LENGTH",
                             "SECRET_NAME",
                             "ACCESS_TOKEN_EXPIRE_MINUTES",
                             "AUTH_URL",
                             "KEYBOARD",
                             "MONKEY",
                             "AUTHOR",
                             "SESSION_TIMEOUT",
                             "JWT_ALGORITHM",
                             "COOKIE_DOMAIN",
                             "PRIMARY_KEY",
                             "COMPASS",
                             "X-Request-Id",
                             "tokenizer",
                             "___"})
        QTest::newRow(name) << QString::fromLatin1(name) << false;
}

void TestCommon::secretNames()
{
    QFETCH(QString, name);
    QFETCH(bool, secret);
    QCOMPARE(isSecretName(name), secret);
}

void TestCommon::urls_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<bool>("secret");
    const auto row = [](const char *url, bool secret) { QTest::newRow(url) << QString::fromLatin1(url) << secret; };
    row("postgres://u:p@h/d", true);
    row("redis://:p@h", true);
    row("https://h/x?api_key=1", true);
    row("https://h/x?a=1&token=1", true);
    row("https://0123456789abcdef0123@h", true);
    row("https://h:8080/x?page=1", false);
    row("mongodb://h1:1,h2:2/d", false);
    row("postgres://u@h/d", false);
    row("env:TOKEN", false);
}

void TestCommon::urls()
{
    QFETCH(QString, url);
    QFETCH(bool, secret);
    QCOMPARE(urlCarriesSecret(url), secret);
}

void TestCommon::secretValues()
{
    // Heap text whose bytes can be looked at after its owner is gone from it.
    QString text = canary;
    text.detach();
    Secret first{std::move(text)};
    const Secret copy = first;
    QVERIFY(copy == first);
    first = Secret(QStringLiteral("other"));
    QCOMPARE(copy.reveal(), canary);
    QCOMPARE(first.reveal(), QStringLiteral("other"));
    const Secret moved = std::move(first);
    QCOMPARE(moved.reveal(), QStringLiteral("other"));
    QVERIFY(Secret().isEmpty());
    Secret &same = const_cast<Secret &>(copy);
    same = copy;
    QCOMPARE(copy.reveal(), canary);
}

void TestCommon::references()
{
    const auto source = [](const char *text) { return parseSecretReference(QString::fromLatin1(text)); };
    QVERIFY(source("env:A")->source == SecretReference::Source::Environment);
    QCOMPARE(source("file:/a b")->name, QStringLiteral("/a b"));
    QCOMPARE(source("keychain:a/b")->toString(), QStringLiteral("keychain:a/b"));
    QCOMPARE(source("-")->toString(), QStringLiteral("-"));
    QVERIFY(isSecretReference(QStringLiteral("env:")) && isSecretReference(QStringLiteral("-")));
    QVERIFY(!isSecretReference(QStringLiteral("ENV:A")) && !isSecretReference(QStringLiteral("environment:A")));
    QVERIFY(!source("env:").has_value());
    const Result<SecretReference> literal = parseSecretReference(canary);
    QVERIFY(!literal.has_value());
    QVERIFY(!literal.error().toString().contains(canary));
}

void TestCommon::fromEnvironment()
{
    const SecretReference reference{SecretReference::Source::Environment, QStringLiteral("SWITCHYARD_TEST_SECRET")};
    qunsetenv("SWITCHYARD_TEST_SECRET");
    const Result<Secret> missing = resolveSecret(reference);
    QVERIFY(!missing.has_value());
    QVERIFY(missing.error().kind == ErrorKind::Usage);
    qputenv("SWITCHYARD_TEST_SECRET", "");
    QVERIFY(!resolveSecret(reference).has_value());
    qputenv("SWITCHYARD_TEST_SECRET", "p\xC3\xA4ss ");
    QCOMPARE(ofRead(resolveSecret(reference)), QStringLiteral("päss "));
    qunsetenv("SWITCHYARD_TEST_SECRET");
    // Nobody is to be asked for the password of their own keychain.
    qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    qputenv("XDG_RUNTIME_DIR", "/nonexistent");
    const Result<Secret> keychain = resolveSecret({SecretReference::Source::Keychain, QStringLiteral("a/b")});
    QVERIFY(!keychain.has_value() && keychain.error().kind == ErrorKind::Auth);
}

void TestCommon::fromFile()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("secret"));
    const SecretReference reference{SecretReference::Source::File, path};
    QVERIFY(resolveSecret(reference).error().kind == ErrorKind::Io);
    QVERIFY(writeFileAtomically(path, "value\r\n", true).has_value());
    QCOMPARE(ofRead(resolveSecret(reference)), QStringLiteral("value"));
    for (const int mode : {0640, 0604, 0620, 0601}) {
        QVERIFY(::chmod(QFile::encodeName(path).constData(), mode_t(mode)) == 0);
        const Result<Secret> open = resolveSecret(reference);
        QVERIFY(!open.has_value());
        QVERIFY(open.error().hint.contains(QStringLiteral("chmod 600")));
    }
    QVERIFY(::chmod(QFile::encodeName(path).constData(), 0400) == 0);
    QVERIFY(resolveSecret(reference).has_value());

    const auto refused = [&](const QByteArray &content) {
        const QString other = folder.filePath(QStringLiteral("other"));
        return writeFileAtomically(other, content, true) &&
               !resolveSecret({SecretReference::Source::File, other}).has_value();
    };
    QVERIFY(refused("\n"));
    QVERIFY(refused("\xFF\xFE"));
    QVERIFY(refused(QByteArray((1 << 20) + 1, 'x')));
    // Neither a folder nor a pipe, which would wait for a writer.
    QVERIFY(!resolveSecret({SecretReference::Source::File, folder.path()}).has_value());
    const QString pipe = folder.filePath(QStringLiteral("pipe"));
    QVERIFY(::mkfifo(QFile::encodeName(pipe).constData(), 0600) == 0);
    QVERIFY(!resolveSecret({SecretReference::Source::File, pipe}).has_value());
}

void TestCommon::readsFiles()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("deep/er/file"));
    QVERIFY(!readFile(path).has_value());
    QVERIFY(readFile(path).error().kind == ErrorKind::Usage);
    QVERIFY(!readFile(folder.path()).has_value());
    QVERIFY(writeFileAtomically(path, QByteArray("a\0b", 3)).has_value());
    QCOMPARE(*readFile(path), QByteArray("a\0b", 3));
    QVERIFY(readFile(path, 3).has_value());
    QVERIFY(!readFile(path, 2).has_value());
}

void TestCommon::writesFiles()
{
    QTemporaryDir folder;
    const auto mode = [](const QString &path) {
        struct stat info
        {
        };
        return ::stat(QFile::encodeName(path).constData(), &info) == 0 ? int(info.st_mode & 0777) : -1;
    };
    const QString secret = folder.filePath(QStringLiteral("secret"));
    QVERIFY(writeFileAtomically(secret, "1", true).has_value());
    QCOMPARE(mode(secret), 0600);
    const QString script = folder.filePath(QStringLiteral("script"));
    QVERIFY(writeFileAtomically(script, "1").has_value());
    QVERIFY(::chmod(QFile::encodeName(script).constData(), 0755) == 0);
    QVERIFY(writeFileAtomically(script, "2").has_value());
    QCOMPARE(mode(script), 0755);
    QCOMPARE(*readFile(script), QByteArray("2"));
    // A file that was open to all closes when secrets go into it.
    QVERIFY(writeFileAtomically(script, "3", true).has_value());
    QCOMPARE(mode(script), 0600);
    QVERIFY(!writeFileAtomically(script + QStringLiteral("/below"), "4").has_value());
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 2);
}

void TestCommon::writesIntoDevices()
{
    QTemporaryDir folder;
    const auto kind = [](const QString &path) {
        struct stat info
        {
        };
        return ::lstat(QFile::encodeName(path).constData(), &info) == 0 ? info.st_mode & S_IFMT : 0U;
    };
    // A pipe gets the text and stays a pipe.
    const QString pipe = folder.filePath(QStringLiteral("pipe"));
    QVERIFY(::mkfifo(QFile::encodeName(pipe).constData(), 0600) == 0);
    const Result<void> unread = writeFileAtomically(pipe, "lost");
    QVERIFY(!unread && unread.error().message.contains(QStringLiteral("nobody reads")));
    const int reader = ::open(QFile::encodeName(pipe).constData(), O_RDONLY | O_NONBLOCK);
    QVERIFY(reader >= 0);
    QVERIFY(writeFileAtomically(pipe, "through", true).has_value());
    char got[16] = {};
    QCOMPARE(::read(reader, got, sizeof(got)), ssize_t(7));
    QCOMPARE(QByteArray(got), QByteArray("through"));
    QCOMPARE(kind(pipe), mode_t(S_IFIFO));
    // A reader that goes away in the middle is an error and ends nothing else.
    Result<void> cut;
    std::thread writer([&] { cut = writeFileAtomically(pipe, QByteArray(1 << 20, 'x')); });
    pollfd ready{reader, POLLIN, 0};
    QCOMPARE(::poll(&ready, 1, 10'000), 1);
    ::close(reader);
    writer.join();
    QVERIFY(!cut && cut.error().kind == ErrorKind::Io);
    // Devices of our own: as root a rename would take the place of the real ones.
    const QString full = folder.filePath(QStringLiteral("full")), null = folder.filePath(QStringLiteral("null"));
    if (::mknod(QFile::encodeName(full).constData(), S_IFCHR | 0666, makedev(1, 7)) != 0 ||
        ::mknod(QFile::encodeName(null).constData(), S_IFCHR | 0666, makedev(1, 3)) != 0)
        QSKIP("only root may make devices");
    if (const int device = ::open(QFile::encodeName(null).constData(), O_WRONLY); device < 0)
        QSKIP("devices do not work on this file system");
    else
        ::close(device);
    QVERIFY(writeFileAtomically(null, "gone").has_value());
    const Result<void> noRoom = writeFileAtomically(full, "no room");
    QVERIFY(!noRoom && noRoom.error().kind == ErrorKind::Io);
    QCOMPARE(kind(full), mode_t(S_IFCHR));
    QCOMPARE(kind(null), mode_t(S_IFCHR));
    // Through a link too.
    const QString link = folder.filePath(QStringLiteral("link"));
    QVERIFY(QFile::link(null, link));
    QVERIFY(writeFileAtomically(link, "gone").has_value());
    QCOMPARE(kind(link), mode_t(S_IFLNK));
    QCOMPARE(kind(null), mode_t(S_IFCHR));
    QCOMPARE(
        QDir(folder.path()).entryList(QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot).size(), 4);
}

void TestCommon::keepsTheOldFile()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("file"));
    QVERIFY(writeFileAtomically(path, "old").has_value());
    // A full disk, as far as a process can be made to meet one.
    struct rlimit before
    {
    };
    QVERIFY(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small
    {
        4096, before.rlim_max
    };
    QVERIFY(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const Result<void> written = writeFileAtomically(path, QByteArray(100'000, 'n'));
    // So little that it would all still lie in the buffer when the file is closed.
    const Result<void> buffered = writeFileAtomically(path, QByteArray(5'000, 'n'));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    QVERIFY(!buffered.has_value() && buffered.error().kind == ErrorKind::Io);
    QVERIFY(!written.has_value());
    QVERIFY(written.error().kind == ErrorKind::Io);
    QCOMPARE(*readFile(path), QByteArray("old"));
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList{QStringLiteral("file")});
}

void TestCommon::suggests()
{
    const QStringList names{QStringLiteral("timeout"), QStringLiteral("interval"), QStringLiteral("path")};
    QCOMPARE(nearestName(QStringLiteral("timout"), names), QStringLiteral("timeout"));
    QCOMPARE(nearestName(QStringLiteral("tiemout"), names), QStringLiteral("timeout"));
    QCOMPARE(nearestName(QStringLiteral("Interval"), names), QStringLiteral("interval"));
    QCOMPARE(nearestName(QStringLiteral("colour"), names), QString());
    QCOMPARE(nearestName(QString(100'000, QLatin1Char('a')), names), QString());
    QCOMPARE(suggestion(QStringLiteral("colour"), names), QStringLiteral("known: interval, path, timeout"));
}

QTEST_GUILESS_MAIN(TestCommon)
#include "tst_common.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What the scanner finds in a text, what it leaves alone, and what it proposes.
#include "models/scan/anchors.h"
#include "models/scan/scanner.h"

#include <QTest>

#include <random>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// "line:column kind severity match" of each finding.
QStringList told(const QList<ScanFinding> &findings)
{
    QStringList lines;
    for (const ScanFinding &each : findings)
        lines.append(QStringLiteral("%1:%2 %3 %4 %5")
                         .arg(each.line)
                         .arg(each.column)
                         .arg(scanKindName(each.kind), scanSeverityName(each.severity), each.match));
    return lines;
}

/// Secrets are put together here, so that no scanner takes this file for one that leaks.
QByteArray tokenOf(const char *prefix, int length)
{
    static const char letters[] = "q7Hx2mKd9RvT4bWn8ZsY5cLp3JfG6ukA";
    QByteArray token(prefix);
    for (int i = 0; i < length; ++i)
        token += letters[(i * 7 + 3) % 32];
    return token;
}

} // namespace

class TestScanRules final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void finds_data();
    void finds();
    void leavesAlone_data();
    void leavesAlone();
    void severities_data();
    void severities();
    void suggestions_data();
    void suggestions();
    void secrets_data();
    void secrets();
    void placeholdersAreNoSecrets_data();
    void placeholdersAreNoSecrets();
    void secretsAppearNowhere();
    void columnsCountCharacters();
    void fingerprintsStayWhenLinesMove();
    void fingerprintsHideSecrets();
    void platformReferences_data();
    void platformReferences();
    void anchorsAgree();
    void strangeTexts_data();
    void strangeTexts();
    void longLinesAreLinear();
};

void TestScanRules::finds_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *name, const char *file, const char *text, QStringList expected) {
        QTest::newRow(name) << s(file) << QByteArray(text) << expected;
    };
    row("Python URL", "a.py", "x = 1\nAPI = \"https://shop.fly.dev/api\"\n",
        {s("2:8 platform-host error https://shop.fly.dev")});
    row("JS template", "a.js", "fetch(`https://${app}.fly.dev/x`)\n", {s("1:23 platform-host error fly.dev")});
    row("escaped dots", "a.py", "RE = r\"https://.*\\.vercel\\.app\"\n", {s("1:20 platform-host error vercel\\.app")});
    row("bare host", "a.yaml", "value: shop.onrender.com\n", {s("1:8 platform-host error shop.onrender.com")});
    row("flycast", "a.env", "DB=postgres://app@db.flycast:5432/x\n", {s("1:19 platform-host error db.flycast:5432")});
    row("internal", "a.py", "DB = \"redis://cache.internal:6379\"\n",
        {s("1:7 platform-host error redis://cache.internal:6379")});
    row("Atlas", "a.js", "connect('mongodb+srv://u@c0.ab1cd.mongodb.net/x')\n",
        {s("1:26 platform-host warning c0.ab1cd.mongodb.net")});
    row("several Mongo hosts", "a.js", "connect('mongodb://a1.corp.lan:27017,a2.corp.lan:27017/x')\n",
        {s("1:10 origin note mongodb://a1.corp.lan:27017")});
    row("localhost URL", "a.ts", "const u = 'http://localhost:8000/x'\n",
        {s("1:12 localhost warning http://localhost:8000")});
    row("localhost alone", "a.py", "host = \"localhost\"\n", {s("1:9 localhost warning localhost")});
    row("localhost with port", "a.toml", "hosts = [\"localhost:9092\"]\n",
        {s("1:11 localhost warning localhost:9092")});
    row("loopback", "a.py", "bind('127.0.0.1')\n", {s("1:7 localhost warning 127.0.0.1")});
    row("IPv6 loopback", "a.py", "connect('::1')\nurl = 'http://[::1]:80/'\n",
        {s("1:10 localhost warning ::1"), s("2:8 localhost warning http://[::1]:80")});
    row("0.0.0.0 in a URL", "a.py", "u = 'http://0.0.0.0:8000'\n", {s("1:6 localhost warning http://0.0.0.0:8000")});
    row("Docker's host", "a.env", "U=http://host.docker.internal:80\n",
        {s("1:3 localhost warning http://host.docker.internal:80")});
    row("IPv4", "a.py", "db = '10.1.2.3'\n", {s("1:7 address warning 10.1.2.3")});
    row("IPv4 with port", "a.yaml", "- 34.120.54.55:443\n", {s("1:3 address warning 34.120.54.55:443")});
    row("IPv6", "a.py", "a = 'fdaa:0:18::3'\nb = 'http://[2a09:8280:1::a]:80'\n",
        {s("1:6 address warning fdaa:0:18::3"), s("2:6 address warning http://[2a09:8280:1::a]:80")});
    row("origin", "a.py", "api_url = 'https://www.cryptovault.financial/x'\n",
        {s("1:12 origin warning https://www.cryptovault.financial")});
    row("WebSocket", "a.js", "const s = new WebSocket(\"wss://feed.shop.io/x\")\n",
        {s("1:26 origin note wss://feed.shop.io")});
    row("CSP", "a.html", "<meta content=\"connect-src 'self' wss://x1.fly.dev\">\n",
        {s("1:35 platform-host error wss://x1.fly.dev")});
    row("script in HTML", "a.html", "<script>\n// http://localhost:1\nf('http://localhost:2')</script>\n",
        {s("2:4 localhost note http://localhost:1"), s("3:4 localhost warning http://localhost:2")});
    row("JSON", "vercel.json", "{\"destination\": \"https://a1.fly.dev/:p*\"}",
        {s("1:18 platform-host error https://a1.fly.dev")});
    row("port: type", "a.py", "    port: int = 8000\n", {s("1:17 port warning 8000")});
    row("port argument", "a.py", "run(app, port=5000)\n", {s("1:15 port warning 5000")});
    row("port option", "Procfile", "web: uvicorn a:a --port 8000\n", {s("1:25 port warning 8000")});
    row("port in CMD", "Dockerfile", "CMD [\"u\", \"--port\", \"8000\"]\n", {s("1:22 port warning 8000")});
    row("EXPOSE", "Dockerfile", "EXPOSE 8000 9000/tcp\n", {s("1:8 port note 8000"), s("1:13 port note 9000")});
    row("bind", "start.sh", "gunicorn -b x --bind 0.0.0.0:8000\n", {s("1:30 port warning 8000")});
    row("listen", "a.js", "app.listen(3000)\n", {s("1:12 port warning 3000")});
    row("nginx", "nginx.conf", "server {\n  listen 8080;\n}\n", {s("2:10 port note 8080")});
    row("port at the beginning", "a.properties", "port=8080\nserver.port=8081\n",
        {s("1:6 port warning 8080"), s("2:13 port warning 8081")});
    row("port of a hump", "a.js", "const serverPort = 3000;\n", {s("1:20 port warning 3000")});
    row("other port", "a.py", "redis_port = 7000\n", {s("1:14 port note 7000")});
    row("comment", "a.py", "# see http://localhost:8000\n", {s("1:7 localhost note http://localhost:8000")});
    row("docstring", "a.py", "def f():\n    \"\"\"Goes to https://a1.fly.dev.\"\"\"\n",
        {s("2:16 platform-host note https://a1.fly.dev")});
}

void TestScanRules::finds()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(QStringList, expected);
    const QList<ScanFinding> findings = scanText(text, file);
    QCOMPARE(told(findings), expected);
    for (const ScanFinding &each : findings) {
        QCOMPARE(each.file, file);
        QVERIFY(!each.reason.isEmpty());
        QCOMPARE(each.fingerprint.size(), 32);
    }
}

void TestScanRules::leavesAlone_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const char *file, const char *text) {
        QTest::newRow(name) << s(file) << QByteArray(text);
    };
    row("version", "a.py", "__version__ = '1.2.3.4'\n");
    row("large version", "a.py", "version = \"10.4.16.200\"\n");
    row("requirement", "setup.cfg", "    lib==10.2.33.44\n");
    row("user agent", "a.py", "UA = 'Mozilla/5.0 Chrome/90.0.44.212 Safari'\n");
    row("assembly", "a.cs", "[assembly: AssemblyVersion(\"14.0.50.60\")]\n");
    row("object identifier", "a.py", "OID('2.5.29.37')\nx = '1.3.101.112'\n");
    row("five parts", "a.py", "x = '10.2.3.4.5'\n");
    row("bind address", "a.py", "run(host='0.0.0.0')\n");
    row("netmask", "a.py", "mask = '255.255.255.0'\nnet = '10.0.0.0'\nrange = '10.1.0.0/16'\n");
    row("RFC 5737", "a.py", "a = ['192.0.2.10', '198.51.100.7', '203.0.113.9']\nb = 'http://192.0.2.1/'\n");
    row("RFC 3849", "a.py", "a = '2001:db8::1'\n");
    row("number in code", "a.cpp", "auto x = f(10.1, 2.3);\n");
    row("stylesheet", "a.css", "a { margin: 10.0.0.1; background: url(x) } /* http://a.b.io */\n");
    row("timestamp", "a.py", "t = '2024-05-12T10:20:30.123'\nd = '12:34:56'\n");
    row("hash and UUID", "a.py",
        "h = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'\nu = '123e4567-e89b-12d3-a456-426614174000'\n");
    row("MAC address", "a.py", "m = '00:1b:44:11:3a:b7'\n");
    row("C++ scope", "a.cpp", "std::face::bead x; abc::def();\n");
    row("example hosts", "a.py", "a = 'https://api.example.com'\nb = 'https://x.example/'\nc = 'http://foo.test'\n");
    row("placeholders", "a.py", "a = 'https://your-app.fly.dev'\nb = 'https://<app>/x'\nc = f'https://{host}/x'\n");
    row("template", "a.js", "const u = `https://${host}/api`;\nconst v = 'https://' + host;\n");
    row("namespaces", "a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:a=\"http://ns.adobe.com/x\"/>\n");
    row("schema", "a.json", "{\"$schema\": \"https://openapi.shop.sh/x.json\"}\n");
    row("link in a comment", "a.py", "# https://shop.io/page\n");
    row("link to read", "a.py", "x = 'https://github.com/a/b'\n");
    row("prose", "a.py", "print('Please run it on localhost first')\n");
    row("localhost in a word", "a.py", "is_localhost_x = check(localhosts)\nfrom localhost import x\n");
    row("port words", "a.js", "import { a } from 'b'; export default 3000; const viewport = 1280; support = 4000;\n");
    row("port 0 and 1", "a.py", "port = 0\nport: int = 1\n");
    row("scheme's port", "a.py", "port = 443 if tls else 80\nif port == 8443: pass\n");
    row("backlog", "a.c", "listen(fd, 128);\nserver.listen(50);\n");
    row("other schemes", "a.py", "x = 'file:///etc/hosts'\ny = 'chrome://settings'\nz = 'urn:a:b'\n");
    row("internal names", "a.py", "x = 'com.sun.internal.X'\ny = self.internal\nz = 'metadata.google.internal'\n");
    row("platform's own site", "a.py", "x = 'on render.com'\n");
    row("address in code", "a.js", "const a = b.fly.dev;\n");
}

void TestScanRules::leavesAlone()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QCOMPARE(told(scanText(text, file)), QStringList());
}

void TestScanRules::severities_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("severity");
    const auto row = [](const char *name, const char *file, const char *text, const char *severity) {
        QTest::newRow(name) << s(file) << QByteArray(text) << s(severity);
    };
    row("default of getenv", "a.py", "x = os.getenv('U', 'http://localhost:8000')\n", "note");
    row("default over two lines", "a.js", "const u = process.env.API_URL ||\n  'http://localhost:8000';\n", "note");
    row("default port", "a.js", "const port = process.env.PORT || 3000;\n", "note");
    row("default port, parsed", "a.js", "const port = parseInt(process.env.PORT, 10) || 3000;\n", "note");
    row("default port of Python", "a.py", "run(port=int(os.environ.get(\"PORT\", 8000)))\n", "note");
    row("shell default", "a.sh", "URL=${URL:-http://localhost:1}\n", "note");
    row("platform default", "a.py", "x = os.getenv('U', 'https://a1.fly.dev')\n", "warning");
    row("compared", "a.js", "if (location.hostname === 'localhost') x()\n", "note");
    row("in a tuple", "a.py", "if host in ('localhost', 'x'): pass\n", "note");
    row("sample file", ".env.example", "URL=http://localhost:8000\n", "note");
    row("health check of a container", "Dockerfile", "HEALTHCHECK CMD curl -f http://localhost:8000/h\n", "note");
    row("for people", "a.py", "print('The server is now running on http://localhost:8000 for you')\n", "note");
    row("name server", "a.py", "dns = '8.8.8.8'\n", "note");
    row("production file", ".env.production", "URL=http://localhost:8000\n", "warning");
}

void TestScanRules::severities()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(QString, severity);
    const QList<ScanFinding> findings = scanText(text, file);
    QCOMPARE(findings.size(), 1);
    QCOMPARE(scanSeverityName(findings.first().severity), severity);
}

void TestScanRules::suggestions_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("variable");
    const auto row = [](const char *name, const char *file, const char *text, const char *variable) {
        QTest::newRow(name) << s(file) << QByteArray(text) << s(variable);
    };
    row("own name", "a.py", "app_url = 'https://a1.fly.dev'\n", "APP_URL");
    row("camel case", "a.js", "const paymentApiUrl = 'https://a1.fly.dev';\n", "PAYMENT_API_URL");
    row("generic name", "a.py", "url = 'https://a1.fly.dev'\n", "PUBLIC_API_URL");
    row("WebSocket", "a.py", "x = 'wss://a1.fly.dev'\n", "PUBLIC_WS_URL");
    row("CORS", "a.py", "allow_origins=[\n  'https://a1.vercel.app',\n]\n", "CORS_ORIGINS");
    row("CSP", "a.py", "p = \"connect-src 'self' https://a1.fly.dev\"\n", "PUBLIC_API_URL");
    row("PostgreSQL", "a.py", "x = 'postgres://app@a1.neon.tech/x'\n", "DATABASE_URL");
    row("MongoDB", "a.py", "x = 'mongodb://localhost:27017/x'\n", "MONGO_URL");
    row("Redis", "a.py", "x = 'redis://localhost:6379'\n", "REDIS_URL");
    row("variable of .env", ".env", "SHOP_URL=https://a1.fly.dev\n", "SHOP_URL");
    row("second of a list", ".env", "ORIGINS=https://a.shop.io,https://a1.fly.dev\n", "ORIGINS");
    row("render.yaml", "render.yaml", "- key: FEED_URL\n  value: https://a1.onrender.com\n", "FEED_URL");
    row("port", "a.py", "run(port=5000)\n", "PORT");
    row("other port", "a.py", "metrics_port = 9100\n", "METRICS_PORT");
    row("frontend", "a.py", "u = 'http://localhost:5173'\n", "FRONTEND_URL");
    row("third party", "a.py", "u = 'https://api.stripe.com'\n", "STRIPE_API_URL");
}

void TestScanRules::suggestions()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(QString, variable);
    const QList<ScanFinding> findings = scanText(text, file);
    QVERIFY(!findings.isEmpty());
    QCOMPARE(findings.last().suggestion, variable);
}

void TestScanRules::secrets_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("variable");
    const auto row = [](const char *name, const char *file, const QByteArray &before, const QByteArray &value,
                        const QByteArray &after, const char *variable) {
        QTest::newRow(name) << s(file) << before + value + after << value << s(variable);
    };
    const QByteArray generic = tokenOf("", 40);
    row("AWS", "a.py", "x = '", "AKIA" + QByteArray("QXZ7PLM3NBV5WRT9"), "'\n", "AWS_ACCESS_KEY_ID");
    row("GitHub", "a.sh", "git clone https://x:", tokenOf("ghp_", 36), "@github.com/a/b\n", "GITHUB_TOKEN");
    row("GitHub alone", "a.js", "const t = '", tokenOf("ghp_", 36), "';\n", "GITHUB_TOKEN");
    row("Stripe", "a.js", "stripe('", tokenOf("sk_live_", 24), "');\n", "STRIPE_SECRET_KEY");
    row("Slack", "a.py", "client(", "'" + tokenOf("xoxb-", 40) + "'", ")\n", "SLACK_BOT_TOKEN");
    row("SendGrid", "a.py", "send('", tokenOf("SG.", 22) + '.' + tokenOf("", 43), "')\n", "SENDGRID_API_KEY");
    row("comment", "a.py", "# old: ", tokenOf("sk_live_", 24), "\n", "STRIPE_SECRET_KEY");
    row("generic, Python", "a.py", "JWT_SECRET = \"", generic, "\"\n", "JWT_SECRET");
    row("typed, Python", "a.py", "    jwt_secret: str = '", generic, "'\n", "JWT_SECRET");
    row("generic, JSON", "a.json", "{\"apiKey\": \"", generic, "\"}\n", "API_KEY");
    row("generic, YAML", "a.yaml", "  api_key: ", generic, "\n", "API_KEY");
    row("generic, env", ".env", "CSRF_SECRET=", generic, "\n", "CSRF_SECRET");
    row("hex", "a.py", "SECRET_KEY = '", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "'\n", "SECRET_KEY");
    row("Dockerfile", "Dockerfile", "ENV API_TOKEN=", generic, "\n", "API_TOKEN");
    row("password", "a.py", "DB_PASSWORD = '", "Tr0ub4dor&3", "'\n", "DB_PASSWORD");
    row("subscript", "a.py", "app.config['SECRET_KEY'] = '", generic, "'\n", "SECRET_KEY");
    row("in an address", "a.py", "U = 'postgres://app:", "Wq8zT2mLk5", "@db.shop.io:5432/x'\n", "DATABASE_URL");
    row("slash in a password", "a.py", "U = 'redis://:", "Wq8zT2mLk5", "@cache.shop.io:6379'\n", "REDIS_URL");
    row("private key", "a.pem.txt", "-----BEGIN RSA PRIVATE KEY-----\n", tokenOf("MII", 61) + '\n' + tokenOf("", 64),
        "\n-----END RSA PRIVATE KEY-----\n", "PRIVATE_KEY");
}

void TestScanRules::secrets()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, value);
    QFETCH(QString, variable);
    const QList<ScanFinding> findings = scanText(text, file);
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [](const ScanFinding &each) { return each.kind == ScanKind::Secret; });
    QVERIFY2(found != findings.end(), text.constData());
    QVERIFY(found->severity != ScanSeverity::Note);
    QVERIFY2(found->match.contains(s("characters")), qPrintable(found->match));
    if (variable != s("GITHUB_TOKEN"))
        QCOMPARE(found->suggestion, variable);
    for (const ScanFinding &each : findings)
        QVERIFY(!(each.match + each.reason + each.suggestion).contains(QString::fromUtf8(value)));
}

void TestScanRules::placeholdersAreNoSecrets_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const char *file, const QByteArray &text) {
        QTest::newRow(name) << s(file) << text;
    };
    row("changeme", "a.py", "SECRET_KEY = 'changeme-changeme-now'\n");
    row("your key", ".env", "STRIPE_SECRET_KEY=sk_live_your-key-here0000\nAPI_KEY=<your-api-key>\n");
    row("reference", ".env", "JWT_SECRET=${JWT_SECRET_FROM_CI_9a8b7c}\nB_TOKEN=$OTHER_TOKEN_12345678\n");
    row("template", "a.yaml", "token: {{ .Values.token_9a8b7c6d5e }}\npassword: ${{ secrets.DB_PASSWORD }}\n");
    row("xs", "a.py", "api_key = 'xxxxxxxxxxxxxxxxxxxx'\n");
    row("zeros", "a.py", "api_key = '00000000000000000000'\n");
    row("sentence", "a.py", "PASSWORD_HELP = 'x'\npassword = 'Enter the password of user 1'\n");
    row("name", "a.py", "TOKEN_HEADER = 'x-access-token-2'\npassword_field = 'user.password_hash'\n");
    row("call", "a.py", "api_key = os.environ['API_KEY']\nsecret = make_secret(12, 'a')\n");
    row("path", "a.py", "secret_key = '/run/secrets/key-2024-01'\n");
    row("address", "a.py", "token_url = 'x'\nAPI_KEY = 'https://shop.example/keys/123456'\n");
    row("public key", "a.py", "PUBLIC_KEY = '" + tokenOf("", 40) + "'\n");
    row("key's name", "a.py", "cache_key = 'user:1234:profile-v2'\nkey = 'abc'\n");
    row("same as the user", "compose.yaml", "DATABASE_URL: postgres://postgres:postgres@db:5432/x\n");
    row("variable in an address", "a.py",
        "u = f'postgres://app:{password}@db.shop.example/x'\nv = 'redis://:${P}@h:1'\n");
    row("only the mark", "a.py",
        "if '-----BEGIN PRIVATE KEY-----' in text: pass\nx = '-----BEGIN RSA PRIVATE KEY-----\\n...'\n");
    row("public certificate", "a.txt.crt", "-----BEGIN CERTIFICATE-----\n" + tokenOf("MII", 61) + "\n");
    row("hash", "a.py", "token_hash = 1\nsha = '" + QByteArray("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b") + "'\n");
    row("integrity", "a.json", "{\"integrity\": \"sha512-" + tokenOf("", 60) + "==\"}\n");
}

void TestScanRules::placeholdersAreNoSecrets()
{
    QFETCH(QString, file);
    QFETCH(QByteArray, text);
    for (const ScanFinding &each : scanText(text, file))
        QVERIFY2(each.kind != ScanKind::Secret, qPrintable(each.match));
}

void TestScanRules::secretsAppearNowhere()
{
    const QByteArray canary = tokenOf("", 40);
    const QByteArray text = "URL = 'https://app:" + canary + "@a1.fly.dev/x'\nTOKEN_A = '" + canary +
                            "'; b = 'http://localhost:1/" + "'\n" + "hook = 'https://a2.fly.dev/in?token=" + canary +
                            "'\n{'" + canary + "': 'http://localhost:2'}\n" + canary + "_url = 'http://localhost:3'\n";
    const QList<ScanFinding> findings = scanText(text, s("a.py"));
    QVERIFY(findings.size() >= 5);
    for (const ScanFinding &each : findings) {
        const QString all = each.match + each.reason + each.fingerprint + each.platform +
                            (each.edit ? QString::fromUtf8(each.edit->text) : QString());
        QVERIFY2(!all.contains(QString::fromUtf8(canary), Qt::CaseInsensitive), qPrintable(all));
        if (each.line != 5)
            QVERIFY2(!each.suggestion.contains(QString::fromUtf8(canary), Qt::CaseInsensitive),
                     qPrintable(each.suggestion));
    }
}

void TestScanRules::columnsCountCharacters()
{
    const QByteArray text =
        QByteArray("\xEF\xBB\xBF") + "x = '\u00fc\u20ac\U0001F600 http://localhost:1'\n\u00fc='http://localhost:2'\r\n";
    QCOMPARE(told(scanText(text, s("a.py"))), (QStringList{s("1:10 localhost warning http://localhost:1"),
                                                           s("2:4 localhost warning http://localhost:2")}));
}

void TestScanRules::fingerprintsStayWhenLinesMove()
{
    const QByteArray line = "url = 'https://a1.fly.dev'\n";
    const QList<ScanFinding> before = scanText(line + line, s("a.py"));
    const QList<ScanFinding> after = scanText("import x\n\n\t" + line + "y = 2\n   " + line, s("a.py"));
    QCOMPARE(before.size(), 2);
    QCOMPARE(after.size(), 2);
    QCOMPARE(after[0].fingerprint, before[0].fingerprint);
    QCOMPARE(after[1].fingerprint, before[1].fingerprint);
    QVERIFY(before[0].fingerprint != before[1].fingerprint);
    QVERIFY(scanText(line, s("b.py")).first().fingerprint != before[0].fingerprint);
    QVERIFY(scanText("other_" + line, s("a.py")).first().fingerprint != before[0].fingerprint);
}

/// Whoever has a baseline must not be able to test guesses of a password against it.
void TestScanRules::fingerprintsHideSecrets()
{
    const auto prints = [](const QByteArray &password) {
        QStringList result;
        const QByteArray text =
            "DB_PASSWORD = '" + password + "'\nU = 'postgres://app:" + password + "@a1.fly.dev/x'\n";
        for (const ScanFinding &each : scanText(text, s("a.py")))
            result.append(each.fingerprint);
        return result;
    };
    QCOMPARE(prints("Tr0ub4dor&3").size(), 3);
    QCOMPARE(prints("Tr0ub4dor&3"), prints("Xk7#pLm2Qz9"));
}

void TestScanRules::platformReferences_data()
{
    QTest::addColumn<QString>("platform");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *name, const char *platform, const char *text, QStringList expected) {
        QTest::newRow(name) << s(platform) << QByteArray(text) << expected;
    };
    row("hosts", "fly", "https://a1.fly.dev db.internal:5432 Fly.io x.flycast (your-app.fly.dev)",
        {s("a1.fly.dev"), s("db.internal"), s("Fly.io"), s("x.flycast"), s("your-app.fly.dev")});
    row("words", "fly", "run `fly deploy` or flyctl; FLY_APP_NAME; [\"fly\", \"secrets\"]; fly.toml",
        {s("fly deploy"), s("flyctl"), s("FLY_APP_NAME"), s("fly\", \"secrets"), s("fly.toml")});
    row("no words", "fly",
        "butterfly deploy, fly away, on the fly, MAYFLY_X, self.fly, FLY_, x.fly.device, host.docker.internal", {});
    row("Render", "render", "shop.onrender.com RENDER_EXTERNAL_URL render.yaml RENDER_TARGET render services",
        {s("shop.onrender.com"), s("RENDER_EXTERNAL_URL"), s("render.yaml"), s("render services")});
    row("another platform", "render", "a1.fly.dev FLY_APP_NAME", {});
    row("escaped", "vercel", "r'.*\\.vercel\\.app'", {s("vercel\\.app")});
}

void TestScanRules::platformReferences()
{
    QFETCH(QString, platform);
    QFETCH(QByteArray, text);
    QFETCH(QStringList, expected);
    ScanOptions options;
    options.platform = platform;
    QStringList found;
    for (const ScanFinding &each : scanText(text, s("README.md"), options)) {
        QCOMPARE(each.severity, ScanSeverity::Warning);
        QCOMPARE(each.platform, platform);
        found.append(each.match);
    }
    QCOMPARE(found, expected);
}

/// The fast way and the portable one find the same, at any place in the text.
void TestScanRules::anchorsAgree()
{
    AnchorFinder finder;
    finder.addLiteral("://", 1);
    finder.addAnyCase("Port", 2);
    finder.addLiteral("vercel.app", 3);
    finder.addClasses({AnchorFinder::bytes("0-9"), AnchorFinder::bytes("."), AnchorFinder::bytes("^a-z")}, 4);
    finder.addLiteral("ab", 5);
    finder.build();
    std::mt19937 random(42);
    static const char letters[] = "ab:/portPORT.0123vercel app\n\x80\xff";
    for (int round = 0; round < 200; ++round) {
        std::string text;
        const std::size_t size = random() % 300;
        for (std::size_t i = 0; i < size; ++i)
            text += letters[random() % (sizeof letters - 1)];
        text += round % 3 == 0 ? "vercel.app" : "";
        const std::size_t length = text.size();
        text.resize(length + AnchorFinder::padding);
        std::vector<AnchorFinder::Hit> fast;
        std::vector<AnchorFinder::Hit> portable;
        finder.find(text.data(), 0, length, length, fast, true);
        finder.find(text.data(), 0, length, length, portable, false);
        QCOMPARE(fast.size(), portable.size());
        for (std::size_t i = 0; i < fast.size(); ++i) {
            QCOMPARE(fast[i].position, portable[i].position);
            QCOMPARE(fast[i].id, portable[i].id);
            QVERIFY(fast[i].position < length);
        }
        if (round % 3 == 0)
            QVERIFY(std::any_of(fast.begin(), fast.end(), [](const auto &hit) { return hit.id == 3; }));
    }
}

void TestScanRules::strangeTexts_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("least");
    const QByteArray url = "'http://localhost:1'";
    QTest::newRow("empty") << QByteArray() << 0;
    QTest::newRow("one byte") << QByteArray(":") << 0;
    QTest::newRow("broken UTF-8") << "\xff\xfe\xc3(\x80" + url + "\xe2\x82" << 1;
    QTest::newRow("mojibake") << "# \xc3\xa2\xc5\x93\xe2\x80\xa6\nx = " + url << 1;
    QTest::newRow("NUL") << QByteArray("x = ") + url + QByteArray("\0\0", 2) + url << 2;
    QTest::newRow("unclosed string") << QByteArray("x = \"\"\" ") + url << 1;
    QTest::newRow("unclosed comment") << QByteArray("/* ") + url << 0;
    QTest::newRow("only quotes") << QByteArray(10'000, '\'') + url << 0;
    QTest::newRow("cut URL") << QByteArray("x = 'http://") << 0;
    QTest::newRow("cut port") << QByteArray("port=") << 0;
    QTest::newRow("cut token") << QByteArray("-----BEGIN RSA PRIVATE KEY-----") << 0;
    QTest::newRow("deep templates") << QByteArray("`${").repeated(20'000) + url << 0;
    QTest::newRow("brackets") << QByteArray("http://[").repeated(20'000) << 0;
}

void TestScanRules::strangeTexts()
{
    QFETCH(QByteArray, text);
    QFETCH(int, least);
    for (const char *file : {"a.py", "a.js", "a.rs", "a.go", "a.html", "a.yaml", "a.toml", ".env", "a.sh", "a.sql",
                             "a.lua", "a.json", "Dockerfile", "a.ini", "a.conf", "a.unknown"}) {
        const QList<ScanFinding> findings = scanText(text, s(file));
        if (QByteArray(file) == "a.py")
            QVERIFY2(findings.size() >= least, file);
        for (const ScanFinding &each : findings)
            QVERIFY(each.line >= 1 && each.column >= 1);
    }
}

/// A minified file is one line of megabytes: ten times as long must not take a hundred times as long.
void TestScanRules::longLinesAreLinear()
{
    const auto measure = [](int copies, const char *piece, const char *file) {
        const QByteArray text = QByteArray(piece).repeated(copies);
        QElapsedTimer clock;
        clock.start();
        static_cast<void>(scanText(text, s(file)));
        return clock.nsecsElapsed();
    };
    for (const char *piece : {"a=\"http://localhost:80\",b=/x/,c=10.0.0.1;", "(/[", "'", "port=", "`${`", "\"://\"",
                              "<<A ", "api_key='", "mongodb://a:b@c,", "$1.1.1.1"}) {
        for (const char *file : {"a.js", "a.py", "a.sh", "a.html", "a.yaml", ".env"}) {
            const qint64 small = std::max<qint64>(measure(4'000, piece, file), 2'000'000);
            const qint64 large = measure(40'000, piece, file);
            QVERIFY2(large < small * 40, qPrintable(QStringLiteral("%1 %2: %3 ms, then %4 ms")
                                                        .arg(s(piece), s(file))
                                                        .arg(small / 1e6)
                                                        .arg(large / 1e6)));
        }
    }
}

QTEST_GUILESS_MAIN(TestScanRules)
#include "tst_scanrules.moc"

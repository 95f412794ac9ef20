// SPDX-License-Identifier: GPL-3.0-or-later
// Rules for connection strings: each fires where it should and is silent beside it.
#include "models/database/probes/stages.h"
#include "models/database/strings/connectionlint.h"
#include "models/platforms/platform.h"
#include "models/workspace/workspace.h"

#include <QSet>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// "platform=render region=oregon for=asyncpg use=dump workers=4 size=20 overflow=10 instances=1 plan=x disk=yes"
LintContext contextOf(const QString &text)
{
    LintContext context;
    for (const QString &word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QString name = word.section(QLatin1Char('='), 0, 0);
        const QString value = word.section(QLatin1Char('='), 1);
        if (name == s("platform"))
            context.platform = value;
        else if (name == s("region"))
            context.region = value;
        else if (name == s("for"))
            context.client = *databaseClient(value);
        else if (name == s("use"))
            context.use = *databaseUse(value);
        else if (name == s("workers"))
            context.pool.workers = value.toInt();
        else if (name == s("size"))
            context.pool.size = value.toInt();
        else if (name == s("overflow"))
            context.pool.overflow = value.toInt();
        else if (name == s("instances"))
            context.pool.instances = value.toInt();
        else if (name == s("plan"))
            context.plan = value;
        else if (name == s("limit"))
            context.limit = value.toInt();
        else if (name == s("disk"))
            context.persistentDisk = value == s("yes");
        else
            qFatal("%s", qPrintable(name));
    }
    return context;
}

} // namespace

class ConnectionLintTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void rules_data();
    void rules();
    void everyRuleIsTested();
    void quiet_data();
    void quiet();
    void planOfAnotherProvider();
    void whatTheMessagesSay();
    void columnsAndOrder();
    void authSource_data();
    void authSource();
    void limits_data();
    void limits();
    void poolNumbers();
    void namesOfTheWorkspace();
    void stagesAndReport();

private:
    QStringList ids(const QString &text, const QString &context, const QString &token = {});

    PlatformCatalogue m_catalogue;
};

void ConnectionLintTest::initTestCase()
{
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    QVERIFY(catalogue);
    m_catalogue = *catalogue;
}

QStringList ConnectionLintTest::ids(const QString &text, const QString &context, const QString &token)
{
    const Result<ConnectionString> connection = parseConnectionString({text, {}, Secret(token)});
    if (!connection)
        return {s("error: ") + connection.error().message};
    QStringList list;
    for (const Finding &finding : lintConnection(*connection, contextOf(context), &m_catalogue))
        list.append(finding.rule);
    return list;
}

void ConnectionLintTest::rules_data()
{
    QTest::addColumn<QString>("rule");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("context");
    QTest::addColumn<QString>("good"); // the same without the fault; the context of it behind " | "
    const auto row = [](const char *rule, const char *text, const char *context, const char *good) {
        QTest::addRow("%s: %s", rule, text) << s(rule) << s(text) << s(context) << s(good);
    };
    const char *fine = "postgresql://app:Xy7-long-enough@db.example.com/shop?sslmode=verify-full";
    row("any/admin-user", "postgresql://postgres:Xy7-long-enough@db.example.com/shop", "", fine);
    row("any/admin-user", "mongodb+srv://root:Xy7-long-enough@c.x.mongodb.net/", "", fine);
    row("any/control-character", "redis://h\n:6379", "", "redis://h");
    row("any/default-user", "rediss://default:Xy7-long-enough@h.upstash.io:6379", "",
        "rediss://app:Xy7-long-enough@h.upstash.io:6379");
    row("any/equals-sign", "postgresql://h/dbsslmode=require", "", "postgresql://h/db?sslmode=require");
    row("any/equals-sign", "host=h dbname=shopuser=u", "", "host=h dbname=shop user=u");
    row("any/host", "postgresql://u:p@::1/db", "", "postgresql://u:p@[::1]/db");
    row("any/host-missing", "postgresql:///db", "", "postgresql:///db?host=/tmp");
    row("any/local-host", "redis://localhost:6379", "platform=fly", "redis://localhost:6379 | platform=local");
    row("any/local-host", "postgresql://u:Xy7-long-enough@127.0.0.1/db", "platform=render",
        "postgresql://u:Xy7-long-enough@127.0.0.1/db |");
    row("any/no-password", "postgresql://app@db.example.com/shop", "", fine);
    row("any/option", "postgresql://h/db?sslmode", "", "postgresql://h/db?sslmode=require");
    row("any/option-twice", "postgresql://h/db?sslmode=require&sslmode=disable", "",
        "postgresql://h/db?sslmode=require");
    row("any/option-twice", "mongodb://h/?tls=true&TLS=true", "",
        "mongodb://h/?readPreferenceTags=a:b&readPreferenceTags=");
    row("any/option-value", "postgresql://h/db?sslmode=required", "", "postgresql://h/db?sslmode=require");
    row("any/option-value", "postgresql+asyncpg://h/db?ssl=true", "", "postgresql+asyncpg://h/db?ssl=require");
    row("any/option-value", "mongodb://h/?tls=yes", "", "mongodb://h/?tls=true");
    row("any/option-value", "rediss://:Xy7-long-enough@h/0?ssl_cert_reqs=CERT_NONE", "for=redis-py",
        "rediss://:Xy7-long-enough@h/0?ssl_cert_reqs=none");
    row("any/option-value", "postgresql://h/db?sslmode=REQUIRE", "", "jdbc:postgresql://h/db?sslmode=REQUIRE");
    row("any/percent-encoding", "postgresql://u:5%@h/db", "", "postgresql://u:5%25@h/db");
    row("any/placeholder", "postgresql://app:<password>@db.example.com/shop", "", fine);
    row("any/placeholder", "postgresql://app:${DB_PASSWORD}@db.example.com/shop", "", fine);
    row("any/placeholder", "mongodb+srv://app:PASSWORD@c.x.mongodb.net/", "",
        "mongodb+srv://app:Xy7-long-enough@c.x.mongodb.net/");
    row("any/placeholder", "postgresql://app:Xy7-long-enough@ep-xxx.neon.tech/db", "", fine);
    row("any/placeholder", "mongodb+srv://<username>:Xy7-long-enough@c.x.mongodb.net/", "",
        "mongodb+srv://app:Xy7-long-enough@c.x.mongodb.net/");
    row("any/placeholder", "postgresql://USER:Xy7-long-enough@db.example.com/shop", "",
        "postgresql://user:Xy7-long-enough@db.example.com/shop");
    row("any/pool-fits", fine, "workers=2 size=5 overflow=10 limit=100", fine);
    row("any/pool-deploy", fine, "workers=4 size=20 limit=100", "redis://h | workers=2 size=5 limit=100");
    row("any/pool-too-large", "postgresql://u:p@dpg-abc-a/db",
        "platform=render workers=4 size=20 overflow=10 plan=standard",
        "postgresql://u:p@dpg-abc-a/db | platform=render workers=2 size=10 overflow=5 plan=starter");
    row("any/pool-unknown", fine, "size=5", fine);
    row("any/port", "postgresql://h:0/db", "", "postgresql://h:5432/db");
    row("any/private-address", "mongodb://10.0.0.5:27017", "platform=render", "mongodb://10.0.0.5:27017 |");
    row("any/private-host", "postgresql://u:p@db.internal:5432/db", "platform=render",
        "postgresql://u:p@db.internal:5432/db | platform=fly");
    row("any/private-host", "postgresql://u:p@db.flycast:5432/db", "platform=render",
        "postgresql://u:p@db.flycast:5432/db | platform=fly");
    row("any/private-host", "redis://red-abc:6379", "platform=fly", "redis://red-abc:6379 | platform=render");
    row("any/unescaped-character", "postgresql://u:a@b@h/db", "", "postgresql://u:a%40b@h/db");
    row("any/unknown-option", "postgresql://h/db?sslmod=require", "", "postgresql://h/db?sslmode=require");
    row("any/unknown-option", "mongodb://h/?retrywrite=true", "", "mongodb://h/?RETRYWRITES=true");
    row("any/unknown-option", "postgresql+asyncpg://h/db?pool_size=5", "", "postgresql+asyncpg://h/db?timeout=5");
    row("any/weak-password", "postgresql://app:changeme@db.example.com/shop", "", fine);
    row("any/weak-password", "postgresql://app:Application@db.example.com/application", "", fine);
    row("any/weak-password", "postgresql://verylonguser:verylonguser@db.example.com/shop", "", fine);
    row("any/wrapping", "\"redis://h\"", "", "redis://h");

    row("postgresql/asyncpg-options", "postgresql+asyncpg://u:p@ep-a-1.eu.aws.neon.tech/db?sslmode=require", "",
        "postgresql+asyncpg://u:p@ep-a-1.eu.aws.neon.tech/db?ssl=require");
    row("postgresql/asyncpg-options", "postgresql+asyncpg://h/db?sslmode=require", "",
        "postgresql://h/db?sslmode=require | for=asyncpg");
    row("postgresql/channel-binding", "postgresql+asyncpg://h/db?channel_binding=require", "",
        "postgresql://h/db?channel_binding=require | for=psql");
    row("postgresql/channel-binding", "postgresql://h/db?channel_binding=require", "for=asyncpg",
        "postgresql+psycopg2://h/db?channel_binding=require |");
    row("postgresql/client-form", "host=db.example.com dbname=shop", "for=sqlalchemy",
        "host=db.example.com dbname=shop | for=psycopg2");
    row("postgresql/client-form", "host=db.example.com dbname=shop", "for=sqlalchemy-asyncpg",
        "postgresql+asyncpg://db.example.com/shop");
    row("postgresql/client-form", "host=db.example.com dbname=shop", "for=asyncpg", "postgresql://db.example.com/shop");
    row("postgresql/client-form", "host=db.example.com dbname=shop", "for=prisma", "postgresql://db.example.com/shop");
    row("postgresql/client-form", "host=db.example.com dbname=shop", "for=node-postgres",
        "host=db.example.com dbname=shop |");
    row("postgresql/client-form", "postgresql://u:p@db.example.com/shop", "for=jdbc",
        "jdbc:postgresql://db.example.com/shop?user=u&password=p");
    row("postgresql/client-form", "jdbc:postgresql://u:p@db.example.com/shop", "",
        "jdbc:postgresql://db.example.com/shop?user=u&password=p");
    row("postgresql/client-form", "jdbc:postgresql://db.example.com/shop", "for=psycopg2",
        "jdbc:postgresql://db.example.com/shop | for=jdbc");
    row("postgresql/driver-suffix", "postgresql+asyncpg://h/db", "for=asyncpg",
        "postgresql+asyncpg://h/db | for=sqlalchemy");
    row("postgresql/driver-suffix", "postgresql+psycopg2://h/db", "for=pg_dump", "postgresql://h/db | for=pg_dump");
    row("postgresql/key-value", "host=h user", "", "host=h user=u");
    row("postgresql/neon-direct", "postgresql://u:p@ep-a-1.eu.aws.neon.tech/db", "use=application",
        "postgresql://u:p@ep-a-1.eu.aws.neon.tech/db | use=migrations");
    row("postgresql/neon-pooled", "postgresql://u:p@ep-a-1-pooler.eu.aws.neon.tech/db", "",
        "postgresql://u:p@ep-a-1-pooler.eu.aws.neon.tech/db | use=application");
    row("postgresql/neon-tls", "postgresql://u:p@ep-a-1.eu.aws.neon.tech/db?sslmode=disable", "",
        "postgresql://u:p@ep-a-1.eu.aws.neon.tech/db?sslmode=require");
    row("postgresql/pooler-session", "postgresql://u:p@ep-a-1-pooler.eu.aws.neon.tech/db", "use=migrations",
        "postgresql://u:p@ep-a-1.eu.aws.neon.tech/db | use=migrations");
    row("postgresql/pooler-session", "postgresql://u:p@h.example.com:6432/db", "use=dump",
        "postgresql://u:p@h.example.com:5432/db | use=dump");
    row("postgresql/prepared-statements", "postgresql+asyncpg://u:p@ep-a-1-pooler.eu.aws.neon.tech/db", "",
        "postgresql+asyncpg://u:p@ep-a-1-pooler.eu.aws.neon.tech/"
        "db?prepared_statement_cache_size=0&statement_cache_size=0");
    row("postgresql/prepared-statements", "postgresql://u:p@aws-0-eu.pooler.supabase.com:6543/db", "for=prisma",
        "postgresql://u:p@aws-0-eu.pooler.supabase.com:6543/db?pgbouncer=true | for=prisma");
    row("postgresql/prepared-statements", "postgresql://u:p@h.example.com:6432/db", "for=asyncpg",
        "postgresql://u:p@h.example.com:6432/db | for=psycopg2");
    row("postgresql/render-external", "postgresql://u:p@dpg-a1-a.oregon-postgres.render.com/db", "platform=render",
        "postgresql://u:p@dpg-a1-a.oregon-postgres.render.com/db | platform=fly");
    row("postgresql/render-region", "postgresql://u:p@dpg-a1-a.oregon-postgres.render.com/db",
        "platform=render region=ohio",
        "postgresql://u:p@dpg-a1-a.oregon-postgres.render.com/db | platform=render region=oregon");
    row("postgresql/render-tls", "postgresql://u:p@dpg-a1-a.oregon-postgres.render.com/db?sslmode=disable", "",
        "postgresql://u:p@dpg-a1-a.oregon-postgres.render.com/db?sslmode=require");
    row("postgresql/root-certificate", fine, "for=psql",
        "postgresql://app:Xy7-long-enough@db.example.com/shop?sslmode=verify-full&sslrootcert=system");
    row("postgresql/root-certificate", fine, "for=asyncpg", "postgresql://h/db?sslmode=require");
    row("postgresql/root-certificate", fine, "for=sqlalchemy",
        "postgresql://app:Xy7-long-enough@db.example.com/shop?sslmode=verify-ca&sslrootcert=/etc/ca.pem");
    row("postgresql/root-certificate", "postgresql+asyncpg://h/db?ssl=verify-ca", "",
        "postgresql+asyncpg://h/db?ssl=require");
    row("postgresql/root-certificate", "jdbc:postgresql://h/db?ssl=true", "",
        "jdbc:postgresql://h/db?ssl=true&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");
    row("postgresql/root-certificate", "host=h sslmode=verify-full", "",
        "postgresql://h/db?sslmode=verify-full | for=node-postgres");
    row("postgresql/root-certificate", "postgresql://h/db?sslmode=verify-full&sslrootcert=system", "for=asyncpg",
        "postgresql://h/db?sslmode=verify-full&sslrootcert=system | for=psql");
    row("postgresql/scheme", "postgres://u:p@h/db", "for=sqlalchemy", "postgres://u:p@h/db | for=psql");
    row("postgresql/scheme", "postgresql://u:p@h/db", "for=sqlalchemy-asyncpg", "postgresql+asyncpg://u:p@h/db");
    row("postgresql/service", "service=prod", "", "host=h dbname=d");
    row("postgresql/service", "postgresql:///?service=prod", "", "postgresql://h/db");
    row("postgresql/sslmode-unverified", "postgresql://u:p@db.example.com/db?sslmode=require", "", fine);
    row("postgresql/sslmode-unverified", "postgresql://u:p@db.example.com/db?ssl=true", "for=psql",
        "jdbc:postgresql://db.example.com/db?ssl=true |");
    row("postgresql/sslmode-unverified", "postgresql://u:p@db.example.com/db?sslmode=require", "for=prisma",
        "postgresql://u:p@db.example.com/db?sslmode=require&sslaccept=strict | for=prisma");
    row("postgresql/sslmode-unverified",
        "jdbc:postgresql://db.example.com/db?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", "",
        "jdbc:postgresql://db.example.com/db?ssl=true");
    row("postgresql/sslmode-weak", "postgresql://u:p@db.example.com/db?sslmode=verify-full", "for=prisma",
        "postgresql://u:p@db.example.com/db?sslmode=require&sslaccept=strict | for=prisma");
    row("postgresql/sslmode-weak", "jdbc:postgresql://db.example.com/db?ssl=false", "",
        "jdbc:postgresql://db.example.com/db?ssl=true&sslmode=require");
    row("postgresql/sslmode-weak", "postgresql://u:p@db.example.com/db?sslmode=allow", "",
        "postgresql://u:p@db.example.com/db?sslmode=reqire");
    row("postgresql/sslmode-weak", "postgresql://u:p@db.example.com/db", "", fine);
    row("postgresql/sslmode-weak", "postgresql://u:p@db.example.com/db?sslmode=prefer", "",
        "postgresql://u:p@db/db?sslmode=prefer");

    row("mongodb/atlas-standard", "mongodb://u:p@c.x.mongodb.net/?tls=true&authSource=admin", "",
        "mongodb+srv://u:p@c.x.mongodb.net/");
    row("mongodb/auth-source", "mongodb://u:p@c.x.mongodb.net/shop?tls=true", "",
        "mongodb://u:p@c.x.mongodb.net/shop?tls=true&authSource=admin");
    row("mongodb/auth-source", "mongodb+srv://u:p@c.x.mongodb.net/?authSource=shop", "",
        "mongodb+srv://u:p@c.x.mongodb.net/shop");
    row("mongodb/auth-source-path", "mongodb://u:p@db.example.com/shop?tls=true", "",
        "mongodb://u:p@db.example.com/?tls=true");
    row("mongodb/direct-connection", "mongodb+srv://u:p@c.x.mongodb.net/?directConnection=true", "",
        "mongodb://u:p@h/?directConnection=true");
    row("mongodb/direct-connection", "mongodb://h1,h2/?directConnection=true", "",
        "mongodb://h1/?directConnection=true");
    row("mongodb/plus", "mongodb://u:a+b@h/", "", "mongodb://u:a%2Bb@h/");
    row("mongodb/replica-set", "mongodb://h1,h2/", "", "mongodb://h1,h2/?replicaSet=rs");
    row("mongodb/retry-writes", "mongodb://h/?retryWrites=false", "", "mongodb://h/?retryWrites=true");
    row("mongodb/retry-writes", "mongodb://db.example.com/?retryWrites=false", "",
        "mongodb://u:p@shop.cluster-abc.eu-west-1.docdb.amazonaws.com:27017/?tls=true&retryWrites=false");
    row("mongodb/retry-writes", "mongodb+srv://u:p@c.x.mongodb.net/?retryWrites=false", "",
        "mongodb://u:p@shop.mongo.cosmos.azure.com:10255/?ssl=true&retryWrites=false");
    row("mongodb/slash", "mongodb://h?tls=true", "", "mongodb://h/?tls=true");
    row("mongodb/srv-hosts", "mongodb+srv://a.b.c,d.e.f/", "", "mongodb+srv://a.b.c/");
    row("mongodb/srv-name", "mongodb+srv://u:p@localhost/shop", "", "mongodb://u:p@localhost/shop");
    row("mongodb/srv-name", "mongodb+srv://u:p@127.0.0.1/shop", "", "mongodb+srv://u:p@c.example.com/shop");
    row("mongodb/srv-name", "mongodb+srv://u:p@db./shop", "", "mongodb+srv://u:p@db.example.com./shop");
    row("mongodb/srv-labels", "mongodb+srv://u:p@example.com/shop", "", "mongodb+srv://u:p@c.example.com/shop");
    row("mongodb/srv-port", "mongodb+srv://a.b.c:27017/", "", "mongodb+srv://a.b.c/");
    row("mongodb/tls", "mongodb://u:p@db.example.com/", "", "mongodb://u:p@db.example.com/?tls=true");
    row("mongodb/tls", "mongodb+srv://u:p@c.x.mongodb.net/?tls=false", "", "mongodb+srv://u:p@c.x.mongodb.net/");
    row("mongodb/tls", "mongodb+srv://u:p@c.x.mongodb.net/?ssl=false", "",
        "mongodb+srv://u:p@c.x.mongodb.net/?ssl=true");
    row("mongodb/tls-insecure", "mongodb+srv://u:p@c.x.mongodb.net/?tlsInsecure=true", "",
        "mongodb+srv://u:p@c.x.mongodb.net/?tlsInsecure=false");
    row("mongodb/tls-insecure", "mongodb://h/?tls=true&tlsAllowInvalidHostnames=true", "", "mongodb://h/?tls=true");

    row("redis/database", "redis://h/cache", "", "redis://h/1");
    row("redis/no-password", "rediss://cache.example.com", "", "rediss://:Xy7-long-enough@cache.example.com");
    row("redis/password-as-user", "rediss://Xy7-long-enough@cache.example.com", "",
        "rediss://:Xy7-long-enough@cache.example.com");
    row("redis/render-external", "rediss://red-a:Xy7-long-enough@oregon-keyvalue.render.com:6379", "",
        "redis://red-a:6379");
    row("redis/render-internal", "redis://red-a:6379", "", "redis://:Xy7-long-enough@red-a:6379");
    row("redis/tls", "redis://:Xy7-long-enough@cache.example.com", "", "redis://:Xy7-long-enough@red-a");
    row("redis/tls-unverified", "rediss://:Xy7-long-enough@cache.example.com?ssl_cert_reqs=none", "",
        "rediss://:Xy7-long-enough@cache.example.com?ssl_cert_reqs=optional");
    row("redis/tls-unverified", "rediss://:Xy7-long-enough@cache.example.com?ssl_cert_reqs=CERT_NONE", "",
        "rediss://:Xy7-long-enough@red-a?ssl_cert_reqs=none");
    row("redis/upstash-tls", "redis://default:Xy7-long-enough@x.upstash.io:6379", "",
        "rediss://default:Xy7-long-enough@x.upstash.io:6379");
    row("sqlite/ephemeral", "sqlite:///app.db", "platform=render", "sqlite:////data/app.db | platform=render disk=yes");
    row("sqlite/memory", "sqlite://", "", "sqlite:///app.db");
    row("sqlite/slashes", "sqlite://app.db", "", "sqlite:///app.db");
    row("upstash/credentials", "https://u:token-token@x.upstash.io", "", "UPSTASH_REDIS_REST_URL=https://x.upstash.io");
    row("upstash/https", "http://x.upstash.io", "", "https://x.upstash.io");
    row("upstash/token-form",
        "UPSTASH_REDIS_REST_URL=https://x.upstash.io\nUPSTASH_REDIS_REST_TOKEN=rediss://default:abc@x.upstash.io:6379",
        "", "UPSTASH_REDIS_REST_URL=https://x.upstash.io\nUPSTASH_REDIS_REST_TOKEN=abcdefghijkl");
    row("upstash/token-missing", "https://x.upstash.io", "",
        "UPSTASH_REDIS_REST_URL=https://x.upstash.io\nUPSTASH_REDIS_REST_TOKEN=abcdefghijkl");
    row("upstash/url-form", "UPSTASH_REDIS_REST_URL=rediss://x.upstash.io:6379\nUPSTASH_REDIS_REST_TOKEN=abcdefghijkl",
        "", "UPSTASH_REDIS_REST_URL=https://x.upstash.io\nUPSTASH_REDIS_REST_TOKEN=abcdefghijkl");
}

void ConnectionLintTest::rules()
{
    QFETCH(QString, rule);
    QFETCH(QString, text);
    QFETCH(QString, context);
    QFETCH(QString, good);
    const QStringList found = ids(text, context);
    QVERIFY2(found.contains(rule), qPrintable(found.join(s(", "))));
    const qsizetype bar = good.indexOf(s(" |"));
    const QStringList without = bar < 0 ? ids(good, rule.startsWith(s("any/pool")) ? QString() : context)
                                        : ids(good.left(bar), good.mid(bar + 2));
    QVERIFY2(!without.contains(rule) && !without.value(0).startsWith(s("error")), qPrintable(without.join(s(", "))));
}

void ConnectionLintTest::everyRuleIsTested()
{
    QFile source(s(SOURCE_DIR "/tests/database/tst_connectionlint.cpp"));
    QVERIFY(source.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(source.readAll());
    QSet<QString> ids;
    for (const LintRule &rule : connectionRules()) {
        QVERIFY2(text.contains(s("row(\"%1\"").arg(rule.id)), qPrintable(rule.id));
        QVERIFY2(!rule.title.isEmpty() && !rule.reason.isEmpty() && !rule.source.isEmpty(), qPrintable(rule.id));
        QVERIFY(!ids.contains(rule.id));
        ids.insert(rule.id);
    }
}

void ConnectionLintTest::quiet_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("context");
    QTest::addColumn<QString>("only");
    const auto row = [](const char *text, const char *context, const char *only = "") {
        QTest::newRow(text) << s(text) << s(context) << s(only);
    };
    row("mongodb+srv://cryptovault_app:Xy7-long-enough@c.abcde.mongodb.net/cryptovault?retryWrites=true&w=majority",
        "platform=render for=motor");
    row("postgresql+asyncpg://app:Xy7-long-enough@dpg-abc-a/shop", "platform=render");
    row("postgresql://app:Xy7-long-enough@dpg-abc-a.oregon-postgres.render.com/"
        "shop?sslmode=verify-full&sslrootcert=system",
        "platform=fly for=psycopg");
    row("host=db.example.com dbname=shop user=app password=Xy7-long-enough sslmode=verify-full sslrootcert=/etc/ca.pem",
        "use=dump for=pg_dump");
    row("redis://:Xy7-long-enough@cache.internal:6379/0", "platform=fly");
    row("postgresql+asyncpg://app:Xy7-long-enough@ep-a-1-pooler.eu.aws.neon.tech/"
        "shop?ssl=verify-full&prepared_statement_cache_size=0&statement_cache_size=0",
        "use=application platform=render", "postgresql/root-certificate");
    row("jdbc:postgresql://db.example.com/shop?ssl=true&user=app&password=Xy7-long-enough", "",
        "postgresql/root-certificate");
    // What the driver refuses is said once, and not what it would do with it.
    row("postgresql://app:Xy7-long-enough@db.example.com/shop?sslmode=reqire", "for=psql", "any/option-value");
    row("rediss://:Xy7-long-enough@cache.example.com?ssl_cert_reqs=CERT_NONE", "for=redis-py", "any/option-value");
    row("service=prod", "for=psql", "postgresql/service");
    row("mongodb+srv://<username>:<password>@c.abcde.mongodb.net/", "", "any/placeholder any/placeholder");
    row("mongodb+srv://cluster.mongodb.net/shop", "", "any/placeholder");
    row("mongodb://app:Xy7-long-enough@shop.docdb.amazonaws.com/?tls=true&retryWrites=false&replicaSet=rs0", "", "");
}

void ConnectionLintTest::quiet()
{
    QFETCH(QString, text);
    QFETCH(QString, context);
    QFETCH(QString, only);
    QCOMPARE(ids(text, context).join(QLatin1Char(' ')), only);
}

void ConnectionLintTest::planOfAnotherProvider()
{
    const auto connection = parseConnectionString({s("postgresql://h.example.com/db?sslmode=require"), {}, {}});
    const auto unknown = [&](const char *context) {
        for (const Finding &finding : lintConnection(*connection, contextOf(s(context)), &m_catalogue)) {
            if (finding.rule == s("any/pool-unknown"))
                return finding.message + QLatin1Char('|') + finding.fix;
        }
        return QString();
    };
    const QString named = unknown("size=5 plan=basic-1gb");
    QVERIFY2(named.contains(s("basic-1gb")) && !named.contains(s("name its plan")), qPrintable(named));
    QVERIFY2(named.contains(s("--limit")), qPrintable(named));
    QVERIFY(unknown("size=5").contains(s("name its plan")));
}

void ConnectionLintTest::whatTheMessagesSay()
{
    const auto said = [&](const char *text, const char *context, const char *rule) {
        const auto connection = parseConnectionString({s(text), {}, {}});
        for (const Finding &finding : lintConnection(*connection, contextOf(s(context)), &m_catalogue)) {
            if (finding.rule == s(rule))
                return finding.message + QLatin1Char('|') + finding.fix;
        }
        return QString();
    };
    const char *verified = "postgresql://db.example.com/d?sslmode=verify-full";
    QVERIFY(said(verified, "for=psql", "postgresql/root-certificate").contains(s("sslrootcert=system")));
    QVERIFY(!said(verified, "for=asyncpg", "postgresql/root-certificate").contains(s("|sslrootcert=system")));
    QVERIFY(said(verified, "for=prisma", "postgresql/sslmode-weak").contains(s("sslaccept=strict")));
    // The text of a service's name may be anything.
    QVERIFY(!said("service=Kanarienvogel", "", "postgresql/service").contains(s("Kanarien")));
    QVERIFY(said("postgresql://u:Kanarienvogel@h/d", "for=jdbc", "postgresql/client-form")
                .contains(s("jdbc:postgresql://HOST/DATABASE?user=")));
    QVERIFY(!said("postgresql://u:Kanarienvogel@h/d", "for=jdbc", "postgresql/client-form").contains(s("Kanarien")));
}

void ConnectionLintTest::columnsAndOrder()
{
    const auto connection =
        parseConnectionString({s("postgresql+asyncpg://app:changeme@db.example.com/shop?sslmode=require"), {}, {}});
    QVERIFY(connection);
    LintContext context;
    context.place = {s("switchyard.toml"), 12, 1};
    const QList<Finding> findings = lintConnection(*connection, context, nullptr);
    QCOMPARE(findings.size(), 3);
    QCOMPARE(findings[0].rule, s("postgresql/asyncpg-options"));
    QCOMPARE(findings[0].place.toString(), s("switchyard.toml:12:55"));
    QCOMPARE(findings[1].rule, s("any/weak-password"));
    QCOMPARE(findings[1].place.column, 26);
    QCOMPARE(findings[2].rule, s("postgresql/sslmode-unverified"));
}

void ConnectionLintTest::authSource_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("database");
    QTest::addColumn<bool>("txt");
    const auto row = [](const char *text, const char *database, bool txt) {
        QTest::newRow(text) << s(text) << s(database) << txt;
    };
    row("mongodb://u:p@h/", "admin", false);
    row("mongodb://u:p@h/shop", "shop", false);
    row("mongodb://u:p@h/shop?authSource=other", "other", false);
    row("mongodb://u:p@h/shop?authsource=other", "other", false);
    row("mongodb://u@h/shop?authMechanism=MONGODB-X509", "$external", false);
    row("mongodb+srv://u:p@h.x.y/shop", "shop", true);
    row("mongodb+srv://u:p@h.x.y/shop?authSource=admin", "admin", false);
}

void ConnectionLintTest::authSource()
{
    QFETCH(QString, text);
    const auto connection = parseConnectionString({text, {}, {}});
    QVERIFY(connection);
    const AuthSource source = effectiveAuthSource(*connection);
    QTEST(source.database, "database");
    QTEST(source.fromTxt, "txt");
}

void ConnectionLintTest::limits_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("plan");
    QTest::addColumn<int>("usable"); // -1: not known
    const auto row = [](const char *text, const char *plan, int usable) {
        QTest::addRow("%s %s", text, plan) << s(text) << s(plan) << usable;
    };
    const char *neon = "postgresql://h.neon.tech/db";
    row(neon, "0.25", 97);
    row(neon, "neon:0.25 CU", 97);
    row(neon, "8", 3350);
    row(neon, "9 CU", 3993);
    row(neon, "56", 3993);
    row(neon, "0.3", -1);
    row(neon, "free", -1);
    row("postgresql://ep-a-pooler.eu.neon.tech/db", "", 10'000);
    row("postgresql://dpg-a-a/db", "basic-256mb", 100);
    row("postgresql://dpg-a-a.oregon-postgres.render.com/db", "pro-16gb", 400);
    row("postgresql://dpg-a-a/db", "", -1);
    row("mongodb+srv://c.mongodb.net", "M0", 500);
    row("mongodb+srv://c.mongodb.net", "m10", 1500);
    row("mongodb+srv://c.mongodb.net", "M999", -1);
    row("postgresql://db.example.com/db", "0.25", -1);
}

void ConnectionLintTest::limits()
{
    QFETCH(QString, text);
    QFETCH(QString, plan);
    const auto connection = parseConnectionString({text, {}, {}});
    QVERIFY(connection);
    const auto limit = connectionLimit(*connection, plan, &m_catalogue);
    QTEST(limit ? limit->usable() : -1, "usable");
}

void ConnectionLintTest::poolNumbers()
{
    // Seed 2's own figures: 4 workers × (20 + 10) against the 100 of a small plan.
    const PoolNumbers standard{4, 20, 10, 1};
    QCOMPARE(standard.total(), 120);
    QCOMPARE(standard.words(), s("4 workers × (20 + 10) × 1 instance = 120 connections"));
    QCOMPARE((PoolNumbers{1, 1, 0, 1}).words(), s("1 worker × 1 × 1 instance = 1 connection"));
    QCOMPARE(poolFit(standard.total(), 100), PoolFit::TooMany);
    QCOMPARE(poolFit(100, 100), PoolFit::FitsOnce);
    QCOMPARE(poolFit(51, 100), PoolFit::FitsOnce);
    QCOMPARE(poolFit(50, 100), PoolFit::Fits);
    QCOMPARE((PoolNumbers{0, 5, 0, 0}).total(), 5);
    QCOMPARE((PoolNumbers{100'000, 100'000, 100'000, 100'000}).total(), 2'000'000'000'000'000);
}

void ConnectionLintTest::namesOfTheWorkspace()
{
    for (const QString &name : databaseClientNames())
        QVERIFY2(databaseClient(name).has_value(), qPrintable(name));
    for (const QString &name : databaseUseNames())
        QVERIFY2(databaseUse(name).has_value(), qPrintable(name));
    QVERIFY(!databaseClient(s("oracle")) && !databaseUse(QString()));
    QCOMPARE(*databaseUse(s("dump")), DatabaseUse::Dump);
}

void ConnectionLintTest::stagesAndReport()
{
    QStringList names;
    for (const DatabaseStage stage : databaseStages())
        names.append(databaseStageName(stage));
    QCOMPARE(names.join(QLatin1Char(' ')), s("lint dns srv tcp tls auth query privileges headroom"));
    QCOMPARE(stageStatusName(StageStatus::NotReached), s("not-reached"));
    DatabaseReport report;
    QCOMPARE(report.status(), StageStatus::Skipped);
    report.stages = {lintStage({}, 0.5), {DatabaseStage::Dns, StageStatus::Warn, {}, {}, {}}};
    QCOMPARE(report.status(), StageStatus::Warn);
    QVERIFY(report.failed() == nullptr);
    report.stages.append({DatabaseStage::Tcp, StageStatus::Fail, 12.5, s("refused"), s("open the port")});
    QCOMPARE(report.failed()->stage, DatabaseStage::Tcp);
    report.headroom = DatabaseHeadroom{};
    report.headroom->used = 3;
    const QJsonObject json = databaseReportToJson(report, connectionRules());
    QCOMPARE(json[s("stages")][0][s("ms")].toDouble(), 0.5);
    QVERIFY(json[s("stages")][1][s("ms")].isNull());
    QCOMPARE(json[s("headroom")][s("used")].toInt(), 3);
    QVERIFY(json[s("headroom")][s("limit")].isNull() && json[s("privileges")].isNull());
    const QList<Finding> findings{{s("any/host-missing"), Severity::Note, {}, s("a"), s("b")},
                                  {s("any/port"), Severity::Warning, {}, s("c"), s("d")}};
    QCOMPARE(lintStage(findings), (StageResult{DatabaseStage::Lint, StageStatus::Warn, {}, s("c"), s("d")}));
}

QTEST_GUILESS_MAIN(ConnectionLintTest)
#include "tst_connectionlint.moc"

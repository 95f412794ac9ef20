// SPDX-License-Identifier: GPL-3.0-or-later
// Compose files: read with an account of every key, written from any model, and the same model again after both.
#include "models/manifests/containervalues.h"
#include "models/manifests/formats.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Read
{
    ServiceModel model;
    Ledger ledger;
    QList<Error> problems;
    std::optional<Error> refused;

    const Service &service(const char *name) const
    {
        for (const Service &service : model.services) {
            if (service.name == s(name))
                return service;
        }
        static const Service none;
        return none;
    }
    KeyFate fate(const char *key) const
    {
        for (const KeyFate &fate : ledger.fates()) {
            if (fate.key == s(key))
                return fate;
        }
        return {};
    }
};

Read read(const QByteArray &text, const QString &file = s("compose.yaml"))
{
    Read result;
    const Result<ManifestNode> root = parseManifest(text, file, ManifestSyntax::Yaml);
    if (root)
        result.model = readCompose(*root, result.ledger, result.problems);
    else
        result.refused = root.error();
    return result;
}

/// One service "a" with these lines.
Read readLines(const QByteArray &lines)
{
    QByteArray text("services:\n  a:\n    image: x\n");
    for (const QByteArray &line : lines.split('\n'))
        text += "    " + line + "\n";
    return read(text);
}

QString messages(const QList<Error> &problems)
{
    QStringList lines;
    for (const Error &problem : problems)
        lines.append(problem.toString());
    return lines.join(QLatin1Char('\n'));
}

template <typename T>
QString shown(const Field<T> &field)
{
    if (!field)
        return s("-");
    if constexpr (std::is_same_v<T, QString>)
        return field->value;
    else if constexpr (std::is_same_v<T, Milliseconds>)
        return QString::number(field->value.count());
    else
        return QString::number(field->value);
}

QString shown(const EnvironmentEntry &entry)
{
    return s("%1 %2 [%3] %4 %5 %6")
        .arg(entry.name)
        .arg(int(entry.source))
        .arg(entry.value, entry.of, entry.property)
        .arg(entry.interpolated);
}

/// Everything a model says, without its places.
QStringList shown(const ServiceModel &model)
{
    QStringList lines;
    for (const Service &service : model.services) {
        QStringList words{serviceKindName(service.kind), service.name};
        for (const auto *field :
             {&service.runtime, &service.image, &service.dockerfile, &service.dockerContext, &service.dockerTarget,
              &service.startCommand, &service.stopSignal, &service.restartPolicy, &service.evictionPolicy})
            words.append(shown(*field));
        words.append({shown(service.port), shown(service.publicPort), shown(service.stopGrace),
                      shown(service.size.memoryMb), shown(service.size.cpus), shown(service.scaling.instances)});
        for (const auto &argument : service.buildArguments)
            words.append(argument.first + argument.second.value);
        for (const OpenPort &port : service.ports)
            words.append(s("port ") + shown(port.internal) + shown(port.external) +
                         (port.protocol ? port.protocol->value : s("tcp")));
        for (const ServiceCheck &check : service.checks)
            words.append({s("check ") + shown(check.command), shown(check.path), shown(check.port),
                          shown(check.interval), shown(check.timeout), shown(check.grace), shown(check.retries)});
        for (const Disk &disk : service.disks)
            words.append(s("disk ") + shown(disk.name) + shown(disk.mountPath));
        QStringList variables;
        for (const EnvironmentEntry &entry : service.environment)
            variables.append(shown(entry));
        variables.sort();
        lines.append(words.join(s(" | ")) + s(" ") + variables.join(s("; ")));
    }
    for (const ManifestDatabase &database : model.databases)
        lines.append(
            s("database %1 %2 %3 %4")
                .arg(database.name, shown(database.version), shown(database.databaseName), shown(database.user)));
    return lines;
}

QByteArray written(const ServiceModel &model, Ledger *ledger = nullptr)
{
    Ledger own;
    const Written result = writeCompose(model, ledger ? *ledger : own);
    return result.files.isEmpty() ? QByteArray() : result.files.first().text;
}

const char full[] = R"(name: shop
x-base: &base
  restart: unless-stopped
  environment: &env
    LOG_LEVEL: info
services:
  web:
    <<: *base
    build:
      context: ./backend
      dockerfile: Dockerfile.prod
      target: runner
      args:
        VERSION: "1.2"
        CHANNEL: ${CHANNEL:-stable}
      cache_from: [x]
    command: uvicorn app:app --host 0.0.0.0 --port 8000
    ports:
      - "8080:8000"
      - target: 9000
        published: 9001
        protocol: tcp
        mode: host
      - "53:53/udp"
    environment:
      <<: *env
      DATABASE_URL: postgres://shop:hunter2@db:5432/shop
      REDIS_URL: redis://cache:6379
      DB_HOST: db
      CACHE_ADDRESS: cache:6379
      STRIPE_KEY: ${STRIPE_KEY:?needed}
      PASSED:
      MODE: ${MODE:-dev}
      PRICE: "$$5"
      DEBUG: false
      WORKERS: 4
    env_file: .env
    depends_on:
      db: {condition: service_healthy}
    healthcheck:
      test: [CMD, curl, -f, 'http://localhost:8000/health']
      interval: 1m30s
      timeout: 10s
      retries: 3
      start_period: 40s
    stop_signal: SIGINT
    stop_grace_period: 45s
    deploy:
      replicas: 2
      resources:
        limits: {cpus: "0.5", memory: 512M}
        reservations: {memory: 64M}
    volumes:
      - uploads:/app/uploads
      - ./src:/app/src:ro
    networks: [front]
    labels: {a.b: c}
    mystery: 1
  worker:
    image: ghcr.io/x/worker:${TAG:-latest}
    entrypoint: ["tini", "--"]
    command: ["celery", "-A", "x y"]
    restart: "no"
    healthcheck: {disable: true}
  inner:
    image: x/api
    expose: ["3000"]
    command: ["sh", "-c", "echo $$HOME && run"]
  db:
    image: postgres:16-alpine
    environment:
      - POSTGRES_DB=shop
      - POSTGRES_USER=shop
      - POSTGRES_PASSWORD=hunter2
    ports: ["5432:5432"]
    volumes: [pgdata:/var/lib/postgresql/data]
  cache:
    image: redis:7
    command: redis-server --maxmemory-policy allkeys-lru
  mongo:
    image: mongo:7
    ports: ["27017:27017"]
    volumes:
      - type: volume
        source: mongodata
        target: /data/db
volumes:
  pgdata:
  uploads:
    driver: local
networks:
  front:
)";

} // namespace

class ComposeTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void model();
    void account();
    void durations_data();
    void durations();
    void sizes();
    void ports_data();
    void ports();
    void checks_data();
    void checks();
    void variables();
    void volumes();
    void images_data();
    void images();
    void problems_data();
    void problems();
    void noValueInMessages();
    void badInput_data();
    void badInput();
    void roundTrip();
    void roundTripOfTexts_data();
    void roundTripOfTexts();
    void fromPlatform();
    void groups();
    void secrets();
    void names();
    void nothing();
    void large();
};

void ComposeTest::model()
{
    const Read file = read(full);
    QVERIFY(!file.refused);
    QVERIFY2(file.problems.isEmpty(), qPrintable(messages(file.problems)));
    QCOMPARE(file.model.services.size(), 5);
    QCOMPARE(file.model.databases.size(), 1);
    const Service &web = file.service("web");
    QCOMPARE(web.kind, ServiceKind::Web);
    QCOMPARE(web.port->value, 8000);
    QCOMPARE(web.dockerContext->value, s("./backend"));
    QCOMPARE(web.dockerfile->value, s("Dockerfile.prod"));
    QCOMPARE(web.dockerTarget->value, s("runner"));
    QCOMPARE(web.buildArguments.size(), 2);
    QCOMPARE(web.ports.size(), 2);
    QCOMPARE(web.ports[0].external->value, 9001);
    QCOMPARE(web.ports[1].protocol->value, s("udp"));
    QCOMPARE(web.stopGrace->value, Milliseconds(45'000));
    QCOMPARE(web.stopSignal->value, s("SIGINT"));
    QCOMPARE(web.restartPolicy->value, s("always"));
    QCOMPARE(web.scaling.instances->value, 2);
    QCOMPARE(web.size.memoryMb->value, 512);
    QCOMPARE(web.size.cpus->value, 0.5);
    QCOMPARE(web.checks.first().path->value, s("/health"));
    QCOMPARE(web.checks.first().interval->value, Milliseconds(90'000));
    QVERIFY(!web.checks.first().moves);
    QCOMPARE(web.disks.size(), 1);
    QCOMPARE(web.disks[0].name->value, s("uploads"));
    const Service &worker = file.service("worker");
    QCOMPARE(worker.kind, ServiceKind::Worker);
    QCOMPARE(worker.startCommand->value, s("tini -- celery -A 'x y'"));
    QCOMPARE(worker.restartPolicy->value, s("never"));
    QVERIFY(worker.checks.isEmpty());
    QCOMPARE(file.service("inner").kind, ServiceKind::Private);
    QCOMPARE(file.service("inner").startCommand->value, s("echo $HOME && run"));
    QCOMPARE(file.service("cache").kind, ServiceKind::KeyValue);
    QCOMPARE(file.service("cache").evictionPolicy->value, s("allkeys-lru"));
    QCOMPARE(file.service("mongo").kind, ServiceKind::Private);
    QCOMPARE(file.service("mongo").disks.size(), 1);
    QCOMPARE(file.model.databases[0].version->value, s("16"));
    QCOMPARE(file.model.databases[0].databaseName->value, s("shop"));
}

void ComposeTest::account()
{
    Read file = read(full);
    // Only what nobody knows may be unknown; the rest has a reason or a place.
    QStringList unknown;
    for (const KeyFate &fate : file.ledger.fates()) {
        if (fate.reason.contains(s("unknown to the source")))
            unknown.append(fate.key);
        QVERIFY2(!fate.reason.isEmpty(), qPrintable(fate.key));
    }
    QCOMPARE(unknown, QStringList{s("services.web.mystery")});
    QVERIFY(file.fate("services.web.volumes").reason.contains(s("folders of the machine")));
    QVERIFY(file.fate("services.web.env_file").reason.contains(s("not read")));
    QVERIFY(file.fate("services.web.environment.MODE").reason.contains(s("shell")));
    // A written file moves them on.
    const Written result = writeCompose(file.model, file.ledger);
    QCOMPARE(result.files.size(), 1);
    QCOMPARE(file.fate("services.web.stop_grace_period").outcome, KeyOutcome::Mapped);
    QCOMPARE(file.fate("services.web.stop_grace_period").target, s("compose.yaml: services.web.stop_grace_period"));
    QCOMPARE(file.fate("services.web.environment.DATABASE_URL").outcome, KeyOutcome::Rewritten);
    QCOMPARE(file.fate("services.web.healthcheck.interval").outcome, KeyOutcome::Mapped);
    QCOMPARE(file.fate("services.worker.entrypoint").outcome, KeyOutcome::Mapped);
    // A variable without a value has a place of its own, and a list of them is one key.
    QCOMPARE(file.fate("services.web.environment.PASSED").target, s("compose.yaml: services.web.environment.PASSED"));
    QCOMPARE(file.fate("services.web.mystery").outcome, KeyOutcome::NotTranslated);
}

void ComposeTest::durations_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("ms");
    QTest::newRow("s") << s("30s") << 30'000;
    QTest::newRow("m s") << s("1m30s") << 90'000;
    QTest::newRow("fraction") << s("1.5h") << 5'400'000;
    QTest::newRow("us") << s("1500us") << 2;
    QTest::newRow("zero") << s("0") << 0;
    QTest::newRow("bare") << s("30") << -1;
    QTest::newRow("negative") << s("-1s") << -1;
    QTest::newRow("empty") << QString() << -1;
    QTest::newRow("trailing") << s("1s x") << -1;
    QTest::newRow("huge") << s("9999999999h") << -1;
}

void ComposeTest::durations()
{
    QFETCH(QString, text);
    QFETCH(int, ms);
    const Result<Milliseconds> value = parseGoDuration(text);
    QCOMPARE(value ? int(value->count()) : -1, ms);
    if (value)
        QCOMPARE(parseGoDuration(writeGoDuration(*value))->count(), value->count());
}

void ComposeTest::sizes()
{
    QCOMPARE(*parseByteSize(u"512M"), 512LL << 20);
    QCOMPARE(*parseByteSize(u"1.5g"), 3LL << 29);
    QCOMPARE(*parseByteSize(u"64mb"), 64LL << 20);
    QCOMPARE(*parseByteSize(u"1GiB"), 1LL << 30);
    QCOMPARE(*parseByteSize(u"1000"), 1000LL);
    for (const char *bad : {"", "x", "1x", "-1M", "M", "999999999T"})
        QVERIFY2(!parseByteSize(s(bad)), bad);
}

void ComposeTest::ports_data()
{
    QTest::addColumn<QByteArray>("port");
    QTest::addColumn<int>("internal");
    QTest::addColumn<bool>("web");
    QTest::addColumn<int>("problems");
    QTest::newRow("container") << QByteArray("\"8000\"") << 8000 << true << 0;
    QTest::newRow("number") << QByteArray("8000") << 8000 << true << 0;
    QTest::newRow("both") << QByteArray("\"80:8000\"") << 8000 << true << 0;
    QTest::newRow("loopback") << QByteArray("\"127.0.0.1:80:8000\"") << 8000 << false << 0;
    QTest::newRow("any address") << QByteArray("\"0.0.0.0:80:8000/tcp\"") << 8000 << true << 0;
    QTest::newRow("ipv6") << QByteArray("\"[::1]:80:8000\"") << 8000 << false << 0;
    QTest::newRow("default") << QByteArray("\"${PORT:-80}:8000\"") << 8000 << true << 0;
    QTest::newRow("variable outside") << QByteArray("\"${PORT}:8000\"") << 8000 << true << 0;
    QTest::newRow("default inside") << QByteArray("\"80:${PORT:-8000}\"") << 8000 << true << 0;
    QTest::newRow("variable inside") << QByteArray("\"80:${PORT}\"") << 0 << false << 0;
    QTest::newRow("range") << QByteArray("\"3000-3005:3000-3005\"") << 3000 << true << 0;
    QTest::newRow("mapping") << QByteArray("{target: 80, host_ip: 127.0.0.1}") << 80 << false << 0;
    QTest::newRow("word") << QByteArray("http") << 0 << false << 1;
    QTest::newRow("too high") << QByteArray("\"70000\"") << 0 << false << 1;
    QTest::newRow("no target") << QByteArray("{published: 80}") << 0 << false << 1;
    QTest::newRow("list") << QByteArray("[1]") << 0 << false << 1;
}

void ComposeTest::ports()
{
    QFETCH(QByteArray, port);
    QFETCH(int, internal);
    QFETCH(bool, web);
    QFETCH(int, problems);
    const Read file = readLines("ports:\n  - " + port);
    const Service &service = file.service("a");
    QCOMPARE(service.port ? service.port->value : 0, internal);
    QCOMPARE(service.kind == ServiceKind::Web, web);
    QVERIFY2(file.problems.size() == problems, qPrintable(messages(file.problems)));
}

void ComposeTest::checks_data()
{
    QTest::addColumn<QByteArray>("test");
    QTest::addColumn<QString>("command");
    QTest::newRow("text") << QByteArray("curl -f http://localhost/x || exit 1")
                          << s("curl -f http://localhost/x || exit 1");
    QTest::newRow("shell") << QByteArray("[CMD-SHELL, \"a || b\"]") << s("a || b");
    QTest::newRow("exec") << QByteArray("[CMD, a, \"b c\"]") << s("a 'b c'");
    QTest::newRow("none") << QByteArray("[NONE]") << QString();
}

void ComposeTest::checks()
{
    QFETCH(QByteArray, test);
    QFETCH(QString, command);
    const Read file = readLines("healthcheck:\n  test: " + test);
    QVERIFY2(file.problems.isEmpty(), qPrintable(messages(file.problems)));
    const Service &service = file.service("a");
    QCOMPARE(service.checks.isEmpty(), command.isEmpty());
    if (!command.isEmpty())
        QCOMPARE(service.checks.first().command->value, command);
}

void ComposeTest::variables()
{
    const Read file =
        readLines("environment:\n  - A=1=2\n  - B\n  - C=${C}\n  - D=x${D:-e}\n  - E=\n  - F=$$x\n  - A=3");
    QMap<QString, EnvironmentEntry> entries;
    for (const EnvironmentEntry &entry : file.service("a").environment)
        entries.insert(entry.name, entry);
    QCOMPARE(entries.size(), 6);
    QCOMPARE(entries[s("A")].value, s("3"));
    QCOMPARE(entries[s("B")].source, EnvironmentEntry::Source::Asked);
    QCOMPARE(entries[s("C")].source, EnvironmentEntry::Source::Asked);
    QCOMPARE(entries[s("D")].value, s("x${D:-e}"));
    QVERIFY(entries[s("D")].interpolated);
    QCOMPARE(entries[s("E")].value, QString());
    QCOMPARE(entries[s("F")].value, s("$x"));
    QVERIFY(!entries[s("F")].interpolated);

    const Read references = read(full);
    for (const EnvironmentEntry &entry : references.service("web").environment)
        entries.insert(entry.name, entry);
    QCOMPARE(entries[s("DATABASE_URL")].source, EnvironmentEntry::Source::FromDatabase);
    QCOMPARE(entries[s("DATABASE_URL")].property, s("connectionString"));
    QCOMPARE(entries[s("REDIS_URL")].source, EnvironmentEntry::Source::FromService);
    QCOMPARE(entries[s("DB_HOST")].property, s("host"));
    QCOMPARE(entries[s("CACHE_ADDRESS")].property, s("hostport"));
    QCOMPARE(entries[s("LOG_LEVEL")].value, s("info"));
}

void ComposeTest::volumes()
{
    const Read file = readLines("volumes:\n  - ./a:/b\n  - /only\n  - data:/x:ro");
    QCOMPARE(file.service("a").disks.size(), 1);
    const Read folders = readLines("volumes: [\"~/x:/y\", \"/c:/d\"]");
    QVERIFY(folders.service("a").disks.isEmpty());
    QVERIFY(folders.fate("services.a.volumes").reason.contains(s("folder of the machine")));
    QCOMPARE(folders.fate("services.a.volumes").outcome, KeyOutcome::NotTranslated);
}

void ComposeTest::images_data()
{
    QTest::addColumn<QByteArray>("image");
    QTest::addColumn<QString>("what");
    QTest::newRow("postgres") << QByteArray("postgres:16") << s("database 16");
    QTest::newRow("no tag") << QByteArray("docker.io/library/postgres") << s("database -");
    QTest::newRow("vector") << QByteArray("pgvector/pgvector:pg17") << s("database 17");
    QTest::newRow("digest") << QByteArray("postgres:15.4@sha256:00") << s("database 15");
    QTest::newRow("registry port") << QByteArray("localhost:5000/postgres") << s("database -");
    QTest::newRow("valkey") << QByteArray("valkey/valkey:8") << s("key-value");
    QTest::newRow("mysql") << QByteArray("mysql:8") << s("private");
    QTest::newRow("other") << QByteArray("x/postgres-backup:1") << s("worker");
}

void ComposeTest::images()
{
    QFETCH(QByteArray, image);
    QFETCH(QString, what);
    const Read file = read("services:\n  a:\n    image: " + image + "\n");
    if (file.model.databases.isEmpty())
        QCOMPARE(serviceKindName(file.model.services.first().kind), what);
    else
        QCOMPARE(s("database ") + shown(file.model.databases.first().version), what);
}

void ComposeTest::problems_data()
{
    QTest::addColumn<QByteArray>("lines");
    QTest::addColumn<QString>("message");
    QTest::newRow("image") << QByteArray("image2: [x]") << QString();
    QTest::newRow("build") << QByteArray("build: [x]") << s("\"build\"");
    QTest::newRow("command") << QByteArray("command: {a: b}") << s("\"command\"");
    QTest::newRow("environment") << QByteArray("environment: 7") << s("\"environment\"");
    QTest::newRow("environment value") << QByteArray("environment: {A: [1]}") << s("\"environment\"");
    QTest::newRow("ports") << QByteArray("ports: 80") << s("\"ports\"");
    QTest::newRow("healthcheck") << QByteArray("healthcheck: x") << s("\"healthcheck\"");
    QTest::newRow("test") << QByteArray("healthcheck: {test: [curl]}") << s("CMD-SHELL");
    QTest::newRow("interval") << QByteArray("healthcheck: {test: x, interval: 30}") << s("\"interval\"");
    QTest::newRow("grace") << QByteArray("stop_grace_period: soon") << s("\"stop_grace_period\"");
    QTest::newRow("restart") << QByteArray("restart: maybe") << s("\"restart\"");
    QTest::newRow("replicas") << QByteArray("deploy: {replicas: many}") << s("\"replicas\"");
    QTest::newRow("memory") << QByteArray("mem_limit: lots") << s("\"mem_limit\"");
    QTest::newRow("cpus") << QByteArray("cpus: 0") << s("\"cpus\"");
    QTest::newRow("volumes") << QByteArray("volumes: x") << s("\"volumes\"");
    QTest::newRow("expose") << QByteArray("expose: 80") << s("\"expose\"");
}

void ComposeTest::problems()
{
    QFETCH(QByteArray, lines);
    QFETCH(QString, message);
    const Read file = readLines(lines);
    // The service is read all the same.
    QCOMPARE(file.model.services.size(), 1);
    QCOMPARE(file.problems.isEmpty(), message.isEmpty());
    QVERIFY2(messages(file.problems).contains(message), qPrintable(messages(file.problems)));
    for (const Error &problem : file.problems) {
        QCOMPARE(problem.kind, ErrorKind::Usage);
        QCOMPARE(problem.place.line, 4);
    }
}

void ComposeTest::noValueInMessages()
{
    const Read file =
        readLines("stop_grace_period: hunter2\nrestart: hunter2\nports: [hunter2]\nmem_limit: hunter2\n"
                  "environment: {TOKEN: [hunter2]}\nhealthcheck: {test: [hunter2], retries: hunter2}\ncpus: hunter2");
    QVERIFY(file.problems.size() >= 7);
    QVERIFY2(!messages(file.problems).contains(s("hunter2")), qPrintable(messages(file.problems)));
}

void ComposeTest::badInput_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("refused");
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("text") << QByteArray("hello") << false;
    QTest::newRow("list") << QByteArray("- a\n- b\n") << false;
    QTest::newRow("services list") << QByteArray("services:\n  - a\n") << false;
    QTest::newRow("service text") << QByteArray("services:\n  a: b\n") << false;
    QTest::newRow("null service") << QByteArray("services:\n  a:\n") << false;
    QTest::newRow("no image") << QByteArray("services:\n  a:\n    restart: always\n") << false;
    QTest::newRow("broken") << QByteArray("services:\n  a: [b\n") << true;
    QTest::newRow("tab") << QByteArray("services:\n\ta: b\n") << true;
    QTest::newRow("NUL") << QByteArray("services:\n  a: \0\n", 18) << true;
    QTest::newRow("two documents") << QByteArray("services: {}\n---\nservices: {}\n") << true;
    QTest::newRow("large") << QByteArray("services:\n") + QByteArray(1 << 20, '#') << true;
}

void ComposeTest::badInput()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, refused);
    const Read file = read(text);
    QCOMPARE(file.refused.has_value(), refused);
    if (!refused)
        QVERIFY(!file.problems.isEmpty());
    QVERIFY(file.model.services.isEmpty() || text.contains("restart"));
}

void ComposeTest::roundTrip()
{
    const Read first = read(full);
    const QByteArray text = written(first.model);
    const Read second = read(text);
    QVERIFY2(!second.refused, qPrintable(second.refused ? second.refused->toString() : QString()));
    QVERIFY2(second.problems.isEmpty(), qPrintable(messages(second.problems)));
    const QStringList before = shown(first.model), after = shown(second.model);
    for (qsizetype i = 0; i < before.size(); ++i)
        QVERIFY2(after.value(i) == before.at(i), qPrintable(before.at(i).mid(200) + s("\n") + after.value(i).mid(200)));
    QCOMPARE(after.size(), before.size());
    // And the same text again.
    QCOMPARE(written(second.model), text);
    QVERIFY(!text.contains("hunter2"));
    QVERIFY(text.endsWith('\n'));
    for (const KeyFate &fate : second.ledger.fates())
        QVERIFY2(!fate.reason.contains(s("unknown to the source")), qPrintable(fate.key));
}

void ComposeTest::roundTripOfTexts_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text :
         {"",        "true", "no",   "null",     "~",        "8",           "1.5",        "0x1f",      "a: b",
          "# c",     "- d",  "a #b", "\"q\"",    "'q'",      "back\\slash", "two\nlines", "tab\there", "$HOME",
          "${X:-y}", "$$",   "100%", "é ü 漢 😀", " leading", "trailing ",   "*star",      "&and",      "!bang",
          "a:b",     "{x}",  "[x]",  "\u2028",   "\u0085",   "@at"})
        QTest::newRow(text) << s(text);
}

void ComposeTest::roundTripOfTexts()
{
    QFETCH(QString, text);
    ServiceModel model;
    model.format = s("render");
    Service service;
    service.kind = ServiceKind::Worker;
    service.name = s("a");
    service.runtime = Stated<QString>{s("docker"), {}};
    EnvironmentEntry entry;
    entry.name = s("VALUE");
    entry.value = text;
    service.environment.append(entry);
    service.startCommand = Stated<QString>{s("run ") + text + s("x"), {}};
    model.services.append(service);
    const QByteArray file = written(model);
    const Read back = read(file);
    QVERIFY2(!back.refused && back.problems.isEmpty(), file.constData());
    QCOMPARE(back.service("a").environment.first().value, text);
    QVERIFY(!back.service("a").environment.first().interpolated);
    QCOMPARE(back.service("a").startCommand->value, service.startCommand->value);
}

void ComposeTest::fromPlatform()
{
    ServiceModel model;
    model.format = s("fly");
    Ledger ledger;
    int line = 0;
    const auto place = [&] {
        const Place at{s("fly.toml"), ++line, 1};
        ledger.open(s("key%1").arg(line), at);
        return at;
    };
    Service web;
    web.name = s("api");
    web.runtime = Stated<QString>{s("python"), place()};
    web.buildCommand = Stated<QString>{s("pip install ."), place()};
    web.startCommand = Stated<QString>{s("uvicorn a:b --port $PORT"), place()};
    web.preDeployCommand = Stated<QString>{s("alembic upgrade head"), place()};
    web.region = Stated<QString>{s("fra"), place()};
    web.port = Stated<int>{8080, place()};
    web.forceHttps = Stated<bool>{true, place()};
    web.scaling.least = Stated<int>{1, place()};
    web.scaling.autoStop = Stated<QString>{s("stop"), place()};
    web.size.plan = Stated<QString>{s("shared-cpu-1x"), place()};
    ServiceCheck check;
    check.path = Stated<QString>{s("/health?a=1&b"), place()};
    check.interval = Stated<Milliseconds>{Milliseconds(15'000), place()};
    web.checks.append(check);
    ServiceCheck second;
    second.kind = Stated<QString>{s("tcp"), place()};
    web.checks.append(second);
    web.domains.append({s("x.example"), place()});
    EnvironmentEntry generated;
    generated.name = s("SECRET_KEY");
    generated.source = EnvironmentEntry::Source::Generated;
    generated.place = place();
    generated.details.append(place());
    web.environment.append(generated);
    model.services.append(web);
    Service cron;
    cron.kind = ServiceKind::Cron;
    cron.name = s("nightly");
    cron.schedule = Stated<QString>{s("0 0 * * *"), place()};
    cron.startCommand = Stated<QString>{s("x"), place()};
    model.services.append(cron);
    Service site;
    site.kind = ServiceKind::Static;
    site.name = s("site");
    site.publishPath = Stated<QString>{s("dist"), place()};
    site.routes.append({Route::Kind::Rewrite, {s("/*"), place()}, {s("/index.html"), place()}, {}, place()});
    model.services.append(site);

    const Written result = writeCompose(model, ledger);
    QCOMPARE(result.files.size(), 1);
    const QByteArray text = result.files.first().text;
    // Nothing in silence: the writer has spoken of every place.
    for (const KeyFate &fate : ledger.fates())
        QVERIFY2(!fate.reason.contains(s("unknown to the source")), qPrintable(fate.key));
    // What Fly does by itself is written down, because compose does otherwise.
    QVERIFY2(text.contains("stop_signal: SIGINT"), text.constData());
    QVERIFY(text.contains("stop_grace_period: 5s"));
    QVERIFY(text.contains("PORT: \"8080\""));
    QVERIFY(text.contains("$$PORT"));
    QVERIFY(text.contains("${SECRET_KEY:?"));
    QVERIFY(text.contains("'http://127.0.0.1:8080/health?a=1&b'"));
    QVERIFY(text.contains("# not carried over: the service nightly"));
    QVERIFY(!text.contains("  site:\n"));
    bool signal = false;
    for (const AddedKey &added : result.added)
        signal = signal || added.key == s("compose.yaml: services.api.stop_signal");
    QVERIFY(signal);
    const Read back = read(text);
    QVERIFY2(!back.refused && back.problems.isEmpty(), text.constData());
    QCOMPARE(back.service("api").port->value, 8080);
    QCOMPARE(back.service("api").startCommand->value, web.startCommand->value);
    QCOMPARE(back.service("api").checks.first().path->value, s("/health?a=1&b"));
}

void ComposeTest::groups()
{
    ServiceModel model;
    model.format = s("render");
    EnvironmentGroup group{s("shared"), {}, {}, {}};
    EnvironmentEntry entry;
    entry.name = s("LEVEL");
    entry.value = s("info");
    group.entries.append(entry);
    model.groups.append(group);
    Service service;
    service.name = s("a");
    service.image = Stated<QString>{s("x"), {}};
    EnvironmentEntry from;
    from.source = EnvironmentEntry::Source::FromGroup;
    from.of = s("shared");
    service.environment.append(from);
    EnvironmentEntry copied;
    copied.name = s("OTHER");
    copied.source = EnvironmentEntry::Source::FromService;
    copied.of = s("b");
    copied.property = s("env.LEVEL");
    service.environment.append(copied);
    model.services.append(service);
    service.name = s("b");
    entry.value = s("own");
    service.environment = {from, entry};
    model.services.append(service);
    const Read back = read(written(model));
    QCOMPARE(back.service("a").environment.size(), 2);
    QCOMPARE(back.service("a").environment[0].value, s("info"));
    QCOMPARE(back.service("a").environment[1].value, s("own"));
    QCOMPARE(back.service("b").environment.size(), 1);
    QCOMPARE(back.service("b").environment[0].value, s("own"));
}

void ComposeTest::secrets()
{
    const Read file = readLines(
        "environment:\n  API_KEY: hunter2\n  MONGO_URL: mongodb://u:hunter2@h/x\n  JWT_SECRET: ${J:-hunter2}\n"
        "build:\n  context: .\n  args: {NPM_TOKEN: hunter2}");
    const QByteArray text = written(file.model);
    QVERIFY2(!text.contains("hunter2"), text.constData());
    QVERIFY(text.contains("${API_KEY:?"));
    QVERIFY(text.contains("${JWT_SECRET:?"));
    QVERIFY(text.contains("${NPM_TOKEN:?"));
}

void ComposeTest::names()
{
    ServiceModel model;
    model.format = s("render");
    for (const char *name : {"a b", "a-b", "1", "yes"}) {
        Service service;
        service.name = s(name);
        service.image = Stated<QString>{s("x\n# y: z"), {}};
        service.runtime = Stated<QString>{s("py\nservices: {}"), {}};
        service.dockerContext = Stated<QString>{s("."), {}};
        model.services.append(service);
    }
    ManifestDatabase database;
    database.name = s("a-b");
    model.databases.append(database);
    const QByteArray text = written(model);
    const Read back = read(text);
    QVERIFY2(!back.refused && back.problems.isEmpty(), text.constData());
    QStringList names;
    for (const Service &service : back.model.services)
        names.append(service.name);
    QCOMPARE(names, (QStringList{s("a-b"), s("a-b-2"), s("1"), s("yes")}));
    QCOMPARE(back.model.databases.first().name, s("a-b-3"));
}

void ComposeTest::nothing()
{
    QVERIFY(written(ServiceModel{}).isEmpty());
    ServiceModel model;
    Service site;
    site.kind = ServiceKind::Static;
    site.name = s("site");
    model.services.append(site);
    QVERIFY(written(model).isEmpty());
}

void ComposeTest::large()
{
    // A list of variables is one key of the account, and their number may not make it slow.
    QElapsedTimer clock;
    clock.start();
    QByteArray text("services:\n  a:\n    image: x\n    environment:\n");
    for (int i = 0; i < 40'000; ++i)
        text += "      - A" + QByteArray::number(i) + "=b\n";
    Read file = read(text);
    QVERIFY(!file.refused);
    QCOMPARE(file.service("a").environment.size(), 40'000);
    writeCompose(file.model, file.ledger);
    QVERIFY2(clock.elapsed() < 15'000, qPrintable(QString::number(clock.elapsed())));
    QCOMPARE(file.fate("services.a.environment").target, s("compose.yaml: services.a.environment"));
}

QTEST_GUILESS_MAIN(ComposeTest)
#include "tst_compose.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/journal.h"
#include "models/redeploy/verdict.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace Switchyard;

namespace {

SessionHeader fullHeader()
{
    SessionHeader header;
    header.id = QStringLiteral("20261121-a");
    header.startedWallMs = 1'795'219'200'123;
    header.program = QStringLiteral("switchyard 0.1.0");
    header.workspace = QStringLiteral("Prices \"and\" more\nnewline");
    header.backend = QStringLiteral("api");
    header.platform = QStringLiteral("render");
    header.stage = QStringLiteral("test");
    header.url = QStringLiteral("http://127.0.0.1:8000");
    header.driver = QStringLiteral("rehearsal:render");
    header.server = QStringLiteral("uvicorn");
    header.rehearsal = header.seesStop = header.seesStart = header.observesInstance = header.loopbackOnly = true;
    header.graceMs = 30'000;
    header.baselineMs = 5'000;
    header.settleMs = 7'000;
    header.timeoutMs = 90'000;
    header.thresholds.startup = Milliseconds(1);
    header.thresholds.drain = Milliseconds(2);
    header.thresholds.noticeLead = Milliseconds(3);
    header.thresholds.allBack = Milliseconds(4);
    header.thresholds.maxGap = Milliseconds(5);
    header.advisory = {QStringLiteral("startup")};
    header.sockets = {
        {QStringLiteral("prices"), QStringLiteral("websocket"), 10, {1001, 1012}, true, QStringLiteral("none"), {}}};
    header.endpoints = {{QStringLiteral("health"), QStringLiteral("/health"), 125.5}};
    return header;
}

/// One event of every kind, with every field that belongs to it.
QList<Event> everyKind()
{
    QList<Event> events;
    for (int k = int(EventKind::Phase); k <= int(EventKind::Note); ++k) {
        Event event;
        event.id = int(events.size()) + 1;
        event.us = 1'000'000'007LL * event.id;
        event.kind = EventKind(k);
        event.subject = QStringLiteral("prices");
        event.client = k % 3;
        event.connection = 1 + k;
        event.status = 503;
        event.ms = 12.25;
        event.pid = 4711;
        event.instance = QStringLiteral("a1");
        event.text = QStringLiteral("text \"%1\"\n\u2028\u00e9 \U0001F600").arg(k);
        event.detail = QStringLiteral("detail");
        if (event.kind == EventKind::ClientEnded) {
            event.cause = EndCause::CloseFrame;
            event.code = 1014;
            event.codeValid = false;
            event.wasOpen = event.serverDisconnect = true;
        }
        event.ok = event.kind == EventKind::Probe;
        events.append(event);
    }
    return events;
}

void compareEvents(const Event &a, const Event &b)
{
    QCOMPARE(a.id, b.id);
    QCOMPARE(a.us, b.us);
    QCOMPARE(eventKindName(a.kind), eventKindName(b.kind));
    QCOMPARE(a.subject, b.subject);
    QCOMPARE(a.client, b.client);
    QCOMPARE(a.connection, b.connection);
    QCOMPARE(endCauseName(a.cause), endCauseName(b.cause));
    QCOMPARE(a.code, b.code);
    QCOMPARE(a.codeValid, b.codeValid);
    QCOMPARE(a.wasOpen, b.wasOpen);
    QCOMPARE(a.serverDisconnect, b.serverDisconnect);
    QCOMPARE(a.ok, b.ok);
    QCOMPARE(a.status, b.status);
    QCOMPARE(a.ms, b.ms);
    QCOMPARE(a.pid, b.pid);
    QCOMPARE(a.instance, b.instance);
    QCOMPARE(a.text, b.text);
    QCOMPARE(a.detail, b.detail);
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write(bytes);
}

Event phase(int id, qint64 us, const QString &name)
{
    Event event;
    event.id = id;
    event.us = us;
    event.kind = EventKind::Phase;
    event.text = name;
    return event;
}

Event simple(int id, qint64 us, EventKind kind, const QString &instance)
{
    Event event;
    event.id = id;
    event.us = us;
    event.kind = kind;
    event.instance = instance;
    return event;
}

/// A session that passes, with as few events as that takes; `coverage` is advisory, so that only the end line tells
/// whether it was whole.
SessionRecord passing()
{
    SessionRecord record;
    record.header = fullHeader();
    record.header.sockets.clear();
    record.header.endpoints.clear();
    record.header.thresholds = Thresholds();
    record.header.advisory = {QStringLiteral("coverage")};
    record.events = {phase(1, 0, QStringLiteral("baseline")),
                     phase(2, 5'000'000, QStringLiteral("triggered")),
                     simple(3, 5'100'000, EventKind::InstanceStarting, QStringLiteral("2")),
                     simple(4, 5'200'000, EventKind::InstanceHealthy, QStringLiteral("2")),
                     simple(5, 5'300'000, EventKind::SignalSent, QStringLiteral("1")),
                     simple(6, 5'400'000, EventKind::InstanceExited, QStringLiteral("1")),
                     phase(7, 6'000'000, QStringLiteral("settled"))};
    record.complete = true;
    record.endReason = QStringLiteral("settled");
    return record;
}

} // namespace

class tst_Journal final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void roundTrip();
    void headerIsTheFirstLine();
    void everyCut();
    void damagedInTheMiddle_data();
    void damagedInTheMiddle();
    void newerVersion();
    void wrongTypes();
    void notAJournal();
    void unwritable();
    void existingIsKept();
    void flushedWhileTheWriterLives();

private:
    QString folder() const { return m_folder->filePath(QStringLiteral("session")); }
    QString file() const { return folder() + QStringLiteral("/journal.jsonl"); }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void tst_Journal::roundTrip()
{
    {
        auto writer = JournalWriter::create(folder(), fullHeader());
        QVERIFY(writer);
        (*writer)->append(everyKind());
        SessionRecord ended;
        ended.complete = true;
        ended.endReason = QStringLiteral("settled");
        (*writer)->finish(ended, judge(ended));
    }
    QCOMPARE(QFile::permissions(file()) & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
             QFile::Permissions());
    for (const QString &path : {folder(), file()}) {
        const auto record = readJournal(path);
        QVERIFY(record);
        QCOMPARE(headerToJson(record->header), headerToJson(fullHeader()));
        QVERIFY(record->header.thresholds == fullHeader().thresholds);
        QCOMPARE(record->header.sockets.first().allowedCloses, (QList<int>{1001, 1012}));
        QCOMPARE(record->header.endpoints.first().intervalMs, 125.5);
        QCOMPARE(record->header.startedWallMs, fullHeader().startedWallMs);
        QVERIFY(record->complete);
        QCOMPARE(record->endReason, QStringLiteral("settled"));
        const QList<Event> events = everyKind();
        QCOMPARE(record->events.size(), events.size());
        for (qsizetype i = 0; i < events.size(); ++i)
            compareEvents(record->events[i], events[i]);
    }
    for (int cause = int(EndCause::CloseFrame); cause <= int(EndCause::Local); ++cause) {
        Event event;
        event.kind = EventKind::ClientEnded;
        event.cause = EndCause(cause);
        QCOMPARE(int(eventFromJson(eventToJson(event)).cause), cause);
    }
}

void tst_Journal::headerIsTheFirstLine()
{
    auto writer = JournalWriter::create(folder(), fullHeader());
    QVERIFY(writer);
    // There at once: a session that dies in its first moment leaves one that can be opened.
    QVERIFY(contentOf(file()).startsWith("{\"session\":"));
    (*writer)->append(everyKind());
    writer->reset();
    const QList<QByteArray> lines = contentOf(file()).split('\n');
    QVERIFY(lines.first().startsWith("{\"session\":"));
    QVERIFY(!lines.value(1).startsWith("{\"session\":"));
    QCOMPARE(lines.size(), everyKind().size() + 2);
}

void tst_Journal::everyCut()
{
    const SessionRecord whole = passing();
    {
        auto writer = JournalWriter::create(folder(), whole.header);
        QVERIFY(writer);
        (*writer)->append(whole.events);
        (*writer)->finish(whole, judge(whole));
    }
    const auto read = readJournal(file());
    QVERIFY(read);
    QVERIFY2(judge(*read).outcome == Outcome::Pass, qPrintable(judge(*read).summary));
    const QByteArray bytes = contentOf(file());
    const QString cutFile = m_folder->filePath(QStringLiteral("cut.jsonl"));
    const qsizetype header = bytes.indexOf('\n') + 1;
    for (qsizetype size = 0; size < bytes.size(); ++size) {
        write(cutFile, bytes.left(size));
        const auto record = readJournal(cutFile);
        QVERIFY2(record.has_value() == (size >= header), QByteArray::number(size));
        if (!record)
            continue;
        QVERIFY(!record->complete);
        QCOMPARE(record->events.size(), std::min<qsizetype>(bytes.left(size).count('\n') - 1, whole.events.size()));
        const Verdict verdict = judge(*record);
        QVERIFY2(verdict.outcome != Outcome::Pass, QByteArray::number(size));
        QVERIFY(!verdict.summary.isEmpty());
    }
}

void tst_Journal::damagedInTheMiddle_data()
{
    QTest::addColumn<QByteArray>("damage"); ///< takes the place of one event
    QTest::newRow("half a line") << QByteArray("{\"id\":3,\"us\":\n");
    QTest::newRow("zeros") << QByteArray(4096, '\0') + '\n';
    QTest::newRow("no UTF-8") << QByteArray("\xff\xfe\n");
    QTest::newRow("a long line") << "{\"kind\":\"note\",\"text\":\"" + QByteArray(3 << 20, 'x') + "\"}\n";
}

void tst_Journal::damagedInTheMiddle()
{
    QFETCH(QByteArray, damage);
    const SessionRecord whole = passing();
    {
        auto writer = JournalWriter::create(folder(), whole.header);
        QVERIFY(writer);
        (*writer)->append(whole.events);
        (*writer)->finish(whole, judge(whole));
    }
    QList<QByteArray> lines = contentOf(file()).split('\n');
    // An event that no gate of this session misses: only the damage itself tells.
    QVERIFY(lines[1].contains("baseline"));
    lines.insert(2, damage.chopped(1));
    const QString path = m_folder->filePath(QStringLiteral("damaged.jsonl"));
    write(path, lines.join('\n'));
    const auto record = readJournal(path);
    QVERIFY(record);
    QCOMPARE(record->events.size(), whole.events.size());
    QVERIFY(!record->complete);
    QVERIFY2(record->endReason.contains(QStringLiteral("1 lines")), qPrintable(record->endReason));
    SessionRecord required = *record;
    required.header.advisory.clear();
    QVERIFY(judge(required).outcome == Outcome::Inconclusive);
}

void tst_Journal::newerVersion()
{
    write(m_folder->filePath(QStringLiteral("j")),
          "{\"session\":{\"id\":\"x\",\"future\":{\"a\":[1]},\"sockets\":[{\"name\":\"s\",\"clients\":1,\"colour\":3}]}"
          "}\n"
          "{\"weather\":\"fine\"}\n"
          "{\"id\":1,\"us\":5,\"kind\":\"teleported\",\"text\":\"hm\",\"new\":true}\n"
          "\n"
          "this is no JSON\n"
          "[1,2]\n"
          "{\"id\":2,\"us\":9,\"kind\":\"client-ended\",\"cause\":\"gone-fishing\",\"was_open\":true}\n");
    const auto record = readJournal(m_folder->filePath(QStringLiteral("j")));
    QVERIFY(record);
    QCOMPARE(record->header.id, QStringLiteral("x"));
    QCOMPARE(record->header.sockets.size(), 1);
    QCOMPARE(record->events.size(), 2);
    QVERIFY(record->events[0].kind == EventKind::Note);
    QCOMPARE(record->events[0].text, QStringLiteral("hm"));
    QVERIFY(record->events[1].kind == EventKind::ClientEnded);
    QVERIFY(judge(*record).outcome != Outcome::Pass);
}

void tst_Journal::wrongTypes()
{
    write(m_folder->filePath(QStringLiteral("j")),
          "{\"session\":{\"id\":7,\"sockets\":[{\"name\":\"s\",\"clients\":2000000000},{\"name\":\"t\",\"clients\":-5},"
          "3],"
          "\"endpoints\":[{\"kind\":\"health\",\"path\":\"/"
          "h\",\"interval_ms\":0}],\"advisory\":\"no\",\"thresholds\":[]}}\n"
          "{\"id\":\"x\",\"us\":-9e300,\"kind\":\"phase\",\"text\":\"baseline\",\"client\":99999999999}\n"
          "{\"id\":2,\"us\":2,\"kind\":\"phase\",\"text\":\"triggered\"}\n"
          "{\"id\":3,\"us\":3,\"kind\":\"client-ended\",\"subject\":\"s\",\"client\":-7,\"was_open\":true}\n"
          "{\"end\":5}\n");
    const auto record = readJournal(m_folder->filePath(QStringLiteral("j")));
    QVERIFY(record);
    QVERIFY(!record->complete);
    QVERIFY(record->header.sockets[0].clients <= 20'000);
    QVERIFY(record->header.sockets[1].clients >= 0);
    QVERIFY(judge(*record).outcome != Outcome::Pass);
}

void tst_Journal::notAJournal()
{
    const auto missing = readJournal(m_folder->filePath(QStringLiteral("nothing")));
    QVERIFY(!missing && !missing.error().message.isEmpty());
    QVERIFY(!readJournal(m_folder->path()));
    for (const QByteArray &bytes :
         {QByteArray(), QByteArray("hello\n"), QByteArray("{}\n{}\n"), QByteArray(100'000, '\0')}) {
        write(m_folder->filePath(QStringLiteral("j")), bytes);
        const auto record = readJournal(m_folder->filePath(QStringLiteral("j")));
        QVERIFY(!record);
        QVERIFY(record.error().kind == ErrorKind::Usage);
    }
}

void tst_Journal::unwritable()
{
    write(m_folder->filePath(QStringLiteral("file")), "x");
    const auto below = JournalWriter::create(m_folder->filePath(QStringLiteral("file/session")), fullHeader());
    QVERIFY(!below);
    QVERIFY(below.error().kind == ErrorKind::Io);
    const auto proc = JournalWriter::create(QStringLiteral("/proc/switchyard"), fullHeader());
    QVERIFY(!proc && proc.error().kind == ErrorKind::Io);
    if (::geteuid() == 0)
        return; // root writes everywhere
    QDir().mkpath(folder());
    QFile::setPermissions(folder(), QFile::ReadOwner | QFile::ExeOwner);
    QVERIFY(!JournalWriter::create(folder(), fullHeader()));
}

void tst_Journal::existingIsKept()
{
    QVERIFY(JournalWriter::create(folder(), fullHeader()));
    const QByteArray before = contentOf(file());
    const auto again = JournalWriter::create(folder(), SessionHeader());
    QVERIFY(!again && again.error().kind == ErrorKind::Io);
    QCOMPARE(contentOf(file()), before);
}

void tst_Journal::flushedWhileTheWriterLives()
{
    auto writer = JournalWriter::create(folder(), fullHeader());
    QVERIFY(writer);
    Event event;
    event.text = QStringLiteral("the last word");
    (*writer)->append({event});
    // Another process sees it: what a kill -9 leaves.
    QTRY_VERIFY_WITH_TIMEOUT(contentOf(file()).contains("the last word"), 500);
    QVERIFY((*writer)->problem().isEmpty());
}

QTEST_GUILESS_MAIN(tst_Journal)
#include "tst_journal.moc"

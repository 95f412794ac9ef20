// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/closecodes.h"
#include "models/realtime/frameparser.h"
#include "tests/support/rawwsserver.h"

#include <QTest>

#include <random>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

const QByteArray s_head("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Name: a:b\r\n\r\n");

/// Everything a parser can be asked.
struct Answer
{
    int status = 0;
    bool seen = false;
    int code = 0;
    bool hasCode = false;
    bool malformed = false;
    std::string reason;
    bool operator==(const Answer &) const = default;
};

Answer answerOf(const FrameParser &parser)
{
    return {parser.httpStatus(),   parser.closeSeen(),      parser.closeCode(),
            parser.closeHasCode(), parser.closeMalformed(), parser.closeReason()};
}

void feed(FrameParser &parser, const QByteArray &bytes)
{
    parser.feed(reinterpret_cast<const std::uint8_t *>(bytes.constData()), std::size_t(bytes.size()));
}

Answer parse(const QByteArray &bytes)
{
    FrameParser parser;
    feed(parser, bytes);
    return answerOf(parser);
}

QByteArray masked(int opcode, const QByteArray &payload)
{
    const QByteArray mask("\x01\x80\xff\x42", 4);
    QByteArray frame = wsFrame(opcode, {});
    frame[1] = char(0x80 | payload.size());
    frame += mask;
    for (qsizetype i = 0; i < payload.size(); ++i)
        frame += char(payload[i] ^ mask[i % 4]);
    return frame;
}

} // namespace

class tst_FrameParser final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everySplitGivesTheSame();
    void codes();
    void closeFrames_data();
    void closeFrames();
    void lengths();
    void endlessFrame();
    void statusLines_data();
    void statusLines();
    void refusalsHaveNoFrames();
    void nothingCountsAfterTheCloseFrame();
    void arrivalTime();
    void randomBytes();
    void mayTravel();
};

void tst_FrameParser::everySplitGivesTheSame()
{
    const QByteArray bytes = s_head + wsText("{\"price\":1}") + wsFrame(9, "ping") +
                             wsFrame(2, QByteArray(300, '\x88')) + masked(1, "masked") + wsFrame(1, "a", false) +
                             wsFrame(0, "b") + wsFrame(1, {}) + wsClose(1012, "service restart") + wsText("after");
    const Answer whole = parse(bytes);
    QCOMPARE(whole.status, 101);
    QCOMPARE(whole.code, 1012);
    QCOMPARE(whole.reason, std::string("service restart"));
    QVERIFY(!whole.malformed);
    for (qsizetype cut = 0; cut <= bytes.size(); ++cut) {
        FrameParser parser;
        feed(parser, bytes.left(cut));
        feed(parser, bytes.mid(cut));
        QVERIFY2(answerOf(parser) == whole, QByteArray::number(cut));
    }
    FrameParser parser;
    for (const char byte : bytes)
        feed(parser, QByteArray(1, byte));
    QVERIFY(answerOf(parser) == whole);
    for (qsizetype size = 0; size < bytes.size() - wsText("after").size(); ++size)
        QVERIFY2(!parse(bytes.left(size)).seen, QByteArray::number(size));
}

void tst_FrameParser::codes()
{
    for (int code = 0; code <= 65535; code += code < 5000 ? 1 : 997) {
        const Answer answer = parse(s_head + wsClose(code));
        QCOMPARE(answer.code, code);
        QVERIFY(answer.seen && answer.hasCode && !answer.malformed);
    }
}

void tst_FrameParser::closeFrames_data()
{
    QTest::addColumn<QByteArray>("frame");
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("hasCode");
    QTest::addColumn<bool>("malformed");
    QTest::addColumn<QByteArray>("reason");
    QTest::newRow("empty") << wsFrame(8, {}) << 1005 << false << false << QByteArray();
    QTest::newRow("1005 on the wire") << wsClose(1005) << 1005 << true << false << QByteArray();
    QTest::newRow("one byte") << wsFrame(8, "x") << 0 << false << true << QByteArray();
    QTest::newRow("125 bytes") << wsClose(1001, QByteArray(123, 'r')) << 1001 << true << false << QByteArray(123, 'r');
    QTest::newRow("126 bytes") << wsClose(1001, QByteArray(124, 'r')) << 0 << false << true << QByteArray();
    QTest::newRow("70000 bytes") << wsClose(1001, QByteArray(70000, 'r')) << 0 << false << true << QByteArray();
    QTest::newRow("fragmented") << wsFrame(8, "\x03\xf4", false) << 1012 << true << true << QByteArray();
    QTest::newRow("reserved bit") << QByteArray("\xc8\x02\x03\xf4", 4) << 1012 << true << true << QByteArray();
    QTest::newRow("masked") << masked(8, "\x03\xf4 why") << 1012 << true << true << QByteArray(" why");
    QTest::newRow("masked and empty") << masked(8, {}) << 1005 << false << true << QByteArray();
    QTest::newRow("length written long") << QByteArray("\x88\x7e\x00\x02\x03\xf4", 6) << 1012 << true << false
                                         << QByteArray();
}

void tst_FrameParser::closeFrames()
{
    QFETCH(QByteArray, frame);
    QFETCH(int, code);
    QFETCH(bool, hasCode);
    QFETCH(bool, malformed);
    QFETCH(QByteArray, reason);
    const Answer answer = parse(s_head + frame);
    QVERIFY(answer.seen);
    QCOMPARE(answer.code, code);
    QCOMPARE(answer.hasCode, hasCode);
    QCOMPARE(answer.malformed, malformed);
    QCOMPARE(QByteArray::fromStdString(answer.reason), reason);
}

void tst_FrameParser::lengths()
{
    for (const qsizetype size : {0, 1, 125, 126, 127, 255, 256, 65535, 65536, 100000}) {
        const Answer answer = parse(s_head + wsFrame(2, QByteArray(size, '\x88')) + wsClose(4000));
        QVERIFY2(answer.seen && answer.code == 4000, QByteArray::number(size));
    }
}

void tst_FrameParser::endlessFrame()
{
    FrameParser parser;
    feed(parser, s_head + QByteArray("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", 10));
    const QByteArray closes = wsClose(1012).repeated(1000);
    for (int i = 0; i < 1000; ++i)
        feed(parser, closes);
    QVERIFY(!parser.closeSeen());
    // The same as a close frame: nothing may be kept beyond what one can hold, and it never ends.
    FrameParser endlessClose;
    feed(endlessClose, s_head + QByteArray("\x88\x7f\x40\x00\x00\x00\x00\x00\x00\x00", 10));
    for (int i = 0; i < 1000; ++i)
        feed(endlessClose, closes);
    QVERIFY(!endlessClose.closeSeen());
}

void tst_FrameParser::statusLines_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<int>("status");
    QTest::newRow("101") << QByteArray("HTTP/1.1 101 Switching Protocols\r\n") << 101;
    QTest::newRow("403") << QByteArray("HTTP/1.1 403 Forbidden\r\n") << 403;
    QTest::newRow("no reason") << QByteArray("HTTP/1.0 503\r\n") << 503;
    QTest::newRow("bare LF") << QByteArray("HTTP/1.1 404 Not Found\n") << 404;
    QTest::newRow("line not complete") << QByteArray("HTTP/1.1 404 Not Found") << 0;
    QTest::newRow("not HTTP") << QByteArray("SSH-2.0-OpenSSH_9.2p1 Debian\r\n") << 0;
    QTest::newRow("no number") << QByteArray("HTTP/1.1 abc No\r\n") << 0;
    QTest::newRow("empty line") << QByteArray("\r\n") << 0;
    QTest::newRow("no space") << QByteArray("HTTP/1.1-101-Switching\r\n") << 0;
    QTest::newRow("long line") << "HTTP/1.1 502 " + QByteArray(1 << 20, 'x') + "\r\n" << 502;
    QTest::newRow("endless line") << QByteArray(1 << 20, 'x') << 0;
}

void tst_FrameParser::statusLines()
{
    QFETCH(QByteArray, line);
    QFETCH(int, status);
    QCOMPARE(parse(line).status, status);
    QVERIFY(!parse(line + "\r\n").seen);
}

void tst_FrameParser::refusalsHaveNoFrames()
{
    for (const char *line : {"HTTP/1.1 403 Forbidden\r\n\r\n", "SSH-2.0\r\n\r\n", "\r\n\r\n"})
        QVERIFY(!parse(line + wsClose(1012)).seen);
}

void tst_FrameParser::nothingCountsAfterTheCloseFrame()
{
    FrameParser parser;
    feed(parser, s_head + wsClose(1012, "first") + wsClose(4000, "second"));
    feed(parser, wsClose(4001, "third"));
    QCOMPARE(parser.closeCode(), 1012);
    QCOMPARE(parser.closeReason(), std::string("first"));
}

void tst_FrameParser::arrivalTime()
{
    FrameParser parser;
    const QByteArray frame = wsClose(1012, "why");
    feed(parser, s_head + frame.chopped(1));
    QCOMPARE(parser.closeAt(), Instant{});
    const Instant before = Clock::now();
    feed(parser, frame.right(1));
    QVERIFY(parser.closeAt() >= before && parser.closeAt() <= Clock::now());
}

void tst_FrameParser::randomBytes()
{
    std::mt19937 random(20261121);
    for (int round = 0; round < 20000; ++round) {
        FrameParser parser;
        QByteArray bytes = round % 4 == 0 ? QByteArray() : s_head;
        const int size = int(random() % 400);
        for (int i = 0; i < size; ++i)
            bytes += round % 3 ? char(random()) : char("\x88\x81\x7e\x7f\x00\x02\x80\xff"[random() % 8]);
        const Answer whole = parse(bytes);
        qsizetype at = 0;
        while (at < bytes.size()) {
            const qsizetype step = 1 + qsizetype(random() % 50);
            feed(parser, bytes.mid(at, step));
            at += step;
        }
        QVERIFY2(answerOf(parser) == whole, bytes.toHex());
        QVERIFY(whole.reason.size() <= 123);
        QVERIFY(whole.code >= 0 && whole.code <= 65535);
    }
}

void tst_FrameParser::mayTravel()
{
    // RFC 6455 section 7.4 and the IANA registry.
    const QList<int> illegal{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535};
    const QList<int> legal{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                           1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
    for (const int code : illegal)
        QVERIFY2(!closeCodeMayTravel(code), QByteArray::number(code));
    for (const int code : legal)
        QVERIFY2(closeCodeMayTravel(code), QByteArray::number(code));
    QCOMPARE(closeCodeName(1012), QStringLiteral("service restart"));
    QCOMPARE(closeCodeName(4321), QStringLiteral("private use"));
    QCOMPARE(closeCodeName(2500), QStringLiteral("not assigned"));
}

QTEST_GUILESS_MAIN(tst_FrameParser)
#include "tst_frameparser.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The bodies: what the schema and the services allow, whatever a monitor's cause holds.
#include "models/alerts/alertmessage.h"
#include "tests/support/cli.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

AlertItem item(const QString &event, const QString &monitor, const QString &cause = {})
{
    AlertItem made;
    made.event = event;
    made.monitor = made.monitorId = monitor;
    made.group = s("render");
    made.from = MonitorState::Up;
    made.to = MonitorState::Down;
    made.cause = cause;
    made.atMs = 1'790'000'000'000;
    made.sinceMs = made.atMs - 90'000;
    made.durationMs = 90'000;
    return made;
}

AlertMessage message(const QList<AlertItem> &items)
{
    AlertMessage made;
    made.id = s("id");
    made.workspace = s("shop");
    made.channel = s("ops");
    made.atMs = 1'790'000'000'000;
    made.items = items;
    return made;
}

QByteArray bytes(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

const char nasty[] = "<!channel> <@U123> @everyone <https://evil.example|click> *bold* `x` & \x1b[31m\r\nsecond line "
                     "https://u:hunter2@h.example/?token=abcdef1234567890abcdef \xE2\x80\xAE";

} // namespace

class AlertMessageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void titles();
    void generic_data();
    void generic();
    void slack();
    void discord();
    void many();
    void environment();
    void bounded();
};

void AlertMessageTest::titles()
{
    QCOMPARE(alertTitle(message({item(s("down"), s("render /health"))})), s("render /health is down"));
    AlertItem again = item(s("down"), s("a"));
    again.resend = 2;
    QCOMPARE(alertTitle(message({again})), s("a is still down"));
    QCOMPARE(alertTitle(message({item(s("up"), s("a"))})), s("a is up again"));
    AlertItem better = item(s("up"), s("a"));
    better.to = MonitorState::Degraded;
    QCOMPARE(alertTitle(message({better})), s("a answers again, but is degraded"));
    QCOMPARE(alertTitle(message({item(s("down"), s("a")), item(s("down"), s("b"))})), s("2 monitors: down"));
    QCOMPARE(alertTitle(message({item(s("down"), s("a")), item(s("up"), s("b"))})), s("2 alerts: 1 down, 1 up"));
    QCOMPARE(alertLine(item(s("up"), s("a"), s("status 503"))), s("a is up again: status 503 (after 1 min 30 s)"));
    QVERIFY(alertLine(item(s("down"), s("a"))).endsWith(s("for 1 min 30 s)")));
    AlertItem certificate = item(s("certificate"), s("a"));
    certificate.certificateDays = 3;
    QCOMPARE(alertLine(certificate), s("a has a certificate that ends in 3 days"));
    certificate.certificateDays = -1;
    QCOMPARE(alertLine(certificate), s("a has an expired certificate"));
}

void AlertMessageTest::generic_data()
{
    QTest::addColumn<AlertMessage>("given");
    AlertItem certificate = item(s("certificate"), s("a"));
    certificate.certificateDays = -2;
    AlertItem seen = item(s("down"), s("a"), s("refused"));
    seen.acknowledged = s("on it");
    seen.resend = 3;
    QTest::newRow("one") << message({item(s("down"), s("a"), s("refused"))});
    QTest::newRow("seen") << message({seen});
    QTest::newRow("certificate") << message({certificate});
    QTest::newRow("test") << AlertMessage::testOf(s("shop"), s("ops"), 1'790'000'000'000);
    QTest::newRow("nasty") << message({item(s("down"), s(nasty), s(nasty))});
    QTest::newRow("long") << message({item(s("down"), QString(100'000, QChar(0x20AC)), QString(100'000, u'x'))});
    QTest::newRow("many") << message(QList<AlertItem>(500, item(s("down"), QString(200, u'"'), QString(900, u'\\'))));
}

void AlertMessageTest::generic()
{
    QFETCH(AlertMessage, given);
    const QByteArray json = bytes(alertToJson(given));
    QCOMPARE(validate(s("alert"), json), QString());
    QVERIFY2(json.size() < 400'000, qPrintable(QString::number(json.size())));
    QVERIFY(!json.contains("hunter2") && !json.contains("abcdef1234567890abcdef"));
    QVERIFY(!json.contains("\\u001b") && !json.contains("\\r"));
}

void AlertMessageTest::slack()
{
    const QJsonObject body = alertToSlack(message({item(s("down"), s("a"), s(nasty))}));
    const QJsonObject attachment = body[s("attachments")][0].toObject();
    for (const QString &text : {body[s("text")].toString(), attachment[s("text")].toString(),
                                attachment[s("fallback")].toString(), attachment[s("footer")].toString()})
        QVERIFY2(!text.contains(u'<') && !text.contains(u'>') && !text.isEmpty(), qPrintable(text));
    QVERIFY(attachment[s("text")].toString().contains(s("&lt;!channel&gt;")));
    QVERIFY(attachment[s("text")].toString().contains(s("&amp; ")));
    QCOMPARE(attachment[s("color")].toString(), s("#c62828"));
    QCOMPARE(body[s("mrkdwn")], QJsonValue(false));
    QCOMPARE(body[s("link_names")], QJsonValue(false));
    QCOMPARE(attachment[s("mrkdwn_in")].toArray().size(), 0);
    QVERIFY(!bytes(body).contains("hunter2"));
}

void AlertMessageTest::discord()
{
    for (const AlertMessage &given :
         {message({item(s("down"), s(nasty), s(nasty))}),
          message(QList<AlertItem>(500, item(s("down"), QString(300, u'*'), QString(900, u'`')))),
          message({item(s("down"), QString(300, u'*'), QString(9'000, u'`'))})}) {
        const QJsonObject body = alertToDiscord(given);
        const QJsonObject embed = body[s("embeds")][0].toObject();
        const QString title = embed[s("title")].toString();
        const QString text = embed[s("description")].toString();
        const QString foot = embed[s("footer")][s("text")].toString();
        QVERIFY(body[s("content")].toString().size() <= 2'000 && !body[s("content")].toString().isEmpty());
        QVERIFY2(title.size() <= 256, qPrintable(QString::number(title.size())));
        QVERIFY(text.size() <= 4'096 && !text.isEmpty());
        QVERIFY(foot.size() <= 2'048 && title.size() + text.size() + foot.size() <= 6'000);
        // Every mark is escaped: none has an even number of backslashes before it.
        static const QRegularExpression bare(s("(?<!\\\\)(?:\\\\\\\\)*[*_~`|<>@]"));
        QVERIFY2(!bare.match(text).hasMatch(), qPrintable(bare.match(text).captured()));
        QVERIFY(!bare.match(title).hasMatch() && !bare.match(body[s("content")].toString()).hasMatch());
        QVERIFY(!text.contains(s("://")));
        QVERIFY(body[s("allowed_mentions")].toObject().contains(s("parse")));
        QCOMPARE(body[s("allowed_mentions")][s("parse")].toArray().size(), 0);
        QVERIFY(!bytes(body).contains("hunter2"));
    }
}

void AlertMessageTest::many()
{
    QList<AlertItem> items;
    for (int i = 0; i < 500; ++i)
        items.append(item(s("down"), s("m%1").arg(i), s("refused")));
    AlertMessage given = message(items);
    given.droppedBefore = 2;
    const QJsonObject json = alertToJson(given);
    QCOMPARE(json[s("title")].toString(), s("500 monitors: down"));
    QCOMPARE(json[s("total")].toInt(), 500);
    QCOMPARE(json[s("alerts")].toArray().size(), 100);
    QCOMPARE(json[s("leftOut")].toInt(), 400);
    QCOMPARE(json[s("counts")][s("down")].toInt(), 500);
    QVERIFY(json[s("text")].toString().contains(s("and 490 more")));
    QVERIFY(json[s("text")].toString().contains(s("2 earlier messages could not be delivered here.")));
    QVERIFY(alertToSlack(given)[s("attachments")][0][s("text")].toString().size() <= 3'000);
}

void AlertMessageTest::environment()
{
    const QMap<QString, QString> one = alertEnvironment(message({item(s("down"), s("a\nb"), s(nasty))}));
    QCOMPARE(one[s("SWITCHYARD_EVENT")], s("down"));
    QCOMPARE(one[s("SWITCHYARD_MONITOR")], s("a b"));
    QCOMPARE(one[s("SWITCHYARD_TO")], s("down"));
    QCOMPARE(one[s("SWITCHYARD_COUNT")], s("1"));
    for (const QString &value : one)
        QVERIFY(!value.contains(s("hunter2")) && !value.contains(u'\n'));
    const QMap<QString, QString> two = alertEnvironment(message({item(s("up"), s("a")), item(s("down"), s("b"))}));
    QVERIFY(!two.contains(s("SWITCHYARD_MONITOR")));
    QCOMPARE(two[s("SWITCHYARD_EVENT")], s("down")); // the worst
}

void AlertMessageTest::bounded()
{
    QCOMPARE(boundedText(s(" a\tb\n\nc "), 10), s("a b c"));
    QCOMPARE(boundedText(QString(20, u'x'), 10), QString(9, u'x') + QChar(0x2026));
    // No half of a pair is left.
    const QString faces = s("\xF0\x9F\x98\x80").repeated(10);
    for (qsizetype most = 2; most < 12; ++most) {
        const QString cut = boundedText(faces, most);
        QVERIFY(cut.size() <= most && cut.isValidUtf16());
    }
}

QTEST_GUILESS_MAIN(AlertMessageTest)
#include "tst_alertmessage.moc"

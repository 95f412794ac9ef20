// SPDX-License-Identifier: GPL-3.0-or-later
// alert list and alert test on the command line, against a real receiver.
#include "tests/support/alertreceiver.h"
#include "tests/support/cli.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

using namespace Switchyard;
using namespace Switchyard::Testing;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr char token[] = "sEcReTsEcReT12345";

} // namespace

class AlertCliTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void list();
    void accepted();
    void refused();
    void wrongUse();

private:
    /// The program is waited for here, while the receiver answers on its own thread.
    CliResult run(const QStringList &arguments)
    {
        CliOptions options;
        options.cwd = m_folder->path();
        options.timeoutMs = 30'000;
        options.environment = {{s("HOOK"), m_receiver->url(s("/services/") + s(token))}};
        CliResult result;
        QThread *thread = QThread::create([&] { result = runCli(arguments, options); });
        thread->start();
        if (!QTest::qWaitFor([thread] { return thread->isFinished(); }, 40'000))
            qFatal("the command did not end");
        delete thread;
        return result;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<AlertReceiver> m_receiver;
};

void AlertCliTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_receiver = std::make_unique<AlertReceiver>();
    QFile file(m_folder->filePath(s("switchyard.toml")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("schema = 1\nname = \"shop\"\n[[alert]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"env:HOOK\"\n"
               "resend = \"1h\"\n[[alert]]\nname = \"page\"\nkind = \"command\"\n"
               "argv = [\"sh\", \"-c\", \"cat > told.json\"]\non = [\"down\"]\n"
               "[[alert]]\nname = \"lost\"\nkind = \"discord\"\nurl = \"env:NOT_SET_ANYWHERE\"\n"
               "[[alert]]\nname = \"here\"\nkind = \"desktop\"\n");
}

void AlertCliTest::list()
{
    const CliResult json = run({s("alert"), s("list"), s("--format"), s("json")});
    QCOMPARE(json.status, 0);
    QCOMPARE(validate(s("alert-list"), json.out.toUtf8()), QString());
    QCOMPARE(json.json()[s("alerts")].toArray().size(), 4);
    const CliResult text = run({s("alert"), s("list")});
    QCOMPARE(text.status, 0);
    QVERIFY2(text.out.contains(s("chat  slack    env:HOOK  on down, up, certificate; again every 1h")),
             qPrintable(text.out));
    QVERIFY(!(json.out + text.out).contains(s(token)));
}

void AlertCliTest::accepted()
{
    const CliResult chat = run({s("alert"), s("test"), s("chat"), s("--format"), s("json")});
    QVERIFY2(chat.status == 0, qPrintable(chat.err));
    QCOMPARE(validate(s("alert-test"), chat.out.toUtf8()), QString());
    QCOMPARE(m_receiver->bodies.size(), 1);
    QVERIFY(m_receiver->json(0)[s("text")].toString().contains(s("Test of the alert")));
    QVERIFY(!(chat.out + chat.err).contains(s(token)));
    QCOMPARE(run({s("alert"), s("test"), s("page")}).status, 0);
    QFile told(m_folder->filePath(s("told.json")));
    QVERIFY(told.open(QIODevice::ReadOnly));
    QCOMPARE(validate(s("alert"), told.readAll()), QString());
}

void AlertCliTest::refused()
{
    m_receiver->answer({{404, {}, QByteArray("no_service ") + token}});
    const CliResult chat = run({s("alert"), s("test"), s("chat")});
    QCOMPARE(chat.status, 1);
    QVERIFY2(chat.err.contains(s("chat did not accept it: answered 404: no_service ***")), qPrintable(chat.err));
    QVERIFY(!(chat.out + chat.err).contains(s(token)));
    const CliResult lost = run({s("alert"), s("test"), s("lost"), s("--format"), s("json")});
    QCOMPARE(lost.status, 1);
    QCOMPARE(validate(s("alert-test"), lost.out.toUtf8()), QString());
    QVERIFY(lost.err.contains(s("NOT_SET_ANYWHERE is not set")));
    const CliResult here = run({s("alert"), s("test"), s("here")});
    QCOMPARE(here.status, 1);
    QVERIFY(here.err.contains(s("no desktop")));
}

void AlertCliTest::wrongUse()
{
    const CliResult nobody = run({s("alert"), s("test"), s("nobody")});
    QCOMPARE(nobody.status, 2);
    QVERIFY(nobody.err.contains(s("no alert \"nobody\"")) && nobody.err.contains(s("one of chat, page, lost, here")));
    QCOMPARE(run({s("alert"), s("test")}).status, 2);
    QCOMPARE(run({s("alert")}).status, 2);
}

QTEST_GUILESS_MAIN(AlertCliTest)
#include "tst_alertcli.moc"

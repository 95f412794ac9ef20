// SPDX-License-Identifier: GPL-3.0-or-later
// The same facts in every form, and nothing of a backend's own text that could break one.
#include "models/report/sessionreport.h"
#include "tests/redeploy/recorded.h"
#include "tests/support/cli.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace Switchyard;
using Switchyard::Testing::healthyRecord;
using Switchyard::Testing::Recorded;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// Clients cut, a close reason that wants to be markup, and a note.
Recorded hostile()
{
    Recorded recorded = healthyRecord();
    recorded.record.header.backend = s("api | <b>&x");
    recorded.record.header.newcomersEveryMs = 500;
    for (Event &event : recorded.record.events) {
        if (event.kind == EventKind::ClientEnded && event.client == 0) {
            event.code = 4000;
            event.text = s("|</td><script>alert(1)</script> `x` ]]>") + QChar(1) + QLatin1Char('\n') + s("| a | b |");
        }
    }
    Event &newcomer = recorded.add(2000, EventKind::Newcomer);
    newcomer.subject = s("prices");
    newcomer.cause = EndCause::Handshake;
    newcomer.status = 503;
    return recorded;
}

} // namespace

class SessionReportTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void schema();
    void sameFacts_data();
    void sameFacts();
    void junitIsXml();
    void junitNeverGreen();
    void markdownTablesHold();
    void htmlEscapes();
    void suffixes();
};

void SessionReportTest::schema()
{
    for (const Recorded &recorded : {healthyRecord(), hostile(), Recorded()}) {
        const QJsonObject json = sessionToJson(recorded.record, recorded.verdict());
        const QString problem = Testing::validate(s("session"), QJsonDocument(json).toJson());
        if (problem.startsWith(s("skip:")))
            QSKIP(qPrintable(problem));
        QCOMPARE(problem, QString());
    }
}

void SessionReportTest::sameFacts_data()
{
    QTest::addColumn<QString>("suffix");
    for (const char *suffix : {"json", "xml", "md", "html"})
        QTest::newRow(suffix) << s(suffix);
}

void SessionReportTest::sameFacts()
{
    QFETCH(QString, suffix);
    const QTemporaryDir dir;
    const Recorded recorded = hostile();
    const QString path = dir.filePath(s("report.") + suffix);
    QVERIFY(writeSessionReport(path, recorded.record, recorded.verdict()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(file.readAll());
    for (const Gate &gate : recorded.verdict().gates)
        QVERIFY2(text.contains(gate.id), qPrintable(gate.id));
    // The verdict's word, a failed gate's advice, a code, a forecast, newcomers.
    QVERIFY(text.contains(s("fail"), Qt::CaseInsensitive));
    QVERIFY(text.contains(s("4000")));
    QVERIFY(text.contains(s("reconnecting-websocket")));
    QVERIFY(text.contains(s("503")));
}

void SessionReportTest::junitIsXml()
{
    const Recorded recorded = hostile();
    QXmlStreamReader xml(sessionToJunit(recorded.record, recorded.verdict()));
    int cases = 0;
    int failures = 0;
    int declared = -1;
    int declaredFailures = -1;
    QString output;
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement())
            continue;
        if (xml.name() == QLatin1StringView("testsuite")) {
            declared = xml.attributes().value(QLatin1StringView("tests")).toInt();
            declaredFailures = xml.attributes().value(QLatin1StringView("failures")).toInt();
        } else if (xml.name() == QLatin1StringView("testcase")) {
            ++cases;
        } else if (xml.name() == QLatin1StringView("failure")) {
            ++failures;
        } else if (xml.name() == QLatin1StringView("system-out")) {
            output = xml.readElementText();
        }
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QCOMPARE(cases, gateIds().size() + 1);
    QCOMPARE(declared, cases);
    QCOMPARE(failures, 2); // the verdict and clean-close
    QCOMPARE(declaredFailures, failures);
    QVERIFY(output.contains(s("4000")));
}

void SessionReportTest::junitNeverGreen()
{
    // Every gate advisory, and half a session: nothing but the verdict tells.
    Recorded recorded = healthyRecord();
    recorded.record.complete = false;
    recorded.record.header.advisory = gateIds();
    const QByteArray text = sessionToJunit(recorded.record, recorded.verdict());
    QVERIFY(text.contains("errors=\"1\""));
    QVERIFY(text.contains("inconclusive"));
    const Recorded good = healthyRecord();
    const QByteArray green = sessionToJunit(good.record, good.verdict());
    QVERIFY(green.contains("failures=\"0\" errors=\"0\""));
}

void SessionReportTest::markdownTablesHold()
{
    const Recorded recorded = hostile();
    const QString text = QString::fromUtf8(sessionToMarkdown(recorded.record, recorded.verdict()));
    qsizetype columns = 0;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        if (!line.startsWith(QLatin1Char('|'))) {
            columns = 0;
            continue;
        }
        QString bare = line;
        bare.remove(s("\\|"));
        const qsizetype here = bare.count(QLatin1Char('|'));
        columns = columns == 0 ? here : columns;
        QVERIFY2(here == columns, qPrintable(line));
    }
    QVERIFY(!text.contains(s("<script>")));
}

void SessionReportTest::htmlEscapes()
{
    const Recorded recorded = hostile();
    const QByteArray page = sessionToHtml(recorded.record, recorded.verdict());
    QVERIFY(!page.contains("<script>"));
    QVERIFY(page.contains("newcomers"));
    QVERIFY(page.contains("Would the clients have come back?"));
}

void SessionReportTest::suffixes()
{
    for (const char *good : {"a.json", "a.XML", "a.md", "a.html"})
        QVERIFY2(checkReportPath(s(good)), good);
    for (const char *bad : {"a.docx", "a", "a.pdf"}) {
        const Result<void> checked = checkReportPath(s(bad));
        QVERIFY(!checked);
        QCOMPARE(checked.error().kind, ErrorKind::Usage);
    }
    QVERIFY(checkReportPath(s("a.pdf")).error().hint.contains(s("window")));
}

QTEST_GUILESS_MAIN(SessionReportTest)
#include "tst_sessionreport.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Holds what is written for people against its own form: code blocks that end, headings that begin, tables whose rows
// have the columns of their head, and links that lead somewhere.
#include "models/common/files.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QStringList pages()
{
    const QDir root(s(SOURCE_DIR));
    QStringList files{s("README.md"), s("CHANGELOG.md")};
    QDirIterator at(root.filePath(s("docs")), {s("*.md")}, QDir::Files, QDirIterator::Subdirectories);
    while (at.hasNext())
        files.append(root.relativeFilePath(at.next()));
    files.sort();
    return files;
}

QString textOf(const QString &path)
{
    return QString::fromUtf8(readFile(path).value_or(QByteArray()));
}

/// What a heading is reached by.
QString anchorOf(const QString &heading)
{
    QString anchor;
    for (const QChar c : heading.toLower()) {
        if (c.isLetterOrNumber() || c == u'-' || c == u'_')
            anchor += c;
        else if (c == u' ')
            anchor += u'-';
    }
    return anchor;
}

bool isHeading(const QString &line)
{
    static const QRegularExpression heading(s("^#{1,6} "));
    return heading.match(line).hasMatch();
}

/// Code inside of a line, between as many backticks before as behind.
QString withoutCode(QString line)
{
    static const QRegularExpression code(s("(?<!`)(`+)(?!`).*?(?<!`)\\1(?!`)"));
    return line.remove(code);
}

/// Columns of a table's row: bars that are neither escaped nor inside of code.
qsizetype columnsOf(const QString &row)
{
    static const QRegularExpression bar(s("(?<!\\\\)\\|"));
    return withoutCode(row).count(bar) - 1;
}

/// The lines outside of code blocks, each with its number; those inside are empty.
QStringList proseOf(const QString &text, bool &ended)
{
    QStringList lines = text.split(u'\n');
    bool code = false;
    for (QString &line : lines) {
        const bool fence = line.trimmed().startsWith(s("```"));
        if (fence)
            code = !code;
        if (fence || code)
            line = fence ? s("```") : QString();
    }
    ended = !code;
    return lines;
}

QSet<QString> anchorsOf(const QString &text)
{
    bool ended = false;
    QSet<QString> anchors;
    for (const QString &line : proseOf(text, ended)) {
        if (isHeading(line))
            anchors.insert(anchorOf(line.section(u' ', 1)));
    }
    return anchors;
}

/// "line: what is wrong", for everything that shows in the text alone.
QStringList formOf(const QString &text)
{
    QStringList problems;
    bool ended = false;
    const QStringList lines = proseOf(text, ended);
    if (!ended)
        problems.append(s("%1: a code block has no end").arg(lines.size()));
    qsizetype columns = 0;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QString before = i > 0 ? lines[i - 1] : QString();
        const auto wrong = [&](const QString &what) { problems.append(s("%1: %2").arg(i + 1).arg(what)); };
        if (isHeading(lines[i]) && !before.isEmpty())
            wrong(s("a heading needs an empty line before it"));
        if (!lines[i].startsWith(u'|')) {
            columns = 0;
            continue;
        }
        if (columns == 0) {
            columns = columnsOf(lines[i]);
            if (!before.isEmpty())
                wrong(s("a table needs an empty line before it"));
            if (!lines.value(i + 1).startsWith(s("|-")))
                wrong(s("a table needs a head"));
        } else if (columnsOf(lines[i]) != columns) {
            wrong(s("a row of %1 columns in a table of %2").arg(columnsOf(lines[i])).arg(columns));
        }
    }
    return problems;
}

/// Links to files of the repository, and to headings in them.
QStringList brokenLinks(const QString &file)
{
    static const QRegularExpression link(s("\\]\\(([^)\\s]+)\\)"));
    const QDir root(s(SOURCE_DIR));
    QStringList problems;
    bool ended = false;
    const QStringList lines = proseOf(textOf(root.filePath(file)), ended);
    for (qsizetype i = 0; i < lines.size(); ++i) {
        for (QRegularExpressionMatchIterator at = link.globalMatch(withoutCode(lines[i])); at.hasNext();) {
            const QString target = at.next().captured(1);
            if (target.contains(s("://")) || target.startsWith(s("mailto:")))
                continue;
            const QString name = target.section(u'#', 0, 0);
            const QString path =
                name.isEmpty() ? root.filePath(file) : QFileInfo(root.filePath(file)).dir().filePath(name);
            const QString anchor = target.section(u'#', 1);
            if (!QFileInfo::exists(path))
                problems.append(s("%1:%2: there is no %3").arg(file).arg(i + 1).arg(name));
            else if (!anchor.isEmpty() && !anchorsOf(textOf(path)).contains(anchor))
                problems.append(s("%1:%2: no heading is reached by #%3").arg(file).arg(i + 1).arg(anchor));
        }
    }
    return problems;
}

} // namespace

class TestManual : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsProblems();
    void pagesHaveForm();
    void linksLeadSomewhere();
};

void TestManual::findsProblems()
{
    QCOMPARE(formOf(s("# A\n\n| a | b |\n|---|---|\n| 1 | `x|y`, `` ` `` |\n\n```\n# no heading\n```\n")),
             QStringList());
    QCOMPARE(formOf(s("# A\n\n```sh\nls\n")), QStringList{s("5: a code block has no end")});
    QCOMPARE(formOf(s("words\n## A\n")), QStringList{s("2: a heading needs an empty line before it")});
    QCOMPARE(formOf(s("words\n| a |\n|---|\n")), QStringList{s("2: a table needs an empty line before it")});
    QCOMPARE(formOf(s("| a |\n| b |\n")), QStringList{s("1: a table needs a head")});
    QCOMPARE(formOf(s("| a | b |\n|---|---|\n| 1 |\n")), QStringList{s("3: a row of 1 columns in a table of 2")});
    QCOMPARE(anchorOf(s("Migrations, twice")), s("migrations-twice"));
}

void TestManual::pagesHaveForm()
{
    QStringList problems;
    QVERIFY(pages().size() > 20);
    for (const QString &file : pages()) {
        for (const QString &problem : formOf(textOf(s(SOURCE_DIR "/") + file)))
            problems.append(s("%1:%2").arg(file, problem));
    }
    QVERIFY2(problems.isEmpty(), qPrintable(u'\n' + problems.join(u'\n')));
}

void TestManual::linksLeadSomewhere()
{
    QStringList problems;
    for (const QString &file : pages())
        problems += brokenLinks(file);
    QVERIFY2(problems.isEmpty(), qPrintable(u'\n' + problems.join(u'\n')));
}

QTEST_GUILESS_MAIN(TestManual)
#include "tst_manual.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Holds the sources against the layers of layers.txt: who may include whom. Header names of Qt Gui and Qt Widgets are
// taken from the installed headers, so that none is forgotten.
#include "models/common/files.h"

#include <QDir>
#include <QDirIterator>
#include <QHash>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace Switchyard;

namespace {

/// For each feature, the features it may include besides itself; for each "feature/part", the parts of that feature.
using Layers = QMap<QString, QStringList>;

struct Rules
{
    Layers layers;
    QSet<QString> guiHeaders;
};

Layers parseLayers(const QString &text)
{
    Layers layers;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        if (line.trimmed().isEmpty() || line.startsWith(QLatin1Char('#')))
            continue;
        const qsizetype colon = line.indexOf(QLatin1Char(':'));
        const QString name = line.left(colon).trimmed();
        QStringList allowed = line.mid(colon + 1).simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
        if (const qsizetype slash = name.indexOf(QLatin1Char('/')); slash > 0) {
            for (QString &part : allowed)
                part.prepend(name.left(slash + 1));
        }
        layers.insert(name, allowed);
    }
    return layers;
}

/// Whether following the allowed features from each ever leads back to it.
QString cycleIn(const Layers &layers)
{
    for (auto start = layers.begin(); start != layers.end(); ++start) {
        QStringList open = *start;
        QSet<QString> seen;
        while (!open.isEmpty()) {
            const QString next = open.takeLast();
            if (next == start.key())
                return next;
            if (!seen.contains(next))
                open += layers.value(next);
            seen.insert(next);
        }
    }
    return {};
}

QString featureOf(const QString &path, const QString &top)
{
    const QStringList parts = path.split(QLatin1Char('/'));
    return parts.size() > 2 && parts.first() == top ? parts[1] : QString();
}

/// "database/copy" of "models/database/copy/copy.h"; empty for a file that lies in its feature's own folder.
QString partOf(const QString &path)
{
    const QStringList parts = path.split(QLatin1Char('/'));
    return parts.size() > 3 ? parts[1] + QLatin1Char('/') + parts[2] : QString();
}

/// What is wrong with an include between parts of one feature, empty: nothing.
QString judgeParts(const QString &file, const QString &included, const Layers &layers)
{
    const QString part = partOf(file);
    const QString target = partOf(included);
    if (!part.isEmpty() && !layers.contains(part))
        return QStringLiteral("the part \"%1\" stands in no layer").arg(part);
    if (part.isEmpty() || part == target ||
        featureOf(file, QStringLiteral("models")) != target.section(QLatin1Char('/'), 0, 0))
        return {};
    if (!layers.value(part).contains(target))
        return QStringLiteral("%1 may not include %2").arg(part, target);
    return {};
}

/// What is wrong with a quoted include, empty: nothing.
QString judgeOwn(const QString &file, const QString &included, const Rules &rules)
{
    const QString from = file.section(QLatin1Char('/'), 0, 0);
    const QString to = included.section(QLatin1Char('/'), 0, 0);
    const bool known =
        to == QLatin1StringView("models") || to == QLatin1StringView("ui") || to == QLatin1StringView("app");
    const bool generated =
        included.endsWith(QLatin1StringView(".moc")) || included.startsWith(QLatin1StringView("moc_"));
    if (generated)
        return {};
    if (from == QLatin1StringView("app") && !included.contains(QLatin1Char('/')))
        return {}; // A program's own file, beside the one that includes it.
    if (!known)
        return QStringLiteral("paths begin at the root of the repository: \"models/…\", \"ui/…\" or \"app/…\"");
    if (to == QLatin1StringView("app"))
        return from == to ? QString() : QStringLiteral("nothing but app may include app");
    const QString feature = featureOf(file, from);
    const QString target = featureOf(included, to);
    const bool apart = feature == QLatin1StringView("demo") || feature == QLatin1StringView("door");
    if (from == QLatin1StringView("app") && apart)
        return QStringLiteral("app/%1 is a program apart and knows neither models nor ui").arg(feature);
    if (from == QLatin1StringView("models")) {
        if (to != QLatin1StringView("models"))
            return QStringLiteral("models may only include models");
        if (feature.isEmpty() || !rules.layers.contains(feature))
            return QStringLiteral("the feature \"%1\" stands in no layer").arg(feature);
        if (target != feature && !rules.layers.value(feature).contains(target))
            return QStringLiteral("%1 may not include %2").arg(feature, target);
        if (const QString problem = judgeParts(file, included, rules.layers); !problem.isEmpty())
            return problem;
    }
    if (from == QLatin1StringView("ui") && to == from && target != feature && target != QLatin1StringView("common"))
        return QStringLiteral("ui/%1 may only include itself and ui/common").arg(feature);
    return {};
}

/// Problems of one source text as "file:line: reason".
QStringList judge(const QString &file, const QString &text, const Rules &rules)
{
    static const QRegularExpression include(QStringLiteral("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]"));
    QStringList problems;
    int number = 0;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        ++number;
        const QRegularExpressionMatch match = include.match(line);
        if (!match.hasMatch())
            continue;
        const QString path = match.captured(2);
        QString problem;
        if (match.captured(1) == QLatin1StringView("\"")) {
            problem = judgeOwn(file, path, rules);
        } else if (file.startsWith(QLatin1StringView("models/"))) {
            const bool module =
                path.startsWith(QLatin1StringView("QtGui")) || path.startsWith(QLatin1StringView("QtWidgets"));
            if (module || rules.guiHeaders.contains(path.section(QLatin1Char('/'), -1)))
                problem = QStringLiteral("models know neither Qt Gui nor Qt Widgets: <%1>").arg(path);
        }
        if (!problem.isEmpty())
            problems.append(QStringLiteral("%1:%2: %3").arg(file).arg(number).arg(problem));
    }
    return problems;
}

/// Types that a text defines where other files see them, or could: outside of unnamed namespaces, with their namespace.
QStringList namedTypes(const QString &text)
{
    static const QRegularExpression definition(QStringLiteral(
        "^(?:class|struct|union|enum class|enum) (?:alignas\\(\\w+\\) )?([A-Z]\\w*)(?: final)?(?: : .*)?$"));
    static const QRegularExpression opened(QStringLiteral("^namespace ?([\\w:]*) \\{$"));
    QStringList types;
    QStringList spaces;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        if (const QRegularExpressionMatch match = opened.match(line); match.hasMatch())
            spaces.append(match.captured(1));
        else if (line.startsWith(QLatin1StringView("} // namespace")) && !spaces.isEmpty())
            spaces.removeLast();
        else if (const QRegularExpressionMatch type = definition.match(line);
                 type.hasMatch() && !spaces.contains(QString()))
            types.append(spaces.join(QStringLiteral("::")) + QStringLiteral("::") + type.captured(1));
    }
    return types;
}

QSet<QString> headersOf(const QString &folder)
{
    const QStringList names = QDir(folder).entryList(QDir::Files);
    return {names.begin(), names.end()};
}

/// Where the installed headers of a Qt module lie; the include path of Qt Core is the neighbour.
QString moduleFolder(const QString &module)
{
    for (const char *prefix :
         {"/usr/include/x86_64-linux-gnu/qt6", "/usr/include/aarch64-linux-gnu/qt6", "/usr/include/qt6"}) {
        const QString folder = QString::fromLatin1(prefix) + QLatin1Char('/') + module;
        if (QDir(folder).exists())
            return folder;
    }
    return {};
}

QStringList sources()
{
    QStringList files;
    const QDir root(QStringLiteral(SOURCE_DIR));
    for (const char *top : {"models", "ui", "app"}) {
        QDirIterator at(root.filePath(QLatin1StringView(top)), {QStringLiteral("*.h"), QStringLiteral("*.cpp")},
                        QDir::Files, QDirIterator::Subdirectories);
        while (at.hasNext())
            files.append(root.relativeFilePath(at.next()));
    }
    files.sort();
    return files;
}

} // namespace

class TestLayering : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void tableIsSound();
    void findsViolations_data();
    void findsViolations();
    void sourcesKeepToIt();
    void noFileIncludesItselfInCircles();
    void typesHaveNamesOfTheirOwn();

private:
    Rules m_rules;
};

void TestLayering::initTestCase()
{
    const Result<QByteArray> text = readFile(QStringLiteral(SOURCE_DIR "/tests/layering/layers.txt"));
    QVERIFY(text.has_value());
    m_rules.layers = parseLayers(QString::fromUtf8(*text));
    m_rules.guiHeaders =
        headersOf(moduleFolder(QStringLiteral("QtGui"))) + headersOf(moduleFolder(QStringLiteral("QtWidgets")));
    QVERIFY(m_rules.guiHeaders.contains(QStringLiteral("QWidget")));
    QVERIFY(m_rules.guiHeaders.contains(QStringLiteral("QColor")));
    QVERIFY(!m_rules.guiHeaders.contains(QStringLiteral("QObject")));
}

void TestLayering::tableIsSound()
{
    QCOMPARE(m_rules.layers.size(), 25);
    for (auto at = m_rules.layers.begin(); at != m_rules.layers.end(); ++at) {
        for (const QString &allowed : *at)
            QVERIFY2(m_rules.layers.contains(allowed), qPrintable(at.key() + QStringLiteral(": ") + allowed));
    }
    QCOMPARE(cycleIn(m_rules.layers), QString());
    QCOMPARE(cycleIn(parseLayers(QStringLiteral("a: b\nb: c\nc: a\n"))), QStringLiteral("a"));
    // The probes, format families and drivers of one layer do not know each other.
    const QStringList peers{QStringLiteral("manifests"), QStringLiteral("health"), QStringLiteral("realtime"),
                            QStringLiteral("database"), QStringLiteral("deploy")};
    for (const QString &peer : peers) {
        for (const QString &other : peers)
            QVERIFY(!m_rules.layers.value(peer).contains(other));
    }
}

void TestLayering::findsViolations_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("problems");
    const auto row = [](const char *name, const char *file, const char *text, const QStringList &problems) {
        QTest::newRow(name) << QString::fromLatin1(file) << QString::fromUtf8(text) << problems;
    };
    const auto one = [](const char *text) { return QStringList{QString::fromUtf8(text)}; };
    row("fine", "models/health/a.cpp",
        "#include \"models/health/b.h\"\n#include \"models/workspace/w.h\"\n#include <QObject>\n", {});
    row("upwards", "models/common/a.h", "\n#include \"models/health/b.h\"\n",
        one("models/common/a.h:2: common may not include health"));
    row("sideways", "models/health/a.cpp", "#  include \"models/deploy/b.h\"",
        one("models/health/a.cpp:1: health may not include deploy"));
    row("unknown feature", "models/magic/a.h", "#include \"models/common/b.h\"",
        one("models/magic/a.h:1: the feature \"magic\" stands in no layer"));
    row("parts, fine", "models/database/copy/a.cpp",
        "#include \"models/database/compare/b.h\"\n#include \"models/common/c.h\"\n", {});
    row("parts, upwards", "models/database/compare/a.cpp", "#include \"models/database/copy/b.h\"",
        one("models/database/compare/a.cpp:1: database/compare may not include database/copy"));
    row("unknown part", "models/database/magic/a.cpp", "#include \"models/common/c.h\"",
        one("models/database/magic/a.cpp:1: the part \"database/magic\" stands in no layer"));
    row("part of another feature", "models/delivery/a.cpp", "#include \"models/database/strings/b.h\"", {});
    row("widgets", "models/health/a.h",
        "#include <QWidget>\n#include <QtGui/QColor>\n#include <QtWidgets>\n#include <qpainter.h>\n",
        {QStringLiteral("models/health/a.h:1: models know neither Qt Gui nor Qt Widgets: <QWidget>"),
         QStringLiteral("models/health/a.h:2: models know neither Qt Gui nor Qt Widgets: <QtGui/QColor>"),
         QStringLiteral("models/health/a.h:3: models know neither Qt Gui nor Qt Widgets: <QtWidgets>"),
         QStringLiteral("models/health/a.h:4: models know neither Qt Gui nor Qt Widgets: <qpainter.h>")});
    row("models to ui", "models/health/a.h", "#include \"ui/common/b.h\"",
        one("models/health/a.h:1: models may only include models"));
    row("relative", "models/health/a.h", "#include \"b.h\"\n#include \"../x/b.h\"\n",
        {QStringLiteral(
             "models/health/a.h:1: paths begin at the root of the repository: \"models/…\", \"ui/…\" or \"app/…\""),
         QStringLiteral(
             "models/health/a.h:2: paths begin at the root of the repository: \"models/…\", \"ui/…\" or \"app/…\"")});
    row("generated", "models/health/a.cpp", "#include \"a.moc\"\n#include \"moc_a.cpp\"\n", {});
    row("ui, fine", "ui/health/a.cpp",
        "#include \"ui/common/p.h\"\n#include \"models/deploy/d.h\"\n#include <QWidget>\n", {});
    row("ui, other page", "ui/health/a.cpp", "#include \"ui/deploy/p.h\"",
        one("ui/health/a.cpp:1: ui/health may only include itself and ui/common"));
    row("ui to app", "ui/health/a.cpp", "#include \"app/console/m.h\"",
        one("ui/health/a.cpp:1: nothing but app may include app"));
    row("models to app", "models/health/a.cpp", "#include \"app/console/m.h\"",
        one("models/health/a.cpp:1: nothing but app may include app"));
    row("app", "app/console/a.cpp",
        "#include \"app/console/m.h\"\n#include \"ui/health/a.h\"\n#include \"models/runbook/r.h\"\n", {});
    row("neighbour in app", "app/demo/a.cpp", "#include \"m.h\"\n", {});
    row("demo", "app/demo/a.cpp", "#include \"models/common/error.h\"",
        one("app/demo/a.cpp:1: app/demo is a program apart and knows neither models nor ui"));
    row("comment", "models/common/a.h", "// #include \"models/health/b.h\"\n", {});
}

void TestLayering::findsViolations()
{
    QFETCH(QString, file);
    QFETCH(QString, text);
    QFETCH(QStringList, problems);
    QCOMPARE(judge(file, text, m_rules), problems);
}

void TestLayering::sourcesKeepToIt()
{
    const QStringList files = sources();
    QVERIFY(files.contains(QStringLiteral("models/common/error.h")));
    QStringList problems;
    for (const QString &file : files) {
        const Result<QByteArray> text = readFile(QStringLiteral(SOURCE_DIR "/") + file);
        QVERIFY2(text.has_value(), qPrintable(file));
        problems += judge(file, QString::fromUtf8(*text), m_rules);
    }
    QVERIFY2(problems.isEmpty(), qPrintable(QLatin1Char('\n') + problems.join(QLatin1Char('\n'))));
}

/// The table keeps features from including each other in circles; within a feature, headers may not do so either.
void TestLayering::noFileIncludesItselfInCircles()
{
    static const QRegularExpression include(QStringLiteral("^\\s*#\\s*include\\s*\"([^\"]+)\""),
                                            QRegularExpression::MultilineOption);
    Layers headers;
    for (const QString &file : sources()) {
        if (!file.endsWith(QLatin1StringView(".h")))
            continue;
        const Result<QByteArray> text = readFile(QStringLiteral(SOURCE_DIR "/") + file);
        QVERIFY(text.has_value());
        QStringList &included = headers[file];
        for (QRegularExpressionMatchIterator at = include.globalMatch(QString::fromUtf8(*text)); at.hasNext();)
            included.append(at.next().captured(1));
    }
    QCOMPARE(cycleIn(headers), QString());
}

/// Two types of one name in one program: the linker keeps one of their functions for both, and says nothing.
void TestLayering::typesHaveNamesOfTheirOwn()
{
    QCOMPARE(namedTypes(QStringLiteral("namespace A {\nstruct B;\nstruct C\n{\n};\nnamespace {\nclass D : public E\n"
                                       "{\n};\n} // namespace\nenum class F\n{\n};\n} // namespace A\n")),
             (QStringList{QStringLiteral("A::C"), QStringLiteral("A::F")}));
    QHash<QString, QString> owners;
    QStringList problems;
    for (const QString &file : sources()) {
        if (file.startsWith(QLatin1StringView("app/demo/")) || file.startsWith(QLatin1StringView("app/door/")))
            continue; // programs apart
        const Result<QByteArray> text = readFile(QStringLiteral(SOURCE_DIR "/") + file);
        QVERIFY(text.has_value());
        for (const QString &type : namedTypes(QString::fromUtf8(*text))) {
            if (owners.contains(type))
                problems.append(QStringLiteral("%1: in %2 and %3").arg(type, owners.value(type), file));
            owners.insert(type, file);
        }
    }
    QVERIFY(owners.size() > 200);
    QVERIFY2(problems.isEmpty(), qPrintable(QLatin1Char('\n') + problems.join(QLatin1Char('\n'))));
}

QTEST_GUILESS_MAIN(TestLayering)
#include "tst_layering.moc"

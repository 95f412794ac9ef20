// SPDX-License-Identifier: GPL-3.0-or-later
// The table of variables as a model: roles, masks in every one of them, sorting by value, filtering, order without
// reset.
#include "ui/common/columns.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/environment/detailpane.h"
#include "ui/environment/holdbutton.h"
#include "ui/environment/valueeditor.h"
#include "ui/environment/variablerows.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QApplication>
#include <QHeaderView>
#include <QJsonArray>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QTextBrowser>

using namespace Switchyard;

namespace {

const QString canary = QStringLiteral("canary-9f3b1c77d2e84a50");

VariableState stated(const QString &value)
{
    VariableState state;
    state.stated = true;
    state.value = value;
    state.places = {{QStringLiteral("fly.toml"), 3, 1}, {QStringLiteral(".env"), 7, 1}};
    return state;
}

VariableRow row(const QString &name, const QString &source, const QString &target,
                VariableStatus status = VariableStatus::Ok)
{
    VariableRow made;
    made.name = name;
    made.component = QStringLiteral("api");
    if (!source.isNull())
        made.source = stated(source);
    if (!target.isNull())
        made.target = stated(target);
    made.status = status;
    made.reason = QStringLiteral("the reason of %1").arg(name);
    return made;
}

VariableRow secretRow()
{
    VariableRow made = row(QStringLiteral("JWT_SECRET"), canary, canary + QStringLiteral("2"), VariableStatus::Change);
    made.secret = true;
    made.secretReason = QStringLiteral("its name");
    made.wanted = canary + QStringLiteral("3");
    made.action = QStringLiteral("set as secret");
    VariableUse use;
    use.name = made.name;
    use.place = {QStringLiteral("config.py"), 31, 5};
    use.fallback = canary + QStringLiteral("4");
    use.by = QStringLiteral("os.getenv");
    made.usedBy.append(use);
    return made;
}

EnvironmentMatrix matrixOf(const QList<VariableRow> &rows)
{
    EnvironmentMatrix matrix;
    matrix.source = QStringLiteral("fly");
    matrix.target = QStringLiteral("render");
    matrix.rows = rows;
    return matrix;
}

void fill(VariableModel &model, const QList<VariableRow> &rows, const QSet<QString> &edited = {})
{
    model.setLines(makeVariableLines(matrixOf(rows), edited, QStringLiteral("api")), QStringLiteral("fly"),
                   QStringLiteral("render"));
}

QStringList names(const VariableModel &model)
{
    QStringList list;
    for (int i = 0; i < model.rowCount(); ++i)
        list.append(model.line(i)->row.name);
    return list;
}

QStringList words(const char *text)
{
    return QString::fromLatin1(text).split(QLatin1Char(' '));
}

} // namespace

class TestVariableRows : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void rolesSayWhatTheyMust();
    void noRoleShowsASecret();
    void noFormOfCopyShowsASecret();
    void detailsShowASecretOnlyWhileHeld();
    void theEditorMasksASecret();
    void theEditorSaysWhatCannotStand();
    void sortsByValue();
    void filters();
    void searchFindsNoSecret();
    void ordersAndReplacesWithoutReset();
    void onlyTheTargetsValueCanBeEdited();
    void columnsAreRemembered();
    void hiddenColumnsAreNotCopied();
};

void TestVariableRows::rolesSayWhatTheyMust()
{
    VariableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    VariableRow well = row(QStringLiteral("PORT"), QStringLiteral("8000"), {});
    well.target.byPlatform = well.target.stated = true;
    well.target.said = QStringLiteral("10000 (by platform)");
    VariableRow risky = row(QStringLiteral("POOL"), QStringLiteral("5"), QStringLiteral("5"));
    risky.notes.append({QStringLiteral("pool"), VariableWeight::Warning, QStringLiteral("too many"), {}, {}});
    VariableRow missing = row(QStringLiteral("LONG"), QStringLiteral("a\nb"), {}, VariableStatus::Missing);
    missing.action = QStringLiteral("set it");
    VariableRow hidden = row(QStringLiteral("KEY"), QStringLiteral("1"), {}, VariableStatus::CannotVerify);
    fill(model, {well, risky, missing, hidden}, {QStringLiteral("POOL")});
    const auto at = [&model](int r, VariableColumn c, int role = Qt::DisplayRole) {
        return model.index(r, int(c)).data(role).toString();
    };
    QCOMPARE(at(0, VariableColumn::Name), QStringLiteral("PORT"));
    QCOMPARE(at(0, VariableColumn::Target), QStringLiteral("10000 (by platform)"));
    QCOMPARE(at(0, VariableColumn::Status), QStringLiteral("ok"));
    QCOMPARE(at(0, VariableColumn::Status, Role::Shape), QStringLiteral("●"));
    QCOMPARE(at(0, VariableColumn::Action), QStringLiteral("the reason of PORT"));
    QCOMPARE(at(1, VariableColumn::Status), QStringLiteral("ok, but look"));
    QCOMPARE(at(1, VariableColumn::Status, Role::Shape), QStringLiteral("▲"));
    QCOMPARE(at(1, VariableColumn::Target), QStringLiteral("✎ 5"));
    QCOMPARE(at(1, VariableColumn::Target, Qt::AccessibleTextRole), QStringLiteral("5, not saved"));
    QCOMPARE(at(2, VariableColumn::Status, Role::Shape), QStringLiteral("◆"));
    QCOMPARE(at(2, VariableColumn::Source), QStringLiteral("a⏎b"));
    QCOMPARE(at(2, VariableColumn::Target), QStringLiteral("–"));
    QCOMPARE(at(2, VariableColumn::Action), QStringLiteral("set it: the reason of LONG"));
    VariableModel blank;
    fill(blank, {row(QStringLiteral("E"), QStringLiteral(""), QStringLiteral("x"))});
    QCOMPARE(blank.index(0, int(VariableColumn::Source)).data().toString(), QStringLiteral("(empty)"));
    QCOMPARE(at(3, VariableColumn::Status), QStringLiteral("can't verify"));
    QCOMPARE(at(3, VariableColumn::Status, Role::Shape), QStringLiteral("◌"));
    QCOMPARE(model.headerData(int(VariableColumn::Source), Qt::Horizontal, Qt::DisplayRole).toString(),
             QStringLiteral("fly (source)"));
    // Four statuses, four shapes: never the colour alone.
    QSet<QString> shapes;
    for (const VariableStatus status : {VariableStatus::Ok, VariableStatus::Missing, VariableStatus::Change,
                                        VariableStatus::Unused, VariableStatus::CannotVerify})
        shapes.insert(statusLook(row(QStringLiteral("X"), {}, {}, status)).shape);
    QCOMPARE(shapes.size(), 5);
}

void TestVariableRows::noRoleShowsASecret()
{
    VariableModel model;
    VariableRow several = secretRow();
    several.name = QStringLiteral("PRIVATE_KEY");
    several.source.value = canary + QStringLiteral("\n") + canary;
    fill(model, {secretRow(), several}, {QStringLiteral("JWT_SECRET")});
    for (int r = 0; r < model.rowCount(); ++r) {
        for (int c = 0; c < model.columnCount(); ++c) {
            for (int role = 0; role < Qt::UserRole + 40; ++role) {
                const QString text = model.index(r, c).data(role).toString();
                QVERIFY2(!text.contains(canary), qPrintable(QStringLiteral("column %1, role %2").arg(c).arg(role)));
            }
        }
        QVERIFY(!model.line(r)->haystack.contains(canary));
        for (const VariableLine::SortKey &key : model.line(r)->sort)
            QVERIFY(!key.text.contains(canary));
    }
    QVERIFY(model.index(0, int(VariableColumn::Source)).data().toString().contains(QStringLiteral("••••")));
    QCOMPARE(model.index(0, 0).data(Qt::AccessibleTextRole).toString(), QStringLiteral("JWT_SECRET, secret"));
}

void TestVariableRows::noFormOfCopyShowsASecret()
{
    VariableModel model;
    fill(model, {secretRow(), row(QStringLiteral("OPEN"), QStringLiteral("=1+1|x"), QStringLiteral("b"))});
    Table table(Table::SortsItself(), &model, QStringLiteral("t"), QStringLiteral("t"));
    table.setItemDelegate(new VariableDelegate(&model, &table));
    table.show();
    for (const QString &text : {table.toTsv(), table.toCsv(), QString::fromUtf8(table.toJson()), table.toMarkdown()}) {
        QVERIFY(!text.contains(canary));
        QVERIFY2(text.contains(QStringLiteral("••••")), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("JWT_SECRET")) || text.contains(QStringLiteral("JWT\\_SECRET")),
                 qPrintable(text));
    }
    QVERIFY(table.toCsv().contains(QStringLiteral("'=1+1|x")));
    QVERIFY(table.toMarkdown().contains(QStringLiteral("=1+1\\|x")));
    // What a screen reader is told.
    QAccessibleInterface *accessible = QAccessible::queryAccessibleInterface(&table);
    QVERIFY(accessible && accessible->childCount() > 9);
    for (int i = 0; i < accessible->childCount(); ++i) {
        const QAccessibleInterface *child = accessible->child(i);
        for (const QAccessible::Text kind : {QAccessible::Name, QAccessible::Value, QAccessible::Description})
            QVERIFY(!child->text(kind).contains(canary));
    }
}

void TestVariableRows::detailsShowASecretOnlyWhileHeld()
{
    DetailPane pane;
    pane.resize(340, 500);
    const auto texts = [&pane] {
        QString all;
        for (const QLabel *label : pane.findChildren<QLabel *>())
            all += label->text() + label->toolTip() + label->accessibleDescription();
        return all + pane.findChild<QTextBrowser *>()->toHtml();
    };
    VariableModel model;
    VariableRow other = secretRow();
    other.name = QStringLiteral("OTHER_SECRET");
    fill(model, {secretRow(), other});
    pane.showLine(model.line(0), QStringLiteral("fly"), QStringLiteral("render"));
    pane.show();
    QVERIFY(QTest::qWaitForWindowExposed(&pane));
    pane.activateWindow();
    QVERIFY(!texts().contains(canary));
    HoldButton *button = pane.revealButton();
    QVERIFY(button->isVisible());
    QTest::mousePress(button, Qt::LeftButton);
    QCOMPARE(pane.findChild<QLabel *>(QStringLiteral("sourceValue"))->text(), canary);
    QCOMPARE(pane.findChild<QLabel *>(QStringLiteral("wantedValue"))->text(), canary + QStringLiteral("3"));
    // The default in the code is another place; only the values are revealed.
    QVERIFY(!pane.findChild<QTextBrowser *>()->toHtml().contains(canary));
    QTest::mouseRelease(button, Qt::LeftButton);
    QVERIFY(!texts().contains(canary));
    // Another row, a lost focus, another window, a hidden pane: each ends it.
    button->hold();
    QVERIFY(texts().contains(canary));
    pane.showLine(model.line(1), QStringLiteral("fly"), QStringLiteral("render"));
    QVERIFY(!texts().contains(canary));
    button->hold();
    QFocusEvent out(QEvent::FocusOut);
    QApplication::sendEvent(button, &out);
    QVERIFY(!texts().contains(canary));
    button->hold();
    QEvent deactivate(QEvent::WindowDeactivate);
    QApplication::sendEvent(&pane, &deactivate);
    QVERIFY(!texts().contains(canary));
    button->hold();
    pane.hide();
    QVERIFY(!texts().contains(canary));
    // An open value needs no button.
    VariableModel open;
    fill(open, {row(QStringLiteral("OPEN"), QStringLiteral("a"), QStringLiteral("b"))});
    pane.showLine(open.line(0), QStringLiteral("fly"), QStringLiteral("render"));
    pane.show();
    QVERIFY(!button->isVisible());
    QCOMPARE(pane.findChild<QLabel *>(QStringLiteral("targetValue"))->text(), QStringLiteral("b"));
    // Which of several places counts.
    QVERIFY(pane.findChild<QTextBrowser *>()->toPlainText().contains(QStringLiteral(".env:7 wins")));
}

void TestVariableRows::theEditorMasksASecret()
{
    ValueEditor editor(QStringLiteral("JWT_SECRET"), true);
    editor.setText(canary);
    editor.show();
    QCOMPARE(editor.echoMode(), QLineEdit::Password);
    QCOMPARE(editor.accessibleName(), QStringLiteral("Value of JWT_SECRET"));
    auto *show = editor.findChild<HoldButton *>();
    QTest::mousePress(show, Qt::LeftButton);
    QCOMPARE(editor.echoMode(), QLineEdit::Normal);
    QTest::mouseRelease(show, Qt::LeftButton);
    QCOMPARE(editor.echoMode(), QLineEdit::Password);
    QVERIFY(!ValueEditor(QStringLiteral("PORT"), false).findChild<HoldButton *>());
}

void TestVariableRows::theEditorSaysWhatCannotStand()
{
    ValueEditor editor(QStringLiteral("URL"), true);
    QSignalSpy said(&editor, &ValueEditor::problemChanged);
    editor.setText(QStringLiteral("https://${HOST}/") + canary);
    QCOMPARE(said.size(), 1);
    QVERIFY(!editor.isAcceptable());
    QVERIFY(editor.accessibleDescription().contains(QStringLiteral("python-dotenv")));
    QVERIFY(!editor.problem().contains(canary));
    editor.setText(QStringLiteral("https://host/"));
    QVERIFY(editor.isAcceptable());
    QVERIFY(editor.accessibleDescription().isEmpty());
}

void TestVariableRows::sortsByValue()
{
    VariableModel model;
    VariableRow used = row(QStringLiteral("B"), QStringLiteral("9"), QStringLiteral("x"), VariableStatus::Change);
    used.usedBy.resize(3);
    fill(model, {row(QStringLiteral("C"), QStringLiteral("100"), {}, VariableStatus::Missing), used,
                 row(QStringLiteral("a"), QStringLiteral("text"), QStringLiteral("X1"))});
    model.sort(int(VariableColumn::Source), Qt::AscendingOrder);
    QCOMPARE(names(model), words("B C a")); // 9 before 100, figures before words
    model.sort(int(VariableColumn::Name), Qt::AscendingOrder);
    QCOMPARE(names(model), words("a B C"));
    model.sort(int(VariableColumn::Status), Qt::AscendingOrder);
    QCOMPARE(names(model), words("C B a")); // what needs a person first
    model.sort(int(VariableColumn::UsedBy), Qt::DescendingOrder);
    QCOMPARE(names(model).first(), QStringLiteral("B"));
    model.sort(-1, Qt::AscendingOrder);
    QCOMPARE(names(model), words("C B a"));
    // The order tells nothing of secrets.
    VariableRow first = secretRow(), second = secretRow();
    first.name = QStringLiteral("S1");
    second.name = QStringLiteral("S2");
    first.source.value = QStringLiteral("zzz");
    second.source.value = QStringLiteral("aaa");
    fill(model, {first, second});
    model.sort(int(VariableColumn::Source), Qt::AscendingOrder);
    QCOMPARE(names(model), words("S1 S2"));
}

void TestVariableRows::filters()
{
    VariableModel model;
    VariableRow generate = row(QStringLiteral("GEN"), QStringLiteral("1"), {}, VariableStatus::Missing);
    generate.way = VariableClass::Generate;
    VariableRow front = row(QStringLiteral("VITE_URL"), QStringLiteral("u"), QStringLiteral("u"));
    front.component = QStringLiteral("frontend");
    VariableRow risky = row(QStringLiteral("RISK"), QStringLiteral("1"), QStringLiteral("1"));
    risky.notes.append({QStringLiteral("weak-secret"), VariableWeight::Error, QStringLiteral("too short"), {}, {}});
    fill(model, {generate, front, risky, row(QStringLiteral("PLAIN"), QStringLiteral("Info"), QStringLiteral("info"))});
    const auto with = [&model](auto change) {
        VariableFilter filter;
        change(filter);
        model.setFilter(filter);
        return names(model);
    };
    QCOMPARE(with([](VariableFilter &f) { f.text = QStringLiteral("INFO plain"); }), words("PLAIN"));
    QCOMPARE(with([](VariableFilter &f) { f.text = QStringLiteral("too short"); }), words("RISK"));
    QCOMPARE(with([](VariableFilter &f) { f.classes = {VariableClass::Generate}; }), words("GEN"));
    QCOMPARE(with([](VariableFilter &f) { f.statuses = {VariableStatus::Missing}; }), words("GEN"));
    QCOMPARE(with([](VariableFilter &f) { f.components = {QStringLiteral("frontend")}; }), words("VITE_URL"));
    QCOMPARE(with([](VariableFilter &f) { f.onlyAction = true; }), words("GEN RISK"));
    QCOMPARE(with([](VariableFilter &f) { f.text = QStringLiteral("nothing such"); }), QStringList());
    QCOMPARE(with([](VariableFilter &) {}), words("GEN VITE_URL RISK PLAIN"));
    QCOMPARE(model.count(), 4);
}

void TestVariableRows::searchFindsNoSecret()
{
    VariableModel model;
    fill(model, {secretRow()});
    VariableFilter filter;
    // A search that finds it letter by letter would show it.
    filter.text = canary.left(8);
    model.setFilter(filter);
    QCOMPARE(model.rowCount(), 0);
    filter.text = QStringLiteral("secret");
    model.setFilter(filter);
    QCOMPARE(model.rowCount(), 1);
}

void TestVariableRows::ordersAndReplacesWithoutReset()
{
    VariableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    Table table(Table::SortsItself(), &model, QStringLiteral("t"), QStringLiteral("t"));
    const auto rows = [](const QString &keys) {
        QList<VariableRow> list;
        for (const QChar key : keys)
            list.append(row(key, QStringLiteral("1"), QStringLiteral("2")));
        return list;
    };
    fill(model, rows(QStringLiteral("abcdef")));
    table.selectRow(1);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
    QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
    model.sort(0, Qt::DescendingOrder);
    QCOMPARE(names(model), words("f e d c b a"));
    QCOMPARE(table.currentKey(), variableKey(QStringLiteral("b"), QStringLiteral("api")));
    QCOMPARE(table.selectionModel()->selectedRows().size(), 1);
    QCOMPARE(table.selectionModel()->selectedRows().first().row(), 4);
    QCOMPARE(inserted.size() + removed.size(), 0);
    model.sort(-1, Qt::AscendingOrder);
    // The same rows with other values: told as changed, nothing comes or goes.
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    fill(model, rows(QStringLiteral("abcdef")), {QStringLiteral("c")});
    QCOMPARE(changed.size(), 1);
    QCOMPARE(inserted.size() + removed.size(), 0);
    QVERIFY(model.line(2)->edited);
    for (const char *keys : {"abxyef", "", "q", "abcdefgh", "abh", "hba"}) {
        inserted.clear();
        removed.clear();
        changed.clear();
        fill(model, rows(QString::fromLatin1(keys)));
        QCOMPARE(names(model).join(QString()), QString::fromLatin1(keys));
        QVERIFY(inserted.size() <= 1 && removed.size() <= 1);
    }
    QCOMPARE(reset.size(), 0);
}

void TestVariableRows::onlyTheTargetsValueCanBeEdited()
{
    VariableModel model;
    VariableRow other = row(QStringLiteral("VITE"), QStringLiteral("1"), QStringLiteral("2"));
    other.component = QStringLiteral("frontend");
    fill(model, {row(QStringLiteral("A"), QStringLiteral("1"), QStringLiteral("2")), other});
    QSignalSpy asked(&model, &VariableModel::editRequested);
    for (int column = 0; column < variableColumns; ++column) {
        const bool target = VariableColumn(column) == VariableColumn::Target;
        QCOMPARE(bool(model.index(0, column).flags() & Qt::ItemIsEditable), target);
        QVERIFY(!(model.index(1, column).flags() & Qt::ItemIsEditable));
        QCOMPARE(model.setData(model.index(0, column), QStringLiteral("new"), Qt::EditRole), target);
    }
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0], (QVariantList{QStringLiteral("A"), QStringLiteral("new")}));
    // The same value again is no edit.
    QVERIFY(!model.setData(model.index(0, int(VariableColumn::Target)), QStringLiteral("2"), Qt::EditRole));
    model.setEditable(false);
    QVERIFY(!(model.index(0, int(VariableColumn::Target)).flags() & Qt::ItemIsEditable));
}

void TestVariableRows::columnsAreRemembered()
{
    VariableModel model;
    fill(model, {row(QStringLiteral("A"), QStringLiteral("1"), QStringLiteral("2"))});
    Table table(Table::SortsItself(), &model, QStringLiteral("t"), QStringLiteral("t"));
    QHeaderView *header = table.horizontalHeader();
    header->moveSection(header->visualIndex(int(VariableColumn::Status)), 1);
    header->setSectionHidden(int(VariableColumn::Scope), true);
    header->resizeSection(int(VariableColumn::Action), 333);
    table.sortByColumn(int(VariableColumn::Source), Qt::DescendingOrder);
    const QJsonObject saved = saveColumns(header);
    Table other(Table::SortsItself(), &model, QStringLiteral("o"), QStringLiteral("o"));
    restoreColumns(other.horizontalHeader(), saved);
    QCOMPARE(saveColumns(other.horizontalHeader()), saved);
    QCOMPARE(other.horizontalHeader()->visualIndex(int(VariableColumn::Status)), 1);
    QVERIFY(other.isColumnHidden(int(VariableColumn::Scope)));
    QCOMPARE(other.columnWidth(int(VariableColumn::Action)), 333);
    // Of another version, or broken: the columns stay as they are.
    QJsonObject broken = saved;
    broken.insert(QStringLiteral("columns"), QJsonArray{1, 2});
    restoreColumns(other.horizontalHeader(), broken);
    restoreColumns(other.horizontalHeader(), {});
    QCOMPARE(saveColumns(other.horizontalHeader()).value(QStringLiteral("columns")),
             saved.value(QStringLiteral("columns")));
}

void TestVariableRows::hiddenColumnsAreNotCopied()
{
    VariableModel model;
    fill(model, {row(QStringLiteral("A"), QStringLiteral("hidden-source"), QStringLiteral("shown"))});
    Table table(Table::SortsItself(), &model, QStringLiteral("t"), QStringLiteral("t"));
    table.setColumnHidden(int(VariableColumn::Source), true);
    table.horizontalHeader()->moveSection(int(VariableColumn::Target), 0);
    const QString tsv = table.toTsv();
    QVERIFY2(tsv.startsWith(QStringLiteral("render (target)\tVariable\t")), qPrintable(tsv));
    QVERIFY(!tsv.contains(QStringLiteral("hidden-source")));
    QVERIFY(!table.toCsv().contains(QStringLiteral("hidden-source")));
    QVERIFY(!table.toJson().contains("hidden-source"));
}

QTEST_MAIN(TestVariableRows)
#include "tst_variablerows.moc"

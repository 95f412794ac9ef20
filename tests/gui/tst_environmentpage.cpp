// SPDX-License-Identifier: GPL-3.0-or-later
// The Environment tab in the real window: opening, filtering, editing with undo, saving, bulk actions, exports, the
// scan, secrets that show only while held, and ten thousand rows without a stall. Files are real ones in a temporary
// folder.
#include "app/console/console.h"
#include "models/common/files.h"
#include "tests/support/heartbeat.h"
#include "ui/common/notice.h"
#include "ui/common/roles.h"
#include "ui/common/table.h"
#include "ui/environment/environmentpage.h"
#include "ui/environment/filterbar.h"
#include "ui/environment/holdbutton.h"
#include "ui/environment/valueeditor.h"
#include "ui/window/palette.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QUndoStack>

#include <algorithm>

using namespace Switchyard;
using Switchyard::Testing::Heartbeat;
using Switchyard::Testing::turnLimitMs;

namespace {

using L = QLatin1StringView;

constexpr char canary[] = "c4n4ry8f2b77d1e04a9c55";

constexpr char twoBackends[] =
    "[[component]]\nname = \"api\"\nroot = \"api\"\n"
    "[[backend]]\nname = \"old\"\ncomponent = \"api\"\nplatform = \"fly\"\nrole = \"source\"\n"
    "url = \"http://127.0.0.1:9\"\nenv = [\"old.env\"]\n"
    "[[backend]]\nname = \"new\"\ncomponent = \"api\"\nplatform = \"render\"\n"
    "role = \"target\"\nurl = \"http://127.0.0.1:9\"\nenv = [\"new.env\"]\n";

} // namespace

class TestEnvironmentPage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void opensWithWhatMustChange();
    void filtersAndClears();
    void editsUndoesSaves();
    void bulkActionsAreOneStep();
    void generatesSecrets();
    void setsSeveralLines();
    void refusesWhatNoFileCarries();
    void copiesSecretsOnlyWhenAsked();
    void revealsWhileHeld();
    void exports();
    void scans();
    void asksWhereTheDiskChanged();
    void saysWhenItIsStale();
    void productionIsLocked();
    void makesAnEnvFile();
    void emptyFailedCancelledDiffer();
    void closingAsksAboutEdits();
    void editsSurviveTheWorkspace();
    void paletteFindsVariables();
    void everyInputHasAName();
    void tenThousandRowsDoNotStall();

private:
    template <typename T>
    T *find(const char *name) const
    {
        return m_console->window().findChild<T *>(L(name));
    }
    EnvironmentPage *page() const { return m_console->window().findChild<EnvironmentPage *>(); }
    EnvironmentDesk *desk() const { return page()->desk(); }
    Table *table() const { return find<Table>("variableTable"); }
    VariableModel *model() const { return qobject_cast<VariableModel *>(table()->model()); }
    QString path(const char *name) const { return m_folder->filePath(L(name)); }
    void write(const char *name, const QByteArray &text) const
    {
        QVERIFY(writeFileAtomically(path(name), text).has_value());
    }
    QByteArray textOf(const char *name) const { return readFile(path(name), 1 << 28).value_or(QByteArray("(none)")); }
    void openWorkspace(const QByteArray &rest);
    void openUsual();
    void waitForRows();
    int rowOf(const char *name) const;
    QString cell(const char *name, VariableColumn column) const;
    void select(const QList<const char *> &names);
    void run(const QString &text);
    QString everythingShown() const;
    void closeWindow();

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_savePath;
    QList<Place> m_opened;
    QStringList m_notices;
    std::unique_ptr<Console> m_console;
};

void TestEnvironmentPage::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_savePath = path("saved.txt");
    m_opened.clear();
    m_notices.clear();
    ConsoleOptions options;
    options.workbench.auditFile = path("audit.jsonl");
    options.chooseSaveFile = [this](QWidget *, const QString &, std::function<void(const QString &)> answer) {
        answer(m_savePath);
    };
    options.openPlace = [this](const Place &place) { m_opened.append(place); };
    options.settings.theme = ThemeChoice::Light;
    applyTheme(*qobject_cast<QApplication *>(QCoreApplication::instance()), ThemeChoice::Light);
    auto console = Console::make(std::move(options));
    QVERIFY(console.has_value());
    m_console = std::move(*console);
    connect(&m_console->workbench(), &Workbench::noticed, this,
            [this](const QString &text) { m_notices.append(text); });
    m_console->window().show();
    QVERIFY(QTest::qWaitForWindowExposed(&m_console->window()));
    m_console->window().activateWindow();
    QApplication::clipboard()->clear();
}

void TestEnvironmentPage::closeWindow()
{
    if (!m_console)
        return;
    QSignalSpy closed(&m_console->window(), &MainWindow::closed);
    m_console->window().close();
    if (auto *box = m_console->window().findChild<QMessageBox *>(QStringLiteral("unsavedDialog"))) {
        for (QAbstractButton *button : box->buttons()) {
            if (box->buttonRole(button) == QMessageBox::DestructiveRole) {
                button->click();
                break;
            }
        }
    }
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20'000);
    m_console.reset();
}

void TestEnvironmentPage::cleanup()
{
    closeWindow();
}

void TestEnvironmentPage::openWorkspace(const QByteArray &rest)
{
    write("switchyard.toml", "schema = 1\nname = \"shop\"\n" + rest);
    m_console->window().openPath(m_folder->path());
    QTRY_VERIFY(find<QTabWidget>("tabs")->isVisible());
    QTRY_VERIFY(page());
    m_console->window().showPage(QStringLiteral("Environment"));
    QTRY_VERIFY(page()->isVisible());
}

void TestEnvironmentPage::openUsual()
{
    write("api/main.py", "import os\nLOG = os.getenv('LOG_LEVEL', 'info')\nKEY = os.environ['JWT_SECRET']\n"
                         "POOL = os.environ['POOL_SIZE']\nURL = os.environ['SITE_URL']\n"
                         "HOST = 'https://old-shop.fly.dev/api'\n");
    write("old.env",
          QByteArray("LOG_LEVEL=info\nJWT_SECRET=") + canary + "\nPOOL_SIZE=5\nSITE_URL=https://shop.example\n");
    write("new.env", "# of the target\nLOG_LEVEL=info   # as before\n\nPOOL_SIZE=20\n");
    openWorkspace(twoBackends);
    waitForRows();
}

void TestEnvironmentPage::waitForRows()
{
    QTRY_VERIFY_WITH_TIMEOUT(desk()->state() == EnvironmentDesk::State::Ready && desk()->view() && !desk()->isWorking(),
                             30'000);
}

int TestEnvironmentPage::rowOf(const char *name) const
{
    for (int row = 0; row < model()->rowCount(); ++row) {
        if (model()->line(row)->row.name == L(name))
            return row;
    }
    return -1;
}

QString TestEnvironmentPage::cell(const char *name, VariableColumn column) const
{
    return model()->index(rowOf(name), int(column)).data().toString();
}

void TestEnvironmentPage::select(const QList<const char *> &names)
{
    table()->clearSelection();
    for (const char *name : names) {
        const QModelIndex index = model()->index(rowOf(name), 0);
        QVERIFY2(index.isValid(), name);
        table()->selectionModel()->setCurrentIndex(index, QItemSelectionModel::Select | QItemSelectionModel::Rows);
    }
}

void TestEnvironmentPage::run(const QString &text)
{
    for (QAction *each : page()->pageActions()) {
        if (each->text().remove(QLatin1Char('&')) == text) {
            QVERIFY2(each->isEnabled(), qPrintable(text));
            return each->trigger();
        }
    }
    QFAIL(qPrintable(QStringLiteral("there is no action \"%1\"").arg(text)));
}

/// Every text on the page that a person could read or a screen reader speak.
QString TestEnvironmentPage::everythingShown() const
{
    QString all;
    for (const QWidget *each : page()->findChildren<QWidget *>()) {
        all += each->toolTip() + each->accessibleName() + each->accessibleDescription();
        if (const auto *label = qobject_cast<const QLabel *>(each))
            all += label->text();
        if (const auto *line = qobject_cast<const QLineEdit *>(each))
            all += line->displayText();
        if (const auto *text = qobject_cast<const QPlainTextEdit *>(each))
            all += text->toPlainText();
        if (const auto *text = qobject_cast<const QTextBrowser *>(each))
            all += text->toHtml();
    }
    return all + table()->toTsv() + table()->toCsv() + m_notices.join(QString());
}

void TestEnvironmentPage::opensWithWhatMustChange()
{
    openUsual();
    QVERIFY(rowOf("LOG_LEVEL") >= 0);
    QCOMPARE(cell("LOG_LEVEL", VariableColumn::Status), QStringLiteral("ok"));
    QCOMPARE(model()->line(rowOf("JWT_SECRET"))->row.status, VariableStatus::Missing);
    QCOMPARE(cell("POOL_SIZE", VariableColumn::Source), QStringLiteral("5"));
    QCOMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("20"));
    QVERIFY(cell("JWT_SECRET", VariableColumn::UsedBy).startsWith(QStringLiteral("api/main.py:3")));
    QCOMPARE(model()->headerData(int(VariableColumn::Target), Qt::Horizontal, Qt::DisplayRole).toString(),
             QStringLiteral("new (target)"));
    // One component needs no column.
    QVERIFY(table()->isColumnHidden(int(VariableColumn::Component)));
    const int need = desk()->view()->matrix.needingAction();
    QVERIFY(need > 0);
    QTRY_COMPARE(find<QTabWidget>("tabs")->tabText(1), QStringLiteral("Environment  (%1)").arg(need));
    QVERIFY(!everythingShown().contains(L(canary)));
    // The other direction.
    find<QComboBox>("environmentFrom")->setCurrentText(QStringLiteral("new"));
    find<QComboBox>("environmentTo")->setCurrentText(QStringLiteral("old"));
    Q_EMIT find<QComboBox>("environmentTo")->activated(0);
    waitForRows();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Source), QStringLiteral("20"));
    // A place is opened and copied.
    select({"JWT_SECRET"});
    auto *text = find<QTextBrowser>("variableText");
    QVERIFY(text->toPlainText().contains(QStringLiteral("api/main.py:3")));
    Q_EMIT text->anchorClicked(QUrl(QStringLiteral("place:0")));
    QCOMPARE(m_opened.size(), 1);
    QVERIFY(m_opened.first().file.startsWith(m_folder->path()));
    QVERIFY(QApplication::clipboard()->text().startsWith(m_opened.first().file));
}

void TestEnvironmentPage::filtersAndClears()
{
    openUsual();
    const int all = model()->rowCount();
    page()->focusFilter();
    auto *search = find<QLineEdit>("variableSearch");
    QVERIFY(search->hasFocus());
    QTest::keyClicks(search, QStringLiteral("pool"));
    QCOMPARE(model()->rowCount(), 1);
    QVERIFY(find<QLabel>("environmentSummary")->text().startsWith(QStringLiteral("1 of ")));
    QTest::keyClicks(search, QStringLiteral("xyz"));
    QVERIFY(find<NoticePane>("noVariableMatches")->isVisible());
    QTest::keyClick(search, Qt::Key_Escape);
    QCOMPARE(model()->rowCount(), all);
    QVERIFY(table()->isVisible());
    find<QCheckBox>("onlyAction")->click();
    QCOMPARE(model()->rowCount(), desk()->view()->matrix.needingAction());
    find<QCheckBox>("onlyAction")->click();
    auto *statuses = find<ChoiceButton>("statusChoice");
    statuses->setChosen({QString::number(int(VariableStatus::Missing))});
    QVERIFY(rowOf("JWT_SECRET") >= 0);
    QCOMPARE(rowOf("LOG_LEVEL"), -1);
    QVERIFY(statuses->text().contains(QStringLiteral("missing")));
}

void TestEnvironmentPage::editsUndoesSaves()
{
    openUsual();
    select({"POOL_SIZE"});
    run(QStringLiteral("Edit the target's value"));
    auto *editor = table()->findChild<ValueEditor *>();
    QVERIFY(editor);
    QCOMPARE(editor->text(), QStringLiteral("20"));
    QCOMPARE(editor->echoMode(), QLineEdit::Normal);
    QTest::keyClicks(editor, QStringLiteral("a b"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ a b"));
    waitForRows();
    QCOMPARE(textOf("new.env"), QByteArray("# of the target\nLOG_LEVEL=info   # as before\n\nPOOL_SIZE=20\n"));
    QCOMPARE(page()->unsaved(), QStringList{path("new.env")});
    QVERIFY(find<QPushButton>("environmentSave")->isVisible());
    // Undo is the file to the byte, redo the edit.
    QUndoStack *stack = desk()->journal()->stack();
    QCOMPARE(stack->undoText(), QStringLiteral("Edit: POOL_SIZE"));
    stack->undo();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("20"));
    QVERIFY(page()->unsaved().isEmpty());
    stack->redo();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ a b"));
    QSignalSpy saved(desk(), &EnvironmentDesk::saved);
    run(QStringLiteral("Save the edits"));
    QTRY_COMPARE(saved.size(), 1);
    QCOMPARE(textOf("new.env"), QByteArray("# of the target\nLOG_LEVEL=info   # as before\n\nPOOL_SIZE='a b'\n"));
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("a b"));
    QVERIFY(page()->unsaved().isEmpty());
    QVERIFY(!find<QPushButton>("environmentSave")->isVisible());
    // What was saved can be undone too, and is an edit again.
    stack->undo();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ 20"));
    stack->redo();
    waitForRows();
    // A field that was opened and left alone takes nothing back, whatever came meanwhile.
    select({"POOL_SIZE"});
    run(QStringLiteral("Edit the target's value"));
    stack->undo();
    waitForRows();
    editor = table()->findChild<ValueEditor *>();
    QVERIFY(editor);
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ 20"));
    QVERIFY(stack->canRedo());
    stack->redo();
    waitForRows();
    // Our own writing is no change on the disk.
    desk()->checkDisk();
    QTest::qWait(0);
    QTRY_VERIFY(!desk()->isWorking());
    QVERIFY(desk()->stale().isEmpty());
}

void TestEnvironmentPage::bulkActionsAreOneStep()
{
    openUsual();
    select({"JWT_SECRET", "POOL_SIZE", "SITE_URL"});
    run(QStringLiteral("Copy the source's value to the target"));
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ 5"));
    waitForRows();
    QCOMPARE(model()->line(rowOf("JWT_SECRET"))->row.target.value, QString::fromLatin1(canary));
    QCOMPARE(desk()->journal()->stack()->count(), 1);
    QCOMPARE(desk()->journal()->stack()->undoText(), QStringLiteral("Copy from the source: 3 variables"));
    select({"POOL_SIZE", "SITE_URL"});
    run(QStringLiteral("Remove from the target"));
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ –"));
    QCOMPARE(desk()->journal()->stack()->count(), 2);
    desk()->journal()->stack()->undo();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ 5"));
    // Secrets are written readable by their owner only.
    QSignalSpy saved(desk(), &EnvironmentDesk::saved);
    run(QStringLiteral("Save the edits"));
    QTRY_COMPARE(saved.size(), 1);
    QCOMPARE(saved[0][1].toBool(), true);
    QVERIFY(textOf("new.env").contains(canary));
    QVERIFY(textOf("new.env").startsWith("# of the target\nLOG_LEVEL=info   # as before\n\n"));
    QCOMPARE(QFileInfo(path("new.env")).permissions() & QFile::Permissions(0x0077), QFile::Permissions());
    select({"LOG_LEVEL", "POOL_SIZE"});
    run(QStringLiteral("Copy the names"));
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("LOG_LEVEL\nPOOL_SIZE\n"));
    QVERIFY(!everythingShown().contains(L(canary)));
}

void TestEnvironmentPage::generatesSecrets()
{
    openUsual();
    select({"JWT_SECRET"});
    run(QStringLiteral("Generate a secret…"));
    auto *dialog = find<QDialog>("secretDialog");
    QVERIFY(dialog && dialog->isVisible());
    auto *preview = dialog->findChild<QLineEdit *>(QStringLiteral("secretPreview"));
    QCOMPARE(preview->echoMode(), QLineEdit::Password);
    QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("secretBits"))->text().contains(QStringLiteral("256 bits")));
    dialog->findChild<QComboBox *>(QStringLiteral("secretAlphabet"))->setCurrentText(QStringLiteral("hex"));
    dialog->findChild<QSpinBox *>(QStringLiteral("secretLength"))->setValue(8);
    QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("secretBits"))->text().contains(QStringLiteral("64 bits")));
    QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("secretBits"))->text().contains(QStringLiteral("▲")));
    QCOMPARE(preview->text().size(), 16);
    const QString value = preview->text();
    auto *hold = dialog->findChild<HoldButton *>(QStringLiteral("secretReveal"));
    QTest::mousePress(hold, Qt::LeftButton);
    QCOMPARE(preview->echoMode(), QLineEdit::Normal);
    QTest::mouseRelease(hold, Qt::LeftButton);
    QCOMPARE(preview->echoMode(), QLineEdit::Password);
    dialog->findChild<QPushButton *>(QStringLiteral("secretTake"))->click();
    QTRY_COMPARE(model()->line(rowOf("JWT_SECRET"))->row.target.value, value);
    QVERIFY(!everythingShown().contains(value));
}

void TestEnvironmentPage::setsSeveralLines()
{
    openUsual();
    select({"SITE_URL"});
    run(QStringLiteral("Set a value…"));
    auto *dialog = find<QDialog>("valueDialog");
    QVERIFY(dialog);
    dialog->findChild<QCheckBox *>(QStringLiteral("valueSeveral"))->click();
    dialog->findChild<QPlainTextEdit *>(QStringLiteral("valueLines"))->setPlainText(QStringLiteral("one\ntwo"));
    dialog->findChild<QPushButton *>(QStringLiteral("valueSet"))->click();
    QTRY_COMPARE(cell("SITE_URL", VariableColumn::Target), QStringLiteral("✎ one⏎two"));
    QCOMPARE(model()->line(rowOf("SITE_URL"))->row.target.value, QStringLiteral("one\ntwo"));
    // A line of a table has no room for two: the dialog opens instead.
    waitForRows();
    select({"SITE_URL"});
    run(QStringLiteral("Edit the target's value"));
    QTRY_VERIFY(find<QDialog>("valueDialog"));
    QVERIFY(!table()->findChild<ValueEditor *>());
    QCOMPARE(find<QPlainTextEdit>("valueLines")->toPlainText(), QStringLiteral("one\ntwo"));
    find<QDialog>("valueDialog")->close();
}

void TestEnvironmentPage::refusesWhatNoFileCarries()
{
    openUsual();
    select({"POOL_SIZE"});
    run(QStringLiteral("Edit the target's value"));
    auto *editor = table()->findChild<ValueEditor *>();
    QTest::keyClicks(editor, QStringLiteral("${HOME}/x"));
    QVERIFY(editor->problem().contains(QStringLiteral("python-dotenv")));
    QTest::keyClick(editor, Qt::Key_Return);
    // The field stays, and says why.
    QVERIFY(table()->findChild<ValueEditor *>());
    QCOMPARE(desk()->journal()->stack()->count(), 0);
    QTest::keyClick(editor, Qt::Key_Escape);
    // Copied from a source that has such a value.
    write("old.env", "POOL_SIZE=5\nBAD='a${b}'\nMIX=$'\n");
    page()->refresh();
    waitForRows();
    QTRY_VERIFY(rowOf("BAD") >= 0);
    select({"BAD", "POOL_SIZE"});
    run(QStringLiteral("Copy the source's value to the target"));
    QTRY_VERIFY(find<QMessageBox>("editsRefused"));
    QVERIFY(find<QMessageBox>("editsRefused")->informativeText().contains(QStringLiteral("BAD")));
    QVERIFY(find<QMessageBox>("editsRefused")->text().contains(QStringLiteral("1 done")));
    find<QMessageBox>("editsRefused")->close();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ 5"));
}

void TestEnvironmentPage::copiesSecretsOnlyWhenAsked()
{
    openUsual();
    select({"POOL_SIZE"});
    run(QStringLiteral("Copy as KEY=VALUE"));
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("POOL_SIZE=20\n"));
    select({"POOL_SIZE", "JWT_SECRET"});
    QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
    QVERIFY(QApplication::clipboard()->text().contains(QStringLiteral("JWT_SECRET")));
    QVERIFY(!QApplication::clipboard()->text().contains(L(canary)));
    for (const bool with : {false, true}) {
        run(QStringLiteral("Copy as KEY=VALUE"));
        auto *box = find<QMessageBox>("copySecrets");
        QVERIFY(box);
        // Nothing is copied before the answer.
        QVERIFY(!QApplication::clipboard()->text().contains(L(canary)));
        box->findChild<QPushButton *>(with ? L("copyWith") : L("copyWithout"))->click();
        QTRY_VERIFY(!find<QMessageBox>("copySecrets"));
        QCOMPARE(QApplication::clipboard()->text().contains(L(canary)), with);
    }
}

void TestEnvironmentPage::revealsWhileHeld()
{
    openUsual();
    select({"JWT_SECRET"});
    table()->setFocus();
    auto *value = find<QLabel>("sourceValue");
    QVERIFY(!everythingShown().contains(L(canary)));
    const QImage before = page()->grab().toImage();
    QTest::keyPress(table(), Qt::Key_F9);
    QCOMPARE(value->text(), QString::fromLatin1(canary));
    // Only of this row, and only there.
    QVERIFY(!table()->toTsv().contains(L(canary)));
    QTest::keyRelease(table(), Qt::Key_F9);
    QVERIFY(!everythingShown().contains(L(canary)));
    QCOMPARE(page()->grab().toImage(), before);
    QTest::keyPress(table(), Qt::Key_F9);
    QVERIFY(everythingShown().contains(L(canary)));
    find<QLineEdit>("variableSearch")->setFocus();
    QVERIFY(!everythingShown().contains(L(canary)));
    table()->setFocus();
    QTest::keyPress(table(), Qt::Key_F9);
    select({"POOL_SIZE"});
    QVERIFY(!everythingShown().contains(L(canary)));
    QTest::keyRelease(table(), Qt::Key_F9);
}

void TestEnvironmentPage::exports()
{
    openUsual();
    page()->showExport(ExportTarget::FlySecrets);
    auto *dialog = find<QDialog>("exportDialog");
    QVERIFY(dialog);
    auto *preview = find<QPlainTextEdit>("exportPreview");
    auto *save = find<QPushButton>("exportSave");
    QTRY_VERIFY(preview->toPlainText().contains(QStringLiteral("POOL_SIZE")));
    // The source's: its secret is left out, and said to be.
    find<QComboBox>("exportSide")->setCurrentIndex(1);
    QTRY_VERIFY(find<QTextBrowser>("exportAccount")->toPlainText().contains(QStringLiteral("JWT_SECRET")));
    QVERIFY(!preview->toPlainText().contains(L(canary)));
    find<QCheckBox>("exportWithSecrets")->click();
    QTRY_VERIFY(find<QLabel>("exportSummary")->text().contains(QStringLiteral("0600")));
    QVERIFY(preview->toPlainText().contains(QStringLiteral("JWT_SECRET=\"••••")) ||
            preview->toPlainText().contains(QStringLiteral("••••")));
    QVERIFY(!preview->toPlainText().contains(L(canary)));
    auto *hold = find<HoldButton>("exportReveal");
    hold->hold();
    QVERIFY(preview->toPlainText().contains(L(canary)));
    hold->letGo();
    QVERIFY(!preview->toPlainText().contains(L(canary)));
    // Another form asks anew.
    find<QComboBox>("exportTarget")->setCurrentIndex(0);
    QVERIFY(!find<QCheckBox>("exportWithSecrets")->isChecked());
    find<QCheckBox>("exportWithSecrets")->click();
    QTRY_VERIFY(save->isEnabled());
    save->click();
    QTRY_VERIFY(textOf("saved.txt").contains(canary));
    QCOMPARE(QFileInfo(path("saved.txt")).permissions() & QFile::Permissions(0x0077), QFile::Permissions());
    QTRY_VERIFY(!find<QDialog>("exportDialog"));
    // What a form cannot carry: nothing is written before it is left out.
    write("old.env", "GOOD=1\nBAD=\"a\\\\b \\\"c\\\"\"\n");
    page()->refresh();
    waitForRows();
    QTRY_VERIFY(rowOf("BAD") >= 0);
    page()->showExport(ExportTarget::Render);
    find<QComboBox>("exportSide")->setCurrentIndex(1);
    QTRY_VERIFY(find<QTextBrowser>("exportAccount")->toPlainText().contains(QStringLiteral("BAD")));
    QVERIFY(!find<QPushButton>("exportSave")->isEnabled());
    find<QCheckBox>("exportSkipRefused")->click();
    QTRY_VERIFY(find<QPushButton>("exportSave")->isEnabled());
    find<QDialog>("exportDialog")->close();
    // The table itself, with masks.
    for (const char *what : {"Save the table as CSV…", "Save the table as JSON…", "Save the table as Markdown…"}) {
        write("saved.txt", "old");
        run(QString::fromUtf8(what));
        QTRY_VERIFY(textOf("saved.txt").contains("GOOD"));
    }
}

void TestEnvironmentPage::scans()
{
    openUsual();
    auto *button = find<QPushButton>("scanButton");
    QCOMPARE(button->text(), QStringLiteral("Scan"));
    button->click();
    auto *scan = find<Table>("scanTable");
    QTRY_VERIFY_WITH_TIMEOUT(scan->model()->rowCount() > 0, 20'000);
    QVERIFY(scan->isVisible());
    QCOMPARE(button->text(), QStringLiteral("Scan (%1)").arg(scan->model()->rowCount()));
    int row = -1;
    for (int i = 0; i < scan->model()->rowCount(); ++i) {
        if (scan->model()->index(i, 2).data().toString().contains(QStringLiteral("old-shop.fly.dev")))
            row = i;
    }
    QVERIFY(row >= 0);
    QVERIFY(scan->model()->index(row, 0).data().toString().startsWith(QStringLiteral("api/main.py:6:")));
    scan->setCurrentIndex(scan->model()->index(row, 0));
    auto *diff = find<QPlainTextEdit>("scanDiff");
    QTRY_VERIFY2(diff->toPlainText().contains(QStringLiteral("\n-HOST = ")), qPrintable(diff->toPlainText()));
    // What names the platform that is left.
    auto *filter = find<QComboBox>("scanFilter");
    QVERIFY(filter->itemText(1).startsWith(QStringLiteral("What still names fly")));
    filter->setCurrentIndex(1);
    QVERIFY(scan->model()->rowCount() > 0);
    find<QPushButton>("scanPatch")->click();
    QTRY_VERIFY(textOf("saved.txt").contains("+++ b/api/main.py"));
    QVERIFY(textOf("saved.txt").contains("diff --git a/api/main.py b/api/main.py"));
    // Cancelled while it runs.
    find<QPushButton>("scanAgain")->click();
    page()->cancel();
    QVERIFY(find<QLabel>("scanSummary")->text().contains(QStringLiteral("cancelled")));
    button->click();
    QVERIFY(!scan->isVisible());
}

void TestEnvironmentPage::asksWhereTheDiskChanged()
{
    openUsual();
    desk()->edit(QStringLiteral("Edit"), {{QStringLiteral("POOL_SIZE"), QStringLiteral("7")}});
    waitForRows();
    write("new.env", "POOL_SIZE=9\n");
    run(QStringLiteral("Save the edits"));
    QTRY_VERIFY(find<QMessageBox>("environmentOverwrite"));
    QCOMPARE(textOf("new.env"), QByteArray("POOL_SIZE=9\n"));
    find<QMessageBox>("environmentOverwrite")->findChild<QPushButton *>(L("environmentReload"))->click();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("9"));
    QVERIFY(page()->unsaved().isEmpty());
    QTRY_VERIFY(!find<QMessageBox>("environmentOverwrite"));
    // And over it, on demand.
    waitForRows();
    desk()->edit(QStringLiteral("Edit"), {{QStringLiteral("POOL_SIZE"), QStringLiteral("8")}});
    waitForRows();
    write("new.env", "POOL_SIZE=1\nMORE=2\n");
    run(QStringLiteral("Save the edits"));
    QTRY_VERIFY(find<QMessageBox>("environmentOverwrite"));
    find<QMessageBox>("environmentOverwrite")->findChild<QPushButton *>(L("environmentOver"))->click();
    QTRY_COMPARE(textOf("new.env"), QByteArray("POOL_SIZE=8\n"));
}

void TestEnvironmentPage::saysWhenItIsStale()
{
    openUsual();
    QVERIFY(!find<QWidget>("environmentStale")->isVisible());
    write("old.env", "POOL_SIZE=6\n");
    QTRY_VERIFY_WITH_TIMEOUT(find<QWidget>("environmentStale")->isVisible(), 10'000);
    QVERIFY(find<QLabel>("environmentStaleText")->text().contains(QStringLiteral("old.env")));
    // What is shown is still what was read.
    QCOMPARE(cell("POOL_SIZE", VariableColumn::Source), QStringLiteral("5"));
    find<QPushButton>("environmentRefresh")->click();
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Source), QStringLiteral("6"));
    QTRY_VERIFY(!find<QWidget>("environmentStale")->isVisible());
}

void TestEnvironmentPage::productionIsLocked()
{
    write("api/main.py", "import os\nos.environ['A']\n");
    write("old.env", "A=1\n");
    write("new.env", "A=2\n");
    QByteArray text = twoBackends;
    text.replace("role = \"target\"\n", "role = \"target\"\nstage = \"production\"\n");
    openWorkspace(text);
    waitForRows();
    select({"A"});
    run(QStringLiteral("Edit the target's value"));
    QVERIFY(!table()->findChild<ValueEditor *>());
    auto *dialog = find<QDialog>("unlockDialog");
    QVERIFY(dialog && dialog->isVisible());
    dialog->close();
    QVERIFY(find<QPushButton>("environmentUnlock")->isVisible());
    run(QStringLiteral("Copy the source's value to the target"));
    QCOMPARE(desk()->journal()->stack()->count(), 0);
    QVERIFY(m_console->workbench().unlock(QStringLiteral("new"), QStringLiteral("new")).has_value());
    QVERIFY(!find<QPushButton>("environmentUnlock")->isVisible());
    run(QStringLiteral("Copy the source's value to the target"));
    QCOMPARE(desk()->journal()->stack()->count(), 1);
    // Locked again before it was saved: not written.
    waitForRows();
    m_console->workbench().lock(QStringLiteral("new"));
    run(QStringLiteral("Save the edits"));
    QVERIFY(!desk()->isWorking());
    QCOMPARE(textOf("new.env"), QByteArray("A=2\n"));
}

void TestEnvironmentPage::makesAnEnvFile()
{
    write("api/main.py", "import os\nos.environ['A']\n");
    write("old.env", "A=1\n");
    QByteArray text = twoBackends;
    text.replace("env = [\"new.env\"]\n", "# no file yet\n");
    openWorkspace(text);
    waitForRows();
    QTRY_VERIFY(find<QWidget>("noEnvFile")->isVisible());
    QVERIFY(find<QLabel>("noEnvFileText")->text().contains(QStringLiteral(".env.new")));
    select({"A"});
    run(QStringLiteral("Edit the target's value"));
    QVERIFY(!table()->findChild<ValueEditor *>());
    find<QPushButton>("makeEnvFile")->click();
    QTRY_VERIFY(QFileInfo::exists(path(".env.new")));
    QTRY_VERIFY(textOf("switchyard.toml").contains("env = [\".env.new\"]"));
    QVERIFY(textOf("switchyard.toml").contains("# no file yet"));
    QTRY_VERIFY(!find<QWidget>("noEnvFile")->isVisible());
    waitForRows();
    select({"A"});
    run(QStringLiteral("Copy the source's value to the target"));
    QTRY_COMPARE(cell("A", VariableColumn::Target), QStringLiteral("✎ 1"));
}

void TestEnvironmentPage::emptyFailedCancelledDiffer()
{
    const auto sentence = [this] {
        return find<NoticePane>("environmentNotice")->findChild<QLabel *>(QStringLiteral("noticeSentence"))->text();
    };
    openWorkspace("[[backend]]\nname = \"one\"\nplatform = \"fly\"\nurl = \"http://127.0.0.1:9\"\n");
    QTRY_VERIFY(find<NoticePane>("environmentNotice")->isVisible());
    QSet<QString> seen{sentence()};
    // Broken: with the place.
    write("old.env", QByteArray("A=1\nB=\xff\n"));
    write("new.env", "A=2\n");
    write("api/main.py", "import os\n");
    openWorkspace(twoBackends);
    QTRY_COMPARE(desk()->state(), EnvironmentDesk::State::Failed);
    QVERIFY(desk()->error().toString().contains(QStringLiteral("old.env:2:3")));
    seen.insert(sentence());
    // Loading, and cancelled.
    page()->refresh();
    QCOMPARE(desk()->state(), EnvironmentDesk::State::Loading);
    seen.insert(sentence());
    page()->cancel();
    QCOMPARE(desk()->state(), EnvironmentDesk::State::Cancelled);
    seen.insert(sentence());
    // Read, and nothing in it.
    write("old.env", "# nothing\n");
    write("new.env", "# nothing\n");
    page()->refresh();
    waitForRows();
    // A platform's own variables are rows too, where there are any.
    if (model()->count() == 0)
        seen.insert(sentence());
    QVERIFY(seen.size() >= 4);
}

void TestEnvironmentPage::closingAsksAboutEdits()
{
    openUsual();
    desk()->edit(QStringLiteral("Edit"), {{QStringLiteral("POOL_SIZE"), QStringLiteral("7")}});
    waitForRows();
    m_console->window().close();
    auto *box = find<QMessageBox>("unsavedDialog");
    QVERIFY(box);
    QVERIFY(box->informativeText().contains(path("new.env")));
    box->close();
}

void TestEnvironmentPage::editsSurviveTheWorkspace()
{
    openUsual();
    desk()->edit(QStringLiteral("Edit"), {{QStringLiteral("POOL_SIZE"), QStringLiteral("7")}});
    waitForRows();
    m_console->workbench().close();
    QCOMPARE(page()->unsaved(), QStringList{path("new.env")});
    m_console->window().openPath(m_folder->path());
    QTRY_COMPARE(desk()->state(), EnvironmentDesk::State::Ready);
    QTRY_COMPARE(cell("POOL_SIZE", VariableColumn::Target), QStringLiteral("✎ 7"));
    QCOMPARE(textOf("new.env"), QByteArray("# of the target\nLOG_LEVEL=info   # as before\n\nPOOL_SIZE=20\n"));
}

void TestEnvironmentPage::paletteFindsVariables()
{
    openUsual();
    m_console->window().showPage(QStringLiteral("Overview"));
    find<QLineEdit>("variableSearch")->setText(QStringLiteral("LOG_LEVEL"));
    QTest::keyClick(&m_console->window(), Qt::Key_K, Qt::ControlModifier);
    auto *palette = m_console->window().findChild<CommandPalette *>();
    QTRY_VERIFY(palette);
    QTest::keyClicks(palette->findChild<QLineEdit *>(), QStringLiteral("jwt variable"));
    QTest::keyClick(palette->findChild<QLineEdit *>(), Qt::Key_Return);
    // Also where a filter hid it.
    QTRY_COMPARE(find<QTabWidget>("tabs")->currentIndex(), 1);
    QTRY_COMPARE(table()->currentKey(), variableKey(QStringLiteral("JWT_SECRET"), QStringLiteral("api")));
}

void TestEnvironmentPage::everyInputHasAName()
{
    openUsual();
    page()->openScan();
    page()->showExport(ExportTarget::Dotenv);
    QStringList without;
    for (const QWidget *each : page()->findChildren<QWidget *>()) {
        const bool input = qobject_cast<const QComboBox *>(each) || qobject_cast<const QAbstractItemView *>(each) ||
                           qobject_cast<const QPlainTextEdit *>(each) || qobject_cast<const QTextBrowser *>(each) ||
                           qobject_cast<const QLineEdit *>(each);
        const auto *button = qobject_cast<const QAbstractButton *>(each);
        const bool inside = each->objectName().startsWith(QStringLiteral("qt_")) ||
                            each->inherits("QLineEditIconButton") || each->inherits("QComboBoxListView") ||
                            each->inherits("QTableCornerButton") || each->inherits("QHeaderView");
        if (!inside && ((input && each->accessibleName().isEmpty()) ||
                        (button && button->text().isEmpty() && each->accessibleName().isEmpty())))
            without.append(
                QStringLiteral("%1 %2").arg(QString::fromLatin1(each->metaObject()->className()), each->objectName()));
    }
    QVERIFY2(without.isEmpty(), qPrintable(without.join(QStringLiteral(", "))));
    find<QDialog>("exportDialog")->close();
    // Every action has a name, and no key twice.
    QSet<QString> keys;
    for (const QAction *action : page()->pageActions()) {
        if (action->isSeparator())
            continue;
        QVERIFY(!action->text().isEmpty());
        const QString key = action->shortcut().toString();
        QVERIFY2(key.isEmpty() || !keys.contains(key), qPrintable(key));
        keys.insert(key);
    }
}

void TestEnvironmentPage::tenThousandRowsDoNotStall()
{
    QByteArray old, next, code = "import os\n";
    for (int i = 0; i < 10'000; ++i) {
        const QByteArray number = QByteArray::number(i);
        old += "NAME_" + number + "=value-" + QByteArray::number(i * 7919 % 10'000) + "\n";
        if (i % 3)
            next += "NAME_" + number + "=value-" + number + "\n";
        code += "os.environ['NAME_" + number + "']\n";
    }
    write("old.env", old);
    write("new.env", next);
    write("api/main.py", code);
    QMap<QString, double> longest;
    double limit = turnLimitMs();
    const auto measure = [&longest](const QString &what, auto step, auto until) {
        Heartbeat heart;
        // One turn before it, so that the step is in a turn of its own.
        QTest::qWait(5);
        step();
        QTRY_VERIFY_WITH_TIMEOUT(until(), 60'000);
        QTest::qWait(60);
        longest[what] = std::max(longest.value(what), heart.cpuMs());
    };
    openWorkspace(twoBackends);
    waitForRows();
    QVERIFY(model()->rowCount() >= 10'000);
    const auto idle = [this] { return desk()->state() == EnvironmentDesk::State::Ready && !desk()->isWorking(); };
    auto *search = find<QLineEdit>("variableSearch");
    measure(
        QStringLiteral("open"), [this] { page()->refresh(); }, idle);
    for (const char letter : {'9', '9', '9'})
        measure(
            QStringLiteral("filter"), [&] { QTest::keyClick(search, letter); }, [] { return true; });
    QVERIFY(model()->rowCount() < 1'000);
    measure(
        QStringLiteral("clear the filter"), [&] { search->clear(); }, [] { return true; });
    measure(
        QStringLiteral("only what needs action"), [this] { find<QCheckBox>("onlyAction")->click(); },
        [] { return true; });
    measure(
        QStringLiteral("all again"), [this] { find<QCheckBox>("onlyAction")->click(); }, [] { return true; });
    for (const VariableColumn column : {VariableColumn::Source, VariableColumn::Status, VariableColumn::Name})
        measure(
            QStringLiteral("sort"), [&] { table()->sortByColumn(int(column), Qt::DescendingOrder); },
            [] { return true; });
    measure(
        QStringLiteral("edit"),
        [this] {
            desk()->edit(QStringLiteral("Edit"), {{QStringLiteral("NAME_5000"), QStringLiteral("edited")}});
        },
        idle);
    QCOMPARE(cell("NAME_5000", VariableColumn::Target), QStringLiteral("✎ edited"));
    measure(
        QStringLiteral("undo"), [this] { desk()->journal()->stack()->undo(); }, idle);
    measure(
        QStringLiteral("select all"), [this] { table()->selectAll(); }, [] { return true; });
    measure(
        QStringLiteral("copy 10,000 values from the source"),
        [this] { run(QStringLiteral("Copy the source's value to the target")); }, idle);
    QCOMPARE(desk()->journal()->stack()->count(), 1);
    QStringList figures;
    for (auto it = longest.cbegin(); it != longest.cend(); ++it)
        figures.append(QStringLiteral("%1 %2 ms").arg(it.key()).arg(it.value(), 0, 'f', 1));
    qInfo("%d rows, read in %.0f ms off the GUI thread; its longest turns: %s", model()->rowCount(),
          desk()->view()->milliseconds, qPrintable(figures.join(QStringLiteral(", "))));
    limit = std::max(limit, turnLimitMs());
    for (auto it = longest.cbegin(); it != longest.cend(); ++it)
        QVERIFY2(*it < limit, qPrintable(QStringLiteral("%1 took %2 ms of %3").arg(it.key()).arg(*it).arg(limit)));
}

QTEST_MAIN(TestEnvironmentPage)
#include "tst_environmentpage.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/workbench.h"
#include "ui/redeploy/eventpane.h"

#include <QTimer>
#include <QWidget>

class QStackedWidget;

namespace Switchyard {

class ComparisonView;
class NoticePane;
class SessionBody;
class SessionList;

/// The sessions' part of the WebSockets page: the running or last session, the list of recorded ones, one of those
/// opened, or two compared. Long reading is done on worker threads.
class SessionView final : public QWidget
{
    Q_OBJECT
public:
    SessionView(Workbench *workbench, ChooseSaveFile chooseSaveFile, QWidget *parent = nullptr);
    ~SessionView() override;

    void focusFilter();
    /// Shows the last verdict of this backend, or that it has none. While a session runs, that session stays.
    void showBackend(const QString &backend);
    /// Whether the view stands still while the session goes on.
    bool togglePause();

private:
    void makeParts();
    void begin();
    void take();
    void tick();
    void finish();
    void fail(const QString &message);
    void showNone();
    void startAgain();
    void showList();
    void openSession(const QString &folder);
    void showOutcome(const SessionOutcomePtr &outcome, bool live);
    void compareWithPrevious();
    void compare(const QString &before, const QString &after);
    void findPrevious();
    void saveReport(const QString &suffix);
    void wait(const QString &sentence);
    void refuse(const QString &sentence, const Error &error);

    Workbench *m_workbench;
    ChooseSaveFile m_chooseSaveFile;
    QStackedWidget *m_stack;
    NoticePane *m_notice;
    SessionBody *m_body = nullptr;
    SessionList *m_list = nullptr;
    ComparisonView *m_comparison = nullptr;
    QTimer m_tickTimer;
    SessionOutcomePtr m_shown; ///< the finished session in the body; empty while one runs
    QString m_shownBackend;    ///< whose session or verdict is shown
    QString m_previous;        ///< folder of the session before the shown one
    enum class NoticeDoes
    {
        Redeploy,
        Watch,
        TryAgain,
        List,
        Cancel
    };
    NoticeDoes m_noticeDoes = NoticeDoes::Redeploy;
    int m_read = 0; ///< number of the last reading; older answers come too late
};

} // namespace Switchyard

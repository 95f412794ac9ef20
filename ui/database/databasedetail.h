// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/watch/databaseset.h"

#include <QHash>
#include <QPointer>
#include <QWidget>

#include <functional>

class QFrame;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTabWidget;
class QTextBrowser;

namespace Switchyard {

class ElidedLabel;
class HeadroomGauge;
class NoticePane;
class PollingBar;
class SeriesChart;

/// One database in full: where the probe ended and why, what its user may do, how much room is left, what is wrong with
/// the string, and how connect and query have gone over time. Thread: GUI.
class DatabaseDetail final : public QWidget
{
    Q_OBJECT
public:
    explicit DatabaseDetail(QWidget *parent = nullptr);
    /// nullptr: none is chosen. The set must outlive what is shown of it.
    void show(DatabaseSet *set, int index);
    using QWidget::show;
    /// What the history has of the chosen one, the oldest first, before what was probed since the start.
    void showHistory(const QList<DatabasePoint> &points);
    int index() const { return m_index; }
    /// Asked whether somebody has opened the lock of a production backend; without it all are locked.
    void setUnlocked(std::function<bool(const QString &backend)> unlocked) { m_unlocked = std::move(unlocked); }
    /// State and age as of now.
    void fillState();

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeHeader();
    QTextBrowser *makeText(const char *name, const QString &accessibleName);
    void fill();
    void fillBanner(const DatabaseRecord &record);
    QString targetText(const DatabaseRecord &record) const;
    void fillChart();
    void setText(QTextBrowser *browser, const QString &html);

    QPointer<DatabaseSet> m_set;
    int m_index = -1;
    QString m_key;
    std::function<bool(const QString &backend)> m_unlocked;
    QStackedWidget *m_stack;
    NoticePane *m_notice;
    QWidget *m_body;
    ElidedLabel *m_name;
    QLabel *m_state;
    QPushButton *m_probe;
    ElidedLabel *m_target;
    QFrame *m_banner;
    QLabel *m_bannerText;
    HeadroomGauge *m_gauge;
    QTabWidget *m_tabs;
    QTextBrowser *m_stages;
    QTextBrowser *m_privileges;
    QTextBrowser *m_findings;
    SeriesChart *m_chart;
    PollingBar *m_polling;
    QList<DatabasePoint> m_recorded;
    qint64 m_lastCharted = 0; ///< the wall clock of the last of them
    QHash<QTextBrowser *, QString> m_shown;
};

} // namespace Switchyard

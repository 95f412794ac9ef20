// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/httpfetch.h"
#include "models/realtime/seriespoint.h"

#include <QTimer>
#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QListView;
class QSortFilterProxyModel;
class QStackedWidget;
class QStringListModel;

namespace Switchyard {

class NoticePane;
class SeriesChart;

/// The series of a backend's /metrics, of which one is charted while the pane is seen; nothing is asked while it is
/// hidden. Answers are read on a worker thread.
class MetricsPane final : public QWidget
{
    Q_OBJECT
public:
    static constexpr Milliseconds defaultInterval{5'000};
    explicit MetricsPane(QWidget *parent = nullptr);

    /// `base`: "https://host", without a path; empty: there is no backend. Another source begins anew.
    void setSource(const QString &base, const QString &path, const QString &caFile);
    void setInterval(Milliseconds interval);
    /// How many answers came.
    int readings() const { return m_readings; }

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    /// What a worker made of an answer.
    struct Reading
    {
        std::shared_ptr<const MetricsScrape> scrape;
        QList<SeriesChoice> choices;
        SeriesPoint point;
        Error failure;
    };
    void forget();
    void ask();
    void answered(const FetchAnswer &answer);
    void take(const Reading &reading);
    void takeChoices(const QList<SeriesChoice> &choices);
    void choose(const QString &selector);
    void sayFailure(const Error &failure);

    QString m_base, m_path, m_caFile;
    HttpFetch m_fetch;
    QTimer m_timer;
    quint64 m_run = 0; ///< answers of earlier sources are dropped
    bool m_reading = false;
    int m_readings = 0;
    std::shared_ptr<const MetricsScrape> m_last;
    QList<SeriesChoice> m_choices;
    SeriesChoice m_chosen;
    QLineEdit *m_pathEdit;
    QLineEdit *m_filter;
    QLabel *m_state;
    QStackedWidget *m_stack;
    NoticePane *m_notice;
    QStringListModel *m_names;
    QSortFilterProxyModel *m_proxy;
    QListView *m_list;
    QLabel *m_help;
    SeriesChart *m_chart = nullptr; ///< made when somebody looks
    QWidget *m_chartPlace;
};

} // namespace Switchyard

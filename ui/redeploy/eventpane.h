// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/redeploy/eventmodel.h"

#include <QWidget>

#include <functional>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace Switchyard {

class Table;

/// Asks where to save a file of this suffix; answers with a path, or not at all.
using ChooseSaveFile =
    std::function<void(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)>;

/// The events as RFC 4180: raw numbers, times in UTC and in seconds, one column a field.
[[nodiscard]] QByteArray eventsToCsv(const QList<Event> &events, qint64 originWallMs);

/// The event table with its filters: text, kind, socket or endpoint, and the evidence of a gate or note.
class EventPane final : public QWidget
{
    Q_OBJECT
public:
    EventPane(EventModel *model, ChooseSaveFile chooseSaveFile, QWidget *parent = nullptr);

    /// What can be chosen beside the text.
    void setSubjects(const QStringList &subjects);
    /// Shows these events only and selects them, until the person shows all again.
    void showEvidence(const QString &title, const QList<int> &ids);
    /// Selects one event among all.
    void selectEvent(int id);
    void clearFilters();
    void focusFilter();

Q_SIGNALS:
    void noticed(const QString &text);

private:
    QWidget *makeFilters();
    void applyFilter();
    void choose();
    void showCount();
    void exportCsv();

    EventModel *m_model;
    ChooseSaveFile m_chooseSaveFile;
    QLineEdit *m_text;
    QComboBox *m_kind;
    QComboBox *m_subject;
    QPushButton *m_evidence;
    QLabel *m_count;
    QStackedWidget *m_stack;
    Table *m_table;
    QSet<int> m_ids;
    QString m_title;
    QTimer m_typing;
};

} // namespace Switchyard

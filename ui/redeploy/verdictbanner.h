// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/theme.h"

#include <QFrame>

class QLabel;
class QMenu;
class QPushButton;
class QToolButton;

namespace Switchyard {

/// The verdict in one line, with its reports; while the session runs, what it does and a way to cancel it.
class VerdictBanner final : public QFrame
{
    Q_OBJECT
public:
    explicit VerdictBanner(QWidget *parent = nullptr);
    /// `word` stands after the shape, in capitals; `sentence` and `detail` behind and below it.
    void show(State state, const QString &word, const QString &sentence, const QString &detail);
    void setRunning(bool running);
    /// Whether this session can be compared with one before it.
    void setComparable(bool comparable);
    using QFrame::show;

Q_SIGNALS:
    void reportRequested(const QString &suffix);
    void cancelRequested();
    void compareRequested();
    void listRequested();

protected:
    void changeEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void colourWord();

    QLabel *m_word;
    QLabel *m_sentence;
    QLabel *m_detail;
    QToolButton *m_report;
    QPushButton *m_compare;
    QPushButton *m_list;
    QPushButton *m_cancel;
    bool m_comparable = false;
    bool m_running = false;
    State m_state = State::Unknown;
    QString m_text;
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/environment/environmentdesk.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QPushButton;
class QTextBrowser;

namespace Switchyard {

class HoldButton;

/// Everything about one variable: the values of both sides and the wanted one, every line of the reason, notes, the
/// places that state and that read it. Secrets are masked, but while "Hold to reveal" is held. Thread: GUI.
class DetailPane final : public QWidget
{
    Q_OBJECT
public:
    explicit DetailPane(QWidget *parent = nullptr);

    void showLine(const VariableLinePtr &line, const QString &source, const QString &target);
    /// Of the comparison as a whole: its notes and findings, where no row is chosen.
    void showWhole(const EnvironmentViewPtr &view);
    /// For the key that reveals.
    HoldButton *revealButton() const { return m_reveal; }

Q_SIGNALS:
    void placeChosen(const Switchyard::Place &place);
    void copyWanted(const QString &text, const QString &what);

protected:
    void changeEvent(QEvent *event) override;

private:
    struct ValueRow
    {
        QLabel *name = nullptr;
        QLabel *value = nullptr;
    };
    ValueRow addValue(const char *objectName, const QString &accessibleName);
    void fill();
    void fillValues();
    void setText(const QString &html);
    QString variableHtml() const;
    QString wholeHtml() const;
    QString link(const Place &place) const;

    VariableLinePtr m_line;
    EnvironmentViewPtr m_view;
    QString m_source;
    QString m_target;
    QLabel *m_heading;
    QLabel *m_status;
    QWidget *m_values;
    QGridLayout *m_grid;
    ValueRow m_sourceValue;
    ValueRow m_targetValue;
    ValueRow m_wantedValue;
    HoldButton *m_reveal;
    QPushButton *m_copyAction;
    QTextBrowser *m_text;
    QString m_html;
    mutable QList<Place> m_places; ///< of the links
};

} // namespace Switchyard

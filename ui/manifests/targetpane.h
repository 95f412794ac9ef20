// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/manifests/manifestrows.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QLabel;
class QStackedWidget;

namespace Switchyard {

class NoticePane;

/// The right column: what the sources become, file by file, to be read and not edited.
class TargetPane final : public QWidget
{
    Q_OBJECT
public:
    explicit TargetPane(QWidget *parent = nullptr);

    /// nullptr: there is no conversion, and `why` says so.
    void show(const std::shared_ptr<const PreparedReading> &reading, bool stale, const QString &why);
    using QWidget::show;
    /// Shows where KeyFate::target stands. False: it stands in none of the files.
    bool showTarget(const QString &target);
    CodeEditor *editor() const { return m_editor; }

Q_SIGNALS:
    /// The button of the notice: there is nothing for this target.
    void otherTargetWanted();

private:
    void showFile();

    std::shared_ptr<const PreparedReading> m_reading;
    QLabel *m_heading;
    QComboBox *m_files;
    QStackedWidget *m_stack;
    CodeEditor *m_editor;
    NoticePane *m_notice;
    QLabel *m_notes;
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

class QLabel;
class QPushButton;

namespace Switchyard {

/// A picture, one sentence and at most one button, in the middle of an area that has nothing else to show: never ran,
/// working, failed, or not part of this version.
class NoticePane final : public QWidget
{
    Q_OBJECT
public:
    explicit NoticePane(QWidget *parent = nullptr);
    /// `sentence` is the heading, `detail` what can be done; both may hold line breaks. No `button`: none is shown.
    void show(const QString &icon, const QString &sentence, const QString &detail, const QString &button = {});
    using QWidget::show;

Q_SIGNALS:
    void buttonPressed();

protected:
    void changeEvent(QEvent *event) override;

private:
    void paintIcon();

    QString m_iconName;
    QLabel *m_icon;
    QLabel *m_sentence;
    QLabel *m_detail;
    QPushButton *m_button;
};

} // namespace Switchyard

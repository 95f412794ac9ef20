// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/error.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QTableWidget;

namespace Switchyard {

/// Every problem of a workspace file at once, each with its place.
class ErrorsPane final : public QWidget
{
    Q_OBJECT
public:
    explicit ErrorsPane(QWidget *parent = nullptr);
    void show(const QString &file, const QList<Error> &errors);
    using QWidget::show;

Q_SIGNALS:
    void backRequested();
    void retryRequested(const QString &file);

private:
    QLabel *m_title;
    QTableWidget *m_list;
    QPushButton *m_retry;
    QString m_file;
};

} // namespace Switchyard

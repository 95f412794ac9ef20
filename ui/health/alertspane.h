// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/alerts/alertchannel.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace Switchyard {

class RowModel;
class Table;
class Workbench;

/// What is wrong now, whether somebody said that they know, and how the channels do that tell of it. Stays open beside
/// the window.
///
/// Thread: GUI.
class AlertsPane final : public QDialog
{
    Q_OBJECT
public:
    explicit AlertsPane(Workbench *workbench, QWidget *parent = nullptr);

private:
    QWidget *makeOpen();
    QWidget *makeChannels();
    void fill();
    void enableButtons();
    void acknowledge();
    void sendTest();
    void showDelivery(const AlertDelivery &delivery);

    Workbench *m_workbench;
    RowModel *m_openModel;
    RowModel *m_channelModel;
    Table *m_open = nullptr;
    Table *m_channels = nullptr;
    QLineEdit *m_note = nullptr;
    QPushButton *m_acknowledge = nullptr;
    QPushButton *m_test = nullptr;
    QLabel *m_openNote = nullptr;
    QLabel *m_channelNote = nullptr;
};

} // namespace Switchyard

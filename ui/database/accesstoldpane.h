// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/database/accessrequest.h"
#include "ui/database/databaseservices.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace Switchyard {

/// What a person can tell the adviser beside what the workspace says: where the backend runs, whose list it is, the
/// addresses it connects from, the list as it is, plans, one's own address. All of it may stay empty. Thread: GUI.
class AccessToldPane final : public QWidget
{
    Q_OBJECT
public:
    AccessToldPane(const PlatformCatalogue *catalogue, ChooseGivenFile chooseFile, QWidget *parent = nullptr);

    /// What stands in the fields as "as the workspace says"; another database begins with empty fields.
    void begin(const QString &platform, const QString &databasePlan);
    AccessTold told() const;
    void showProblem(const QString &text); ///< empty: none

public Q_SLOTS:
    void chooseList();
    void chooseOutbound();

Q_SIGNALS:
    void changed();

private:
    QLineEdit *line(const char *name, const QString &placeholder);
    void label(const QString &text, QWidget *buddy, int row, int column);
    void makeSources();
    void makePlans();
    void fillFiles();

    ChooseGivenFile m_chooseFile;
    QGridLayout *m_grid;
    QComboBox *m_platform;
    QComboBox *m_service;
    QLineEdit *m_outbound = nullptr;
    QPushButton *m_outboundChoose = nullptr;
    QPushButton *m_outboundForget = nullptr;
    QCheckBox *m_bought = nullptr;
    QLabel *m_list = nullptr;
    QPushButton *m_listChoose = nullptr;
    QPushButton *m_listForget = nullptr;
    QLineEdit *m_plan = nullptr;
    QLineEdit *m_platformPlan = nullptr;
    QLineEdit *m_own = nullptr;
    QLabel *m_problem = nullptr;
    QString m_listFile, m_outboundFile;
    bool m_filling = false;
};

} // namespace Switchyard

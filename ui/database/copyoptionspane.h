// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/copy/copy.h"
#include "ui/database/databaseservices.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QSpinBox;
class QToolButton;

namespace Switchyard {

/// What few copies need: through a file and by several jobs, only some schemas, tables without their rows, programs of
/// one's own, a target of an older version. Folded away at first; what is chosen stands in its heading, so that nothing
/// works unseen. Thread: GUI.
class CopyOptionsPane final : public QWidget
{
    Q_OBJECT
public:
    explicit CopyOptionsPane(ChooseReportPath choosePath, QWidget *parent = nullptr);

    void apply(CopyOptions *options) const;
    /// What is wrong with the choices by themselves; empty: nothing.
    QString problem() const;
    /// "through a folder, 4 jobs, only a, b"; empty: all is as it is at first.
    QString summary() const;
    /// While a copy runs they can be read, and not changed.
    void setEditable(bool on);
    /// The dump that a copy has just made and kept: that it is there is then no mistake of anybody's. Empty: none.
    void setKept(const QString &file);

public Q_SLOTS:
    /// Looks again: the file may have come or gone.
    void refresh();

Q_SIGNALS:
    void changed();

private:
    QWidget *makeFields();
    QLineEdit *line(const char *name, const QString &placeholder);
    void choose();

    ChooseReportPath m_choosePath;
    QString m_kept;
    QToolButton *m_toggle;
    QLabel *m_summary;
    QWidget *m_fields = nullptr;
    QLineEdit *m_file = nullptr;
    QSpinBox *m_jobs = nullptr;
    QLineEdit *m_schemas = nullptr;
    QLineEdit *m_withoutRows = nullptr;
    QLineEdit *m_programs = nullptr;
    QCheckBox *m_olderTarget = nullptr;
    QLabel *m_problem = nullptr;
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/exports.h"

#include <QDialog>

#include <functional>
#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTextBrowser;

namespace Switchyard {

class HoldButton;

/// What can be exported: a side of the comparison, or a selection.
struct ExportChoice
{
    QString label;
    QList<EnvEntry> entries;
};

/// Asks where to save a file; answers with a path, or not at all.
using ChooseExportPath =
    std::function<void(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)>;

/// A file of variables in the form of a platform: what it will hold, what the form cannot carry and why, what is left
/// out. Secrets are left out until "with secrets" is ticked, each time anew, and even then masked in the preview but
/// while its button is held. Nothing is written before Save. Thread: GUI; the export is made on a worker.
class ExportDialog final : public QDialog
{
    Q_OBJECT
public:
    ExportDialog(QList<ExportChoice> choices, ExportTarget target, ChooseExportPath choosePath,
                 QWidget *parent = nullptr);
    void setTarget(ExportTarget target);

Q_SIGNALS:
    void saved(const QString &path, bool privateFile, int written);

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Made;
    QWidget *makeOptions();
    void make();
    void show(const std::shared_ptr<const Made> &made);
    void showText();
    void save();

    QList<ExportChoice> m_choices;
    ChooseExportPath m_choosePath;
    QComboBox *m_side = nullptr;
    QComboBox *m_target = nullptr;
    QCheckBox *m_withSecrets = nullptr;
    QCheckBox *m_skipRefused = nullptr;
    QLabel *m_summary;
    QPlainTextEdit *m_preview;
    QTextBrowser *m_account;
    HoldButton *m_reveal;
    QPushButton *m_save;
    std::shared_ptr<const Made> m_made;
    int m_number = 0; ///< counts make(): an older answer is void
};

/// A target's name for people: "fly secrets import", …
QString exportTargetLabel(ExportTarget target);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/secretmaker.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace Switchyard {

/// Makes a new random value for each of the named variables: how long, of what, how many bits. The preview of the first
/// is masked. Nothing is changed before it is accepted. Thread: GUI.
class SecretDialog final : public QDialog
{
    Q_OBJECT
public:
    SecretDialog(const QStringList &names, QWidget *parent = nullptr);
    SecretRecipe recipe() const;

Q_SIGNALS:
    /// A value for each name, in their order.
    void made(const QStringList &values);

protected:
    void changeEvent(QEvent *event) override;

private:
    void generate();
    void fill();

    QStringList m_names;
    QStringList m_values;
    QComboBox *m_alphabet;
    QSpinBox *m_length;
    QComboBox *m_unit;
    QLabel *m_bits;
    QLineEdit *m_preview;
};

/// Asks for one value for the named variables; it may have several lines. `secret`: masked, but while its button is
/// held.
class ValueDialog final : public QDialog
{
    Q_OBJECT
public:
    ValueDialog(const QStringList &names, const QString &value, bool secret, QWidget *parent = nullptr);
    QString value() const;

Q_SIGNALS:
    void chosen(const QString &value);

private:
    void check();

    QPlainTextEdit *m_lines = nullptr;
    QLineEdit *m_line = nullptr;
    QLabel *m_problem;
    QPushButton *m_set;
};

} // namespace Switchyard

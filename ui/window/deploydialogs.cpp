// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/deploydialogs.h"

#include "models/common/redact.h"
#include "models/database/watch/sessionsampler.h"
#include "models/platforms/platform.h"
#include "ui/common/theme.h"
#include "ui/common/workbench.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

QLabel *problemLabel(QWidget *parent, const char *name)
{
    auto *label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setWordWrap(true);
    label->hide();
    return label;
}

void showProblem(QLabel *label, const QString &text)
{
    label->setText(QStringLiteral("<span style='color:%1'>■</span> %2")
                       .arg(themeColors(label->palette()).down.name(), text.toHtmlEscaped()));
    label->show();
    // A dialog does not grow for lines that come later: all texts would lose their last ones.
    QWidget *dialog = label->window();
    if (QLayout *layout = dialog->layout()) {
        layout->activate();
        dialog->resize(dialog->width(), std::max(dialog->height(), layout->totalHeightForWidth(dialog->width())));
    }
}

/// Each instance of a rehearsal gets a port of its own: where the backend's own stands, $PORT belongs.
QStringList withPortVariable(QStringList argv, int port)
{
    const QString number = QString::number(port);
    for (QString &word : argv) {
        for (const QString &before : {QString(), QStringLiteral("="), QStringLiteral(":")}) {
            const bool stands = before.isEmpty() ? word == number : word.endsWith(before + number);
            if (port > 0 && stands)
                word = word.left(word.size() - number.size()) + QStringLiteral("$PORT");
        }
    }
    return argv;
}

/// The words of a command as one line that splitCommand() takes apart again.
QString asLine(const QStringList &argv)
{
    QStringList words;
    for (QString word : argv) {
        if (word.isEmpty() || word.contains(QLatin1Char(' ')) || word.contains(QLatin1Char('"')))
            word = QLatin1Char('"') + word.replace(QLatin1Char('"'), QStringLiteral("\"\"\"")) + QLatin1Char('"');
        words.append(word);
    }
    return words.join(QLatin1Char(' '));
}

/// Whether the session looks at the backend's databases, with the reason where it has none.
struct DatabaseSwitch
{
    QWidget *widget;
    QCheckBox *box;
};
DatabaseSwitch databaseSwitch(const Workbench *workbench, const Backend &backend, QWidget *parent)
{
    auto *widget = new QWidget(parent);
    auto *box = new QCheckBox(QStringLiteral("&Watch the workspace's databases"), widget);
    box->setObjectName(QStringLiteral("rehearseDatabases"));
    auto *note = new QLabel(widget);
    note->setObjectName(QStringLiteral("rehearseDatabasesNote"));
    note->setProperty("faded", true);
    note->setWordWrap(true);
    note->setTextFormat(Qt::PlainText);
    const QString none = noSampledDatabase(backend);
    box->setEnabled(none.isEmpty());
    box->setChecked(none.isEmpty() && workbench->watchesDatabases());
    QStringList names;
    for (const DatabaseEndpoint &database : sampledDatabases(backend.databases))
        names.append(database.name);
    const QString what =
        QStringLiteral("%1: connections in use and newcomers refused, read once a second; nothing is written.")
            .arg(names.join(QStringLiteral(", ")));
    note->setText(none.isEmpty() ? what : none);
    box->setToolTip(none);
    box->setAccessibleDescription(note->text());
    auto *layout = new QVBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(box);
    layout->addWidget(note);
    return {widget, box};
}

} // namespace

void askToUnlock(Workbench *workbench, const QString &backend, QWidget *parent)
{
    auto *dialog = new QDialog(parent);
    dialog->setObjectName(QStringLiteral("unlockDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QStringLiteral("Unlock %1").arg(backend));
    auto *text =
        new QLabel(QStringLiteral("<b>%1</b> is a production backend. Unlocked, it can be redeployed and its "
                                  "databases be written to from here for ten minutes; then it locks by itself. "
                                  "Every action on it is written to the audit log.")
                       .arg(backend.toHtmlEscaped()),
                   dialog);
    text->setWordWrap(true);
    text->setMinimumWidth(380);
    auto *name = new QLineEdit(dialog);
    name->setObjectName(QStringLiteral("unlockName"));
    name->setAccessibleName(QStringLiteral("Name of the backend"));
    name->setPlaceholderText(QStringLiteral("Type its name"));
    QLabel *problem = problemLabel(dialog, "unlockProblem");
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, dialog);
    QPushButton *unlock = buttons->addButton(QStringLiteral("Unlock"), QDialogButtonBox::AcceptRole);
    unlock->setObjectName(QStringLiteral("unlockAccept"));
    auto *layout = new QVBoxLayout(dialog);
    layout->addWidget(text);
    layout->addWidget(name);
    layout->addWidget(problem);
    layout->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    QObject::connect(buttons, &QDialogButtonBox::accepted, dialog, [=] {
        if (const Result<void> done = workbench->unlock(backend, name->text()); !done)
            return showProblem(problem, done.error().toString());
        dialog->accept();
    });
    dialog->open();
    name->setFocus();
}

void askToRehearse(Workbench *workbench, const QString &backendName, QWidget *parent)
{
    const Backend *backend = workbench->workspace().backend(backendName);
    if (!backend)
        return;
    auto *dialog = new QDialog(parent);
    dialog->setObjectName(QStringLiteral("rehearseDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QStringLiteral("Rehearse a redeploy of %1").arg(backendName));
    auto *text = new QLabel(QStringLiteral("Plays the platform's own deploy sequence on processes of this machine, "
                                           "behind a front door, with the probe clients of %1. The backend itself is "
                                           "not touched.")
                                .arg(backendName.toHtmlEscaped()),
                            dialog);
    text->setWordWrap(true);
    auto *platform = new QComboBox(dialog);
    platform->setObjectName(QStringLiteral("rehearsePlatform"));
    for (const QString &id : workbench->catalogue()->ids())
        platform->addItem(workbench->catalogue()->find(id)->name, id);
    const int own = platform->findData(backend->platform == QLatin1StringView("local") ? QStringLiteral("render")
                                                                                       : backend->platform);
    platform->setCurrentIndex(std::max(0, own));
    auto *command = new QLineEdit(dialog);
    command->setObjectName(QStringLiteral("rehearseCommand"));
    command->setMinimumWidth(420);
    command->setPlaceholderText(QStringLiteral("uvicorn server:app --port $PORT"));
    command->setToolTip(
        QStringLiteral("$PORT is replaced by the port that each instance is given. Empty: the command of "
                       "the backend's manifest, where it is one of the platform chosen."));
    if (backend->deploy.driver == QLatin1StringView("local"))
        command->setText(asLine(withPortVariable(backend->deploy.argv, QUrl(backend->url).port())));
    auto *machines = new QSpinBox(dialog);
    machines->setObjectName(QStringLiteral("rehearseMachines"));
    machines->setRange(0, 10);
    machines->setSpecialValueText(QStringLiteral("as the manifest says, else 1"));
    auto *clients = new QSpinBox(dialog);
    clients->setObjectName(QStringLiteral("rehearseClients"));
    clients->setRange(0, 20'000);
    clients->setSpecialValueText(QStringLiteral("as configured"));
    auto *scale = new QDoubleSpinBox(dialog);
    scale->setObjectName(QStringLiteral("rehearseScale"));
    scale->setDecimals(3);
    scale->setRange(0.001, 1);
    scale->setValue(0.1);
    scale->setSingleStep(0.1);
    scale->setToolTip(
        QStringLiteral("Shrinks the wait after the switch (Render: 60 s). Grace and limits keep their length."));
    const DatabaseSwitch databases = databaseSwitch(workbench, *backend, dialog);
    QLabel *problem = problemLabel(dialog, "rehearseProblem");
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, dialog);
    QPushButton *start = buttons->addButton(QStringLiteral("Rehearse and judge"), QDialogButtonBox::AcceptRole);
    start->setObjectName(QStringLiteral("rehearseAccept"));
    auto *form = new QFormLayout;
    form->addRow(QStringLiteral("&Platform"), platform);
    form->addRow(QStringLiteral("&Command"), command);
    form->addRow(QStringLiteral("&Machines"), machines);
    form->addRow(QStringLiteral("C&lients a socket"), clients);
    form->addRow(QStringLiteral("&Time scale"), scale);
    form->addRow(QStringLiteral("Databases"), databases.widget);
    auto *layout = new QVBoxLayout(dialog);
    layout->addWidget(text);
    layout->addLayout(form);
    layout->addWidget(problem);
    layout->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    QObject::connect(buttons, &QDialogButtonBox::accepted, dialog, [=] {
        RehearsalRequest request;
        request.backend = backendName;
        request.platform = platform->currentData().toString();
        request.argv = QProcess::splitCommand(command->text());
        request.machines = machines->value();
        request.clients = clients->value() == 0 ? -1 : clients->value();
        request.timeScale = scale->value();
        request.databases = databases.box->isChecked();
        const Backend *now = workbench->workspace().backend(backendName);
        const bool manifest = now && !now->manifest.isEmpty() && now->platform == request.platform;
        if (request.argv.isEmpty() && !manifest)
            return showProblem(problem, QStringLiteral("Say which command starts the backend."));
        if (urlCarriesSecret(command->text()))
            return showProblem(problem, QStringLiteral("The command carries a secret: give it by [backend.deploy] env "
                                                       "in the workspace, as env:NAME or file:PATH."));
        if (const QString obstacle = workbench->rehearsalObstacle(backendName); !obstacle.isEmpty())
            return showProblem(problem, obstacle);
        dialog->accept();
        workbench->rehearse(request);
    });
    dialog->open();
    command->setFocus();
}

} // namespace Switchyard

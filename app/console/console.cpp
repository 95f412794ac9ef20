// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/console.h"

#include "ui/database/databasepage.h"
#include "ui/environment/environmentpage.h"
#include "ui/health/healthpage.h"
#include "ui/manifests/manifestspage.h"
#include "ui/overview/overviewpage.h"
#include "ui/realtime/realtimepage.h"
#include "ui/redeploy/sessionview.h"
#include "ui/runbook/runbookpage.h"
#include "ui/window/deploydialogs.h"

#include <QApplication>
#include <QFileDialog>

namespace Switchyard {

namespace {

void askFolder(QWidget *parent, std::function<void(const QString &)> answer)
{
    auto *dialog = new QFileDialog(parent, QStringLiteral("Open a folder"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, std::move(answer));
    dialog->open();
}

void askFiles(QWidget *parent, std::function<void(const QStringList &)> answer)
{
    auto *dialog = new QFileDialog(parent, QStringLiteral("Open manifests"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({QStringLiteral("Manifests (*.yaml *.yml *.toml *.json Dockerfile* *.dockerfile "
                                           "Containerfile Procfile* _redirects)"),
                            QStringLiteral("All files (*)")});
    QObject::connect(dialog, &QFileDialog::filesSelected, parent, std::move(answer));
    dialog->open();
}

void askFile(QWidget *parent, const QString &title, std::function<void(const QString &)> answer)
{
    auto *dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({QStringLiteral("JSON (*.json)"), QStringLiteral("All files (*)")});
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, std::move(answer));
    dialog->open();
}

void askSaveFile(QWidget *parent, const QString &name, std::function<void(const QString &)> answer)
{
    auto *dialog = new QFileDialog(parent, QStringLiteral("Save"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(name);
    dialog->setDefaultSuffix(name.section(QLatin1Char('.'), -1));
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, std::move(answer));
    dialog->open();
}

SessionPane makeSession(Workbench *workbench, const ChooseSaveFile &chooseSaveFile, QWidget *parent)
{
    auto *view = new SessionView(workbench, chooseSaveFile, parent);
    return {view, [view] { view->focusFilter(); }, [view] { return view->togglePause(); },
            [view](const QString &backend) { view->showBackend(backend); }};
}

} // namespace

Console::Console(PlatformCatalogue catalogue)
    : m_catalogue(std::move(catalogue))
{
}

Console::~Console() = default;

Result<std::unique_ptr<Console>> Console::make(ConsoleOptions options)
{
    auto catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return tl::unexpected(catalogue.error());
    std::unique_ptr<Console> console(new Console(std::move(*catalogue)));
    console->m_workbench = std::make_unique<Workbench>(&console->m_catalogue, options.workbench);
    console->makeWindow(std::move(options));
    return console;
}

void Console::makeWindow(ConsoleOptions options)
{
    Workbench *workbench = m_workbench.get();
    const ChooseSaveFile chooseSaveFile = options.chooseSaveFile ? options.chooseSaveFile : &askSaveFile;
    WindowServices services;
    services.workbench = workbench;
    services.chooseFolder = options.chooseFolder ? options.chooseFolder : &askFolder;
    services.saveSettings = options.saveSettings ? options.saveSettings : [](const WindowSettings &) {};
    services.notify = options.notify;
    services.applyTheme = [](ThemeChoice choice) { Switchyard::applyTheme(*qApp, choice); };
    const ManifestChoosers manifests{options.chooseFiles ? options.chooseFiles : &askFiles, services.chooseFolder,
                                     chooseSaveFile};
    EnvironmentServices environment;
    environment.savePath = chooseSaveFile;
    environment.askToUnlock = [workbench](const QString &backend, QWidget *parent) {
        askToUnlock(workbench, backend, parent);
    };
    environment.openPlace = options.openPlace;
    const DatabaseServices databases{chooseSaveFile, options.chooseFile ? options.chooseFile : &askFile,
                                     environment.askToUnlock};
    services.makePages = [workbench, chooseSaveFile, manifests, environment, databases](QWidget *parent) {
        return QList<Page *>{
            new OverviewPage(workbench, parent),
            new EnvironmentPage(workbench, environment, parent),
            new RealtimePage(
                workbench,
                [workbench, chooseSaveFile](QWidget *pane) { return makeSession(workbench, chooseSaveFile, pane); },
                parent),
            new HealthPage(workbench, chooseSaveFile, parent),
            new DatabasePage(workbench, databases, parent),
            new ManifestsPage(workbench, manifests, parent),
            new RunbookPage(parent),
        };
    };
    m_window = std::make_unique<MainWindow>(std::move(services), std::move(options.settings));
}

} // namespace Switchyard

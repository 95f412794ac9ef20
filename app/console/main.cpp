// SPDX-License-Identifier: GPL-3.0-or-later
// The console: switchyard [WORKSPACE.toml|DIR]
#include "app/console/console.h"
#include "app/console/measurestart.h"
#include "app/console/screenshots.h"
#include "models/common/interrupt.h"
#include "models/common/log.h"
#include "models/redeploy/journal.h"
#include "models/workspace/demo.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QIcon>
#include <QJsonDocument>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>
#include <optional>

namespace {

using namespace Switchyard;

struct Arguments
{
    QString path;
    bool demo = false;
    bool measure = false;
    QString theme;
    QString screenshots;
    QString shutdown = QStringLiteral("graceful");
};

/// Read before QApplication, which aborts without a display.
int readArguments(const QStringList &list, Arguments *out)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Watches redeploys of web backends and judges what they do to their clients."));
    const QCommandLineOption help({QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Show this text."));
    const QCommandLineOption version(QStringLiteral("version"), QStringLiteral("Show the version."));
    const QCommandLineOption demo(QStringLiteral("demo"), QStringLiteral("Start the demo redeploy right away."));
    const QCommandLineOption shutdown(
        QStringLiteral("shutdown"),
        QStringLiteral("How the demo shuts down: %1.").arg(demoShutdownModes().join(QStringLiteral(", "))),
        QStringLiteral("mode"), QStringLiteral("graceful"));
    const QCommandLineOption theme(QStringLiteral("theme"), QStringLiteral("light, dark or system."),
                                   QStringLiteral("theme"));
    const QCommandLineOption screenshots(
        QStringLiteral("screenshots"),
        QStringLiteral("Run the demo without a display and save a picture of every tab."), QStringLiteral("folder"));
    const QCommandLineOption measure(QStringLiteral("measure-start"),
                                     QStringLiteral("Print the time to the first paint and the memory, then quit."));
    parser.addOptions({help, version, demo, shutdown, theme, screenshots, measure});
    parser.addPositionalArgument(QStringLiteral("workspace"),
                                 QStringLiteral("A switchyard.toml, or a folder with one."),
                                 QStringLiteral("[WORKSPACE.toml|DIR]"));
    const auto refuse = [](const QString &text) {
        std::fprintf(stderr, "switchyard: %s\n", qPrintable(text));
        return 2;
    };
    if (!parser.parse(list))
        return refuse(parser.errorText());
    if (parser.isSet(help)) {
        // The parser asks QApplication for the name, which is not made yet.
        const QString text =
            parser.helpText().replace(QLatin1StringView("<executable_name>"), QLatin1StringView("switchyard"));
        std::printf("%s", qPrintable(text));
        return 0;
    }
    if (parser.isSet(version)) {
        std::printf("switchyard %s\n", SWITCHYARD_VERSION);
        return 0;
    }
    out->path = parser.positionalArguments().value(0);
    out->demo = parser.isSet(demo);
    out->measure = parser.isSet(measure);
    out->theme = parser.value(theme);
    out->screenshots = parser.value(screenshots);
    out->shutdown = parser.value(shutdown);
    if (parser.positionalArguments().size() > 1)
        return refuse(QStringLiteral("more than one workspace is named"));
    if (!out->theme.isEmpty() && themeChoiceName(themeChoiceFromName(out->theme)) != out->theme)
        return refuse(QStringLiteral("--theme is light, dark or system, not \"%1\"").arg(out->theme));
    if (!demoShutdownModes().contains(out->shutdown))
        return refuse(QStringLiteral("--shutdown is one of %1").arg(demoShutdownModes().join(QStringLiteral(", "))));
    return -1;
}

/// False: there is nowhere to show a window.
bool findDisplay(const Arguments &arguments)
{
    if (!arguments.screenshots.isEmpty()) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        return true;
    }
    return qEnvironmentVariableIsSet("QT_QPA_PLATFORM") || !qEnvironmentVariableIsEmpty("DISPLAY") ||
           !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
}

WindowSettings readSettings(const QSettings &store)
{
    WindowSettings settings;
    settings.geometry = store.value(QStringLiteral("window/geometry")).toByteArray();
    settings.theme = themeChoiceFromName(store.value(QStringLiteral("window/theme")).toString());
    settings.messages = store.value(QStringLiteral("window/messages"), true).toBool();
    settings.tray = store.value(QStringLiteral("window/tray"), true).toBool();
    settings.recent = store.value(QStringLiteral("workspaces/recent")).toStringList();
    settings.pages = QJsonDocument::fromJson(store.value(QStringLiteral("window/pages")).toByteArray()).object();
    return settings;
}

void writeSettings(QSettings &store, const WindowSettings &settings)
{
    store.setValue(QStringLiteral("window/geometry"), settings.geometry);
    store.setValue(QStringLiteral("window/theme"), themeChoiceName(settings.theme));
    store.setValue(QStringLiteral("window/messages"), settings.messages);
    store.setValue(QStringLiteral("window/tray"), settings.tray);
    store.setValue(QStringLiteral("workspaces/recent"), settings.recent);
    store.setValue(QStringLiteral("window/pages"), QJsonDocument(settings.pages).toJson(QJsonDocument::Compact));
}

int run(QApplication &application, const Arguments &arguments)
{
    QSettings store;
    const bool shooting = !arguments.screenshots.isEmpty();
    ConsoleOptions options;
    options.workbench.doorProgram = QApplication::applicationDirPath() + QStringLiteral("/switchyard-door");
    options.workbench.demoProgram = QApplication::applicationDirPath() + QStringLiteral("/switchyard-demo-backend");
    std::optional<QTemporaryDir> kept; // sessions of the pictures; gone with them
    if (shooting) {
        kept.emplace();
        options.workbench.journalFolder = kept->filePath(QStringLiteral("sessions"));
        options.workbench.auditFile = kept->filePath(QStringLiteral("audit.jsonl"));
    } else {
        options.workbench.journalFolder = sessionsFolder();
        options.workbench.recordHistory = true;
        options.settings = readSettings(store);
        options.saveSettings = [&store](const WindowSettings &settings) { writeSettings(store, settings); };
    }
    if (!arguments.theme.isEmpty())
        options.settings.theme = themeChoiceFromName(arguments.theme);
    applyTheme(application, options.settings.theme);
    auto console = Console::make(std::move(options));
    if (!console) {
        std::fprintf(stderr, "switchyard: %s\n", qPrintable(console.error().toString()));
        return 2;
    }
    MainWindow &window = (*console)->window();
    int status = 0;
    QObject::connect(
        &window, &MainWindow::closed, &application, [&status] { QApplication::exit(status); }, Qt::QueuedConnection);
    Interrupt signalled;
    QObject::connect(&signalled, &Interrupt::interrupted, &window, &QWidget::close);
    std::unique_ptr<MeasureStart> measure;
    std::unique_ptr<Screenshots> screenshots;
    if (arguments.measure) {
        measure = std::make_unique<MeasureStart>(&window);
        QObject::connect(measure.get(), &MeasureStart::finished, &window, &QWidget::close);
    }
    if (shooting) {
        window.resize(1280, 800);
        screenshots =
            std::make_unique<Screenshots>(&window, &(*console)->workbench(), arguments.screenshots, arguments.shutdown);
        QObject::connect(screenshots.get(), &Screenshots::finished, &window, [&](bool complete) {
            status = complete ? 0 : 1;
            window.close();
        });
        screenshots->setWorkspace(arguments.path);
        screenshots->start();
    }
    window.show();
    if (arguments.demo && !shooting)
        (*console)->workbench().openDemo(arguments.shutdown, true);
    else if (!arguments.path.isEmpty() && !shooting)
        window.openPath(arguments.path);
    return QApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    QStringList list;
    for (int i = 0; i < argc; ++i)
        list.append(QString::fromLocal8Bit(argv[i]));
    Arguments arguments;
    if (const int status = readArguments(list, &arguments); status >= 0)
        return status;
    if (!findDisplay(arguments)) {
        std::fprintf(stderr, "switchyard: there is no display (DISPLAY and WAYLAND_DISPLAY are not set).\n"
                             "Use switchyard-cli here, or --screenshots DIR for pictures of the demo.\n");
        return 2;
    }
    installLogging();
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("switchyard"));
    QApplication::setOrganizationName(QStringLiteral("switchyard"));
    QApplication::setApplicationDisplayName(QStringLiteral("Switchyard"));
    QApplication::setApplicationVersion(QStringLiteral(SWITCHYARD_VERSION));
    QApplication::setQuitOnLastWindowClosed(false);
    return run(application, arguments);
}

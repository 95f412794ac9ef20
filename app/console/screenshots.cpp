// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/screenshots.h"

#include "models/common/files.h"
#include "ui/common/workbench.h"
#include "ui/environment/environmentpage.h"
#include "ui/manifests/manifestspage.h"
#include "ui/redeploy/sessionpdf.h"
#include "ui/window/mainwindow.h"

#include <QAction>
#include <QDir>
#include <QLineEdit>
#include <QPixmap>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTimer>
#include <QUndoStack>

#include <algorithm>
#include <cstdio>

namespace Switchyard {

namespace {
constexpr int limitMs = 60'000;
/// After the session the live counts and health need a moment to have something to show.
constexpr int liveMs = 8'000;
/// Reading and converting are a matter of milliseconds, and of git's for the run bits.
constexpr int manifestMs = 2'500;

/// A WebSocket service as people write it for Fly.io, with what the lint and the conversion have to say something
/// about.
bool writeExample(const QString &folder)
{
    static const char fly[] = R"(# The prices service
app = 'coinstream-api'
primary_region = 'fra'

[build]
  dockerfile = 'Dockerfile'

[env]
  LOG_LEVEL = 'info'
  CORS_ORIGINS = 'https://*.coinstream.app'
  PUBLIC_URL = 'https://coinstream-api.fly.dev'
  POOL_SIZE = '20'

[deploy]
  strategy = 'bluegreen'
  release_command = 'alembic upgrade head'

[http_service]
  internal_port = 8000
  force_https = true
  auto_stop_machines = 'stop'
  auto_start_machines = true
  min_machines_running = 1
  processes = ['app']

  [http_service.concurrency]
    type = 'connections'
    soft_limit = 200
    hard_limit = 250

  [[http_service.checks]]
    grace_period = '20s'
    interval = '15s'
    method = 'GET'
    path = '/ready'
    timeout = '5s'

[[vm]]
  size = 'shared-cpu-1x'
  memory = '512mb'
)";
    static const char docker[] = R"(FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --user -r requirements.txt
COPY . .
USER nobody
EXPOSE 8000
HEALTHCHECK CMD curl -f http://localhost:8000/health
CMD uvicorn server:app --host 0.0.0.0 --port 8000
)";
    return writeFileAtomically(folder + QStringLiteral("/fly.toml"), fly) &&
           writeFileAtomically(folder + QStringLiteral("/Dockerfile"), docker);
}

/// Two backends of that service, with secrets, a value that is of the old platform, and code that reads them.
bool writeComparison(const QString &folder)
{
    static const char workspace[] = R"(schema = 1
name = "Coinstream"

[[component]]
name = "api"
root = "api"
[[component]]
name = "frontend"
root = "web"

[[backend]]
name = "fly"
component = "api"
platform = "fly"
role = "source"
stage = "dev"
url = "https://coinstream-api.fly.dev"
manifest = "fly.toml"
env = [".env.fly"]

[[backend]]
name = "render"
component = "api"
platform = "render"
role = "target"
stage = "dev"
url = "https://coinstream-api.onrender.com"
env = [".env.render"]
)";
    static const char source[] =
        "JWT_SECRET=3f9a1c77d2e84a50b6613f9a1c77d2e8\nREDIS_URL=redis://default:pw@fly-coins.upstash.io:6379\n"
        "DATABASE_URL=postgres://api:hunter2@coins-db.flycast:5432/coins\nFERNET_KEY=\n"
        "PUBLIC_API_URL=https://coinstream-api.fly.dev\nFLY_APP_NAME=coinstream-api\n"
        "SENDGRID_API_KEY=SG.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbb\nWORKERS=4\n";
    static const char target[] = "# Render, from the dashboard\nLOG_LEVEL=info\nPOOL_SIZE=20\n"
                                 "PUBLIC_API_URL=https://coinstream-api.fly.dev\n";
    static const char code[] = R"(import os

LOG_LEVEL = os.getenv("LOG_LEVEL", "info")
JWT_SECRET = os.environ["JWT_SECRET"]
DATABASE_URL = os.environ["DATABASE_URL"]
REDIS_URL = os.getenv("REDIS_URL")
PUBLIC_API_URL = os.getenv("PUBLIC_API_URL", "https://coinstream-api.fly.dev")
CORS_ORIGINS = os.getenv("CORS_ORIGINS", "http://localhost:5173").split(",")
REGION = os.getenv("FLY_REGION", "local")
PORT = int(os.getenv("PORT", "8000"))
SENDGRID = os.getenv("SENDGRID_API_KEY")
FERNET_KEY = os.environ["FERNET_KEY"]
)";
    static const char web[] = "const api = import.meta.env.VITE_API_BASE_URL ?? \"https://coinstream-api.fly.dev\";\n"
                              "export const socket = new WebSocket(\"wss://coinstream-api.fly.dev/ws/prices\");\n";
    const std::pair<const char *, const char *> files[] = {{"switchyard.toml", workspace},
                                                           {".env.fly", source},
                                                           {".env.render", target},
                                                           {"api/config.py", code},
                                                           {"web/src/api.js", web}};
    return std::all_of(std::begin(files), std::end(files), [&folder](const auto &file) {
        return bool(writeFileAtomically(folder + QLatin1Char('/') + QLatin1StringView(file.first), file.second));
    });
}
} // namespace

Screenshots::Screenshots(MainWindow *window, Workbench *workbench, QString folder, QString shutdownMode,
                         QObject *parent)
    : QObject(parent)
    , m_window(window)
    , m_workbench(workbench)
    , m_folder(std::move(folder))
    , m_shutdownMode(std::move(shutdownMode))
{
}

void Screenshots::both(const QString &name)
{
    for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
        step([this, theme] { m_window->setTheme(theme); });
        step([this, name, theme] { shoot(name + QLatin1Char('-') + themeChoiceName(theme)); });
    }
}

void Screenshots::step(std::function<void()> what, int thenMs)
{
    m_steps.append({std::move(what), thenMs});
}

void Screenshots::start()
{
    QDir().mkpath(m_folder);
    both(QStringLiteral("start"));
    connect(m_workbench, &Workbench::sessionFinished, this, [this] {
        if (std::exchange(m_verdictSeen, true))
            return;
        afterVerdict();
        next();
    });
    connect(m_workbench, &Workbench::sessionFailed, this, [this](const Error &error) {
        std::fprintf(stderr, "the demo's session did not begin: %s\n", qPrintable(error.toString()));
        Q_EMIT finished(false);
    });
    QTimer::singleShot(limitMs, this, [this] {
        if (!m_verdictSeen) {
            std::fprintf(stderr, "no verdict within 60 s\n");
            Q_EMIT finished(false);
        }
    });
    step([this] {
        m_workbench->openDemo(m_shutdownMode, true);
        QTimer::singleShot(9'000, this, [this] { shoot(QStringLiteral("running-dark")); });
    });
    QTimer::singleShot(500, this, &Screenshots::next);
}

void Screenshots::afterVerdict()
{
    both(QStringLiteral("session"));
    const auto *tabs = m_window->findChild<QTabWidget *>(QStringLiteral("sessionTabs"));
    for (int i = 0; tabs && i < tabs->count(); ++i) {
        step([this, i] { m_window->findChild<QTabWidget *>(QStringLiteral("sessionTabs"))->setCurrentIndex(i); });
        both(QStringLiteral("session%1").arg(i + 1));
    }
    step([this] { m_workbench->requestSessionList(); });
    both(QStringLiteral("sessions"));
    step([this] { writePdf(); });
    step([this] { m_window->showPage(QStringLiteral("WebSockets"), QStringLiteral("live")); }, liveMs);
    for (int i = 0; i < m_window->tabs()->count(); ++i) {
        step([this, i] { m_window->tabs()->setCurrentIndex(i); });
        both(QStringLiteral("tab%1").arg(i + 1));
    }
    manifestPictures();
    environmentPictures();
}

/// A manifest with mistakes, converted; the same with a line that cannot be read; and the preview of writing it.
void Screenshots::manifestPictures()
{
    const auto page = [this] { return m_window->findChild<ManifestsPage *>(); };
    const auto editor = [page] { return page()->findChild<CodeEditor *>(QStringLiteral("sourceEditor")); };
    if (!writeExample(m_example.path())) {
        std::fprintf(stderr, "the example could not be written to %s\n", qPrintable(m_example.path()));
        m_complete = false;
        return;
    }
    step(
        [this, page] {
            m_window->showPage(QStringLiteral("Manifests"));
            page()->setTarget(ConvertTarget::Render);
            page()->openFiles(
                {m_example.filePath(QStringLiteral("fly.toml")), m_example.filePath(QStringLiteral("Dockerfile"))});
        },
        manifestMs);
    // The port, which Render sets by a variable: a key that is rewritten, in both texts.
    step([page] { page()->findChild<LossPane *>()->chooseKey(QStringLiteral("http_service.internal_port")); });
    both(QStringLiteral("manifests"));
    step([page] { page()->findChild<QPushButton *>(QStringLiteral("manifestWrite"))->click(); }, manifestMs);
    for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
        step([this, theme] { m_window->setTheme(theme); });
        step([this, theme, page] {
            shoot(QStringLiteral("manifests-write-") + themeChoiceName(theme),
                  page()->findChild<QWidget *>(QStringLiteral("writeDialog")));
        });
    }
    step([page] { page()->findChild<ChangesDialog *>(QStringLiteral("writeDialog"))->close(); });
    step(
        [this, page, editor] {
            const QString file = m_example.filePath(QStringLiteral("fly.toml"));
            QByteArray text = editor()->contents();
            text.replace("internal_port = 8000", "internal_port = ");
            editor()->setContents(text, CodeLanguage::Toml);
            page()->desk()->setText(file, text);
            page()->showItem(file + QStringLiteral(":19"));
        },
        manifestMs);
    both(QStringLiteral("manifests-broken"));
    // Nothing of the example stays behind, not even its edits.
    step([this, page] { page()->desk()->revert(m_example.filePath(QStringLiteral("fly.toml"))); }, manifestMs);
}

void Screenshots::dialogPictures(const QString &name, const char *objectName)
{
    for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
        step([this, theme] { m_window->setTheme(theme); });
        step([this, theme, name, objectName] {
            shoot(name + QLatin1Char('-') + themeChoiceName(theme),
                  m_window->findChild<QWidget *>(QLatin1StringView(objectName)));
        });
    }
    step([this, objectName] { m_window->findChild<QWidget *>(QLatin1StringView(objectName))->close(); });
}

/// The comparison with a secret chosen; an edit that is not saved; the scan; the dialogs; and a file that cannot be
/// read.
void Screenshots::environmentPictures()
{
    const auto page = [this] { return m_window->findChild<EnvironmentPage *>(); };
    const auto run = [page](const QString &text) {
        for (QAction *action : page()->pageActions()) {
            if (action->text().remove(QLatin1Char('&')) == text)
                action->trigger();
        }
    };
    const bool own = m_workspace.isEmpty();
    if (own && !writeComparison(m_example.path())) {
        std::fprintf(stderr, "the example could not be written to %s\n", qPrintable(m_example.path()));
        m_complete = false;
        return;
    }
    step([this, own] { m_window->openPath(own ? m_example.path() : m_workspace); }, liveMs);
    step([this] { m_window->showPage(QStringLiteral("Environment"), QStringLiteral("JWT_SECRET")); }, manifestMs);
    both(QStringLiteral("environment"));
    if (own) {
        step(
            [page] {
                page()->desk()->edit(QStringLiteral("Edit"), {{QStringLiteral("POOL_SIZE"), QStringLiteral("10")}});
                page()->showItem(QStringLiteral("POOL_SIZE"));
            },
            manifestMs);
        step([run] { run(QStringLiteral("Edit the target's value")); });
        both(QStringLiteral("environment-edit"));
        step([page] { page()->desk()->journal()->stack()->undo(); }, manifestMs);
        step([this] { m_window->showPage(QStringLiteral("Environment"), QStringLiteral("JWT_SECRET")); });
        step([run] { run(QStringLiteral("Generate a secret…")); });
        dialogPictures(QStringLiteral("environment-secret"), "secretDialog");
    }
    step([page] { page()->openScan(); }, liveMs);
    step([page] {
        auto *table = page()->findChild<QTableView *>(QStringLiteral("scanTable"));
        table->setCurrentIndex(table->model()->index(table->model()->rowCount() - 1, 0));
    });
    both(QStringLiteral("environment-scan"));
    step([page] { page()->findChild<QPushButton *>(QStringLiteral("scanButton"))->click(); });
    step([page] { page()->showExport(ExportTarget::Render); }, manifestMs);
    dialogPictures(QStringLiteral("environment-export"), "exportDialog");
    step([page] {
        page()->findChild<QLineEdit *>(QStringLiteral("variableSearch"))->setText(QStringLiteral("no such"));
    });
    both(QStringLiteral("environment-filtered"));
    if (own) {
        step(
            [this] {
                if (!writeFileAtomically(m_example.filePath(QStringLiteral(".env.render")), "A=1\nB=\xff\n"))
                    m_complete = false;
            },
            manifestMs);
        step([page] { page()->findChild<QLineEdit *>(QStringLiteral("variableSearch"))->clear(); });
        both(QStringLiteral("environment-stale"));
        step([page] { page()->refresh(); }, manifestMs);
        both(QStringLiteral("environment-failed"));
    }
    // Nothing of the pictures asks to be saved.
    step([page] {
        for (const EnvDraft &draft : QList<EnvDraft>(page()->desk()->journal()->drafts()))
            page()->desk()->journal()->drop(draft.file);
    });
}

void Screenshots::next()
{
    if (m_steps.isEmpty()) {
        if (m_verdictSeen)
            Q_EMIT finished(m_complete);
        return;
    }
    const auto [what, thenMs] = m_steps.takeFirst();
    what();
    QTimer::singleShot(thenMs, this, &Screenshots::next);
}

void Screenshots::writePdf()
{
    const SessionOutcomePtr last = m_workbench->lastOutcome();
    const QString path = m_folder + QStringLiteral("/session.pdf");
    const Result<void> written = writeSessionPdf(path, last->record, last->verdict);
    if (!written) {
        std::fprintf(stderr, "%s\n", qPrintable(written.error().toString()));
        m_complete = false;
        return;
    }
    std::printf("%s\n", qPrintable(path));
}

void Screenshots::shoot(const QString &name, QWidget *what)
{
    const QString path = QStringLiteral("%1/%2.png").arg(m_folder, name);
    if ((what ? what : m_window)->grab().save(path)) {
        std::printf("%s\n", qPrintable(path));
        std::fflush(stdout);
        return;
    }
    std::fprintf(stderr, "%s could not be written\n", qPrintable(path));
    m_complete = false;
}

} // namespace Switchyard

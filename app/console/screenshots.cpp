// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/screenshots.h"

#include "models/common/files.h"
#include "ui/common/workbench.h"
#include "ui/manifests/manifestspage.h"
#include "ui/redeploy/sessionpdf.h"
#include "ui/window/mainwindow.h"

#include <QDir>
#include <QPixmap>
#include <QPushButton>
#include <QTabWidget>
#include <QTimer>

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

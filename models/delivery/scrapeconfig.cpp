// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/scrapeconfig.h"

#include "models/common/files.h"
#include "models/common/yamltext.h"

#include <QDirIterator>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

namespace Switchyard {

namespace {

constexpr int mostFiles = 5'000;
constexpr qint64 mostBytes = 1 << 20;

/// Folders of other people's code, and of what a build makes.
bool isForeign(const QString &name)
{
    static const QStringList names{QStringLiteral("node_modules"), QStringLiteral("venv"),
                                   QStringLiteral("__pycache__"),  QStringLiteral("site-packages"),
                                   QStringLiteral("dist"),         QStringLiteral("build")};
    return names.contains(name) || name.startsWith(QLatin1Char('.'));
}

bool codeHasMetrics(const QString &root)
{
    static const QRegularExpression route(QStringLiteral("[\"'`]/metrics/?[\"'`]"));
    static const QStringList code{QStringLiteral("*.py"), QStringLiteral("*.js"), QStringLiteral("*.mjs"),
                                  QStringLiteral("*.cjs"), QStringLiteral("*.ts")};
    QStringList folders{root};
    for (int seen = 0; !folders.isEmpty() && seen < mostFiles;) {
        const QDir dir(folders.takeLast());
        for (const QFileInfo &file : dir.entryInfoList(code, QDir::Files | QDir::NoSymLinks)) {
            if (++seen > mostFiles)
                break;
            const Result<QByteArray> text = readFile(file.filePath(), mostBytes);
            if (text && route.match(QString::fromUtf8(*text)).hasMatch())
                return true;
        }
        for (const QString &name : dir.entryList(QDir::Dirs | QDir::NoDotAndDotDot | QDir::NoSymLinks)) {
            if (!isForeign(name))
                folders.append(dir.filePath(name));
        }
    }
    return false;
}

QString jobName(const DeliverySides &sides)
{
    const QString name =
        QStringLiteral("%1-%2").arg(sides.workspace->name, sides.target.backend->name).simplified().toLower();
    static const QRegularExpression odd(QStringLiteral("[^a-z0-9_-]+"));
    QString job = name;
    return job.replace(odd, QStringLiteral("-"));
}

} // namespace

QString metricsPath(const DeliverySides &sides)
{
    for (const SocketEndpoint &socket : sides.target.backend->sockets) {
        if (socket.count.kind == CountSource::Kind::Prometheus)
            return socket.count.path.isEmpty() ? QStringLiteral("/metrics") : socket.count.path;
    }
    const QString root = sides.component ? sides.componentRoot(*sides.component) : QString();
    return codeHasMetrics(sides.folder.absoluteFilePath(root)) ? QStringLiteral("/metrics") : QString();
}

QByteArray scrapeConfigText(const DeliverySides &sides, const QString &path)
{
    const QUrl url(sides.target.backend->url);
    const QString host = url.port() > 0 ? QStringLiteral("%1:%2").arg(url.host(QUrl::FullyEncoded)).arg(url.port())
                                        : url.host(QUrl::FullyEncoded);
    const QString address = url.host().contains(QLatin1Char(':'))
                                ? QStringLiteral("[%1]%2").arg(
                                      url.host(), url.port() > 0 ? QStringLiteral(":%1").arg(url.port()) : QString())
                                : host;
    QString text = QStringLiteral(
        R"(# Written by Switchyard. Paste the job below under scrape_configs of prometheus.yml, or name this file under
# scrape_config_files (Prometheus 2.43 and newer).
#
# Each scrape reaches one process. With several workers (gunicorn --workers, WEB_CONCURRENCY) the counters are that
# worker's unless the program collects them (Python: PROMETHEUS_MULTIPROC_DIR). With several machines behind this
# address each scrape reaches another one, and counters seem to fall: scrape the machines themselves then
)");
    text += sides.target.is("fly")
                ? QStringLiteral("# (Fly.io: [metrics] in fly.toml, which is collected on each machine).\n")
            : sides.target.is("render")
                ? QStringLiteral("# (Render: from inside the private network, by the service's discovery name).\n")
                : QStringLiteral("# (one target for each).\n");
    text += QStringLiteral("scrape_configs:\n"
                           "  - job_name: %1\n"
                           "    scheme: %2\n"
                           "    metrics_path: %3\n"
                           "    scrape_interval: 30s\n"
                           "    scrape_timeout: 10s\n"
                           "    static_configs:\n"
                           "      - targets: [%4]\n"
                           "        labels:\n"
                           "          backend: %5\n"
                           "          stage: %6\n")
                .arg(yamlQuoted(jobName(sides)),
                     url.scheme() == QStringLiteral("http") ? QStringLiteral("http") : QStringLiteral("https"),
                     yamlQuoted(path), yamlQuoted(address), yamlQuoted(sides.target.backend->name),
                     yamlQuoted(sides.target.backend->stage));
    if (sides.target.platform->free.available && sides.target.platform->free.idleStop.count() > 0)
        text += QStringLiteral(
            "    # Each scrape is a request: a free service does not fall asleep while it is scraped.\n");
    return text.toUtf8();
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/imageplan.h"
#include "models/manifests/writeraccount.h"

#include "models/common/shellwords.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

namespace Switchyard {

namespace {

QString jsonList(const QStringList &words)
{
    QStringList quoted;
    for (const QString &word : words) {
        // One element in a list, without the list: that is how Qt quotes a text for JSON.
        const QByteArray json = QJsonDocument(QJsonArray{word}).toJson(QJsonDocument::Compact);
        quoted.append(QString::fromUtf8(json.sliced(1, json.size() - 2)));
    }
    return QLatin1Char('[') + quoted.join(QStringLiteral(", ")) + QLatin1Char(']');
}

/// The server's port comes from PORT, and it listens on every address: the platform's proxy is not in the container.
QString withPlatformPort(QString command)
{
    static const QRegularExpression flag(QStringLiteral("(?<=--port[ =])\\d{2,5}\\b"));
    static const QRegularExpression bind(
        QStringLiteral("((?:--bind|-b)[ =])(?:0\\.0\\.0\\.0|127\\.0\\.0\\.1|localhost)?:\\d{2,5}\\b"));
    static const QRegularExpression host(QStringLiteral("(?<=--host[ =])(?:127\\.0\\.0\\.1|localhost)\\b"));
    static const QRegularExpression reload(QStringLiteral("\\s--reload(?=\\s|\\z)"));
    command.replace(flag, QStringLiteral("$PORT"));
    for (QRegularExpressionMatch match = bind.match(command); match.hasMatch(); match = bind.match(command))
        command.replace(match.capturedStart(), match.capturedLength(),
                        match.captured(1) + QStringLiteral("0.0.0.0:$PORT"));
    command.replace(host, QStringLiteral("0.0.0.0"));
    command.remove(reload);
    // What these listen on without being told: 127.0.0.1, and a port of their own.
    static const QRegularExpression plain(
        QStringLiteral("\\A(?:python3? -m )?(?:uvicorn|daphne)(?:\\s[\\w.:=,/$\\-]+)+\\z"));
    if (plain.match(command).hasMatch()) {
        const bool daphne = command.contains(QStringLiteral("daphne"));
        if (!command.contains(QStringLiteral("--host")) && !command.contains(QStringLiteral("--uds")) && !daphne)
            command += QStringLiteral(" --host 0.0.0.0");
        if (!command.contains(QStringLiteral("--port")) && !command.contains(QStringLiteral("--uds")) && !daphne)
            command += QStringLiteral(" --port $PORT");
        if (daphne && !command.contains(QStringLiteral(" -b ")))
            command += QStringLiteral(" -b 0.0.0.0");
        if (daphne && !command.contains(QStringLiteral(" -p ")))
            command += QStringLiteral(" -p $PORT");
    }
    return command;
}

/// The exec form; through a shell only where the command needs one, and then with exec, because dash hands no signal
/// on to what it has started.
QString commandLine(const QString &command)
{
    const ExecCommand exec = withoutShell(command);
    if (exec.wrapped) {
        const Result<ShellWords> words = splitShellWords(exec.text);
        if (words && words->words.size() == 3)
            return jsonList(words->words);
    }
    const Result<ShellWords> words = splitShellWords(command);
    return jsonList(words ? words->words : QStringList{QStringLiteral("sh"), QStringLiteral("-c"), command});
}

QString copyOf(const QString &folder)
{
    return folder.isEmpty() ? QStringLiteral(".") : folder + QLatin1Char('/');
}

class Writer
{
public:
    explicit Writer(const ImagePlan &plan)
        : m_plan(plan)
    {
    }

    QByteArray text(const QString &title)
    {
        line(QStringLiteral("# %1").arg(title.simplified()));
        line(QStringLiteral("# Written by Switchyard. Build it from the folder that the paths below begin in."));
        line();
        if (m_plan.language == ImagePlan::Language::Python)
            python();
        else
            node();
        return m_text.toUtf8();
    }

private:
    void line(const QString &text = {}) { m_text += text + QLatin1Char('\n'); }

    void apt(const QStringList &packages)
    {
        if (packages.isEmpty())
            return;
        line(QStringLiteral("RUN apt-get update \\"));
        line(QStringLiteral("    && apt-get install -y --no-install-recommends %1 \\")
                 .arg(packages.join(QLatin1Char(' '))));
        line(QStringLiteral("    && rm -rf /var/lib/apt/lists/*"));
    }

    QString files() const
    {
        QStringList paths;
        for (const QString &file : m_plan.packageFiles)
            paths.append(m_plan.packageFolder.isEmpty() ? file : m_plan.packageFolder + QLatin1Char('/') + file);
        return paths.join(QLatin1Char(' '));
    }

    void copyPackageFiles()
    {
        if (m_plan.needsWholeTree || m_plan.packageFiles.isEmpty())
            line(QStringLiteral("COPY %1 ./").arg(copyOf(m_plan.packageFolder)));
        else
            line(QStringLiteral("COPY %1 ./").arg(files()));
    }

    void install()
    {
        const QString version = m_plan.toolVersion.isEmpty() ? QString() : QStringLiteral("==") + m_plan.toolVersion;
        switch (m_plan.tool) {
        case PackageTool::Pip:
            line(QStringLiteral("RUN pip install -r %1").arg(m_plan.packageFiles.first()));
            break;
        case PackageTool::Poetry:
            line(QStringLiteral(
                "# Poetry in an environment of its own; with VIRTUAL_ENV set it installs into that one."));
            line(QStringLiteral("RUN python -m venv /opt/poetry && /opt/poetry/bin/pip install poetry%1").arg(version));
            line(QStringLiteral("RUN /opt/poetry/bin/poetry install --only main --no-root --no-interaction"));
            break;
        case PackageTool::Uv:
            line(QStringLiteral("RUN python -m venv /opt/uv && /opt/uv/bin/pip install uv%1").arg(version));
            line(QStringLiteral("ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy"));
            line(QStringLiteral("RUN /opt/uv/bin/uv sync --frozen --no-dev --no-install-project"));
            break;
        case PackageTool::Pipenv:
            line(QStringLiteral("RUN python -m venv /opt/pipenv && /opt/pipenv/bin/pip install pipenv"));
            line(QStringLiteral("RUN /opt/pipenv/bin/pipenv requirements > /tmp/requirements.txt \\"));
            line(QStringLiteral("    && pip install -r /tmp/requirements.txt"));
            break;
        default:
            line(QStringLiteral("RUN pip install ."));
        }
    }

    void healthcheck()
    {
        if (!m_plan.ignoresHealthcheck)
            return;
        line(m_plan.platform == QStringLiteral("fly")
                 ? QStringLiteral("# No HEALTHCHECK: Fly.io takes no notice of it. The checks of fly.toml decide.")
                 : QStringLiteral("# No HEALTHCHECK: Render takes no notice of it. healthCheckPath decides."));
    }

    void start()
    {
        line(QStringLiteral("EXPOSE %1").arg(m_plan.port));
        line();
        healthcheck();
        line(QStringLiteral("# The server itself is process 1 and gets the stop signal."));
        line(QStringLiteral("CMD %1").arg(commandLine(withPlatformPort(m_plan.command))));
    }

    void python()
    {
        const QString image = QStringLiteral("python:%1-slim").arg(m_plan.version);
        line(QStringLiteral("FROM %1 AS build").arg(image));
        line(QStringLiteral("ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1"));
        apt(m_plan.buildPackages);
        line(QStringLiteral("# Not below /root, where the user of the second stage could not read it."));
        line(QStringLiteral("RUN python -m venv /opt/venv"));
        line(QStringLiteral("ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH"));
        line(QStringLiteral("WORKDIR /src"));
        copyPackageFiles();
        install();
        line();
        line(QStringLiteral("FROM %1").arg(image));
        line(QStringLiteral("ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=%1")
                 .arg(m_plan.port));
        apt(m_plan.runPackages);
        line(QStringLiteral("RUN useradd --system --uid 10001 --user-group --create-home --home-dir /home/app app"));
        line(QStringLiteral("WORKDIR /app"));
        line(QStringLiteral("COPY --from=build /opt/venv /opt/venv"));
        line(QStringLiteral("COPY %1 ./").arg(copyOf(m_plan.appFolder)));
        line(QStringLiteral("USER app"));
        start();
    }

    void nodeInstall()
    {
        const QString version = m_plan.toolVersion.isEmpty() ? QString() : QLatin1Char('@') + m_plan.toolVersion;
        const bool all = m_plan.runsBuild;
        switch (m_plan.tool) {
        case PackageTool::Npm:
            line(all ? QStringLiteral("RUN npm ci") : QStringLiteral("RUN npm ci --omit=dev"));
            break;
        case PackageTool::Yarn:
            line(all ? QStringLiteral("RUN yarn install --frozen-lockfile")
                     : QStringLiteral("RUN yarn install --frozen-lockfile --production"));
            break;
        case PackageTool::YarnModern:
            line(QStringLiteral("RUN npm install --global corepack && corepack enable && yarn install --immutable"));
            break;
        case PackageTool::Pnpm:
            line(QStringLiteral("RUN npm install --global pnpm%1").arg(version));
            line(all ? QStringLiteral("RUN pnpm install --frozen-lockfile")
                     : QStringLiteral("RUN pnpm install --frozen-lockfile --prod"));
            break;
        default:
            line(all ? QStringLiteral("RUN npm install") : QStringLiteral("RUN npm install --omit=dev"));
        }
    }

    void nodeBuild()
    {
        if (!m_plan.runsBuild)
            return;
        switch (m_plan.tool) {
        case PackageTool::Yarn:
            line(QStringLiteral("RUN yarn build && yarn install --frozen-lockfile --production --ignore-scripts"));
            break;
        case PackageTool::YarnModern:
            line(QStringLiteral("RUN yarn build"));
            break;
        case PackageTool::Pnpm:
            line(QStringLiteral("RUN pnpm run build && CI=true pnpm prune --prod"));
            break;
        default:
            line(QStringLiteral("RUN npm run build && npm prune --omit=dev"));
        }
    }

    void node()
    {
        const QString image = QStringLiteral("node:%1-slim").arg(m_plan.version);
        line(QStringLiteral("FROM %1 AS build").arg(image));
        line(QStringLiteral("WORKDIR /app"));
        if (m_plan.tool == PackageTool::YarnModern)
            line(QStringLiteral("COPY %1 ./").arg(copyOf(m_plan.packageFolder)));
        else
            copyPackageFiles();
        nodeInstall();
        line(QStringLiteral("COPY %1 ./").arg(copyOf(m_plan.appFolder)));
        nodeBuild();
        line();
        line(QStringLiteral("FROM %1").arg(image));
        line(QStringLiteral("ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH PORT=%1").arg(m_plan.port));
        line(QStringLiteral("WORKDIR /app"));
        line(QStringLiteral("COPY --from=build /app ./"));
        line(QStringLiteral("USER node"));
        start();
    }

    const ImagePlan &m_plan;
    QString m_text;
};

} // namespace

QByteArray dockerfileText(const ImagePlan &plan, const QString &title)
{
    return Writer(plan).text(title);
}

QByteArray dockerIgnoreText(const QByteArray &before)
{
    QStringList lines;
    for (const QString &line : QString::fromUtf8(before).split(QLatin1Char('\n')))
        lines.append(line.trimmed());
    // A file of patterns that lets something back in after them is left to its author's order: ours stand last.
    const QStringList needed{QStringLiteral("**/.env"), QStringLiteral("**/.env.*"), QStringLiteral("**/*-secrets.env"),
                             QStringLiteral("**/*-secrets.d")};
    const bool keepsOut = std::all_of(needed.cbegin(), needed.cend(), [&](const QString &each) {
        const qsizetype at = lines.lastIndexOf(each);
        return at >= 0 && std::none_of(lines.cbegin() + at, lines.cend(),
                                       [](const QString &line) { return line.startsWith(QLatin1Char('!')); });
    });
    if (keepsOut)
        return {};
    QStringList all = needed;
    if (before.isEmpty())
        all += {QStringLiteral(".git"),           QStringLiteral("**/__pycache__"), QStringLiteral("**/*.pyc"),
                QStringLiteral("**/.venv"),       QStringLiteral("**/venv"),        QStringLiteral("**/.pytest_cache"),
                QStringLiteral("**/node_modules")};
    QByteArray text = before;
    if (!text.isEmpty() && !text.endsWith('\n'))
        text += '\n';
    text += "# Secrets come from the platform, never from the image.\n";
    for (const QString &line : std::as_const(all))
        text += line.toUtf8() + '\n';
    return text;
}

} // namespace Switchyard

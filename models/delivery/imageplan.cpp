// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/imageplan.h"

#include "models/common/files.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace Switchyard {

namespace {

constexpr qint64 mostBytes = 4 << 20;

/// The first number of two or three parts: "python-3.11.9", ">=3.10,<4", "v20.11.1", "lts/iron" (nothing).
QString versionIn(const QString &text, int parts)
{
    static const QRegularExpression number(QStringLiteral("(?<![\\d.])(\\d{1,3}(?:\\.\\d{1,3}){0,2})"));
    const QString found = number.match(text).captured(1);
    return found.count(QLatin1Char('.')) + 1 < parts ? QString() : found;
}

class Planner
{
public:
    Planner(const DeliverySides &sides, const ImagePlace &place, const Service *started, int port)
        : m_sides(sides)
        , m_place(place)
        , m_started(started)
    {
        m_plan.port = port;
        m_plan.platform = sides.target.platform->id;
        // Only the platform's own checks count on both; an image's would only cost time there.
        m_plan.ignoresHealthcheck = sides.target.is("fly") || sides.target.is("render");
    }

    ImagePlanning plan()
    {
        m_plan.appFolder = inContext(m_place.appFolder);
        if (m_place.appFolder != m_place.context && m_plan.appFolder.isEmpty())
            return refuse(QStringLiteral("the program does not lie in the folder the image is built from"));
        if (!findPython() && !findNode())
            return refuse(
                QStringLiteral("neither requirements.txt, pyproject.toml, Pipfile nor package.json lies in %1")
                    .arg(spoken(m_place.appFolder)));
        if (!findCommand())
            return refuse(QStringLiteral("no manifest says how the program is started"));
        for (const QString &path : {m_plan.appFolder, m_plan.packageFolder}) {
            static const QRegularExpression plain(QStringLiteral("\\A[\\w./@+\\-]*\\z"));
            if (!plain.match(path).hasMatch())
                return refuse(QStringLiteral("a folder's name would have to be quoted in it"));
        }
        sayBuildCommand();
        m_result.plan = m_plan;
        return m_result;
    }

private:
    static QString spoken(const QString &folder) { return folder.isEmpty() ? QStringLiteral("the root") : folder; }

    ImagePlanning refuse(const QString &why)
    {
        m_result.notes.append(QStringLiteral("no Dockerfile was written: %1").arg(why));
        return m_result;
    }

    QString path(const QString &folder, const QString &name) const
    {
        return m_sides.folder.absoluteFilePath(folder.isEmpty() ? name : folder + QLatin1Char('/') + name);
    }
    bool has(const QString &folder, const char *name) const
    {
        return QFileInfo(path(folder, QString::fromLatin1(name))).isFile();
    }
    QString read(const QString &folder, const char *name) const
    {
        const Result<QByteArray> text = readFile(path(folder, QString::fromLatin1(name)), mostBytes);
        return text ? QString::fromUtf8(*text) : QString();
    }

    /// A folder of the workspace as it is said from the context; empty where it is the context or not below it.
    QString inContext(const QString &folder) const
    {
        if (m_place.context.isEmpty())
            return folder;
        return folder.startsWith(m_place.context + QLatin1Char('/')) ? folder.mid(m_place.context.size() + 1)
                                                                     : QString();
    }

    QString stated(const char *name) const
    {
        for (const auto *service : {m_started, m_sides.target.service ? &*m_sides.target.service : nullptr,
                                    m_sides.source.service ? &*m_sides.source.service : nullptr}) {
            if (!service)
                continue;
            for (const EnvironmentEntry &each : service->environment) {
                if (each.name == QLatin1StringView(name) && each.source == EnvironmentEntry::Source::Literal)
                    return each.value;
            }
        }
        return {};
    }

    /// Folders in which the list of packages may lie, the likeliest first.
    QStringList candidates() const
    {
        QStringList folders{m_place.appFolder, m_place.componentRoot, m_place.context};
        folders.removeDuplicates();
        folders.removeIf([&](const QString &folder) {
            return !m_place.context.isEmpty() && folder != m_place.context && inContext(folder).isEmpty();
        });
        return folders;
    }

    bool use(PackageTool tool, const QString &folder, const QStringList &files)
    {
        m_plan.tool = tool;
        m_plan.packageFolder = inContext(folder);
        m_plan.packageFiles = files;
        m_packages = folder;
        return true;
    }

    bool findPython()
    {
        // What the build command names is what was installed so far.
        static const QRegularExpression named(QStringLiteral("(?:-r|--requirement)[ =]+([\\w./\\-]+)"));
        const QString build = m_started && m_started->buildCommand ? m_started->buildCommand->value : QString();
        if (const QString file = named.match(build).captured(1); !file.isEmpty()) {
            const QString relative = m_sides.relative(path(m_place.appFolder, file));
            const QFileInfo info(m_sides.folder.absoluteFilePath(relative));
            const QString folder = m_sides.relative(info.path());
            if (info.isFile() &&
                (m_place.context.isEmpty() || folder == m_place.context || !inContext(folder).isEmpty()))
                return use(PackageTool::Pip, folder, {info.fileName()}) && pythonDetails();
        }
        for (const QString &folder : candidates()) {
            if (has(folder, "uv.lock") && has(folder, "pyproject.toml"))
                return use(PackageTool::Uv, folder, {QStringLiteral("pyproject.toml"), QStringLiteral("uv.lock")}) &&
                       pythonDetails();
            if (has(folder, "poetry.lock") && has(folder, "pyproject.toml"))
                return use(PackageTool::Poetry, folder,
                           {QStringLiteral("pyproject.toml"), QStringLiteral("poetry.lock")}) &&
                       pythonDetails();
            if (has(folder, "requirements.txt"))
                return use(PackageTool::Pip, folder, {QStringLiteral("requirements.txt")}) && pythonDetails();
            if (has(folder, "Pipfile.lock") && has(folder, "Pipfile"))
                return use(PackageTool::Pipenv, folder, {QStringLiteral("Pipfile"), QStringLiteral("Pipfile.lock")}) &&
                       pythonDetails();
            if ((has(folder, "pyproject.toml") || has(folder, "setup.py")) && !has(folder, "package.json"))
                return use(PackageTool::Project, folder, {}) && pythonDetails();
        }
        return false;
    }

    bool pythonDetails()
    {
        m_plan.language = ImagePlan::Language::Python;
        const QString folder = m_packages;
        static const QRegularExpression requires_(
            QStringLiteral("^\\s*(?:requires-python|python)\\s*=\\s*\"([^\"]+)\""),
            QRegularExpression::MultilineOption);
        const QList<std::pair<QString, QString>> says{
            {QStringLiteral("PYTHON_VERSION"), stated("PYTHON_VERSION")},
            {QStringLiteral(".python-version"), read(folder, ".python-version").section(QLatin1Char('\n'), 0, 0)},
            {QStringLiteral(".python-version"),
             read(m_place.context, ".python-version").section(QLatin1Char('\n'), 0, 0)},
            {QStringLiteral("runtime.txt"), read(folder, "runtime.txt").section(QLatin1Char('\n'), 0, 0)},
            {QStringLiteral("pyproject.toml"), requires_.match(read(folder, "pyproject.toml")).captured(1)},
            {QStringLiteral("the Dockerfile that is there"), versionOfImage(QStringLiteral("python"))}};
        takeVersion(says, 2, QStringLiteral("3.12"));
        m_plan.toolVersion = versionIn(stated(m_plan.tool == PackageTool::Poetry ? "POETRY_VERSION" : "UV_VERSION"), 2);
        if (m_plan.tool == PackageTool::Pip)
            readRequirements(read(folder, m_plan.packageFiles.first().toLatin1().constData()));
        return true;
    }

    void takeVersion(const QList<std::pair<QString, QString>> &says, int parts, const QString &otherwise)
    {
        for (const auto &[where, text] : says) {
            m_plan.version = versionIn(text, parts);
            m_plan.versionFrom = where;
            if (!m_plan.version.isEmpty())
                return;
        }
        m_plan.version = otherwise;
        m_plan.versionFrom.clear();
        m_result.notes.append(
            QStringLiteral("no file says which version of %1 the program wants: the Dockerfile takes %2")
                .arg(m_plan.language == ImagePlan::Language::Python ? QStringLiteral("Python")
                                                                    : QStringLiteral("Node.js"),
                     otherwise));
    }

    /// A Dockerfile that cannot be used as it is still says what the program ran on.
    QString versionOfImage(const QString &image) const
    {
        const QRegularExpression from(QStringLiteral("^FROM\\s+(?:--\\S+\\s+)*(?:\\S+/)?%1:(\\S+)").arg(image),
                                      QRegularExpression::MultilineOption | QRegularExpression::CaseInsensitiveOption);
        for (const QString &folder : candidates()) {
            const QDir dir(m_sides.folder.absoluteFilePath(folder));
            for (const QString &name : dir.entryList({QStringLiteral("Dockerfile*")}, QDir::Files)) {
                const Result<QByteArray> text = readFile(dir.filePath(name), mostBytes);
                const QString found = text ? from.match(QString::fromUtf8(*text)).captured(1) : QString();
                if (!found.isEmpty())
                    return found;
            }
        }
        return {};
    }

    void readRequirements(const QString &text)
    {
        struct Native
        {
            const char *package;
            QStringList build;
            QStringList run;
        };
        // Packages whose wheels are not on the index: they are compiled against Debian's headers.
        static const QList<Native> natives{
            {"psycopg2",
             {QStringLiteral("gcc"), QStringLiteral("libc6-dev"), QStringLiteral("libpq-dev")},
             {QStringLiteral("libpq5")}},
            {"mysqlclient",
             {QStringLiteral("gcc"), QStringLiteral("libc6-dev"), QStringLiteral("default-libmysqlclient-dev"),
              QStringLiteral("pkg-config")},
             {QStringLiteral("libmariadb3")}},
            {"uwsgi", {QStringLiteral("gcc"), QStringLiteral("libc6-dev")}, {}},
        };
        static const QRegularExpression package(QStringLiteral("\\A([A-Za-z0-9._\\-]+)"));
        for (const QString &raw : text.split(QLatin1Char('\n'))) {
            const QString line = raw.trimmed();
            static const QRegularExpression other(
                QStringLiteral("\\A(-r|-c|-e|--requirement|--constraint|--editable|\\.|file:|.*@\\s*file:)"));
            if (other.match(line).hasMatch())
                m_plan.needsWholeTree = true;
            static const QRegularExpression fromGit(QStringLiteral("\\Agit\\+|@\\s*git\\+"));
            if (fromGit.match(line).hasMatch() && !m_plan.buildPackages.contains(QStringLiteral("git")))
                m_plan.buildPackages << QStringLiteral("git") << QStringLiteral("ca-certificates");
            const QString name = package.match(line).captured(1).toLower().replace(QLatin1Char('_'), QLatin1Char('-'));
            for (const Native &native : natives) {
                if (name != QLatin1StringView(native.package))
                    continue;
                m_plan.buildPackages += native.build;
                m_plan.runPackages += native.run;
            }
        }
        m_plan.buildPackages.removeDuplicates();
        m_plan.runPackages.removeDuplicates();
    }

    bool findNode()
    {
        for (const QString &folder : candidates()) {
            if (!has(folder, "package.json"))
                continue;
            const QJsonObject package = QJsonDocument::fromJson(read(folder, "package.json").toUtf8()).object();
            const QString manager = package[QStringLiteral("packageManager")].toString();
            const QString json = QStringLiteral("package.json");
            if (has(folder, "pnpm-lock.yaml"))
                use(PackageTool::Pnpm, folder, {json, QStringLiteral("pnpm-lock.yaml")});
            else if (has(folder, "yarn.lock"))
                use(has(folder, ".yarnrc.yml") || versionIn(manager, 1).section(QLatin1Char('.'), 0, 0).toInt() > 1
                        ? PackageTool::YarnModern
                        : PackageTool::Yarn,
                    folder, {json, QStringLiteral("yarn.lock")});
            else if (has(folder, "package-lock.json"))
                use(PackageTool::Npm, folder, {json, QStringLiteral("package-lock.json")});
            else
                use(PackageTool::NpmLoose, folder, {json});
            if (m_plan.tool == PackageTool::Pnpm || m_plan.tool == PackageTool::YarnModern)
                m_plan.toolVersion = versionIn(manager, 1);
            m_plan.language = ImagePlan::Language::Node;
            m_plan.runsBuild = package[QStringLiteral("scripts")].toObject().contains(QStringLiteral("build"));
            m_scripts = package[QStringLiteral("scripts")].toObject();
            m_main = package[QStringLiteral("main")].toString();
            takeVersion({{QStringLiteral("NODE_VERSION"), stated("NODE_VERSION")},
                         {QStringLiteral(".nvmrc"), read(folder, ".nvmrc")},
                         {QStringLiteral(".node-version"), read(folder, ".node-version")},
                         {QStringLiteral("package.json"),
                          package[QStringLiteral("engines")].toObject()[QStringLiteral("node")].toString()},
                         {QStringLiteral("the Dockerfile that is there"), versionOfImage(QStringLiteral("node"))}},
                        1, QStringLiteral("22"));
            if (m_plan.tool == PackageTool::NpmLoose)
                m_result.notes.append(
                    QStringLiteral("package.json has no lock file beside it: every build may install other versions"));
            return true;
        }
        return false;
    }

    bool findCommand()
    {
        QString command = m_started && m_started->startCommand ? m_started->startCommand->value.trimmed() : QString();
        if (command.isEmpty())
            command = procfileCommand();
        if (m_plan.language == ImagePlan::Language::Node)
            command = withoutNpm(command);
        static const QRegularExpression lines(QStringLiteral("[\\r\\n\\x00]"));
        if (command.isEmpty() || command.contains(lines))
            return false;
        m_plan.command = command;
        return true;
    }

    QString procfileCommand() const
    {
        static const QRegularExpression web(QStringLiteral("^web:\\s*(.+)$"), QRegularExpression::MultilineOption);
        for (const QString &folder : candidates()) {
            if (const QString found = web.match(read(folder, "Procfile")).captured(1).trimmed(); !found.isEmpty())
                return found;
        }
        return {};
    }

    /// npm and yarn run a script in a shell of their own and are slow to hand a stop signal on: the script itself is
    /// run instead, where it is one command.
    QString withoutNpm(const QString &command) const
    {
        static const QRegularExpression through(
            QStringLiteral("\\A(?:npm|yarn|pnpm)\\s+(?:run\\s+)?([\\w:\\-]+)\\s*\\z"));
        QString script = through.match(command).captured(1);
        if (command.isEmpty())
            script = QStringLiteral("start");
        else if (script.isEmpty())
            return command;
        const QString text = m_scripts[script].toString().trimmed();
        if (!text.isEmpty())
            return text;
        static const QRegularExpression plain(QStringLiteral("\\A[\\w./\\-]+\\z"));
        return command.isEmpty() && plain.match(m_main).hasMatch() ? QStringLiteral("node ") + m_main : command;
    }

    void sayBuildCommand()
    {
        if (!m_started || !m_started->buildCommand)
            return;
        const QString build = m_started->buildCommand->value.trimmed();
        static const QRegularExpression installs(
            QStringLiteral("\\A(?:(?:python3? -m )?pip install (?:--upgrade pip|-U pip|[\\w =./\\-]*)|poetry "
                           "install[\\w \\-]*|uv sync[\\w \\-]*|"
                           "(?:npm|yarn|pnpm)(?: (?:ci|install|run build|build))?(?: [\\w\\-=]+)*|\\s|&&|;)+\\z"));
        if (!installs.match(build).hasMatch())
            m_result.notes.append(QStringLiteral("the build command at %1 does more than install packages, and the "
                                                 "Dockerfile does not run it: move what is needed into a RUN, and "
                                                 "migrations into the release command")
                                      .arg(Switchyard::spoken(m_started->buildCommand->place)));
    }

    const DeliverySides &m_sides;
    const ImagePlace &m_place;
    const Service *m_started;
    ImagePlan m_plan;
    ImagePlanning m_result;
    QString m_packages;
    QJsonObject m_scripts;
    QString m_main;
};

} // namespace

ImagePlanning planImage(const DeliverySides &sides, const ImagePlace &place, const Service *started, int port)
{
    return Planner(sides, place, started, port).plan();
}

} // namespace Switchyard

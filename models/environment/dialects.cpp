// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/dialects.h"

#include "models/environment/readers.h"

#include <algorithm>

namespace Switchyard {

namespace {

struct DialectWords
{
    EnvDialect dialect;
    const char *id;
    const char *name;
};

constexpr DialectWords words[] = {
    {EnvDialect::Tolerant, "tolerant", "the tolerant reader"},
    {EnvDialect::NodeDotenv, "node-dotenv", "node dotenv"},
    {EnvDialect::NodeExpand, "dotenv-expand", "node dotenv with dotenv-expand"},
    {EnvDialect::PythonDotenv, "python-dotenv", "python-dotenv"},
    {EnvDialect::Godotenv, "godotenv", "godotenv"},
    {EnvDialect::Compose, "compose", "docker compose"},
    {EnvDialect::Docker, "docker", "docker --env-file"},
    {EnvDialect::Systemd, "systemd", "systemd"},
    {EnvDialect::Shell, "shell", "a POSIX shell"},
    {EnvDialect::FlyImport, "fly-import", "fly secrets import"},
    {EnvDialect::RenderUpload, "render-upload", "Render's .env upload"},
    {EnvDialect::GithubEnv, "github-env", "GITHUB_ENV"},
    {EnvDialect::Heroku, "heroku", "heroku config:edit"},
    {EnvDialect::Kubernetes, "kubernetes", "Kubernetes"},
};

const DialectWords &wordsOf(EnvDialect dialect)
{
    return *std::find_if(std::begin(words), std::end(words),
                         [&](const DialectWords &each) { return each.dialect == dialect; });
}

EnvReading readWithout(std::string_view text, EnvDialect dialect, const EnvReadOptions &options)
{
    switch (dialect) {
    case EnvDialect::NodeDotenv:
    case EnvDialect::NodeExpand:
        return readNodeDotenv(text);
    case EnvDialect::PythonDotenv:
        return readPythonDotenv(text);
    case EnvDialect::Godotenv:
        return readGodotenv(text);
    case EnvDialect::Compose:
        return readComposeEnv(text, options.surroundings);
    case EnvDialect::Docker:
        return readDockerEnv(text);
    case EnvDialect::Systemd:
        return readSystemdEnv(text);
    case EnvDialect::Shell:
        return readShellEnv(text, options.surroundings);
    case EnvDialect::FlyImport:
        return readFlyImport(text);
    case EnvDialect::RenderUpload:
        return readRenderUpload(text);
    case EnvDialect::GithubEnv:
        return readGithubEnv(text);
    case EnvDialect::Heroku:
        return readHerokuConfig(text);
    case EnvDialect::Kubernetes:
        return readKubernetes(text);
    case EnvDialect::Tolerant:
        break;
    }
    return readTolerantly(text);
}

} // namespace

QString envDialectId(EnvDialect dialect)
{
    return QString::fromLatin1(wordsOf(dialect).id);
}

QString envDialectName(EnvDialect dialect)
{
    return QString::fromLatin1(wordsOf(dialect).name);
}

std::optional<EnvDialect> envDialect(QStringView id)
{
    for (const DialectWords &each : words) {
        if (id == QLatin1StringView(each.id))
            return each.dialect;
    }
    return std::nullopt;
}

const QList<EnvDialect> &allEnvDialects()
{
    static const QList<EnvDialect> all = [] {
        QList<EnvDialect> list;
        for (const DialectWords &each : words)
            list.append(each.dialect);
        return list;
    }();
    return all;
}

const QList<EnvDialect> &dotenvDialects()
{
    static const QList<EnvDialect> list{EnvDialect::NodeDotenv,   EnvDialect::NodeExpand, EnvDialect::PythonDotenv,
                                        EnvDialect::Godotenv,     EnvDialect::Compose,    EnvDialect::Docker,
                                        EnvDialect::Systemd,      EnvDialect::Shell,      EnvDialect::FlyImport,
                                        EnvDialect::RenderUpload, EnvDialect::Heroku};
    return list;
}

QMap<QString, std::optional<QString>> EnvReading::values() const
{
    QMap<QString, std::optional<QString>> result;
    if (refused)
        return result;
    for (const EnvAssignment &each : assignments)
        result.insert(each.name, each.bare ? std::nullopt : std::optional<QString>(each.value));
    return result;
}

bool isPortableName(QStringView name)
{
    if (name.isEmpty() || name.front().isDigit())
        return false;
    return std::all_of(name.begin(), name.end(),
                       [](QChar c) { return c.unicode() < 0x80 && EnvText::isWord(char(c.unicode())); });
}

EnvReading readEnv(const QByteArray &bytes, EnvDialect dialect, const EnvReadOptions &options)
{
    const std::string_view text = EnvText::view(bytes);
    EnvReading reading = readWithout(text, dialect, options);
    if (dialect == EnvDialect::NodeExpand)
        expandLikeDotenvExpand(reading, options.surroundings);
    else if (dialect == EnvDialect::PythonDotenv && options.interpolate)
        expandLikePython(reading, options.surroundings);
    else if (dialect == EnvDialect::Tolerant && options.interpolate)
        expandTolerantly(reading, options.surroundings);

    EnvText::LineCounter names(text);
    for (EnvAssignment &each : reading.assignments) {
        names.advance(each.nameRange.begin);
        each.line = names.line();
        each.column = names.column();
    }
    std::stable_sort(reading.problems.begin(), reading.problems.end(),
                     [](const EnvProblem &a, const EnvProblem &b) { return a.offset < b.offset; });
    EnvText::LineCounter problems(text);
    for (EnvProblem &each : reading.problems) {
        if (each.line > 0)
            continue; // a parser of its own has said where
        problems.advance(each.offset);
        each.line = problems.line();
        each.column = problems.column();
    }
    return reading;
}

} // namespace Switchyard

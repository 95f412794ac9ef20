// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/exportforms.h"

#include "models/environment/envdocument.h"
#include "models/environment/readers.h"

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

const QList<TargetRules> &allRules()
{
    static const QList<TargetRules> rules{
        {ExportTarget::Dotenv,
         "dotenv",
         ".env",
         {EnvDialect::NodeDotenv, EnvDialect::PythonDotenv},
         true,
         0,
         "",
         {},
         {},
         true,
         {}},
        {ExportTarget::Example,
         "env-example",
         ".env.example",
         {EnvDialect::NodeDotenv, EnvDialect::PythonDotenv},
         true,
         0,
         "",
         {},
         {},
         true,
         {}},
        {ExportTarget::Render,
         "render",
         "render.env",
         {EnvDialect::RenderUpload},
         true,
         0,
         "",
         {s("RENDER_")},
         {},
         false,
         {s("Render: Environment > Add from .env. It adds and replaces; a deploy follows.")}},
        {ExportTarget::FlySecrets,
         "fly-secrets",
         "fly-secrets.env",
         {EnvDialect::FlyImport},
         true,
         0,
         "",
         {s("FLY_")},
         {},
         false,
         {s("fly secrets import --app APP < FILE; all of them become secrets, and the machines restart (--stage puts "
            "that off).")}},
        {ExportTarget::Docker,
         "docker",
         "docker.env",
         {EnvDialect::Docker},
         true,
         0,
         "",
         {},
         {},
         false,
         {s("docker run --env-file FILE")}},
        {ExportTarget::Compose,
         "compose",
         "compose.env",
         {EnvDialect::Compose},
         true,
         0,
         "",
         {},
         {},
         false,
         {s("env_file: in compose.yaml, or docker compose --env-file FILE")}},
        {ExportTarget::Systemd,
         "systemd",
         "environment",
         {EnvDialect::Systemd},
         true,
         0,
         "",
         {},
         {},
         false,
         {s("EnvironmentFile=/etc/APP/environment in the unit's [Service]")}},
        {ExportTarget::Kubernetes,
         "kubernetes",
         "environment.yaml",
         {EnvDialect::Kubernetes},
         true,
         1 << 20,
         "Kubernetes takes no object over 1 MiB",
         {},
         {},
         false,
         {s("kubectl apply -f FILE; the container takes both with envFrom")}},
        {ExportTarget::Github,
         "github",
         "github.env",
         {EnvDialect::GithubEnv},
         false,
         0,
         "",
         {s("GITHUB_"), s("RUNNER_")},
         {s("NODE_OPTIONS")},
         false,
         {s("cat FILE >> \"$GITHUB_ENV\" in a step; later steps have the variables, and their logs do not mask them "
            "unless ::add-mask:: says so.")}},
        {ExportTarget::Vercel,
         "vercel",
         ".env.vercel",
         {EnvDialect::NodeDotenv},
         true,
         64 * 1024,
         "Vercel takes 64 KB of variables for a deployment",
         {},
         {},
         false,
         {s("Vercel: Settings > Environment Variables > Import .env; they take effect with the next deployment.")}},
        {ExportTarget::Heroku,
         "heroku",
         "heroku-config.sh",
         {EnvDialect::Heroku},
         false,
         64 * 1024,
         "Heroku takes 64 KB of config vars for an app",
         {s("HEROKU_")},
         {},
         false,
         {s("The form of heroku config --shell, and what heroku config:edit takes in its editor, which unsets what is "
            "not in the file. heroku config:set would put the values on a command line.")}},
    };
    return rules;
}

bool hasBreak(const QByteArray &value)
{
    return value.contains('\n') || value.contains('\r');
}

/// Puts a backslash before each of the characters.
QByteArray escaped(const QByteArray &value, std::string_view characters)
{
    QByteArray result;
    for (const char c : value) {
        if (characters.find(c) != std::string_view::npos)
            result += '\\';
        result += c;
    }
    return result;
}

QByteArray heredoc(const QByteArray &name, const QByteArray &value)
{
    // Nobody but us chose the value's lines; the mark only has to be none of them.
    const QList<QByteArray> lines = value.split('\n');
    QByteArray mark = "END_OF_" + name;
    while (lines.contains(mark))
        mark += '_';
    return name + "<<" + mark + '\n' + value + '\n' + mark + '\n';
}

QList<QByteArray> composeForms(const QByteArray &value)
{
    QByteArray single = value;
    single.replace('\'', "\\'");
    QByteArray dual = escaped(value, "\\\"$");
    dual.replace('\n', "\\n").replace('\r', "\\r");
    return {'\'' + single + '\'', '"' + dual + '"'};
}

QList<QByteArray> herokuForms(const QByteArray &value)
{
    QByteArray single = value;
    single.replace('\\', "\\\\");
    QByteArray dual = escaped(value, "\\\"$");
    dual.replace('\n', "\\n");
    return {'\'' + single + '\'', '"' + dual + '"'};
}

/// JSON's string, with what YAML reads as a line break, or refuses, as an escape.
QByteArray yamlQuoted(const QString &value)
{
    QString result = s("\"");
    for (const QChar c : value) {
        const char16_t code = c.unicode();
        if (c == QLatin1Char('"') || c == QLatin1Char('\\'))
            result += QLatin1Char('\\') + QString(c);
        else if (c == QLatin1Char('\n'))
            result += L("\\n");
        else if (c == QLatin1Char('\r'))
            result += L("\\r");
        else if (c == QLatin1Char('\t'))
            result += L("\\t");
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            result += L("\\x") + QString::number(code, 16).rightJustified(2, QLatin1Char('0'));
        else if (code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe || code == 0xffff)
            result += L("\\u") + QString::number(code, 16);
        else
            result += c;
    }
    return (result + QLatin1Char('"')).toUtf8();
}

} // namespace

const TargetRules &targetRules(ExportTarget target)
{
    return *std::find_if(allRules().cbegin(), allRules().cend(),
                         [&](const TargetRules &each) { return each.target == target; });
}

QList<QByteArray> statementForms(ExportTarget target, const QByteArray &name, const QByteArray &value)
{
    QList<QByteArray> values;
    const bool plain = isPlainEnvValue(value);
    switch (target) {
    case ExportTarget::Example:
        values = {QByteArray()};
        break;
    case ExportTarget::Dotenv: {
        if (plain) {
            values = {value};
            break;
        }
        const Result<QByteArray> written = quoteForDotenv(QString::fromUtf8(value));
        if (written)
            values = {*written};
        break;
    }
    case ExportTarget::Render:
        values = plain ? QList<QByteArray>{value} : QList<QByteArray>{'"' + value + '"', value};
        break;
    case ExportTarget::FlySecrets:
        values = {'"' + value + '"', "\"\"\"" + value + "\"\"\"", '\'' + value + '\'', value};
        break;
    case ExportTarget::Docker:
        values = {value};
        break;
    case ExportTarget::Compose:
        values = plain ? QList<QByteArray>{value} : composeForms(value);
        break;
    case ExportTarget::Systemd:
        values = plain ? QList<QByteArray>{value} : QList<QByteArray>{'"' + escaped(value, "\\\"$`") + '"'};
        break;
    case ExportTarget::Github:
        return hasBreak(value) ? QList<QByteArray>{heredoc(name, value)}
                               : QList<QByteArray>{name + '=' + value + '\n', heredoc(name, value)};
    case ExportTarget::Vercel: {
        QByteArray broken = value;
        broken.replace('\n', "\\n").replace('\r', "\\r");
        values = {'"' + broken + '"', '\'' + value + '\'', '"' + value + '"', '`' + value + '`', value};
        break;
    }
    case ExportTarget::Heroku:
        values = plain ? QList<QByteArray>{value} + herokuForms(value) : herokuForms(value);
        break;
    case ExportTarget::Kubernetes:
        return {kubernetesText(s("a"), {{QString::fromUtf8(name), QString::fromUtf8(value)}}, {}, {})};
    }
    QList<QByteArray> statements;
    for (const QByteArray &each : values)
        statements.append(name + '=' + each + '\n');
    return statements;
}

QString nameProblem(ExportTarget target, const QString &name)
{
    const TargetRules &rules = targetRules(target);
    for (const QString &prefix : rules.reservedPrefixes) {
        if (name.startsWith(prefix, Qt::CaseInsensitive))
            return QStringLiteral("names that begin with %1 belong to the platform").arg(prefix);
    }
    if (rules.reservedNames.contains(name, Qt::CaseInsensitive))
        return QStringLiteral("the platform does not let this name be set");
    const auto allOf = [&](const char *others) {
        return !name.isEmpty() && std::all_of(name.begin(), name.end(), [&](QChar c) {
            return c.unicode() < 0x80 && (EnvText::isWord(char(c.unicode())) || L(others).contains(c));
        });
    };
    switch (target) {
    case ExportTarget::Docker:
        // Docker itself takes more, but no shell in the container could use it.
    case ExportTarget::Compose:
    case ExportTarget::Dotenv:
    case ExportTarget::Example:
        return allOf(".-") && !name.front().isDigit()
                   ? QString()
                   : QStringLiteral("a name has letters of ASCII, digits and _ . -, and no digit first");
    case ExportTarget::Kubernetes:
        return allOf(".-") && !name.front().isDigit() && !name.startsWith(L("..")) && name != L(".") &&
                       name.size() <= 253
                   ? QString()
                   : QStringLiteral("a key has at most 253 letters of ASCII, digits and _ . -, and no digit first");
    default:
        return isPortableName(name) ? QString()
                                    : QStringLiteral("a name has letters of ASCII, digits and _, and no digit first");
    }
}

QString valueProblem(ExportTarget target, const QString &value)
{
    const bool breaks = value.contains(QLatin1Char('\n')) || value.contains(QLatin1Char('\r'));
    switch (target) {
    case ExportTarget::Docker:
        return breaks ? s("a line break: the file has one variable a line, and no quotes")
                      : s("a line of 64 KB or more, which docker does not read");
    case ExportTarget::FlySecrets:
        if (value.toUtf8().size() > 60'000)
            return s("flyctl drops a line of 64 KB or more, and all lines below it, without a word");
        return breaks ? s("its line breaks or quotes do not survive flyctl's \"\"\"…\"\"\"")
                      : s("flyctl cuts at a # with an even number of double quotes before it, or takes quotes away");
    case ExportTarget::Render:
        return s("Render's page does not say what quotes or backslashes within a value mean");
    case ExportTarget::Systemd:
        return s("systemd ignores variables with control characters other than tab and line feed");
    case ExportTarget::Heroku:
        return s("heroku's own reading does not give this mix of quotes, backslashes and line breaks back");
    case ExportTarget::Github:
        return s("the file has no form for it");
    case ExportTarget::Vercel:
        return s("node dotenv has no form for this mix of quotes, backslashes and line breaks");
    case ExportTarget::Dotenv:
        return value.contains(L("${")) ? s("python-dotenv replaces ${…} in every kind of quotes")
                                       : s("node dotenv and python-dotenv read every form of it differently");
    case ExportTarget::Compose:
        return s("compose has no form for it");
    case ExportTarget::Kubernetes:
    case ExportTarget::Example:
        break;
    }
    return s("no form of it reads back as it is");
}

QString valueHint(ExportTarget target)
{
    switch (target) {
    case ExportTarget::FlySecrets:
        return s("put the value into a file and give it by standard input: fly secrets set NAME=- < FILE");
    case ExportTarget::Render:
        return s("set it in the dashboard's own field, or by PUT /v1/services/ID/env-vars/NAME, which take any text");
    case ExportTarget::Docker:
        return s("mount it as a file, or let compose carry it");
    case ExportTarget::Vercel:
        return s("vercel env add NAME production < FILE takes any text");
    case ExportTarget::Heroku:
        return s("PATCH /apps/APP/config-vars takes any text as JSON");
    default:
        return s("set it on the platform itself, or keep it in a file of its own");
    }
}

QByteArray kubernetesText(const QString &application, const QList<std::pair<QString, QString>> &plain,
                          const QList<std::pair<QString, QString>> &secret, const QByteArray &comments)
{
    QByteArray text = comments + "apiVersion: v1\nkind: List\nitems:\n";
    const auto object = [&](const char *kind, const char *key, const char *more, const char *suffix,
                            const QList<std::pair<QString, QString>> &values) {
        text += QByteArray("- apiVersion: v1\n  kind: ") + kind +
                "\n  metadata:\n    name: " + yamlQuoted(application + s(suffix)) + '\n' + more + "  " + key + ':';
        text += values.isEmpty() ? " {}\n" : "\n";
        for (const auto &[name, value] : values)
            text += "    " + yamlQuoted(name) + ": " + yamlQuoted(value) + '\n';
    };
    if (!plain.isEmpty() || secret.isEmpty())
        object("ConfigMap", "data", "", "-environment", plain);
    if (!secret.isEmpty())
        object("Secret", "stringData", "  type: Opaque\n", "-secrets", secret);
    return text;
}

} // namespace Switchyard

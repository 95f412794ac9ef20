// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/lintkit.h"

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;

} // namespace

QList<RuleText> dockerRules()
{
    static const char reference[] = "https://docs.docker.com/reference/dockerfile/";
    return {
        {"docker/unreadable-packages", Severity::Error, "packages under /root with another USER",
         "Debian's /root has mode 0700: a user other than root cannot read /root/.local, and the program does not "
         "start.",
         reference, "SEED-1/checklist"},
        {"docker/fixed-port", Severity::Warning, "the server's port is written into CMD",
         "A platform that chooses the port by PORT (Render: 10000 unless set) cannot move it; on Fly it has to be the "
         "same as internal_port.",
         "https://render.com/docs/web-services", "R-ENV-1 SEED-1/checklist"},
        {"docker/localhost-bind", Severity::Error, "the server listens on the loopback address only",
         "What listens on 127.0.0.1 inside a container is not reachable from the platform's proxy, which answers 502.",
         "https://render.com/docs/web-services", "§1.2"},
        {"docker/healthcheck-ignored", Severity::Note, "HEALTHCHECK is not used by the platform",
         "Fly ignores the image's HEALTHCHECK; only checks of fly.toml count. Render asks healthCheckPath.",
         "https://fly.io/docs/reference/health-checks/", "F-5 SEED-1/checklist"},
        {"docker/shell-command", Severity::Warning, "CMD or ENTRYPOINT runs under a shell",
         "The stop signal goes to the shell, and not every shell hands it on: the server may be killed after the grace "
         "period without having closed its clients.",
         reference, "F-2"},
        {"docker/literal-variable", Severity::Error, "a variable in the exec form",
         "The exec form starts no shell: $PORT reaches the program as these five letters.", reference, "R-ENV-4"},
        {"docker/as-casing", Severity::Note, "FROM … as in small letters",
         "BuildKit warns where FROM and AS are written differently (FromAsCasing).",
         "https://docs.docker.com/reference/build-checks/from-as-casing/", "SEED-1/checklist"},
        {"docker/copied-environment-file", Severity::Warning, "a .env file is copied into the image",
         "Everybody who can pull the image can read it, and it does not change with the platform's variables.",
         reference, "SEED-common"},
    };
}

QList<DockerInstruction> dockerInstructions(const LintSubject &subject)
{
    QList<Error> problems;
    QList<DockerInstruction> all = parseDockerfile(subject.text, subject.manifest.file, problems);
    for (DockerInstruction &instruction : all) {
        for (const DockerHeredoc &document : std::as_const(instruction.heredocs))
            instruction.arguments += QLatin1Char('\n') + document.text;
    }
    return all;
}

std::optional<QStringList> dockerExecForm(const DockerInstruction &instruction)
{
    return instruction.json ? std::optional(instruction.words) : std::nullopt;
}

namespace {

void checkStages(const QList<DockerInstruction> &all, LintRun &run)
{
    static const QRegularExpression as(s(R"(\s(as|As|aS)\s)"));
    for (const DockerInstruction &instruction : all) {
        const QRegularExpressionMatch match = as.match(instruction.arguments);
        if (instruction.name != L("FROM") || !match.hasMatch())
            continue;
        Place place = instruction.argumentsPlace;
        place.column += int(match.capturedStart(1));
        run.report("docker/as-casing", place, s("%1 beside FROM").arg(match.captured(1)), s("write AS"));
    }
}

/// Packages below /root and a last USER who cannot read them.
void checkPackages(const QList<DockerInstruction> &all, int last, LintRun &run)
{
    QString user;
    Place where;
    Place copied;
    for (const DockerInstruction &instruction : all) {
        if (instruction.stage != last)
            continue;
        const bool underRoot =
            instruction.arguments.split(QRegularExpression(s(R"(\s+)"))).last().startsWith(L("/root"));
        const bool asUser = instruction.name == L("RUN") && instruction.arguments.contains(L("pip install")) &&
                            instruction.arguments.contains(QRegularExpression(s(R"(\s--user\b)")));
        const bool rootNow = user.isEmpty() || user == L("root") || user == L("0");
        if (instruction.name == L("USER"))
            user = instruction.arguments.section(QLatin1Char(':'), 0, 0).trimmed();
        else if (copied.line == 0 && ((instruction.name == L("COPY") && underRoot) || (asUser && rootNow)))
            copied = instruction.place;
    }
    if (copied.line > 0 && !user.isEmpty() && user != L("root") && user != L("0"))
        run.report("docker/unreadable-packages", copied,
                   s("these packages lie under /root, and the user %1 cannot read them").arg(user),
                   s("install into a virtual environment such as /opt/venv, or copy with --chown to that user's home"));
}

void checkStart(const DockerInstruction &instruction, LintRun &run)
{
    const std::optional<QStringList> words = dockerExecForm(instruction);
    const QString text = words ? words->join(QLatin1Char(' ')) : instruction.arguments;
    const bool shellWords = words && words->size() >= 3 && (words->at(1) == L("-c") || words->at(1) == L("-lc")) &&
                            words->first().endsWith(L("sh"));
    const QString script = words ? (shellWords ? words->at(2) : QString()) : instruction.arguments;
    if ((!words || shellWords) && !hasWord(script, u"exec"))
        run.report(
            "docker/shell-command", instruction.argumentsPlace,
            s("%1 runs under a shell, which stands between the stop signal and the server").arg(instruction.name),
            words ? s("begin the script with exec") : s("write it as [\"program\", \"argument\"], or begin with exec"));
    static const QRegularExpression variable(s(R"(\$\{?[A-Za-z_])"));
    const bool expands = words && !shellWords && std::any_of(words->begin(), words->end(), [](const QString &word) {
                             return variable.match(word).hasMatch();
                         });
    const bool throughShell = words && !words->isEmpty() && words->first().endsWith(L("sh"));
    if (expands && !throughShell)
        run.report("docker/literal-variable", instruction.argumentsPlace, s("the exec form does not replace variables"),
                   s("[\"sh\", \"-c\", \"exec program --port ${PORT:-8080}\"]"));

    const ServerCommand server = serverIn(text);
    if (server.fixedPort())
        run.report("docker/fixed-port", instruction.argumentsPlace,
                   s("%1 listens on port %2 whatever PORT says").arg(server.program, server.port),
                   s("take the port from PORT, with this one as the default: ${PORT:-%1}").arg(server.port));
    const bool loopback = server.host == L("127.0.0.1") || server.host == L("localhost");
    const bool silent = server.host.isEmpty() && (server.program == L("uvicorn") || server.program == L("hypercorn") ||
                                                  server.program == L("daphne"));
    if (!server.hasConfig && (loopback || silent))
        run.report("docker/localhost-bind", instruction.argumentsPlace,
                   loopback ? s("%1 listens on %2").arg(server.program, server.host)
                            : s("%1 listens on 127.0.0.1 unless told otherwise").arg(server.program),
                   server.program == L("hypercorn") ? s("--bind 0.0.0.0:$PORT") : s("--host 0.0.0.0"));
}

} // namespace

void checkDocker(const LintSubject &subject, LintRun &run)
{
    const QList<DockerInstruction> all = dockerInstructions(subject);
    if (all.isEmpty())
        return;
    const int last = all.last().stage;
    checkStages(all, run);
    checkPackages(all, last, run);
    for (const DockerInstruction &instruction : all) {
        const bool start = instruction.name == L("CMD") || instruction.name == L("ENTRYPOINT");
        if (start && instruction.stage == last)
            checkStart(instruction, run);
        if (instruction.name == L("HEALTHCHECK") && instruction.stage == last &&
            instruction.arguments.trimmed().toUpper() != L("NONE"))
            run.report("docker/healthcheck-ignored", instruction.place, s("Fly takes no notice of HEALTHCHECK"),
                       s("state the check in fly.toml, or healthCheckPath in render.yaml"));
        static const QRegularExpression environmentFile(
            s(R"((?:\A|[\s/])\.env(?:\.(?:production|local|prod))?(?=\s))"));
        const bool copies = instruction.name == L("COPY") || instruction.name == L("ADD");
        if (copies && environmentFile.match(instruction.arguments).hasMatch())
            run.report("docker/copied-environment-file", instruction.place,
                       s("a file of variables goes into the image"), s("set the variables on the platform"));
    }
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/beside.h"
#include "app/cli/commands.h"
#include "app/cli/envcommon.h"
#include "models/common/redact.h"
#include "models/environment/matrixinput.h"
#include "models/environment/matrixjson.h"
#include "models/manifests/formats.h"
#include "models/platforms/platform.h"

#include <QElapsedTimer>
#include <QFileInfo>

#include <algorithm>

namespace Switchyard::Cli {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr int valueWidth = 44;

/// A value on one line and not longer than a column.
QString fitted(QString text, int width = valueWidth)
{
    text.replace(QLatin1Char('\n'), s("⏎"));
    return text.size() <= width ? text : text.left(width - 1) + s("…");
}

QString shown(const VariableState &state, bool secret, bool reveal)
{
    const QString text = shownValue(state, secret, reveal);
    return fitted(reveal ? text : redact(text));
}

QString noteText(const VariableNote &note)
{
    QString text = s("%1: %2 [%3]").arg(variableWeightName(note.weight), note.message, note.id);
    if (!note.hint.isEmpty())
        text += s("\n        → %1").arg(note.hint);
    return text;
}

QString rowText(const VariableRow &row, bool reveal)
{
    QStringList marks{variableClassName(row.way)};
    if (row.secret)
        marks.append(s("secret"));
    if (row.scope != VariableScope::Runtime)
        marks.append(variableScopeName(row.scope));
    QString text = s("%1 %2 (%3)\n    %4 → %5\n    %6")
                       .arg(variableStatusName(row.status), -13)
                       .arg(row.name, marks.join(s(", ")), shown(row.source, row.secret, reveal),
                            shown(row.target, row.secret, reveal), row.reason);
    if (!row.action.isEmpty())
        text += s("\n    → %1").arg(row.action);
    if (row.wanted && row.wanted != row.target.value && row.needsAction())
        text += s("\n      %1=%2")
                    .arg(row.name, fitted(row.secret && !reveal ? maskedValue(*row.wanted) : *row.wanted, 200));
    for (const VariableNote &note : row.notes)
        text += s("\n    %1").arg(noteText(note));
    return text + QLatin1Char('\n');
}

QString asText(const EnvironmentMatrix &matrix, const EnvAuditOptions &options)
{
    QString text = s("%1 → %2\n").arg(matrix.source, matrix.target);
    QString component;
    int counts[5] = {};
    for (const VariableRow &row : matrix.rows) {
        ++counts[int(row.status)];
        if (options.onlyAction && !row.needsAction())
            continue;
        if (row.component != component) {
            component = row.component;
            text += s("\n%1\n").arg(component);
        }
        text += rowText(row, options.withSecrets);
    }
    if (!matrix.notes.isEmpty())
        text += QLatin1Char('\n');
    for (const VariableNote &note : matrix.notes)
        text += noteText(note) + QLatin1Char('\n');
    QStringList words;
    for (int i = 0; i < 5; ++i) {
        if (counts[i] > 0)
            words.append(s("%1 %2").arg(counts[i]).arg(variableStatusName(VariableStatus(i))));
    }
    return text + s("\n%1 variables: %2; %3 with something to do\n")
                      .arg(matrix.rows.size())
                      .arg(words.join(s(", ")))
                      .arg(matrix.needingAction());
}

/// A backend of the workspace or a file, as one name says it.
Result<EnvironmentSet> setOf(const Global &global, const QString &name, EnvDialect readAs,
                             const PlatformCatalogue &catalogue)
{
    if (QFileInfo(name).isFile()) {
        EnvSources sources;
        sources.readAs = readAs;
        // What is called like a manifest is one; everything else is NAME=value.
        const QString file = QFileInfo(name).fileName();
        if (!file.startsWith(s(".env")) && manifestFormatOf(name, QByteArray()))
            sources.manifest = name;
        else
            sources.files = {name};
        return gatherEnvironment(sources);
    }
    if (name.startsWith(s("live:")))
        return fail(ErrorKind::Usage, s("no driver reads the variables of a running service yet"),
                    s("name a backend, whose files are read, or a file"));
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return fail(ErrorKind::Usage, s("\"%1\" is neither a file nor, without a workspace, a backend").arg(name));
    const Backend *backend = workspace->backend(name);
    if (!backend) {
        QStringList names;
        for (const Backend &each : workspace->backends)
            names.append(each.name);
        return fail(ErrorKind::Usage, s("\"%1\" is neither a file nor a backend of the workspace").arg(name),
                    s("the backends are %1").arg(names.join(s(", "))));
    }
    Result<MatrixSide> side = readMatrixSide(*workspace, *backend, catalogue);
    if (!side)
        return tl::unexpected(side.error());
    return std::move(side->set);
}

QString driftText(const DriftRow &row, bool reveal)
{
    const auto value = [&](const std::optional<QString> &given, const QString &said) {
        if (!given)
            return said.isEmpty() ? s("–") : said;
        return fitted(reveal ? *given : row.secret ? maskedValue(*given) : redact(*given));
    };
    return s("%1 %2\n    %3 | %4\n    %5\n")
        .arg(driftStateName(row.state), -13)
        .arg(row.name, value(row.first, row.firstSaid), value(row.second, row.secondSaid), row.reason);
}

} // namespace

int runEnvAudit(const Global &global, const EnvAuditOptions &options)
{
    const std::optional<Workspace> workspace = readWorkspace(global);
    if (!workspace)
        return exitUsage;
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    MatrixRequest request;
    request.workspace = *workspace;
    request.from = options.from;
    request.to = options.to;
    request.readCode = !options.noCode;
    QElapsedTimer clock;
    clock.start();
    qint64 told = 0;
    const auto tell = [&](const MatrixProgress &now) {
        if (clock.elapsed() - told < 1000)
            return;
        told = clock.elapsed();
        progress(global, s("    %1: %2 of %3 files").arg(now.what).arg(now.files).arg(now.filesTotal));
    };
    const Result<MatrixInput> input = besideEventLoop(
        [&](std::stop_token stop) { return readMatrixInput(request, *catalogue, tell, std::move(stop)); });
    if (!input)
        return input.error().kind == ErrorKind::Cancelled ? exitInterrupted : reportError(input.error());
    const EnvironmentMatrix matrix = buildMatrix(*input, *catalogue);
    tellFindings(global, matrix.findings);
    if (global.json)
        printJson(matrixToJson(matrix, options.withSecrets));
    else
        printResult(asText(matrix, options));
    const bool wrong = std::any_of(matrix.notes.cbegin(), matrix.notes.cend(),
                                   [](const VariableNote &note) { return note.weight == VariableWeight::Error; });
    return wrong || matrix.needingAction() > 0 ? exitFail : exitPass;
}

int runEnvDiff(const Global &global, const EnvDiffOptions &options)
{
    const Result<EnvDialect> dialect = dialectAsked(options.readAs);
    if (!dialect)
        return reportError(dialect.error());
    const Result<PlatformCatalogue> catalogue = PlatformCatalogue::load();
    if (!catalogue)
        return reportError(catalogue.error());
    const Result<EnvironmentSet> first = setOf(global, options.first, *dialect, *catalogue);
    if (!first)
        return reportError(first.error());
    const Result<EnvironmentSet> second = setOf(global, options.second, *dialect, *catalogue);
    if (!second)
        return reportError(second.error());
    const QList<DriftRow> rows = compareVariables(*first, *second);
    tellFindings(global, first->findings + second->findings);
    int counts[5] = {};
    QString text;
    for (const DriftRow &row : rows) {
        ++counts[int(row.state)];
        if (row.state != DriftState::Same)
            text += driftText(row, options.withSecrets);
    }
    if (global.json) {
        printJson(driftToJson(options.first, options.second, rows, options.withSecrets));
    } else {
        QStringList words;
        for (int i = 0; i < 5; ++i) {
            if (counts[i] > 0)
                words.append(s("%1 %2").arg(counts[i]).arg(driftStateName(DriftState(i))));
        }
        printResult(
            text +
            s("%1 variables%2\n").arg(rows.size()).arg(words.isEmpty() ? QString() : s(": ") + words.join(s(", "))));
    }
    const bool differs = rows.size() > counts[int(DriftState::Same)] + counts[int(DriftState::CannotVerify)];
    return differs ? exitFail : counts[int(DriftState::CannotVerify)] > 0 ? exitInconclusive : exitPass;
}

} // namespace Switchyard::Cli

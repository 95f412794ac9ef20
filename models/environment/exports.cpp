// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/exports.h"

#include "models/environment/envdocument.h"
#include "models/environment/exportforms.h"
#include "models/environment/readers.h"

#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

/// Linux passes no longer NAME=value to a program (MAX_ARG_STRLEN, with the NUL).
constexpr qsizetype largestVariable = 128 * 1024 - 1;

struct Statement
{
    const EnvEntry *entry = nullptr;
    QByteArray text;
};

bool readsBack(const QByteArray &text, const QList<EnvDialect> &dialects,
               const QMap<QString, std::optional<QString>> &wanted)
{
    return std::all_of(dialects.cbegin(), dialects.cend(), [&](EnvDialect dialect) {
        const EnvReading reading = readEnv(text, dialect);
        return !reading.refused && reading.problems.isEmpty() && reading.values() == wanted;
    });
}

/// The statement for one entry, or why there is none.
tl::expected<QByteArray, ExportRefusal> statementFor(const EnvEntry &entry, const TargetRules &rules)
{
    const auto refuse = [&](const QString &reason, const QString &hint = {}) {
        return tl::unexpected(ExportRefusal{entry.name, reason, hint, entry.place});
    };
    const QString value = rules.target == ExportTarget::Example ? QString() : entry.value.value_or(QString());
    if (const QString problem = nameProblem(rules.target, entry.name); !problem.isEmpty())
        return refuse(problem, QStringLiteral("give it another name on the target"));
    if (value.contains(QChar(u'\0')))
        return refuse(QStringLiteral("a NUL, which no environment can hold"),
                      QStringLiteral("keep it in a file, or as base64"));
    if (!value.isValidUtf16() || value.contains(QChar::ReplacementCharacter))
        return refuse(QStringLiteral("bytes that are not UTF-8"), QStringLiteral("keep it in a file, or as base64"));
    const QByteArray bytes = value.toUtf8();
    const QByteArray name = entry.name.toUtf8();
    if (!rules.longValues && name.size() + 1 + bytes.size() > largestVariable)
        return refuse(QStringLiteral("longer than the 128 KB that Linux passes to a program as one variable"),
                      QStringLiteral("keep it in a file"));
    const QList<QByteArray> forms = statementForms(rules.target, name, bytes);
    // Letters and digits mean the same to all readers of lines, but Heroku's, which wants quotes round : and =. The
    // text as a whole is read back all the same.
    constexpr qsizetype shortValue = 1'000;
    const bool lines = rules.target != ExportTarget::Kubernetes && rules.target != ExportTarget::Heroku;
    if (lines && bytes.size() <= shortValue && isPlainEnvValue(bytes) && isPortableName(entry.name) && !forms.isEmpty())
        return forms.first();
    // A second variable behind it shows a value that runs on.
    static const QByteArray next = "SWITCHYARD_NEXT=1\n";
    for (const QByteArray &form : forms) {
        QMap<QString, std::optional<QString>> wanted{{entry.name, value}};
        if (rules.target == ExportTarget::Kubernetes) {
            if (readsBack(form, rules.dialects, wanted))
                return QByteArray(name); // the document is written as one
            continue;
        }
        wanted.insert(QStringLiteral("SWITCHYARD_NEXT"), QStringLiteral("1"));
        if (readsBack(form + next, rules.dialects, wanted))
            return form;
    }
    return refuse(valueProblem(rules.target, value), valueHint(rules.target));
}

QByteArray comment(const QString &name, const QString &why)
{
    // Names that could end the line, or begin something, stay out of the file.
    return isPortableName(name) ? "# " + name.toUtf8() + ": " + why.toUtf8() + '\n' : QByteArray();
}

QByteArray kubernetesDocument(const QList<Statement> &statements, const ExportOptions &options,
                              const QByteArray &comments)
{
    QList<std::pair<QString, QString>> plain;
    QList<std::pair<QString, QString>> secret;
    for (const Statement &each : statements)
        (each.entry->secret ? secret : plain).append({each.entry->name, each.entry->value.value_or(QString())});
    return kubernetesText(options.application, plain, secret, comments);
}

/// Whether the entry has a place in the file at all; else why not.
QString omission(const EnvEntry &entry, ExportTarget target, const ExportOptions &options)
{
    if (target == ExportTarget::Example)
        return {};
    if (!entry.value)
        return entry.missing.isEmpty() ? QStringLiteral("no value is known") : entry.missing;
    if (entry.secret && !options.withSecrets)
        return QStringLiteral("a secret, left out");
    return {};
}

} // namespace

QString exportTargetId(ExportTarget target)
{
    return QString::fromLatin1(targetRules(target).id);
}

std::optional<ExportTarget> exportTarget(QStringView id)
{
    for (const ExportTarget each : allExportTargets()) {
        if (id == exportTargetId(each))
            return each;
    }
    return std::nullopt;
}

const QList<ExportTarget> &allExportTargets()
{
    static const QList<ExportTarget> all{ExportTarget::Dotenv,     ExportTarget::Render,  ExportTarget::FlySecrets,
                                         ExportTarget::Docker,     ExportTarget::Compose, ExportTarget::Systemd,
                                         ExportTarget::Kubernetes, ExportTarget::Github,  ExportTarget::Vercel,
                                         ExportTarget::Heroku,     ExportTarget::Example};
    return all;
}

EnvDialect exportDialect(ExportTarget target)
{
    return targetRules(target).dialects.first();
}

Result<EnvExport> exportEnvironment(const QList<EnvEntry> &entries, ExportTarget target, const ExportOptions &options)
{
    const TargetRules &rules = targetRules(target);
    EnvExport result;
    result.target = target;
    result.fileName = QString::fromLatin1(rules.fileName);
    result.notes = rules.notes;
    QSet<QString> names;
    QList<Statement> statements;
    QByteArray comments;
    QMap<QString, std::optional<QString>> wanted;
    qsizetype total = 0;
    bool dollar = false;
    bool tripled = false;
    for (const EnvEntry &entry : entries) {
        if (names.contains(entry.name))
            return fail(ErrorKind::Usage, QStringLiteral("%1 stands twice among what is to be written").arg(entry.name),
                        {}, entry.place);
        names.insert(entry.name);
        if (const QString why = omission(entry, target, options); !why.isEmpty()) {
            result.leftOut.append({entry.name, why, entry.place});
            comments += comment(entry.name, why);
            continue;
        }
        const auto statement = statementFor(entry, rules);
        if (!statement) {
            result.refused.append(statement.error());
            continue;
        }
        statements.append({&entry, *statement});
        const QString value = target == ExportTarget::Example ? QString() : *entry.value;
        wanted.insert(entry.name, value);
        result.written.append(entry.name);
        total += entry.name.toUtf8().size() + value.toUtf8().size();
        result.privateFile = result.privateFile || (entry.secret && target != ExportTarget::Example);
        tripled = tripled ||
                  (target == ExportTarget::FlySecrets && statement->contains("=\"\"\"") && statement->count('\n') == 1);
        dollar = dollar || value.contains(QLatin1Char('$'));
    }
    if (rules.largestTotal > 0 && total > rules.largestTotal)
        return fail(
            ErrorKind::Usage,
            QStringLiteral("the variables have %1 bytes: %2").arg(total).arg(QString::fromUtf8(rules.totalReason)),
            QStringLiteral("keep the largest in files of their own"));
    if (tripled)
        result.notes.append(QStringLiteral("\"\"\"…\"\"\" on one line needs flyctl 0.3.226 or newer"));
    if (target == ExportTarget::Dotenv && dollar)
        result.notes.append(
            QStringLiteral("a value has a $: dotenv-expand and docker compose would replace what follows"));
    if (!result.refused.isEmpty() && !options.skipRefused) {
        result.written.clear();
        result.privateFile = false;
        return result;
    }
    if (target == ExportTarget::Kubernetes) {
        result.text = kubernetesDocument(statements, options, comments);
    } else {
        result.text = rules.comments ? comments : QByteArray();
        for (const Statement &each : statements)
            result.text += each.text;
    }
    if (target == ExportTarget::Kubernetes && result.text.size() > rules.largestTotal)
        return fail(ErrorKind::Usage, QStringLiteral("the file has %1 bytes: %2")
                                          .arg(result.text.size())
                                          .arg(QString::fromUtf8(rules.totalReason)));
    if (!readsBack(result.text, rules.dialects, wanted))
        return fail(
            ErrorKind::Internal,
            QStringLiteral("the text for %1 does not read back as what was to be written").arg(exportTargetId(target)),
            QStringLiteral("nothing was written; this is a fault of Switchyard's"));
    return result;
}

} // namespace Switchyard

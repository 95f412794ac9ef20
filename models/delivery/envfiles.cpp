// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/envfiles.h"

#include "models/manifests/formats.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace Switchyard {

namespace {

struct UploadForm
{
    ExportTarget target = ExportTarget::Dotenv;
    QString file;
    QString purpose;
};

UploadForm formOf(const Platform &platform)
{
    if (platform.id == QStringLiteral("fly"))
        return {ExportTarget::FlySecrets, QStringLiteral("fly-secrets.env"),
                QStringLiteral("what set-secrets.sh hands to `fly secrets import`")};
    if (platform.id == QStringLiteral("render"))
        return {ExportTarget::Render, QStringLiteral("render-secrets.env"),
                QStringLiteral("for Render's dashboard: Environment, Add from .env")};
    return {ExportTarget::Dotenv, platform.id + QStringLiteral("-secrets.env"),
            QStringLiteral("for the program's own .env file")};
}

/// Names of which a value is still to be filled in. A template is no export: its empty values are what a person
/// replaces, and the script refuses to send them.
QByteArray blanks(const QList<EnvEntry> &entries, const QStringList &names)
{
    QByteArray text;
    for (const EnvEntry &entry : entries) {
        if (!names.contains(entry.name))
            continue;
        if (!entry.missing.isEmpty())
            text += "# " + entry.missing.simplified().toUtf8() + '\n';
        text += entry.name.toUtf8() + "=\"\"\n";
    }
    return text;
}

bool isPortable(const QString &name)
{
    static const QRegularExpression portable(QStringLiteral("\\A[A-Za-z_][A-Za-z0-9_]*\\z"));
    return portable.match(name).hasMatch();
}

QByteArray resourceText(const QString &name)
{
    QFile file(QStringLiteral(":/switchyard/delivery/") + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

QByteArray shellWord(const QString &text)
{
    QString inner = text;
    inner.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return '\'' + inner.toUtf8() + '\'';
}

bool isOpenly(const EnvEntry &entry)
{
    return entry.value && !entry.secret && manifestFormatOf(QFileInfo(entry.place.file).fileName(), {}).has_value();
}

Result<EnvFiles> environmentFiles(const QList<EnvEntry> &entries, const QList<EnvEntry> &beside,
                                  const Platform &platform, const QString &application, bool withSecrets)
{
    EnvFiles result;
    const UploadForm form = formOf(platform);
    result.upload = form.file;
    ExportOptions options;
    options.skipRefused = true;
    Result<EnvExport> example = exportEnvironment(entries, ExportTarget::Example, options);
    if (!example)
        return tl::unexpected(example.error());
    result.files.append({QStringLiteral(".env.example"), example->text, DeliveryKind::EnvExample, 0, false,
                         QStringLiteral("every variable the program is given, without values")});
    options.withSecrets = withSecrets;
    QList<EnvEntry> known;
    QStringList open;
    for (const EnvEntry &each : beside) {
        if (each.value && (withSecrets || isOpenly(each)))
            known.append(each);
        else
            open.append(each.name);
    }
    const Result<EnvExport> upload = exportEnvironment(known, form.target, options);
    if (!upload)
        return tl::unexpected(upload.error());
    for (const ExportRefusal &each : upload->refused) {
        const auto entry =
            std::find_if(beside.cbegin(), beside.cend(), [&](const EnvEntry &one) { return one.name == each.name; });
        const bool byItself = platform.id == QStringLiteral("fly") && isPortable(each.name) && entry != beside.cend() &&
                              entry->value && !entry->value->isEmpty();
        result.notes.append(QStringLiteral("%1 cannot stand in %2: %3%4")
                                .arg(each.name, form.file, each.reason,
                                     byItself
                                         ? QStringLiteral(". set-secrets.sh sends it by itself, from fly-secrets.d/")
                                         : QString()));
        if (byItself && withSecrets)
            result.files.append({QStringLiteral("fly-secrets.d/") + each.name, entry->value->toUtf8(),
                                 DeliveryKind::SecretsUpload, 0600, true,
                                 QStringLiteral("the value of %1, as it is").arg(each.name)});
    }
    const QByteArray head = QStringLiteral("# %1\n").arg(form.purpose).toUtf8();
    if (withSecrets)
        result.files.append({form.file, head + upload->text + blanks(beside, open), DeliveryKind::SecretsUpload, 0600,
                             true, form.purpose});
    else
        result.files.append({form.file + QStringLiteral(".example"),
                             head + "# Copy it to " + form.file.toUtf8() +
                                 " with mode 0600 and fill in what is empty.\n" + upload->text + blanks(beside, open),
                             DeliveryKind::SecretsUpload, 0, false,
                             QStringLiteral("the same without secrets: copy it to %1 and fill it in").arg(form.file)});
    if (platform.id == QStringLiteral("fly")) {
        QByteArray script = resourceText(QStringLiteral("set-secrets.sh"));
        script.replace("@APP@", shellWord(application));
        result.files.append(
            {QStringLiteral("set-secrets.sh"), script, DeliveryKind::SecretsScript, 0755, false,
             QStringLiteral("hands the secrets to Fly.io on standard input, staged for the next deploy")});
        result.script = true;
    }
    return result;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/secret.h"

#include <QFile>
#include <QFileInfo>

#include <sys/stat.h>
#include <unistd.h>

namespace Switchyard {

Secret::Secret(QString value)
    : m_value(std::move(value))
{
}

Secret::~Secret()
{
    // Only the last owner may overwrite: the data is shared with copies of this secret until then.
    if (m_value.isDetached() && !m_value.isEmpty()) {
        volatile auto *data = reinterpret_cast<volatile char16_t *>(m_value.data());
        for (qsizetype i = 0; i < m_value.size(); ++i)
            data[i] = u'\0';
    }
}

namespace {

struct Scheme
{
    QLatin1StringView prefix;
    SecretReference::Source source;
};

constexpr Scheme schemes[] = {
    {QLatin1StringView("env:"), SecretReference::Source::Environment},
    {QLatin1StringView("file:"), SecretReference::Source::File},
    {QLatin1StringView("keychain:"), SecretReference::Source::Keychain},
};

} // namespace

QString SecretReference::toString() const
{
    for (const Scheme &scheme : schemes) {
        if (scheme.source == source)
            return scheme.prefix + name;
    }
    return QStringLiteral("-");
}

bool isSecretReference(QStringView text)
{
    if (text == QLatin1StringView("-"))
        return true;
    for (const Scheme &scheme : schemes) {
        if (text.startsWith(scheme.prefix))
            return true;
    }
    return false;
}

Result<SecretReference> parseSecretReference(const QString &text)
{
    const QString hint = QStringLiteral("use env:NAME, file:PATH or keychain:SERVICE/KEY");
    if (text == QLatin1StringView("-"))
        return SecretReference{SecretReference::Source::Stdin, {}};
    for (const Scheme &scheme : schemes) {
        if (!text.startsWith(scheme.prefix))
            continue;
        const QString name = text.mid(scheme.prefix.size());
        if (name.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("the secret reference \"%1\" names nothing").arg(text), hint);
        return SecretReference{scheme.source, name};
    }
    // The text itself may be the secret: it is not repeated.
    return fail(ErrorKind::Usage, QStringLiteral("a literal secret is not accepted here"), hint);
}

Result<Secret> resolveSecret(const SecretReference &reference)
{
    switch (reference.source) {
    case SecretReference::Source::Environment: {
        const QByteArray name = reference.name.toUtf8();
        if (!qEnvironmentVariableIsSet(name.constData()))
            return fail(ErrorKind::Usage, QStringLiteral("the variable %1 is not set").arg(reference.name),
                        QStringLiteral("export it before starting Switchyard"));
        return Secret(qEnvironmentVariable(name.constData()));
    }
    case SecretReference::Source::File: {
        const QFileInfo info(reference.name);
        if (!info.isFile())
            return fail(ErrorKind::Io, QStringLiteral("the secret file %1 is missing").arg(reference.name));
        if (info.permissions() & (QFile::ReadGroup | QFile::ReadOther))
            return fail(ErrorKind::Io, QStringLiteral("the secret file %1 can be read by others").arg(reference.name),
                        QStringLiteral("chmod 600 %1").arg(reference.name));
        QFile file(reference.name);
        if (!file.open(QIODevice::ReadOnly))
            return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(reference.name, file.errorString()));
        QByteArray bytes = file.read(1 << 20);
        while (bytes.endsWith('\n') || bytes.endsWith('\r'))
            bytes.chop(1);
        return Secret(QString::fromUtf8(bytes));
    }
    case SecretReference::Source::Stdin: {
        QFile file;
        if (!file.open(STDIN_FILENO, QIODevice::ReadOnly))
            return fail(ErrorKind::Io, QStringLiteral("standard input cannot be read"));
        QByteArray bytes = file.readLine(1 << 20);
        while (bytes.endsWith('\n') || bytes.endsWith('\r'))
            bytes.chop(1);
        if (bytes.isEmpty())
            return fail(ErrorKind::Usage, QStringLiteral("standard input gave no value"));
        return Secret(QString::fromUtf8(bytes));
    }
    case SecretReference::Source::Keychain:
        break;
    }
    return fail(ErrorKind::Auth, QStringLiteral("the system keychain cannot be read by this version"),
                QStringLiteral("use env:NAME or file:PATH"));
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/secret.h"

#include "models/common/keychain.h"

#include <QCoreApplication>
#include <QFile>
#include <QStringDecoder>
#include <QThread>

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace Switchyard {

namespace {

/// A plain memset on memory that is about to be freed may be optimised away.
void overwrite(void *data, std::size_t bytes)
{
    volatile auto *at = static_cast<volatile char *>(data);
    for (std::size_t i = 0; i < bytes; ++i)
        at[i] = 0;
}

} // namespace

Secret::Secret(QString value)
    : m_value(std::move(value))
{
}

Secret::~Secret()
{
    wipe();
}

Secret &Secret::operator=(const Secret &other)
{
    if (this != &other) {
        wipe();
        m_value = other.m_value;
    }
    return *this;
}

Secret &Secret::operator=(Secret &&other) noexcept
{
    if (this != &other) {
        wipe();
        m_value = std::move(other.m_value);
        other.m_value.clear();
    }
    return *this;
}

void Secret::wipe()
{
    // Only the last owner may overwrite: the data is shared with copies of this secret until then.
    if (m_value.isDetached())
        overwrite(m_value.data(), std::size_t(m_value.size()) * sizeof(QChar));
    m_value.clear();
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

constexpr qsizetype maxSecretBytes = 1 << 20;

/// The value without the line end that editors and `echo` add. Overwrites `bytes`.
Result<Secret> secretFromBytes(QByteArray bytes, const QString &from)
{
    qsizetype size = bytes.size();
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
        --size;
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString value = decoder(QByteArrayView(bytes.constData(), size));
    overwrite(bytes.data(), std::size_t(bytes.size()));
    if (decoder.hasError())
        return fail(ErrorKind::Usage, QStringLiteral("%1 holds bytes that are not UTF-8").arg(from));
    if (value.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("%1 gave no value").arg(from));
    return Secret(value);
}

Result<Secret> secretFromEnvironment(const QString &variable)
{
    const QByteArray name = variable.toUtf8();
    if (!qEnvironmentVariableIsSet(name.constData()))
        return fail(ErrorKind::Usage, QStringLiteral("the variable %1 is not set").arg(variable),
                    QStringLiteral("export it before starting Switchyard"));
    return secretFromBytes(qgetenv(name.constData()), QStringLiteral("the variable %1").arg(variable));
}

Result<Secret> secretFromFile(const QString &path)
{
    // Opened without waiting and looked at afterwards: what is checked is what is read, also when the name is
    // moved to another file meanwhile, and a pipe does not hang.
    const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return fail(ErrorKind::Io,
                    QStringLiteral("the secret file %1 cannot be opened: %2").arg(path, qt_error_string(errno)));
    QFile file;
    if (!file.open(descriptor, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle)) {
        ::close(descriptor);
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(path, file.errorString()));
    }
    struct stat info
    {
    };
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
        return fail(ErrorKind::Io, QStringLiteral("the secret file %1 is not a regular file").arg(path));
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(ErrorKind::Io, QStringLiteral("the secret file %1 can be used by others").arg(path),
                    QStringLiteral("chmod 600 %1").arg(path));
    if (info.st_size > maxSecretBytes)
        return fail(ErrorKind::Io, QStringLiteral("the secret file %1 is larger than 1 MB").arg(path));
    return secretFromBytes(file.read(maxSecretBytes), QStringLiteral("the secret file %1").arg(path));
}

/// As long as a person may need for a password; but a window that asks may not stand still for it.
Result<Secret> secretFromKeychainHere(const QString &name)
{
    const QCoreApplication *application = QCoreApplication::instance();
    if (application == nullptr || !application->inherits("QGuiApplication") ||
        application->thread() != QThread::currentThread())
        return secretFromKeychain(name);
    // One that is locked is asked once for all that is read now, not once for each.
    static std::optional<Instant> silent;
    constexpr Milliseconds patience(1'000), pause(10'000);
    if (silent && Clock::now() - *silent < pause)
        return fail(ErrorKind::Auth, QStringLiteral("the keychain does not answer"),
                    QStringLiteral("unlock it and try again"));
    const Instant asked = Clock::now();
    Result<Secret> secret = secretFromKeychain(name, patience);
    silent = Clock::now() - asked >= patience ? std::optional(Clock::now()) : std::nullopt;
    return secret;
}

Result<Secret> secretFromStdin()
{
    QFile file;
    if (!file.open(STDIN_FILENO, QIODevice::ReadOnly))
        return fail(ErrorKind::Io, QStringLiteral("standard input cannot be read"));
    // A person ends with Return; what comes through a pipe is taken whole, as from a file.
    const QByteArray bytes = isatty(STDIN_FILENO) != 0 ? file.readLine(maxSecretBytes) : file.read(maxSecretBytes + 1);
    if (bytes.size() > maxSecretBytes)
        return fail(ErrorKind::Io, QStringLiteral("standard input holds more than 1 MB"));
    return secretFromBytes(bytes, QStringLiteral("standard input"));
}

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
    case SecretReference::Source::Environment:
        return secretFromEnvironment(reference.name);
    case SecretReference::Source::File:
        return secretFromFile(reference.name);
    case SecretReference::Source::Stdin:
        return secretFromStdin();
    case SecretReference::Source::Keychain:
        return secretFromKeychainHere(reference.name);
    }
    return fail(ErrorKind::Internal, QStringLiteral("no such source of secrets"));
}

Result<QString> resolveText(const QString &text)
{
    if (!isSecretReference(text) || text == QLatin1StringView("-"))
        return text;
    const Result<SecretReference> reference = parseSecretReference(text);
    if (!reference)
        return tl::unexpected(reference.error());
    return resolveSecret(*reference).map([](const Secret &secret) { return secret.reveal(); });
}

} // namespace Switchyard

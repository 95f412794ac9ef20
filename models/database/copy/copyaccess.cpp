// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copyaccess.h"

#include <openssl/crypto.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace Switchyard {

namespace {

/// No file lies below it: libpq then takes none of this user's home.
constexpr const char noFile[] = "/dev/null/none";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Name
{
    const char *option;
    const char *variable;
};

/// libpq's parameters that a string may bring and their variables (PostgreSQL, 34.15: Environment Variables).
constexpr Name names[] = {
    {"options", "PGOPTIONS"},
    {"channel_binding", "PGCHANNELBINDING"},
    {"sslsni", "PGSSLSNI"},
    {"ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"},
    {"ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"},
    {"sslcert", "PGSSLCERT"},
    {"sslkey", "PGSSLKEY"},
    {"requirepeer", "PGREQUIREPEER"},
};

Result<Descriptor> passwordInMemory(const Secret &password)
{
    Descriptor file(::memfd_create("switchyard", MFD_CLOEXEC));
    QByteArray line = passwordLine(password);
    // libpq takes a file only that nobody else may read.
    const bool written = file.isOpen() && ::fchmod(file.get(), S_IRUSR | S_IWUSR) == 0 &&
                         ::write(file.get(), line.constData(), size_t(line.size())) == line.size();
    const int code = errno;
    OPENSSL_cleanse(line.data(), size_t(line.size()));
    if (!written)
        return fail(ErrorKind::Io, s("no file in memory for the password: %1").arg(s(strerror(code))));
    return file;
}

} // namespace

QByteArray passwordLine(const Secret &password)
{
    QByteArray line = "*:*:*:*:";
    const QByteArray text = password.reveal().toUtf8();
    line.reserve(line.size() + 2 * text.size() + 1); // never moved, so that no copy of it stays behind
    for (const char c : text) {
        if (c == ':' || c == '\\')
            line += '\\';
        line += c;
    }
    return line += '\n';
}

Result<CopyAccess> copyAccess(const LinkTarget &target, const QString &applicationName)
{
    CopyAccess access;
    const auto set = [&access](const char *name, const QString &value) {
        if (!value.isEmpty())
            access.variables.append(QByteArray(name) + '=' + value.toUtf8());
    };
    for (const char *name : {"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "OPENSSL_CONF", "SSL_CERT_FILE"})
        set(name, qEnvironmentVariable(name));
    // The lines that are read are those of the programs, not of a language.
    set("LC_ALL", s("C"));
    set("LC_MESSAGES", s("C"));
    const bool socket = !target.socketFolder.isEmpty();
    set("PGHOST", socket ? target.socketFolder : target.host);
    if (!socket)
        set("PGHOSTADDR", target.address);
    set("PGPORT", QString::number(target.port));
    set("PGUSER", target.user);
    set("PGDATABASE", target.database);
    set("PGSSLMODE", target.sslmode);
    set("PGSSLROOTCERT", target.rootFile.isEmpty() ? s(noFile) : target.rootFile);
    set("PGGSSENCMODE", s("disable"));
    set("PGAPPNAME", applicationName);
    set("PGCONNECT_TIMEOUT", s("20"));
    bool certificate = false;
    for (const auto &[name, value] : target.options) {
        if (name == QLatin1StringView("sslpassword") && !value.isEmpty())
            return fail(ErrorKind::Usage,
                        s("sslpassword cannot be given to pg_dump without showing it in its arguments"),
                        s("a key without a passphrase, in a file that only this user may read"));
        for (const Name &each : names) {
            if (name == QLatin1StringView(each.option))
                set(each.variable, value);
        }
        certificate |= name == QLatin1StringView("sslcert");
    }
    if (!certificate) {
        set("PGSSLCERT", s(noFile));
        set("PGSSLKEY", s(noFile));
    }
    Secret password = target.password;
    if (password.isEmpty())
        password = Secret(qEnvironmentVariable("PGPASSWORD")); // our own connection took it too
    if (password.isEmpty()) {
        set("PGPASSFILE", s(noFile));
        return access;
    }
    if (password.reveal().contains(QLatin1Char('\n')) || password.reveal().contains(QLatin1Char('\r')))
        return fail(ErrorKind::Usage, s("the password has a line end in it, which libpq's password file cannot hold"),
                    s("another password for this role"));
    Result<Descriptor> file = passwordInMemory(password);
    if (!file)
        return tl::unexpected(file.error());
    access.passwordFile = std::move(*file);
    set("PGPASSFILE", s("/proc/self/fd/%1").arg(access.passwordFile.get()));
    return access;
}

} // namespace Switchyard

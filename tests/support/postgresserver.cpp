// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/postgresserver.h"

#include "tests/support/httpserver.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>
#include <QTest>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

namespace Switchyard::Testing {

namespace {

constexpr int toolTime = 120'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString toolFolder()
{
    const QDir versions(s("/usr/lib/postgresql"));
    const QStringList names = versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name | QDir::Reversed);
    for (const QString &name : names) {
        const QString folder = versions.filePath(name + s("/bin"));
        if (QFileInfo::exists(folder + s("/initdb")))
            return folder;
    }
    return {};
}

/// Before the program, so that it runs as "postgres", and ends with us.
QStringList asServerUser()
{
    QStringList words{s("setpriv"), s("--pdeathsig"), s("KILL")};
    if (::geteuid() == 0)
        words += {s("--reuid=postgres"), s("--regid=postgres"), s("--clear-groups")};
    return words;
}

void giveToServer(const QString &path)
{
    if (::geteuid() != 0)
        return;
    if (const passwd *entry = ::getpwnam("postgres"))
        QTest::qVerify(::chown(path.toLocal8Bit().constData(), entry->pw_uid, entry->pw_gid) == 0, "chown", "",
                       __FILE__, __LINE__);
}

bool writeFile(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        return false;
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    file.close();
    giveToServer(path);
    return true;
}

/// Others may go through, so that the server's user reaches what is in it.
void openFolder(const QTemporaryDir &folder)
{
    QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ReadGroup |
                                             QFile::ExeGroup | QFile::ReadOther | QFile::ExeOther);
    giveToServer(folder.path());
}

bool waitForText(QProcess &process, QByteArray &log, const QByteArray &text)
{
    return QTest::qWaitFor(
               [&] {
                   log += process.readAll();
                   return process.state() == QProcess::NotRunning || log.contains(text);
               },
               60'000) &&
           process.state() == QProcess::Running;
}

void endProcess(QProcess &process, int signal)
{
    if (process.state() == QProcess::NotRunning)
        return;
    ::kill(pid_t(process.processId()), signal);
    if (!process.waitForFinished(20'000)) {
        process.kill();
        process.waitForFinished(5'000);
    }
}

} // namespace

PostgresServer::PostgresServer()
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    openFolder(m_folder);
}

PostgresServer::~PostgresServer()
{
    stop();
}

QString PostgresServer::missing()
{
    if (toolFolder().isEmpty())
        return s("postgresql is not installed");
    if (::geteuid() == 0 && !::getpwnam("postgres"))
        return s("there is no user postgres");
    return {};
}

bool PostgresServer::runTool(const QString &tool, const QStringList &arguments)
{
    QStringList words = asServerUser() + QStringList{toolFolder() + QLatin1Char('/') + tool} + arguments;
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setWorkingDirectory(m_folder.path());
    process.start(words.takeFirst(), words);
    const bool ended = process.waitForFinished(toolTime);
    m_log += process.readAll();
    return ended && process.exitCode() == 0;
}

bool PostgresServer::start(const QStringList &config, const QByteArray &hba)
{
    const QString data = m_folder.filePath(s("data"));
    if (!runTool(s("initdb"), {s("-D"), data, s("-U"), s("admin"), s("-A"), s("trust"), s("-N"), s("--no-locale"),
                               s("-E"), s("UTF8")}))
        return false;
    QFile file(data + s("/postgresql.conf"));
    if (!file.open(QIODevice::Append))
        return false;
    const QStringList lines = QStringList{s("fsync = off"), s("shared_buffers = 8MB"), s("wal_level = replica"),
                                          s("max_wal_senders = 2"), s("log_connections = on")} +
                              config;
    file.write("\n" + lines.join(QLatin1Char('\n')).toUtf8() + "\n");
    file.close();
    if (!writeFile(data + s("/pg_hba.conf"), "local all admin trust\nlocal replication admin trust\n" + hba))
        return false;
    return launch();
}

bool PostgresServer::startStandbyOf(const PostgresServer &primary)
{
    const QString data = m_folder.filePath(s("data"));
    return runTool(s("pg_basebackup"),
                   {s("-D"), data, s("-R"), s("-c"), s("fast"), s("-X"), s("stream"), s("-h"), primary.socketFolder(),
                    s("-p"), QString::number(primary.port()), s("-U"), s("admin")}) &&
           launch();
}

bool PostgresServer::launch()
{
    // It cannot pick a port by itself; somebody else may take the one that was free.
    for (int attempt = 0; attempt < 3; ++attempt) {
        m_port = closedPort();
        QStringList words = asServerUser() + QStringList{toolFolder() + s("/postgres"),
                                                         s("-D"),
                                                         m_folder.filePath(s("data")),
                                                         s("-p"),
                                                         QString::number(m_port),
                                                         s("-h"),
                                                         s("127.0.0.1"),
                                                         s("-k"),
                                                         m_folder.path()};
        m_process.setWorkingDirectory(m_folder.path());
        m_process.start(words.takeFirst(), words);
        if (waitForText(m_process, m_log, "database system is ready to accept"))
            return true;
        stop();
    }
    return false;
}

void PostgresServer::stop()
{
    endProcess(m_process, SIGINT);
}

void PostgresServer::stopAtOnce()
{
    endProcess(m_process, SIGQUIT);
}

bool PostgresServer::startAgain()
{
    m_log.clear();
    return launch();
}

QByteArray PostgresServer::dump(const QString &database)
{
    QProcess process;
    process.start(toolFolder() + s("/pg_dump"), {s("--no-owner"), s("--no-acl"), s("-h"), m_folder.path(), s("-p"),
                                                 QString::number(m_port), s("-U"), s("admin"), s("-d"), database});
    if (!process.waitForFinished(toolTime) || process.exitCode() != 0)
        return "ERROR: " + process.readAllStandardError();
    QByteArray text;
    // Newer ones begin and end with a key of their own.
    for (const QByteArray &line : process.readAllStandardOutput().split('\n')) {
        if (!line.startsWith("\\restrict ") && !line.startsWith("\\unrestrict "))
            text += line + '\n';
    }
    return text;
}

QByteArray PostgresServer::log()
{
    m_log += m_process.readAll();
    return m_log;
}

QString PostgresServer::url(const QString &userAndPassword, const QString &database, const QString &options,
                            const QString &host) const
{
    // Not by arg(): a "%3A" of an encoded password would be its third place.
    return s("postgresql://") + userAndPassword + QLatin1Char('@') + host + QLatin1Char(':') + QString::number(m_port) +
           QLatin1Char('/') + database + QLatin1Char('?') + options;
}

QString PostgresServer::sql(const QString &statements, const QString &database)
{
    // Nobody reads its log while a test's thread blocks in something long: a full pipe would hold the whole server.
    if (m_process.waitForReadyRead(0))
        m_log += m_process.readAll();
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(toolFolder() + s("/psql"),
                  {s("-X"), s("-q"), s("-A"), s("-t"), s("-v"), s("ON_ERROR_STOP=1"), s("-h"), m_folder.path(), s("-p"),
                   QString::number(m_port), s("-U"), s("admin"), s("-d"), database, s("-f"), s("-")});
    process.write(statements.toUtf8());
    process.closeWriteChannel();
    if (!process.waitForFinished(toolTime))
        return s("ERROR: psql did not end");
    const QString said = QString::fromUtf8(process.readAll()).trimmed();
    return process.exitCode() == 0 ? said : s("ERROR: %1").arg(said);
}

bool PostgresServer::reload()
{
    const QString before = sql(s("select pg_conf_load_time()"));
    if (sql(s("select pg_reload_conf()")) != QLatin1StringView("t"))
        return false;
    // The postmaster reads the files when it comes to it.
    const bool done = QTest::qWaitFor([&] { return sql(s("select pg_conf_load_time()")) != before; }, 20'000);
    return done && !log().contains("configuration file \"pg_hba.conf\" contains errors");
}

bool PostgresServer::setHba(const QByteArray &lines)
{
    return writeFile(m_folder.filePath(s("data/pg_hba.conf")),
                     "local all admin trust\nlocal replication admin trust\n" + lines) &&
           reload();
}

bool PostgresServer::setTls(const std::optional<CertificateFiles> &files, const QString &clientCa)
{
    QByteArray lines = "ssl = off\n";
    if (files) {
        const auto copied = [this](const QString &from, const char *name) {
            QFile file(from);
            return file.open(QIODevice::ReadOnly) && writeFile(m_folder.filePath(s(name)), file.readAll());
        };
        if (!copied(files->certificate, "server.pem") || !copied(files->key, "server.key"))
            return false;
        lines = "ssl = on\nssl_cert_file = '" + m_folder.filePath(s("server.pem")).toUtf8() + "'\nssl_key_file = '" +
                m_folder.filePath(s("server.key")).toUtf8() + "'\n";
        if (!clientCa.isEmpty()) {
            if (!copied(clientCa, "client-ca.pem"))
                return false;
            lines += "ssl_ca_file = '" + m_folder.filePath(s("client-ca.pem")).toUtf8() + "'\n";
        }
    }
    return writeFile(m_folder.filePath(s("data/postgresql.auto.conf")), lines) && reload();
}

PgBouncer::PgBouncer()
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    openFolder(m_folder);
}

PgBouncer::~PgBouncer()
{
    stop();
}

QString PgBouncer::missing()
{
    return QFileInfo::exists(s("/usr/sbin/pgbouncer")) ? QString() : s("pgbouncer is not installed");
}

bool PgBouncer::start(const PostgresServer &server, const QByteArray &poolMode, const QByteArray &users,
                      const QByteArray &settings)
{
    if (!writeFile(m_folder.filePath(s("users.txt")), users))
        return false;
    for (int attempt = 0; attempt < 3; ++attempt) {
        m_port = closedPort();
        const QByteArray ini = "[databases]\nshop = host=127.0.0.1 port=" + QByteArray::number(server.port()) +
                               "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " + QByteArray::number(m_port) +
                               "\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = " +
                               m_folder.filePath(s("users.txt")).toUtf8() + "\npool_mode = " + poolMode + "\n" +
                               settings;
        if (!writeFile(m_folder.filePath(s("pgbouncer.ini")), ini))
            return false;
        QStringList words =
            asServerUser() + QStringList{s("/usr/sbin/pgbouncer"), m_folder.filePath(s("pgbouncer.ini"))};
        m_process.start(words.takeFirst(), words);
        if (waitForText(m_process, m_log, "process up"))
            return true;
        stop();
    }
    return false;
}

void PgBouncer::stop()
{
    endProcess(m_process, SIGTERM);
}

QByteArray PgBouncer::log()
{
    m_log += m_process.readAll();
    return m_log;
}

ScriptedPeer::ScriptedPeer(Script script)
    : m_script(std::move(script))
{
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(m_listener, reinterpret_cast<sockaddr *>(&address), size) != 0 || ::listen(m_listener, 16) != 0 ||
        ::getsockname(m_listener, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        qFatal("no port for a scripted peer");
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this] { serve(); });
}

ScriptedPeer::~ScriptedPeer()
{
    m_stopping = true;
    m_thread.join();
    ::close(m_listener);
}

void ScriptedPeer::serve()
{
    std::vector<std::thread> threads;
    while (!m_stopping) {
        pollfd entry{m_listener, POLLIN, 0};
        if (::poll(&entry, 1, 20) <= 0)
            continue;
        const int descriptor = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0)
            continue;
        ++m_open;
        threads.emplace_back([this, descriptor] {
            m_script(descriptor, m_stopping);
            ::close(descriptor);
            --m_open;
        });
    }
    for (std::thread &each : threads)
        each.join();
}

QByteArray ScriptedPeer::read(int descriptor, const std::atomic<bool> &stopping)
{
    while (!stopping) {
        pollfd entry{descriptor, POLLIN, 0};
        if (::poll(&entry, 1, 20) <= 0)
            continue;
        QByteArray bytes(4096, '\0');
        const ssize_t got = ::recv(descriptor, bytes.data(), size_t(bytes.size()), 0);
        return got > 0 ? bytes.left(got) : QByteArray();
    }
    return {};
}

void ScriptedPeer::write(int descriptor, const QByteArray &bytes)
{
    [[maybe_unused]] const ssize_t sent = ::send(descriptor, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL);
}

} // namespace Switchyard::Testing

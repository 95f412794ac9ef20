// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/rawpeer.h"

#include <QFile>

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace Switchyard::Testing {

namespace {

sockaddr_in loopback(quint16 port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

quint16 portOf(int descriptor)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(descriptor, reinterpret_cast<sockaddr *>(&address), &size);
    return ntohs(address.sin_port);
}

} // namespace

PeerConnection::~PeerConnection()
{
    SSL_free(m_ssl);
}

bool PeerConnection::send(const QByteArray &bytes)
{
    if (m_ssl)
        return SSL_write(m_ssl, bytes.constData(), int(bytes.size())) > 0;
    return ::send(m_descriptor, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL) == bytes.size();
}

QByteArray PeerConnection::receive()
{
    char buffer[4096];
    const ssize_t read =
        m_ssl ? SSL_read(m_ssl, buffer, sizeof buffer) : ::recv(m_descriptor, buffer, sizeof buffer, 0);
    return read > 0 ? QByteArray(buffer, qsizetype(read)) : QByteArray();
}

QByteArray PeerConnection::receiveUntil(const QByteArray &text)
{
    QByteArray all;
    while (!all.contains(text)) {
        const QByteArray more = receive();
        if (more.isEmpty())
            break;
        all += more;
    }
    return all;
}

void PeerConnection::stayUntilTheEnd()
{
    while (!receive().isEmpty()) {
    }
}

void PeerConnection::reset()
{
    const linger hard{1, 0};
    setsockopt(m_descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

bool PeerConnection::startTls(const Tls &tls)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    if (tls.highest)
        SSL_CTX_set_max_proto_version(context, tls.highest);
    SSL_CTX_use_certificate_chain_file(context, QFile::encodeName(tls.files.certificate).constData());
    SSL_CTX_use_PrivateKey_file(context, QFile::encodeName(tls.files.key).constData(), SSL_FILETYPE_PEM);
    if (!tls.clientsFrom.isEmpty()) {
        SSL_CTX_load_verify_file(context, QFile::encodeName(tls.clientsFrom).constData());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    if (tls.refuseNames)
        SSL_CTX_set_tlsext_servername_callback(
            context, +[](SSL *, int *alert, void *) -> int {
                *alert = SSL_AD_UNRECOGNIZED_NAME;
                return SSL_TLSEXT_ERR_ALERT_FATAL;
            });
    m_ssl = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_fd(m_ssl, m_descriptor);
    const bool good = SSL_accept(m_ssl) == 1;
    m_serverName = SSL_get_servername(m_ssl, TLSEXT_NAMETYPE_host_name);
    return good;
}

RawPeer::RawPeer(Script script)
    : m_script(std::move(script))
{
    // A test that drops a connection may still write to it through OpenSSL.
    signal(SIGPIPE, SIG_IGN);
    m_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    bind(m_listener, reinterpret_cast<const sockaddr *>(&address), sizeof address);
    listen(m_listener, 64);
    m_port = portOf(m_listener);
    m_thread = std::thread([this] { run(); });
}

RawPeer::~RawPeer()
{
    m_stopped = true;
    shutdown(m_listener, SHUT_RDWR);
    m_thread.join();
    close(m_listener);
    {
        const std::lock_guard lock(m_mutex);
        for (const int each : m_descriptors)
            shutdown(each, SHUT_RDWR);
    }
    for (std::thread &each : m_threads)
        each.join();
}

void RawPeer::run()
{
    for (;;) {
        const int descriptor = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0 || m_stopped) {
            if (descriptor >= 0)
                close(descriptor);
            return;
        }
        const std::lock_guard lock(m_mutex);
        ++m_accepted;
        ++m_open;
        m_descriptors.push_back(descriptor);
        m_threads.emplace_back([this, descriptor] {
            {
                PeerConnection connection(descriptor);
                m_script(connection);
            }
            const std::lock_guard ending(m_mutex);
            m_descriptors.erase(std::find(m_descriptors.begin(), m_descriptors.end(), descriptor));
            close(descriptor);
            --m_open;
        });
    }
}

quint16 freePort()
{
    for (;;) {
        const int stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        bind(stream, reinterpret_cast<const sockaddr *>(&address), sizeof address);
        const quint16 port = portOf(stream);
        const int packets = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        address = loopback(port);
        const bool both = bind(packets, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
        close(stream);
        close(packets);
        if (both)
            return port;
    }
}

} // namespace Switchyard::Testing

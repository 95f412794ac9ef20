// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/dialing.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace Switchyard {

namespace net = boost::asio;
using ErrorCode = boost::beast::error_code;

ConnectionEnd connectEnd(const ErrorCode &error)
{
    ConnectionEnd end;
    end.detail = QString::fromStdString(error.message());
    if (error == net::error::connection_refused)
        end.cause = EndCause::Refused;
    else if (error == net::error::timed_out)
        end.cause = EndCause::ConnectTimeout;
    else if (error == net::error::connection_reset)
        end.cause = EndCause::Reset;
    else
        end.cause = EndCause::Unreachable;
    return end;
}

void expectPeer(SSL *ssl, const std::string &host)
{
    ErrorCode notAnAddress;
    net::ip::make_address(host, notAnAddress);
    // SNI takes names only (RFC 6066 section 3); the verified name may be an address.
    if (notAnAddress) {
        SSL_set_tlsext_host_name(ssl, host.c_str());
        SSL_set1_host(ssl, host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    }
}

ConnectionEnd tlsEnd(SSL *ssl, const ErrorCode &error)
{
    const long verify = SSL_get_verify_result(ssl);
    ConnectionEnd end;
    end.cause = EndCause::Tls;
    end.detail = verify != X509_V_OK ? QString::fromUtf8(X509_verify_cert_error_string(verify))
                                     : QString::fromStdString(error.message());
    return end;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/realtime/clientevent.h"

#include <boost/beast/core/error.hpp>

#include <openssl/ossl_typ.h>

#include <string>

namespace Switchyard {

/// What a failed TCP connect means.
[[nodiscard]] ConnectionEnd connectEnd(const boost::beast::error_code &error);

/// Names the peer to a TLS connection before its handshake: for SNI, and for what its certificate must be made out to.
void expectPeer(SSL *ssl, const std::string &host);

/// What a failed TLS handshake means: why the certificate was refused, or the error.
[[nodiscard]] ConnectionEnd tlsEnd(SSL *ssl, const boost::beast::error_code &error);

} // namespace Switchyard

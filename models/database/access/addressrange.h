// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QHostAddress>
#include <QList>
#include <QString>

namespace Switchyard {

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3), one address being /32 or /128. A value.
struct AddressRange
{
    QHostAddress first; ///< the block's first address: no bit behind the prefix is set
    int prefix = 0;

    bool isIpv6() const { return first.protocol() == QAbstractSocket::IPv6Protocol; }
    /// 0.0.0.0/0 and ::/0.
    bool isEverything() const { return prefix == 0; }
    bool isSingle() const { return prefix == (isIpv6() ? 128 : 32); }
    bool contains(const AddressRange &other) const;
    bool overlaps(const AddressRange &other) const { return contains(other) || other.contains(*this); }
    /// Addresses that nobody has in the Internet: RFC 1918, RFC 6598, loopback, link-local, RFC 4193. Only whole
    /// ranges.
    bool isPrivate() const;
    /// "192.0.2.7", "192.0.2.0/24".
    QString toString() const;
    /// "256 addresses", "16.8 million addresses", "2^64 addresses".
    QString sizeInWords() const;
    bool operator==(const AddressRange &) const = default;
};

/// Strictly: four decimal numbers or the forms of RFC 4291, and a prefix in range. Errors (usage): everything else, a
/// zone ("%eth0"), an IPv4 address written as IPv6 (::ffff:192.0.2.1), and set bits behind the prefix, with the block
/// that is likely meant in the hint.
[[nodiscard]] Result<AddressRange> parseAddressRange(const QString &text);

/// Which of `wanted` no range of `given` covers; neighbours in `given` that cover one only together count too.
[[nodiscard]] QList<AddressRange> uncovered(const QList<AddressRange> &wanted, const QList<AddressRange> &given);

} // namespace Switchyard

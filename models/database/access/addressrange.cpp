// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/access/addressrange.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr int ipv4Bits = 32;
constexpr int ipv6Bits = 128;

QHostAddress masked(const QHostAddress &address, int prefix)
{
    if (address.protocol() != QAbstractSocket::IPv6Protocol)
        return QHostAddress(prefix == 0 ? 0U : address.toIPv4Address() & (~0U << (ipv4Bits - prefix)));
    Q_IPV6ADDR bytes = address.toIPv6Address();
    for (int bit = prefix; bit < ipv6Bits; ++bit)
        bytes[bit / 8] = quint8(bytes[bit / 8] & ~(0x80 >> (bit % 8)));
    return QHostAddress(bytes);
}

std::optional<QHostAddress> addressOf(const QString &text)
{
    // QHostAddress takes "10.1" and "0x7f.1" as inet_aton() does; an access list does not.
    static const QRegularExpression dotted(s("^(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})$"));
    static const QRegularExpression colons(s("^[0-9A-Fa-f:]+(\\d{1,3}(\\.\\d{1,3}){3})?$"));
    const bool isIpv6 = text.contains(u':');
    if (const QRegularExpressionMatch match = dotted.match(text); match.hasMatch()) {
        for (int part = 1; part <= 4; ++part) {
            const QString number = match.captured(part);
            // "010" is 8 to some programs and 10 to others.
            if (number.toInt() > 255 || (number.size() > 1 && number.startsWith(u'0')))
                return {};
        }
    } else if (!isIpv6 || !colons.match(text).hasMatch()) {
        return {};
    }
    QHostAddress address;
    if (!address.setAddress(text))
        return {};
    return address;
}

/// The two halves of a block.
std::pair<AddressRange, AddressRange> halves(const AddressRange &range)
{
    AddressRange low{range.first, range.prefix + 1};
    AddressRange high = low;
    if (range.isIpv6()) {
        Q_IPV6ADDR bytes = range.first.toIPv6Address();
        bytes[range.prefix / 8] = quint8(bytes[range.prefix / 8] | (0x80 >> (range.prefix % 8)));
        high.first = QHostAddress(bytes);
    } else {
        high.first = QHostAddress(range.first.toIPv4Address() | (0x80000000U >> range.prefix));
    }
    return {low, high};
}

bool isCovered(const AddressRange &wanted, const QList<AddressRange> &given)
{
    QList<AddressRange> within;
    for (const AddressRange &each : given) {
        if (each.contains(wanted))
            return true;
        if (wanted.contains(each))
            within.append(each);
    }
    // Halving goes on only where something lies inside, so that it ends with the ranges that are given.
    if (within.isEmpty() || wanted.isSingle())
        return false;
    const auto [low, high] = halves(wanted);
    return isCovered(low, within) && isCovered(high, within);
}

} // namespace

bool AddressRange::contains(const AddressRange &other) const
{
    return isIpv6() == other.isIpv6() && prefix <= other.prefix && masked(other.first, prefix) == first;
}

bool AddressRange::isPrivate() const
{
    static const QList<AddressRange> blocks = [] {
        QList<AddressRange> list;
        for (const char *text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
                                 "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"})
            list.append(*parseAddressRange(s(text)));
        return list;
    }();
    return std::any_of(blocks.cbegin(), blocks.cend(),
                       [this](const AddressRange &block) { return block.contains(*this); });
}

QString AddressRange::toString() const
{
    return isSingle() ? first.toString() : s("%1/%2").arg(first.toString()).arg(prefix);
}

QString AddressRange::sizeInWords() const
{
    const int bits = (isIpv6() ? ipv6Bits : ipv4Bits) - prefix;
    if (bits == 0)
        return s("one address");
    if (bits > ipv4Bits)
        return s("2^%1 addresses").arg(bits);
    const double count = std::ldexp(1.0, bits);
    constexpr double million = 1e6;
    constexpr double thousand = 1e3;
    if (count >= million)
        return s("%1 million addresses").arg(count / million, 0, 'f', 1);
    return count >= 10 * thousand ? s("%1 thousand addresses").arg(count / thousand, 0, 'f', 0)
                                  : s("%1 addresses").arg(count, 0, 'f', 0);
}

Result<AddressRange> parseAddressRange(const QString &text)
{
    const QString shown = text.left(60);
    const qsizetype slash = text.indexOf(u'/');
    const std::optional<QHostAddress> address = addressOf(slash < 0 ? text : text.left(slash));
    if (!address)
        return fail(ErrorKind::Usage, s("\"%1\" is no address and no range").arg(shown),
                    s("192.0.2.7, 192.0.2.0/24, 2001:db8::1 or 2001:db8::/48"));
    const bool isIpv6 = address->protocol() == QAbstractSocket::IPv6Protocol;
    bool mapped = false;
    const quint32 inside = address->toIPv4Address(&mapped);
    if (isIpv6 && mapped && address->toString().startsWith(s("::ffff:"), Qt::CaseInsensitive))
        return fail(ErrorKind::Usage, s("\"%1\" is an IPv4 address in IPv6's clothes").arg(shown),
                    s("write %1").arg(QHostAddress(inside).toString()));
    const int most = isIpv6 ? ipv6Bits : ipv4Bits;
    int prefix = most;
    if (slash >= 0) {
        static const QRegularExpression number(s("^(0|[1-9]\\d{0,2})$"));
        const QString digits = text.mid(slash + 1);
        if (!number.match(digits).hasMatch() || digits.toInt() > most)
            return fail(ErrorKind::Usage, s("\"%1\" has no prefix of 0 to %2 behind the slash").arg(shown).arg(most));
        prefix = digits.toInt();
    }
    const AddressRange range{masked(*address, prefix), prefix};
    if (range.first != *address)
        return fail(ErrorKind::Usage, s("\"%1\" has bits behind its prefix: it is no block").arg(shown),
                    s("%1 is the block around it, %2 the one address").arg(range.toString(), address->toString()));
    return range;
}

QList<AddressRange> uncovered(const QList<AddressRange> &wanted, const QList<AddressRange> &given)
{
    QList<AddressRange> missing;
    for (const AddressRange &each : wanted) {
        if (!isCovered(each, given))
            missing.append(each);
    }
    return missing;
}

} // namespace Switchyard

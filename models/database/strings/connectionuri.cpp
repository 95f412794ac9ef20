// SPDX-License-Identifier: GPL-3.0-or-later
// URIs of PostgreSQL, MongoDB, Redis and Upstash. Drivers cut them differently where a password is not escaped; here
// the reading that a person meant is taken, and said to be doubtful.
#include "models/common/redact.h"
#include "models/database/strings/connectionparts.h"

#include <QRegularExpression>

#include <limits>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr QLatin1Char atSign('@');

bool isHex(QChar c)
{
    return (c >= QLatin1Char('0') && c <= QLatin1Char('9')) || (c >= QLatin1Char('a') && c <= QLatin1Char('f')) ||
           (c >= QLatin1Char('A') && c <= QLatin1Char('F'));
}

/// Where user and password, hosts and the rest lie.
struct Cut
{
    std::optional<TextPart> userinfo;
    TextPart hosts;
    TextPart rest;   ///< from "/", "?" or "#" on
    QChar unescaped; ///< what stands unescaped in the password; null: nothing
};

qsizetype authorityEnd(const ConnectionString &connection, const QString &text, qsizetype from)
{
    // libpq and PyMongo know no fragment: "#" belongs to what it stands in.
    static const QRegularExpression plain(s("[/?]"));
    static const QRegularExpression withFragment(s("[/?#]"));
    const bool fragment = connection.kind == DatabaseKind::Redis || connection.kind == DatabaseKind::UpstashRest;
    const qsizetype end = text.indexOf(fragment ? withFragment : plain, from);
    return end < 0 ? text.size() : end;
}

/// Whether "a:b" before the first slash is a host with a port, or several.
bool isHostList(const QString &text)
{
    static const QRegularExpression hosts(
        s(R"(\A(?:(?:\[[^\]]*\]|[\w.\-%]*)(?::\d{0,5})?)(?:,(?:\[[^\]]*\]|[\w.\-%]*)(?::\d{0,5})?)*\z)"));
    return hosts.match(text).hasMatch();
}

/// The "@" that most likely ends the password where none stands before the first slash; -1: there is no password.
qsizetype lateAt(const QString &text, qsizetype end)
{
    const qsizetype last = text.lastIndexOf(atSign);
    if (last < end || !text.left(end).contains(QLatin1Char(':')))
        return -1;
    if (!isHostList(text.left(end)))
        return last;
    // "h:5432/db?application_name=a@b" is fine, "u:123/4@h:5432/db" is not.
    const qsizetype question = text.indexOf(QLatin1Char('?'));
    const qsizetype equals = text.indexOf(QLatin1Char('='), question);
    return question >= 0 && question < last && equals > question && equals < last ? -1 : last;
}

Cut cut(const ConnectionString &connection, const TextPart &part)
{
    const QString &text = part.text;
    qsizetype end = authorityEnd(connection, text, 0);
    qsizetype at = end == 0 ? -1 : text.lastIndexOf(atSign, end - 1);
    Cut result;
    if (at >= 0) {
        const qsizetype first = text.indexOf(atSign);
        if (first != at)
            result.unescaped = atSign;
        // "u:p@s/w@h/db": a further one behind a slash, with a host behind it, ends the password.
        const qsizetype last = text.lastIndexOf(atSign);
        const qsizetype question = text.indexOf(QLatin1Char('?'), end);
        if (last > end && (question < 0 || last < question)) {
            result.unescaped = atSign;
            at = last;
        }
    } else {
        at = lateAt(text, end);
        if (at >= 0)
            result.unescaped = text[end];
    }
    if (at >= 0) {
        result.userinfo = part.mid(0, at);
        end = authorityEnd(connection, text, at + 1);
    }
    result.hosts = part.mid(at + 1, end - at - 1);
    result.rest = part.mid(end);
    return result;
}

void checkPercent(ConnectionString &connection, const TextPart &part, const QString &what)
{
    const qsizetype broken = brokenPercent(part.text);
    if (broken < 0)
        return;
    addProblem(connection, "any/percent-encoding", {part.offset + broken, 1},
               s("a \"%\" in the %1 is not followed by two hexadecimal digits").arg(what),
               s("a percent sign itself is written %25"));
}

void readUserinfo(ConnectionString &connection, const TextPart &part, QChar unescaped)
{
    const qsizetype colon = part.text.indexOf(QLatin1Char(':'));
    const TextPart user = part.mid(0, colon);
    const bool plus = connection.kind == DatabaseKind::MongoDb;
    if (!user.text.isEmpty()) {
        connection.user = percentDecoded(user.text, plus);
        connection.userPlace = user.span();
        checkPercent(connection, user, s("user's name"));
    }
    if (!unescaped.isNull()) {
        addProblem(connection, "any/unescaped-character", part.span(),
                   s("the password seems to contain an unescaped \"%1\": drivers end it there, each in its own way")
                       .arg(unescaped),
                   s("write %1 for it: %2://USER:…%1…@HOST/…").arg(percentEncoded(unescaped), connection.scheme));
    }
    if (colon < 0)
        return;
    const TextPart password = part.mid(colon + 1);
    connection.password = Secret(percentDecoded(password.text, plus));
    connection.passwordPlace = password.span();
    checkPercent(connection, password, s("password"));
    static const QRegularExpression reserved(s(R"([\s:\[\]<>"{}|\\^`])"));
    static const QRegularExpression forMongo(s(R"([:/?#\[\]])"));
    if (unescaped.isNull()) {
        const QRegularExpressionMatch match = (plus ? forMongo : reserved).match(password.text);
        const QString found = match.captured();
        // A colon is read as a part of the password by all but MongoDB's drivers; a placeholder is told elsewhere.
        if (match.hasMatch() && (plus || found != QLatin1StringView(":")) &&
            !password.text.startsWith(QLatin1Char('<')))
            addProblem(connection, "any/unescaped-character", {password.offset + match.capturedStart(), 1},
                       s("the password contains an unescaped \"%1\"").arg(found.trimmed().isEmpty() ? s(" ") : found),
                       s("write %1 for it").arg(percentEncoded(found)));
    }
    if (plus && password.text.contains(QLatin1Char('+')))
        addProblem(connection, "mongodb/plus", {password.offset + password.text.indexOf(QLatin1Char('+')), 1},
                   s("a \"+\" in the password: only PyMongo takes it for a blank"),
                   s("write %20 for a blank (quote, not quote_plus), and %2B for a plus"));
}

/// "%2Fvar%2Frun" names a socket. Everything else may be percent-encoded too.
void readHost(ConnectionString &connection, const TextPart &part)
{
    ConnectionHost host;
    host.place = part.span();
    qsizetype colon = part.text.lastIndexOf(QLatin1Char(':'));
    if (part.text.startsWith(QLatin1Char('['))) {
        const qsizetype close = part.text.indexOf(QLatin1Char(']'));
        if (close < 0) {
            addProblem(connection, "any/host", part.span(), s("an IPv6 address has no closing bracket"), s("[::1]"));
            connection.shownFrom = std::numeric_limits<qsizetype>::max();
            connection.hosts.append(host);
            return;
        }
        host.name = part.text.mid(1, close - 1);
        colon = part.text.indexOf(QLatin1Char(':'), close);
        if (close + 1 < part.text.size() && colon != close + 1) {
            addProblem(connection, "any/host", part.mid(close + 1).span(),
                       s("something stands between an IPv6 address and its port"), s("[::1]:5432"));
            connection.shownFrom = std::numeric_limits<qsizetype>::max();
        }
    } else {
        // A second colon: an address of IPv6 without its brackets.
        if (part.text.count(QLatin1Char(':')) > 1) {
            static const QRegularExpression address(s(R"(\A[0-9A-Fa-f:.]+\z)"));
            const bool ipv6 = address.match(part.text).hasMatch();
            addProblem(connection, "any/host", part.span(),
                       ipv6 ? s("an IPv6 address stands without brackets") : s("the host has more than one colon"),
                       ipv6 ? s("[::1]:5432") : s("HOST:PORT"));
            connection.shownFrom = std::numeric_limits<qsizetype>::max();
            connection.hosts.append(host);
            return;
        }
        host.name = percentDecoded(part.text.left(colon));
        checkPercent(connection, part.mid(0, colon), s("host"));
    }
    host.place.length = colon < 0 ? part.text.size() : colon;
    if (host.name.startsWith(QLatin1Char('/'))) {
        host.socket = host.name;
        host.name.clear();
    }
    if (colon >= 0 && colon + 1 < part.text.size())
        readPort(connection, host, part.mid(colon + 1));
    connection.hosts.append(host);
}

void readHosts(ConnectionString &connection, const TextPart &part)
{
    qsizetype begin = 0;
    for (const QString &one : part.text.split(QLatin1Char(','))) {
        readHost(connection, part.mid(begin, one.size()));
        begin += one.size() + 1;
    }
}

void readQuery(ConnectionString &connection, const TextPart &part)
{
    const bool postgres = connection.kind == DatabaseKind::Postgres;
    const bool semicolons = connection.kind == DatabaseKind::MongoDb && !part.text.contains(QLatin1Char('&'));
    qsizetype begin = 0;
    for (const QString &pair : part.text.split(QLatin1Char(semicolons ? ';' : '&'))) {
        const TextPart whole = part.mid(begin, pair.size());
        begin += pair.size() + 1;
        if (pair.isEmpty())
            continue;
        const qsizetype equals = pair.indexOf(QLatin1Char('='));
        if (equals < 0) {
            addProblem(connection, "any/option", whole.span(), s("an option has no value"), s("NAME=VALUE"));
            continue;
        }
        const TextPart name = whole.mid(0, equals);
        const TextPart value = whole.mid(equals + 1);
        if (connection.kind != DatabaseKind::Redis) {
            checkPercent(connection, name, s("name of an option"));
            checkPercent(connection, value, s("value of an option"));
        }
        if (postgres && connection.driver.isEmpty() && value.text.contains(QLatin1Char('=')))
            addProblem(connection, "any/option", value.span(), s("an option has two equals signs: libpq refuses it"),
                       s("write %3D for the one in the value"));
        addOption(connection, percentDecoded(name.text, !postgres), percentDecoded(value.text, !postgres), name.span(),
                  value.span());
    }
}

void readRest(ConnectionString &connection, const TextPart &part)
{
    const qsizetype question = part.text.indexOf(QLatin1Char('?'));
    const TextPart path = part.mid(0, question);
    if (path.text.startsWith(QLatin1Char('/')) && path.text.size() > 1) {
        const TextPart name = path.mid(1);
        if (connection.scheme == QLatin1StringView("unix")) {
            connection.hosts = {{{}, {}, percentDecoded(path.text), path.span(), {}}};
        } else if (connection.kind != DatabaseKind::UpstashRest) {
            connection.database = percentDecoded(name.text);
            connection.databasePlace = name.span();
            checkPercent(connection, name, s("database's name"));
            // "/dbuser=u&password=…": what looks like a name may hold a password.
            if (const qsizetype equals = name.text.indexOf(QLatin1Char('=')); equals >= 0) {
                addProblem(connection, "any/equals-sign", {name.offset + equals, 1},
                           s("an equals sign stands in the database's name: is the \"?\" before the options missing?"),
                           s("/DATABASE?NAME=VALUE, or %3D for the sign itself"));
                connection.shownFrom = std::numeric_limits<qsizetype>::max();
            }
        }
    }
    if (question < 0)
        return;
    if (connection.kind == DatabaseKind::MongoDb && question == 0)
        addProblem(connection, "mongodb/slash", {part.offset, 1}, s("no slash stands before the options"),
                   s("older drivers refuse it: write /? instead of ?"));
    TextPart query = part.mid(question + 1);
    const bool fragment = connection.kind == DatabaseKind::Redis || connection.kind == DatabaseKind::UpstashRest;
    if (const qsizetype hash = query.text.indexOf(QLatin1Char('#')); fragment && hash >= 0)
        query = query.mid(0, hash);
    readQuery(connection, query);
}

} // namespace

qsizetype brokenPercent(const QString &text)
{
    for (qsizetype i = text.indexOf(QLatin1Char('%')); i >= 0; i = text.indexOf(QLatin1Char('%'), i + 1)) {
        if (i + 2 >= text.size() || !isHex(text[i + 1]) || !isHex(text[i + 2]))
            return i;
        if (text[i + 1] == QLatin1Char('0') && text[i + 2] == QLatin1Char('0'))
            return i;
    }
    return -1;
}

QString percentDecoded(const QString &text, bool plusIsSpace)
{
    if (!text.contains(QLatin1Char('%')) && !(plusIsSpace && text.contains(QLatin1Char('+'))))
        return text;
    QByteArray result;
    const QByteArray bytes = text.toUtf8();
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == '%' && i + 2 < bytes.size() && isHex(QLatin1Char(bytes[i + 1])) &&
            isHex(QLatin1Char(bytes[i + 2]))) {
            result += QByteArray::fromHex(bytes.mid(i + 1, 2));
            i += 2;
        } else {
            result += bytes[i] == '+' && plusIsSpace ? ' ' : bytes[i];
        }
    }
    return QString::fromUtf8(result);
}

void addProblem(ConnectionString &connection, const char *rule, const ConnectionSpan &place, const QString &message,
                const QString &fix)
{
    connection.problems.append({s(rule), place, message, fix});
}

void addOption(ConnectionString &connection, const QString &name, const QString &value, const ConnectionSpan &namePlace,
               const ConnectionSpan &valuePlace)
{
    ConnectionOption option;
    option.name = name;
    option.namePlace = namePlace;
    option.valuePlace = valuePlace;
    option.isSecret =
        isSecretName(name) || name.compare(QLatin1StringView("authMechanismProperties"), Qt::CaseInsensitive) == 0;
    if (option.isSecret) {
        option.secret = Secret(value);
        if (connection.secretOptionAt < 0 && valuePlace.isSet())
            connection.secretOptionAt = valuePlace.offset;
    } else {
        option.value = value;
    }
    connection.options.append(option);
}

void readPort(ConnectionString &connection, ConnectionHost &host, const TextPart &text)
{
    bool number = false;
    const int port = text.text.toInt(&number);
    host.portPlace = text.span();
    constexpr int highest = 65'535;
    if (number && port >= 1 && port <= highest) {
        host.port = port;
        return;
    }
    addProblem(connection, "any/port", text.span(), s("the port is no number from 1 to 65535"),
               s("%1://USER:PASSWORD@HOST:PORT/…").arg(connection.scheme));
    // "u:password/db", the host forgotten: what looks like a port may be a password.
    if (!number)
        connection.shownFrom = std::numeric_limits<qsizetype>::max();
}

void readUri(ConnectionString &connection, const TextPart &part)
{
    // Whatever stands before the last "@" may be a password, however it was cut.
    if (const qsizetype last = part.text.lastIndexOf(atSign); last >= 0)
        connection.shownFrom = part.offset + last + 1;
    const Cut parts = cut(connection, part);
    if (parts.userinfo)
        readUserinfo(connection, *parts.userinfo, parts.unescaped);
    const bool several = connection.kind == DatabaseKind::Postgres || connection.kind == DatabaseKind::MongoDb;
    if (!parts.hosts.text.isEmpty()) {
        if (several)
            readHosts(connection, parts.hosts);
        else
            readHost(connection, parts.hosts);
    }
    readRest(connection, parts.rest);
}

} // namespace Switchyard

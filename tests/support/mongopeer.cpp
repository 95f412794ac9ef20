// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/mongopeer.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

#include <bson/bson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

namespace Switchyard::Testing {

namespace {

constexpr quint32 opReply = 1;
constexpr quint32 opQuery = 2004;
constexpr quint32 opMsg = 2013;
constexpr qsizetype headerSize = 16;
constexpr int iterations = 4096;
const QByteArray salt = "sixteen bytes is"; // SCRAM-SHA-1 wants 16, SCRAM-SHA-256 28
const QByteArray longSalt = "twenty-eight bytes of a salt";

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QByteArray number(quint32 value)
{
    QByteArray bytes(4, '\0');
    qToLittleEndian(value, bytes.data());
    return bytes;
}

QByteArray toBson(const QByteArray &json)
{
    bson_error_t error{};
    bson_t *document = bson_new_from_json(reinterpret_cast<const uint8_t *>(json.constData()), json.size(), &error);
    if (!document)
        qFatal("%s in %s", error.message, json.constData());
    const QByteArray bytes(reinterpret_cast<const char *>(bson_get_data(document)), qsizetype(document->len));
    bson_destroy(document);
    return bytes;
}

/// The document as JSON, with its first name beside it: objects of Qt keep no order.
std::pair<QByteArray, QJsonObject> fromBson(const QByteArray &bytes)
{
    bson_t document;
    if (!bson_init_static(&document, reinterpret_cast<const uint8_t *>(bytes.constData()), size_t(bytes.size())))
        return {};
    bson_iter_t first;
    if (!bson_iter_init(&first, &document) || !bson_iter_next(&first))
        return {};
    size_t size = 0;
    char *text = bson_as_relaxed_extended_json(&document, &size);
    const QJsonObject object = QJsonDocument::fromJson(QByteArray(text, qsizetype(size))).object();
    bson_free(text);
    return {bson_iter_key(&first), object};
}

QByteArray bytesOf(const QJsonValue &binary)
{
    return QByteArray::fromBase64(binary[s("$binary")][s("base64")].toString().toLatin1());
}

QJsonObject binary(const QByteArray &bytes)
{
    return {{s("$binary"), QJsonObject{{s("base64"), QString::fromLatin1(bytes.toBase64())}, {s("subType"), s("00")}}}};
}

QByteArray refusal(int code, const char *name, const QByteArray &words)
{
    return QJsonDocument(
               QJsonObject{
                   {s("ok"), 0}, {s("code"), code}, {s("codeName"), s(name)}, {s("errmsg"), QString::fromUtf8(words)}})
        .toJson();
}

/// RFC 5802 on the server's side.
class Scram final
{
public:
    Scram(const MongoScript &script, const QByteArray &mechanism)
        : m_sha256(mechanism == "SCRAM-SHA-256")
        , m_digest(m_sha256 ? EVP_sha256() : EVP_sha1())
    {
        // MongoDB's SCRAM-SHA-1 takes the digest of user and password for the password.
        const QByteArray password =
            m_sha256 ? script.password : digest(EVP_md5(), script.user + ":mongo:" + script.password).toHex();
        const QByteArray &used = m_sha256 ? longSalt : salt;
        QByteArray salted(EVP_MD_get_size(m_digest), '\0');
        PKCS5_PBKDF2_HMAC(password.constData(), int(password.size()),
                          reinterpret_cast<const unsigned char *>(used.constData()), int(used.size()), iterations,
                          m_digest, int(salted.size()), reinterpret_cast<unsigned char *>(salted.data()));
        m_storedKey = digest(m_digest, hmac(salted, "Client Key"));
        m_serverKey = hmac(salted, "Server Key");
    }

    /// "n,,n=user,r=nonce"; empty: not the user.
    QByteArray first(const QByteArray &client, const QByteArray &user)
    {
        const QByteArray bare = client.mid(3);
        const qsizetype comma = bare.indexOf(",r=");
        if (!bare.startsWith("n=") || comma < 0 || bare.mid(2, comma - 2) != user)
            return {};
        m_server = "r=" + bare.mid(comma + 3) + "serverpart,s=" + (m_sha256 ? longSalt : salt).toBase64() +
                   ",i=" + QByteArray::number(iterations);
        m_bare = bare;
        return m_server;
    }

    /// "c=biws,r=nonce,p=proof"; empty: the wrong password.
    QByteArray last(const QByteArray &client) const
    {
        const qsizetype at = client.lastIndexOf(",p=");
        const QByteArray message = m_bare + ',' + m_server + ',' + client.left(at);
        const QByteArray signature = hmac(m_storedKey, message);
        QByteArray key = QByteArray::fromBase64(client.mid(at + 3));
        if (key.size() != signature.size())
            return {};
        for (qsizetype i = 0; i < key.size(); ++i)
            key[i] = char(key[i] ^ signature[i]);
        return digest(m_digest, key) == m_storedKey ? "v=" + hmac(m_serverKey, message).toBase64() : QByteArray();
    }

private:
    static QByteArray digest(const EVP_MD *how, const QByteArray &bytes)
    {
        QByteArray out(EVP_MAX_MD_SIZE, '\0');
        unsigned size = 0;
        EVP_Digest(bytes.constData(), size_t(bytes.size()), reinterpret_cast<unsigned char *>(out.data()), &size, how,
                   nullptr);
        return out.left(qsizetype(size));
    }
    QByteArray hmac(const QByteArray &key, const QByteArray &bytes) const
    {
        QByteArray out(EVP_MAX_MD_SIZE, '\0');
        unsigned size = 0;
        HMAC(m_digest, key.constData(), int(key.size()), reinterpret_cast<const unsigned char *>(bytes.constData()),
             size_t(bytes.size()), reinterpret_cast<unsigned char *>(out.data()), &size);
        return out.left(qsizetype(size));
    }

    bool m_sha256;
    const EVP_MD *m_digest;
    QByteArray m_storedKey, m_serverKey, m_bare, m_server;
};

} // namespace

/// One connection.
class MongoPeer::Talk final
{
public:
    Talk(MongoPeer &peer, PeerConnection &connection)
        : m_peer(peer)
        , m_connection(connection)
    {
    }

    void run()
    {
        const MongoScript script = m_peer.script();
        if (script.tls && !m_connection.startTls({*script.tls, 0, script.clientsFrom, false}))
            return;
        while (one()) {
        }
    }

private:
    bool fill(qsizetype size)
    {
        while (m_in.size() < size) {
            const QByteArray more = m_connection.receive();
            if (more.isEmpty())
                return false;
            m_in += more;
        }
        return true;
    }

    bool one();
    QByteArray answer(const MongoScript &script, const QByteArray &command, const QJsonObject &asked);
    QByteArray hello(const MongoScript &script, const QJsonObject &asked);
    QByteArray start(const MongoScript &script, const QJsonObject &asked, const QString &database);
    QByteArray goOn(const QJsonObject &asked);

    MongoPeer &m_peer;
    PeerConnection &m_connection;
    QByteArray m_in;
    std::optional<Scram> m_scram;
    bool m_loggedIn = false; ///< logged in
};

bool MongoPeer::Talk::one()
{
    if (!fill(headerSize))
        return false;
    const auto at = [this](qsizetype offset) { return qFromLittleEndian<quint32>(m_in.constData() + offset); };
    const qsizetype size = at(0);
    const quint32 id = at(4);
    const quint32 opcode = at(12);
    if (size < headerSize || size > (1 << 20) || (opcode != opQuery && opcode != opMsg) || !fill(size))
        return false;
    const qsizetype begin = opcode == opMsg ? headerSize + 5 : m_in.indexOf('\0', headerSize + 4) + 1 + 8;
    const qsizetype length = at(begin);
    const auto [name, asked] = fromBson(m_in.mid(begin, length));
    m_in.remove(0, size);
    const QByteArray command = name == "isMaster" || name == "ismaster" ? QByteArray("hello") : name;
    m_peer.note(command);
    const MongoScript script = m_peer.script();
    if (command == script.dropAt)
        return false;
    if (command == script.silentAt) {
        m_connection.stayUntilTheEnd();
        return false;
    }
    const QByteArray document = toBson(answer(script, command, asked));
    QByteArray body;
    if (opcode == opMsg)
        body = number(0) + '\0' + document;
    else
        body = number(8) + number(0) + number(0) + number(0) + number(1) + document;
    const QByteArray message = number(quint32(headerSize + body.size())) + number(77) + number(id) +
                               number(opcode == opMsg ? opMsg : opReply) + body;
    if (command == script.halfAt) {
        m_connection.send(message.left(message.size() / 2));
        return false;
    }
    return m_connection.send(message);
}

QByteArray MongoPeer::Talk::answer(const MongoScript &script, const QByteArray &command, const QJsonObject &asked)
{
    static const QByteArrayList free{"hello",     "ping",         "buildInfo",   "connectionStatus",
                                     "saslStart", "saslContinue", "endSessions", "listDatabases"};
    if (!script.user.isEmpty() && !m_loggedIn && (!free.contains(command) || command == "listDatabases"))
        return refusal(13, "Unauthorized", "command " + command + " requires authentication");
    if (const QByteArray own = script.answering ? script.answering(command, asked) : QByteArray(); !own.isEmpty())
        return own;
    if (script.answers.contains(command))
        return script.answers[command];
    if (command == "hello")
        return hello(script, asked);
    if (command == "saslStart")
        return start(script, asked, asked[s("$db")].toString());
    if (command == "saslContinue")
        return goOn(asked);
    if (command == "buildInfo")
        return R"({"version": "7.0.12", "ok": 1})";
    if (command == "connectionStatus")
        return R"({"authInfo": {"authenticatedUsers": [{"user": "app", "db": "admin"}],
                   "authenticatedUserRoles": [{"role": "readWrite", "db": "shop"}],
                   "authenticatedUserPrivileges": [{"resource": {"db": "shop", "collection": ""},
                                                    "actions": ["find", "insert", "update", "remove"]}]}, "ok": 1})";
    if (command == "serverStatus")
        return R"({"connections": {"current": 12, "available": 88, "totalCreated": 40}, "ok": 1})";
    if (command == "listDatabases")
        return R"({"databases": [{"name": "shop"}], "ok": 1})";
    if (command == "ping" || command == "endSessions")
        return R"({"ok": 1})";
    return refusal(59, "CommandNotFound", "no such command: '" + command + "'");
}

QByteArray MongoPeer::Talk::hello(const MongoScript &script, const QJsonObject &asked)
{
    QJsonObject reply{{s("helloOk"), true},
                      {s("maxBsonObjectSize"), 16'777'216},
                      {s("maxMessageSizeBytes"), 48'000'000},
                      {s("maxWriteBatchSize"), 100'000},
                      {s("logicalSessionTimeoutMinutes"), 30},
                      {s("minWireVersion"), 0},
                      {s("maxWireVersion"), 21},
                      {s("ok"), 1}};
    const QJsonObject more = QJsonDocument::fromJson(script.hello).object();
    for (auto it = more.begin(); it != more.end(); ++it)
        reply[it.key()] = it.value();
    if (!reply.contains(s("isWritablePrimary")))
        reply[s("isWritablePrimary")] = !reply.value(s("secondary")).toBool();
    reply[s("ismaster")] = reply.value(s("isWritablePrimary"));
    if (asked.contains(s("saslSupportedMechs")) && !script.user.isEmpty()) {
        QJsonArray mechanisms;
        if (script.sha1)
            mechanisms.append(s("SCRAM-SHA-1"));
        if (script.sha256)
            mechanisms.append(s("SCRAM-SHA-256"));
        reply[s("saslSupportedMechs")] = mechanisms;
    }
    const QJsonObject early = asked[s("speculativeAuthenticate")].toObject();
    if (script.speculative && !early.isEmpty() && !script.user.isEmpty()) {
        const QJsonObject begun = QJsonDocument::fromJson(start(script, early, early[s("db")].toString())).object();
        if (begun[s("ok")].toInt() == 1)
            reply[s("speculativeAuthenticate")] = begun;
    }
    return QJsonDocument(reply).toJson();
}

QByteArray MongoPeer::Talk::start(const MongoScript &script, const QJsonObject &asked, const QString &database)
{
    const QByteArray mechanism = asked[s("mechanism")].toString().toLatin1();
    if (!((mechanism == "SCRAM-SHA-256" && script.sha256) || (mechanism == "SCRAM-SHA-1" && script.sha1)))
        return refusal(334, "MechanismUnavailable", "Unsupported mechanism " + mechanism);
    m_scram.emplace(script, mechanism);
    const QByteArray first = m_scram->first(bytesOf(asked[s("payload")]), script.user);
    if (first.isEmpty() || database.toUtf8() != script.source)
        return refusal(18, "AuthenticationFailed", "Authentication failed.");
    return QJsonDocument(
               QJsonObject{{s("conversationId"), 1}, {s("done"), false}, {s("payload"), binary(first)}, {s("ok"), 1}})
        .toJson();
}

QByteArray MongoPeer::Talk::goOn(const QJsonObject &asked)
{
    const QByteArray payload = bytesOf(asked[s("payload")]);
    // The round without words at the end, for clients that did not ask to leave it out.
    QByteArray last;
    if (!payload.isEmpty()) {
        last = m_scram ? m_scram->last(payload) : QByteArray();
        if (last.isEmpty())
            return refusal(18, "AuthenticationFailed", "Authentication failed.");
        m_loggedIn = true;
    }
    return QJsonDocument(
               QJsonObject{{s("conversationId"), 1}, {s("done"), true}, {s("payload"), binary(last)}, {s("ok"), 1}})
        .toJson();
}

MongoPeer::MongoPeer(MongoScript script)
    : m_script(std::move(script))
    , m_peer([this](PeerConnection &connection) { Talk(*this, connection).run(); })
{
}

void MongoPeer::change(const std::function<void(MongoScript &)> &how)
{
    const std::lock_guard lock(m_mutex);
    how(m_script);
}

MongoScript MongoPeer::script() const
{
    const std::lock_guard lock(m_mutex);
    return m_script;
}

QByteArrayList MongoPeer::asked() const
{
    const std::lock_guard lock(m_mutex);
    return m_asked;
}

void MongoPeer::note(const QByteArray &command)
{
    const std::lock_guard lock(m_mutex);
    m_asked.append(command);
}

} // namespace Switchyard::Testing

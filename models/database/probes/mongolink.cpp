// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongolink.h"

#include "models/database/probes/mongowire.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QScopeGuard>

#include <mongoc/mongoc.h>

#include <limits>
#include <mutex>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// libmongoc's own limits lie behind any deadline of ours: the stream ends what takes too long.
constexpr int32_t farAway = 3'600'000;

/// Once a process. What libmongoc logs by itself goes to stderr and may quote what a server says, so nothing of it is
/// let out; what matters comes back as an error too.
void startLibrary()
{
    static std::once_flag once;
    std::call_once(once, [] {
        mongoc_init();
        mongoc_log_set_handler([](mongoc_log_level_t, const char *, const char *, void *) {}, nullptr);
        mongoc_handshake_data_append("switchyard", SWITCHYARD_VERSION, nullptr);
    });
}

/// Lets go of what libmongoc made.
template <auto destroy>
struct Destroyer
{
    template <typename T>
    void operator()(T *what) const
    {
        destroy(what);
    }
};
using Uri = std::unique_ptr<mongoc_uri_t, Destroyer<mongoc_uri_destroy>>;
using Client = std::unique_ptr<mongoc_client_t, Destroyer<mongoc_client_destroy>>;
using Server = std::unique_ptr<mongoc_server_description_t, Destroyer<mongoc_server_description_destroy>>;
using Text = std::unique_ptr<char, Destroyer<bson_free>>;

/// A standard string of one host without TLS, which stands below already, and with the password never in a text.
Uri uriOf(const QString &name, const MongoLogin &login)
{
    static const QRegularExpression plain(s(R"(\A[A-Za-z0-9._-]{1,250}\z)"));
    const QByteArray host = plain.match(name).hasMatch() ? name.toLatin1() : QByteArray("server");
    constexpr uint16_t anyPort = 27017; // nobody connects by it
    Uri uri(mongoc_uri_new_for_host_port(host.constData(), anyPort));
    mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_DIRECTCONNECTION, true);
    mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_SERVERSELECTIONTRYONCE, true);
    for (const char *limit :
         {MONGOC_URI_CONNECTTIMEOUTMS, MONGOC_URI_SOCKETTIMEOUTMS, MONGOC_URI_SERVERSELECTIONTIMEOUTMS})
        mongoc_uri_set_option_as_int32(uri.get(), limit, farAway);
    // A minute after its last look libmongoc looks at the server again, also from inside of the goodbye. Where that
    // fails it tries once more at once, asks for another connection while it holds its own lock, and waits for itself
    // for good: it is never to look.
    mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_HEARTBEATFREQUENCYMS, std::numeric_limits<int32_t>::max());
    if (login.user.isEmpty())
        return uri;
    mongoc_uri_set_username(uri.get(), login.user.toUtf8().constData());
    mongoc_uri_set_password(uri.get(), login.password.reveal().toUtf8().constData());
    mongoc_uri_set_auth_source(uri.get(), login.source.isEmpty() ? "admin" : login.source.toUtf8().constData());
    if (!login.mechanism.isEmpty())
        mongoc_uri_set_auth_mechanism(uri.get(), login.mechanism.toUtf8().constData());
    return uri;
}

QByteArray bytesOf(const bson_t &document)
{
    return {reinterpret_cast<const char *>(bson_get_data(&document)), qsizetype(document.len)};
}

QJsonObject jsonOf(const QByteArray &bytes)
{
    bson_t document;
    if (!bson_init_static(&document, reinterpret_cast<const uint8_t *>(bytes.constData()), size_t(bytes.size())))
        return {};
    size_t size = 0;
    const Text text(bson_as_relaxed_extended_json(&document, &size));
    return text ? QJsonDocument::fromJson(QByteArray(text.get(), qsizetype(size))).object() : QJsonObject();
}

/// The code and the words of a refusal.
void takeRefusal(MongoReply &reply, const QJsonObject &answer)
{
    if (const int code = answer.value(s("code")).toInt(); code != 0)
        reply.code = code;
    if (const QString name = answer.value(s("codeName")).toString(); !name.isEmpty())
        reply.codeName = name.toUtf8();
    const QString words = answer.value(s("errmsg")).toString();
    const QString old = answer.value(s("$err")).toString();
    if (!words.isEmpty() || !old.isEmpty())
        reply.message = (words.isEmpty() ? old : words).toUtf8();
}

} // namespace

bool MongoReply::unauthorised() const
{
    constexpr int unauthorized = 13;
    constexpr int atlas = 8000; // Atlas' proxy has one code for all, with words
    return !good && !login &&
           (code == unauthorized ||
            (code == atlas && (message.contains("not allowed") || message.contains("not authorized"))));
}

QJsonObject MongoReply::json() const
{
    return jsonOf(bson);
}

MongoHello MongoHello::of(const QJsonObject &answer)
{
    MongoHello hello;
    const auto isTrue = [&answer](const char *name) { return answer.value(s(name)).toBool(); };
    hello.setName = answer.value(s("setName")).toString();
    hello.me = answer.value(s("me")).toString();
    hello.primary = answer.value(s("primary")).toString();
    for (const char *list : {"hosts", "passives"}) {
        for (const QJsonValue each : answer.value(s(list)).toArray())
            hello.hosts.append(each.toString());
    }
    hello.wireVersion = answer.value(s("maxWireVersion")).toInt();
    for (const QJsonValue each : answer.value(s("saslSupportedMechs")).toArray())
        hello.mechanisms.append(each.toString());
    if (answer.value(s("msg")).toString() == s("isdbgrid"))
        hello.role = Role::Router;
    else if (isTrue("isreplicaset"))
        hello.role = Role::Ghost;
    else if (hello.setName.isEmpty())
        hello.role = Role::Standalone;
    else if (isTrue("isWritablePrimary") || isTrue("ismaster"))
        hello.role = Role::Primary;
    else if (isTrue("arbiterOnly"))
        hello.role = Role::Arbiter;
    else if (isTrue("secondary") && !isTrue("hidden"))
        hello.role = Role::Secondary;
    else
        hello.role = Role::Other;
    return hello;
}

QString mongoRoleName(MongoHello::Role role)
{
    using enum MongoHello::Role;
    switch (role) {
    case Standalone:
        return s("standalone");
    case Primary:
        return s("primary");
    case Secondary:
        return s("secondary");
    case Arbiter:
        return s("arbiter");
    case Router:
        return s("router (mongos)");
    case Ghost:
        return s("not initiated");
    case Other:
        break;
    }
    return s("starting, recovering or hidden");
}

struct MongoLink::State
{
    std::shared_ptr<MongoWire> wire;
    Client client;

    ~State()
    {
        // The sessions are given back, and nobody waits for the answer.
        wire->end();
        client.reset();
    }

    /// What went wrong in a call that returned false.
    void blame(MongoReply &reply, const bson_error_t &error) const;
};

void MongoLink::State::blame(MongoReply &reply, const bson_error_t &error) const
{
    reply.failure = wire->failure();
    if (reply.message.isEmpty())
        reply.message = QByteArray(error.message);
    if (reply.failure != ReachFailure::None) {
        reply.raw = wire->first();
        return;
    }
    if (error.domain == MONGOC_ERROR_CLIENT || error.domain == MONGOC_ERROR_SCRAM || error.domain == MONGOC_ERROR_SASL)
        reply.login = error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE || error.domain != MONGOC_ERROR_CLIENT;
    else if (error.domain == MONGOC_ERROR_SERVER)
        reply.code = int(error.code);
    if (reply.login)
        takeRefusal(reply, jsonOf(wire->lastDocument())); // libmongoc keeps the words and drops the code
    if (error.domain == MONGOC_ERROR_PROTOCOL || error.domain == MONGOC_ERROR_STREAM ||
        (error.domain == MONGOC_ERROR_SERVER_SELECTION && wire->lastDocument().isEmpty()))
        reply.raw = wire->first();
    if (!reply.login && reply.code == 0 && wire->lastDocument().isEmpty())
        reply.failure = ReachFailure::Internal;
}

MongoLink::MongoLink() = default;
MongoLink::~MongoLink() = default;
MongoLink::MongoLink(MongoLink &&) noexcept = default;
MongoLink &MongoLink::operator=(MongoLink &&) noexcept = default;

MongoLink::MongoLink(ProbeLink link, const QString &name, const MongoLogin &login)
    : m_state(std::make_unique<State>())
{
    startLibrary();
    m_state->wire = std::make_shared<MongoWire>(std::move(link));
    m_state->client.reset(mongoc_client_new_from_uri(uriOf(name, login).get()));
    mongoc_client_set_error_api(m_state->client.get(), MONGOC_ERROR_API_VERSION_2);
    mongoc_client_set_stream_initiator(
        m_state->client.get(),
        [](const mongoc_uri_t *, const mongoc_host_list_t *, void *wire, bson_error_t *error) {
            mongoc_stream_t *stream = static_cast<MongoWire *>(wire)->stream();
            if (!stream)
                bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT, "the connection has ended");
            return stream;
        },
        m_state->wire.get());
}

bool MongoLink::isOpen() const
{
    return m_state && m_state->wire->isOpen();
}

MongoReply MongoLink::hello(const Deadline &deadline)
{
    MongoReply reply;
    const Instant begun = Clock::now();
    m_state->wire->begin(deadline);
    bson_error_t error{};
    const Server server(mongoc_client_select_server(m_state->client.get(), false, nullptr, &error));
    reply.ms = toMs(Clock::now() - begun);
    if (server) {
        reply.good = qstrcmp(mongoc_server_description_type(server.get()), "Unknown") != 0;
        if (!reply.good)
            reply.message = "the answer to hello is not what a server says";
        reply.bson = bytesOf(*mongoc_server_description_hello_response(server.get()));
        if (!reply.good)
            takeRefusal(reply, reply.json());
        return reply;
    }
    takeRefusal(reply, jsonOf(m_state->wire->lastDocument()));
    m_state->blame(reply, error);
    return reply;
}

MongoReply MongoLink::run(const QString &database, const QByteArray &command, const Deadline &deadline)
{
    bson_error_t error{};
    bson_t *document =
        bson_new_from_json(reinterpret_cast<const uint8_t *>(command.constData()), command.size(), &error);
    // No smart pointer: a template's argument would lose the alignment that bson_t is declared with.
    const auto destroyed = qScopeGuard([document] { bson_destroy(document); });
    if (document)
        return runBson(database, bytesOf(*document), deadline);
    MongoReply reply;
    reply.failure = ReachFailure::Internal;
    reply.message = QByteArray(error.message);
    return reply;
}

MongoReply MongoLink::runBson(const QString &database, const QByteArray &command, const Deadline &deadline)
{
    MongoReply reply;
    bson_error_t error{};
    bson_t document;
    const bool good =
        bson_init_static(&document, reinterpret_cast<const uint8_t *>(command.constData()), size_t(command.size()));
    if (!good || !isOpen()) {
        reply.failure = good && m_state ? m_state->wire->failure() : ReachFailure::Internal;
        if (reply.failure == ReachFailure::None)
            reply.failure = ReachFailure::Closed; // by libmongoc, which could not read an answer
        return reply;
    }
    const Instant begun = Clock::now();
    m_state->wire->begin(deadline);
    bson_t answer;
    reply.good = mongoc_client_command_simple(m_state->client.get(), database.toUtf8().constData(), &document, nullptr,
                                              &answer, &error);
    reply.ms = toMs(Clock::now() - begun);
    reply.bson = bytesOf(answer);
    bson_destroy(&answer);
    if (!reply.good) {
        takeRefusal(reply, reply.json());
        m_state->blame(reply, error);
    }
    return reply;
}

} // namespace Switchyard

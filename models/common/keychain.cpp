// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/keychain.h"

#include "models/common/duration.h"

#include <QFileInfo>
#include <QScopeGuard>

#include <libsecret/secret.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace Switchyard {

namespace {

/// Whoever stored it chose the schema's name: it is not compared.
const SecretSchema *schema()
{
    static const SecretSchema ours = [] {
        SecretSchema made{};
        made.name = "dev.switchyard.Switchyard";
        made.flags = SECRET_SCHEMA_DONT_MATCH_NAME;
        made.attributes[0] = {"service", SECRET_SCHEMA_ATTRIBUTE_STRING};
        made.attributes[1] = {"key", SECRET_SCHEMA_ATTRIBUTE_STRING};
        return made;
    }();
    return &ours;
}

QString storeHint(const QString &service, const QString &key)
{
    return QStringLiteral("secret-tool store --label=\"%1 %2\" service %1 key %2").arg(service, key);
}

/// GLib would start a bus of its own where there is none, and wait for it.
bool hasSessionBus()
{
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    return qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS") ||
           (!runtime.isEmpty() && QFileInfo::exists(runtime + QStringLiteral("/bus")));
}

Error errorOf(const GError *error, const QString &name)
{
    if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED))
        return {ErrorKind::Auth,
                QStringLiteral("the keychain that may hold %1 is locked").arg(name),
                QStringLiteral("unlock it, or use env:NAME or file:PATH"),
                {}};
    if (error->domain == G_DBUS_ERROR &&
        (error->code == G_DBUS_ERROR_SERVICE_UNKNOWN || error->code == G_DBUS_ERROR_NAME_HAS_NO_OWNER ||
         error->code == G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND || error->code == G_DBUS_ERROR_SPAWN_EXEC_FAILED ||
         error->code == G_DBUS_ERROR_SPAWN_CHILD_EXITED || error->code == G_DBUS_ERROR_SPAWN_FAILED))
        return {ErrorKind::Auth,
                QStringLiteral("no keychain runs in this session"),
                QStringLiteral("start one (gnome-keyring, KWallet, KeePassXC), or use env:NAME or file:PATH"),
                {}};
    if (error->domain == G_IO_ERROR)
        return {ErrorKind::Auth,
                QStringLiteral("the session bus, by which the keychain is reached, does not answer"),
                QStringLiteral("run it in a desktop session, or use env:NAME or file:PATH"),
                {}};
    return {ErrorKind::Auth,
            QStringLiteral("the keychain did not give %1: %2").arg(name, QString::fromUtf8(error->message).left(200)),
            QStringLiteral("unlock it, or use env:NAME or file:PATH"),
            {}};
}

/// Whether it is there, but nobody unlocked it; false where that cannot be told.
bool isLocked(const QByteArray &service, const QByteArray &key, GCancellable *cancellable)
{
    GHashTable *attributes = secret_attributes_build(schema(), "service", service.constData(), "key", key.constData(),
                                                     static_cast<void *>(nullptr));
    GError *error = nullptr;
    GList *found = secret_service_search_sync(nullptr, schema(), attributes, SECRET_SEARCH_ALL, cancellable, &error);
    g_clear_error(&error);
    bool locked = false;
    for (GList *each = found; each != nullptr; each = each->next)
        locked = locked || secret_item_get_locked(static_cast<SecretItem *>(each->data)) == TRUE;
    g_list_free_full(found, g_object_unref);
    g_hash_table_unref(attributes);
    return locked;
}

Result<Secret> lookUp(const QString &serviceName, const QString &keyName, GCancellable *cancellable)
{
    const QString name = QStringLiteral("keychain:%1/%2").arg(serviceName, keyName);
    const QByteArray service = serviceName.toUtf8();
    const QByteArray key = keyName.toUtf8();
    GError *error = nullptr;
    GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, cancellable, &error);
    if (bus == nullptr) {
        const Error said = errorOf(error, name);
        g_clear_error(&error);
        return tl::unexpected(said);
    }
    // By default the program is ended when the bus goes, as it does when a person logs out.
    g_dbus_connection_set_exit_on_close(bus, FALSE);
    const auto release = qScopeGuard([bus] {
        // The next question finds the keychain that runs then.
        secret_service_disconnect();
        g_object_unref(bus);
    });
    gchar *value = secret_password_lookup_sync(schema(), cancellable, &error, "service", service.constData(), "key",
                                               key.constData(), static_cast<void *>(nullptr));
    if (error != nullptr) {
        // A keychain that cannot ask for its password says so in words of its own.
        Error said = errorOf(error, name);
        g_clear_error(&error);
        if (isLocked(service, key, cancellable))
            said = {ErrorKind::Auth,
                    QStringLiteral("the keychain that holds %1 is locked").arg(name),
                    QStringLiteral("unlock it, or use env:NAME or file:PATH"),
                    {}};
        return tl::unexpected(said);
    }
    if (value == nullptr) {
        if (isLocked(service, key, cancellable))
            return fail(ErrorKind::Auth, QStringLiteral("the keychain that holds %1 is locked").arg(name),
                        QStringLiteral("unlock it, or use env:NAME or file:PATH"));
        return fail(ErrorKind::Auth, QStringLiteral("the keychain has no %1").arg(name),
                    storeHint(serviceName, keyName));
    }
    QString text = QString::fromUtf8(value);
    secret_password_free(value); // overwrites it
    // secret-tool keeps the line end that was typed into a pipe.
    while (text.endsWith(QLatin1Char('\n')) || text.endsWith(QLatin1Char('\r')))
        text.chop(1);
    if (text.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("%1 is empty in the keychain").arg(name),
                    storeHint(serviceName, keyName));
    return Secret(text);
}

/// Shared with a worker that may never come back.
struct Question
{
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<Result<Secret>> answer;
    GCancellable *cancellable = g_cancellable_new();
    ~Question() { g_object_unref(cancellable); }
};

} // namespace

Result<Secret> secretFromKeychain(const QString &name, Milliseconds limit)
{
    const qsizetype slash = name.indexOf(QLatin1Char('/'));
    if (slash < 1 || slash == name.size() - 1)
        return fail(ErrorKind::Usage, QStringLiteral("\"keychain:%1\" is not keychain:SERVICE/KEY").arg(name),
                    QStringLiteral("such as keychain:switchyard/slack"));
    if (!hasSessionBus())
        return fail(ErrorKind::Auth, QStringLiteral("there is no session bus to reach a keychain by"),
                    QStringLiteral("run it in a desktop session, or use env:NAME or file:PATH"));
    auto question = std::make_shared<Question>();
    // Not on this thread: a bus that is stuck heeds no cancellation, and whoever asks must go on.
    std::thread([question, service = name.left(slash), key = name.mid(slash + 1)] {
        Result<Secret> answer = lookUp(service, key, question->cancellable);
        const std::lock_guard lock(question->mutex);
        question->answer = std::move(answer);
        question->answered.notify_one();
    }).detach();
    std::unique_lock lock(question->mutex);
    if (question->answered.wait_for(lock, limit, [&question] { return question->answer.has_value(); }))
        return *std::move(question->answer);
    lock.unlock();
    g_cancellable_cancel(question->cancellable);
    return fail(ErrorKind::Auth,
                QStringLiteral("the keychain did not answer within %1").arg(humanDuration(double(limit.count()))),
                QStringLiteral("it may wait for its password in a window of its own; unlock it and try again"));
}

} // namespace Switchyard

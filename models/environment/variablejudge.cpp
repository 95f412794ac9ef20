// SPDX-License-Identifier: GPL-3.0-or-later
// How each variable gets to the target. The questions are asked in a fixed order; the first that has an answer decides.
#include "models/environment/variablejudge.h"

#include "models/environment/secretlook.h"
#include "models/environment/variablefacts.h"

#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

bool isLocalName(QStringView host)
{
    return host == u"localhost" || host.startsWith(u"127.") || host == u"::1" || host == u"0.0.0.0";
}

/// What a row is told by, put together once.
class Judge final
{
public:
    Judge(VariableRow &row, const MatrixComponent &component, const JudgedMove &move)
        : m_row(row)
        , m_component(component)
        , m_move(move)
    {
        for (const VariableUse &use : row.usedBy) {
            if (use.inTests || !isCodeUse(use))
                continue;
            m_read = true;
            m_required = m_required || use.required;
            if (use.fallback && m_fallback.isEmpty())
                m_fallback = use.place.toString();
        }
        m_program = programReading(row.name);
    }

    void judge()
    {
        using Question = bool (Judge::*)();
        static constexpr Question questions[] = {
            &Judge::port,
            &Judge::injectedByTarget,
            &Judge::injectedBySource,
            &Judge::buildSetting,
            &Judge::operators,
            &Judge::workers,
            &Judge::interpolation,
            &Judge::notRead,
            &Judge::placeholder,
            &Judge::byTargetItself,
            &Judge::unreachable,
            &Judge::derived,
            &Judge::form,
            &Judge::plain,
        };
        for (const Question question : questions) {
            if ((this->*question)())
                return;
        }
    }

private:
    bool decide(VariableClass way, VariableStatus status, const QString &action, const QString &reason)
    {
        m_row.way = way;
        m_row.status = status;
        m_row.action = action;
        m_row.reason = reason;
        return true;
    }
    bool known() const { return m_component.filesRead > 0 && !m_component.readsAnyName; }
    bool isRead() const { return m_read || !m_program.isEmpty(); }
    QString reader() const
    {
        const QString code = readBy(m_row);
        return code.isEmpty() ? m_program : code;
    }
    /// "read by config.py:31", for the end of a reason; empty where nobody is known to.
    QString readText() const
    {
        const QString who = reader();
        if (who.isEmpty())
            return {};
        return m_required
                   ? s("required by %1").arg(who)
                   : (m_fallback.isEmpty() ? s("read by %1").arg(who) : s("read by %1, which has a default").arg(who));
    }
    QString withReader(const QString &reason) const
    {
        const QString who = readText();
        return who.isEmpty() ? reason : s("%1; %2").arg(reason, who);
    }
    QString setAction() const
    {
        if (m_row.secret)
            return m_move.to() && m_move.to()->id == QLatin1String("fly") ? s("set it by fly secrets import")
                                                                          : s("set it as a secret");
        return s("set it");
    }
    bool port();
    bool injectedByTarget();
    bool injectedBySource();
    bool buildSetting();
    bool operators();
    bool workers();
    bool interpolation();
    bool notRead();
    bool placeholder();
    bool byTargetItself();
    bool unreachable();
    bool derived();
    bool form();
    bool plain();
    bool copied();

    VariableRow &m_row;
    const MatrixComponent &m_component;
    const JudgedMove &m_move;
    bool m_read = false;
    bool m_required = false;
    QString m_fallback;
    QString m_program;
};

/// The port has rules of its own on every platform.
bool Judge::port()
{
    const Platform *to = m_move.to();
    if (m_row.name != QLatin1String("PORT") || !to)
        return false;
    const int wanted = m_move.targetPort();
    const bool reads = isRead();
    const QString bind = s("the server has to listen on %1:$PORT").arg(to->ports.bindHost);
    if (to->ports.injectsPort) {
        const QString number = wanted > 0 ? s(" (%1)").arg(wanted) : QString();
        if (m_row.target.stated && !m_row.target.byPlatform && m_row.target.value) {
            bool digits = false;
            const int given = m_row.target.value->trimmed().toInt(&digits);
            if (!digits || given < 1 || given > 65535)
                return decide(VariableClass::Injected, VariableStatus::Change, s("remove it from the target"),
                              s("%1 sets PORT%2; this text would take its place").arg(to->name, number));
            if (to->ports.reserved.contains(given))
                return decide(VariableClass::Injected, VariableStatus::Change, s("choose another port, or remove it"),
                              s("%1 keeps %2 for itself").arg(to->name).arg(given));
            return decide(VariableClass::Injected, VariableStatus::Ok, {},
                          s("%1 takes %2 from you and would set PORT%3 itself; %4")
                              .arg(to->name)
                              .arg(given)
                              .arg(number, reads ? bind : s("nothing in the code reads PORT")));
        }
        if (!reads && known())
            m_row.notes.append({s("port-not-read"),
                                VariableWeight::Warning,
                                s("nothing reads PORT: the server must listen on %1 by itself").arg(wanted),
                                s("let the start command bind %1:$PORT").arg(to->ports.bindHost),
                                {}});
        return decide(VariableClass::Injected, VariableStatus::Ok, {},
                      withReader(s("%1 sets it%2: %3").arg(to->name, number, bind)));
    }
    // Nobody sets PORT there: what the server listens on must be what the manifest says.
    if (!reads && known() && !m_row.target.stated)
        return decide(VariableClass::Drop, VariableStatus::Ok, {},
                      s("%1 sets no PORT, and nothing reads it").arg(to->name));
    m_row.wanted = wanted > 0 ? std::optional(QString::number(wanted)) : std::nullopt;
    const QString why =
        s("%1 sets no PORT: the server has to listen on %2 = %3").arg(to->name, to->ports.key).arg(wanted);
    if (!m_row.target.stated || !m_row.target.value)
        return decide(VariableClass::Rewrite, reads ? VariableStatus::Missing : VariableStatus::Ok,
                      reads ? s("set it to %1").arg(wanted) : QString(), withReader(why));
    if (m_row.target.value != m_row.wanted)
        return decide(VariableClass::Rewrite, VariableStatus::Change, s("set it to %1").arg(wanted), withReader(why));
    return decide(VariableClass::Rewrite, VariableStatus::Ok, {}, withReader(why));
}

bool Judge::injectedByTarget()
{
    const Platform *to = m_move.to();
    const InjectedVariable *injected = to ? to->injectedVariable(m_row.name, m_move.input().target.runtime) : nullptr;
    const bool reserved =
        to && std::any_of(to->variables.reservedPrefixes.cbegin(), to->variables.reservedPrefixes.cend(),
                          [&](const QString &prefix) { return m_row.name.startsWith(prefix); });
    const bool own = m_row.target.stated && !m_row.target.byPlatform;
    if (reserved && !injected && own && !to->variables.operatorNames.contains(m_row.name))
        return decide(VariableClass::Drop, VariableStatus::Change, s("give it another name"),
                      s("names with this beginning belong to %1").arg(to->name));
    if (!injected)
        return false;
    if (!own)
        return decide(VariableClass::Injected, VariableStatus::Ok, {},
                      withReader(injected->value.isEmpty() ? s("%1 sets it").arg(to->name)
                                                           : s("%1 sets it (%2)").arg(to->name, injected->value)));
    if (!injected->overridable || looksPlaceholder(m_row.target.value.value_or(QString()), false))
        return decide(VariableClass::Injected, VariableStatus::Change, s("remove it from the target"),
                      s("%1 sets it by itself").arg(to->name));
    if (!injected->value.isEmpty() && m_row.target.value == injected->value)
        return decide(VariableClass::Injected, VariableStatus::Ok, {},
                      s("%1 would set the same value by itself").arg(to->name));
    return decide(VariableClass::Copy, VariableStatus::Ok, {},
                  withReader(s("yours wins over what %1 sets by itself").arg(to->name)));
}

bool Judge::injectedBySource()
{
    const Platform *from = m_move.from();
    const Platform *to = m_move.to();
    if (!from || from == to)
        return false;
    const InjectedVariable *injected = from->injectedVariable(m_row.name, m_move.input().source.runtime);
    const bool reserved =
        std::any_of(from->variables.reservedPrefixes.cbegin(), from->variables.reservedPrefixes.cend(),
                    [&](const QString &prefix) { return m_row.name.startsWith(prefix); });
    if ((!injected && !reserved) || from->variables.operatorNames.contains(m_row.name))
        return false;
    // One that the user may override anywhere is a variable like others where he did.
    if (injected && injected->overridable && m_row.source.stated && !m_row.source.byPlatform)
        return false;
    const bool own = m_row.target.stated && !m_row.target.byPlatform;
    if (!m_read) {
        if (!m_program.isEmpty() && !reserved && !own)
            return decide(
                VariableClass::Drop, VariableStatus::Ok, {},
                s("%1 sets it for %2, %3 does not: their defaults hold").arg(from->name, m_program, m_move.toName()));
        if (own)
            return decide(VariableClass::Drop, VariableStatus::Unused, s("remove it from the target"),
                          known() ? s("%1's own, and no code reads it").arg(from->name)
                                  : s("%1's own").arg(from->name));
        return decide(VariableClass::Drop, VariableStatus::Ok, {},
                      known() ? s("%1's own, and no code reads it").arg(from->name)
                              : s("%1's own; no code was read").arg(from->name));
    }
    if (own)
        return decide(VariableClass::Rewrite, VariableStatus::Ok, s("read a name of your own in the code"),
                      s("%1's name, set by hand for %2").arg(from->name, readBy(m_row)));
    // What the target calls it.
    QStringList names;
    QString composed;
    if (injected && to && !injected->meaning.isEmpty()) {
        for (const InjectedVariable &each : to->injectedFor(m_move.input().target.runtime)) {
            if (each.meaning == injected->meaning)
                names.append(each.name);
        }
        for (const ComposedVariable &each : to->composed) {
            if (each.meaning == injected->meaning)
                composed = each.text;
        }
    }
    const QUrl url(m_move.input().target.url);
    if (injected && injected->meaning == QLatin1String("external-url") && !url.host().isEmpty())
        m_row.wanted = m_move.input().target.url;
    else if (injected && injected->meaning == QLatin1String("external-host") && !url.host().isEmpty())
        m_row.wanted = url.host();
    const QString place = readBy(m_row);
    const QString target = m_move.toName();
    if (!names.isEmpty())
        return decide(
            VariableClass::Rewrite, VariableStatus::Missing, s("read %1 instead").arg(names.join(s(" or "))),
            s("%1 sets it, %2 calls it %3; %4 reads it").arg(from->name, target, names.join(s(" or ")), place));
    if (!composed.isEmpty())
        return decide(VariableClass::Rewrite, VariableStatus::Missing, s("read %1 instead").arg(composed),
                      s("%1 sets it, %2 has no variable for it; %3 reads it").arg(from->name, target, place));
    return decide(VariableClass::Rewrite, VariableStatus::Missing, s("set a variable of your own, or do without"),
                  s("%1 sets it, %2 has nothing like it; %3 reads it").arg(from->name, target, place));
}

bool Judge::buildSetting()
{
    const Platform *from = m_move.from();
    const Platform *to = m_move.to();
    if (m_read)
        return false;
    if (to && to->variables.buildSettings.contains(m_row.name)) {
        m_row.scope = VariableScope::Build;
        if (m_row.target.stated)
            return decide(VariableClass::Copy, VariableStatus::Ok, {}, s("%1 reads it while building").arg(to->name));
        m_row.wanted = m_row.source.value;
        return decide(VariableClass::Copy, VariableStatus::Missing, s("set it"),
                      s("%1 reads it while building, and takes its own default without").arg(to->name));
    }
    if (!from || !from->variables.buildSettings.contains(m_row.name))
        return false;
    m_row.scope = VariableScope::Build;
    return decide(VariableClass::Drop, m_row.target.stated ? VariableStatus::Unused : VariableStatus::Ok,
                  m_row.target.stated ? s("remove it from the target") : QString(),
                  s("%1 reads it while building; on %2 the image says it (FROM)").arg(from->name, m_move.toName()));
}

bool Judge::operators()
{
    if (m_read)
        return false;
    QString console = consoleOf(m_row.name);
    for (const Platform *platform : {m_move.from(), m_move.to()}) {
        if (platform && platform->variables.operatorNames.contains(m_row.name))
            console = s("%1's tools").arg(platform->name);
    }
    if (console.isEmpty())
        return false;
    return decide(VariableClass::Drop, m_row.target.stated ? VariableStatus::Unused : VariableStatus::Ok,
                  m_row.target.stated ? s("remove it from the target") : s("keep it with whoever deploys"),
                  s("a credential for %1: the program does not need it").arg(console));
}

bool Judge::workers()
{
    static const QRegularExpression servers(s(R"(\b(gunicorn|uvicorn|hypercorn)\b)"));
    if (!isWorkersName(m_row.name))
        return false;
    const MatrixSide &target = m_move.input().target;
    const bool inCommand = std::any_of(m_row.usedBy.cbegin(), m_row.usedBy.cend(), [&](const VariableUse &use) {
        return !target.startPlace.file.isEmpty() && use.place == target.startPlace;
    });
    if (inCommand || !servers.match(target.startCommand + m_move.input().source.startCommand).hasMatch())
        return false;
    m_row.way = VariableClass::Rewrite;
    const QString why = s("gunicorn and uvicorn do not read %1 but WEB_CONCURRENCY").arg(m_row.name);
    static const QRegularExpression option(s(R"((?:--workers|-w)[= ]\s*(\d+))"));
    const QRegularExpressionMatch given = option.match(target.startCommand);
    const QString also =
        given.hasMatch() ? s(", and the start command says --workers %1").arg(given.captured(1)) : QString();
    if (!m_row.target.stated)
        return decide(VariableClass::Rewrite, VariableStatus::Ok, {}, why + also);
    return decide(VariableClass::Rewrite, VariableStatus::Change,
                  given.hasMatch() ? s("remove it: the start command decides") : s("rename it to WEB_CONCURRENCY"),
                  why + also);
}

bool Judge::interpolation()
{
    static const QRegularExpression reference(s(R"(\$\{?([A-Za-z_]\w*)\}?)"));
    const Platform *to = m_move.to();
    if (!to || to->variables.interpolates || !m_row.target.value || !m_row.target.value->contains(QLatin1String("${")))
        return false;
    const QRegularExpressionMatch match = reference.match(*m_row.target.value);
    const InjectedVariable *named = to->injectedVariable(match.captured(1), m_move.input().target.runtime);
    const bool whole = match.hasMatch() && match.capturedLength() == m_row.target.value->size();
    const bool isUrl = named && named->meaning == QLatin1String("external-url");
    if (whole && isUrl && !m_move.input().target.url.isEmpty())
        m_row.wanted = m_move.input().target.url;
    return decide(whole && isUrl ? VariableClass::Derive : VariableClass::Rewrite, VariableStatus::Change,
                  named ? s("read %1 in the code, or write the value out").arg(named->name) : s("write the value out"),
                  s("%1 passes the text on as it is written: values are not interpolated").arg(to->name));
}

/// What no code reads goes nowhere.
bool Judge::notRead()
{
    if (isRead() || !known() || m_row.scope == VariableScope::Public)
        return false;
    const bool declared =
        std::any_of(m_row.usedBy.cbegin(), m_row.usedBy.cend(), [](const VariableUse &use) { return !isCodeUse(use); });
    const QString why =
        m_row.usedBy.isEmpty() ? s("nothing in the code reads it")
        : declared ? s("only %1 names it; nothing in the code reads it").arg(m_row.usedBy.first().place.toString())
                   : s("only tests read it");
    if (m_row.source.stated && !m_row.source.byPlatform && !m_row.target.stated)
        return decide(VariableClass::Drop, VariableStatus::Unused, s("leave it behind"), why);
    if (m_row.target.stated)
        return decide(VariableClass::Drop, VariableStatus::Unused, s("remove it, unless something else reads it"), why);
    return decide(VariableClass::Drop, VariableStatus::Ok, {}, why);
}

bool Judge::placeholder()
{
    if (!m_row.target.value || !looksPlaceholder(*m_row.target.value, m_row.secret))
        return false;
    const bool haveSource = m_row.source.value && !looksPlaceholder(*m_row.source.value, m_row.secret);
    if (asksForRandom(*m_row.target.value)) {
        if (haveSource)
            m_row.notes.append({s("new-secret"),
                                VariableWeight::Note,
                                isEncryptionName(m_row.name)
                                    ? s("what the source's key encrypted cannot be read with a new one")
                                    : s("with a new one everybody is logged out; the source's value keeps them"),
                                s("copy the source's value, or choose the time"),
                                {}});
        return decide(VariableClass::Generate, VariableStatus::Missing, s("generate it: 32 random bytes"),
                      withReader(s("a placeholder that asks for a random value")));
    }
    if (haveSource) {
        m_row.wanted = m_move.moved(*m_row.source.value);
        const bool changed = m_row.wanted != m_row.source.value;
        return decide(changed ? VariableClass::Derive : VariableClass::Copy, VariableStatus::Missing,
                      changed ? s("set it with the target's host") : s("copy the source's value"),
                      withReader(s("a placeholder stands there")));
    }
    if (!m_required && m_row.source.stated && !m_row.source.value)
        return decide(VariableClass::Copy, VariableStatus::Missing, setAction(),
                      withReader(s("a placeholder stands there, and %1 shows no value").arg(m_move.fromName())));
    return decide(VariableClass::Copy, VariableStatus::Missing,
                  m_required || m_fallback.isEmpty() ? setAction() : s("set it, or remove the placeholder"),
                  withReader(s("a placeholder stands there")));
}

/// Stated on the target without a value to see.
bool Judge::byTargetItself()
{
    if (!m_row.target.stated || m_row.target.value || m_row.target.byPlatform)
        return false;
    const QString &said = m_row.target.said;
    const QString target = m_move.toName();
    if (said.contains(QLatin1String("random"))) {
        if (m_row.source.value && isEncryptionName(m_row.name))
            m_row.notes.append({s("new-secret"),
                                VariableWeight::Warning,
                                s("what the source's key encrypted cannot be read with a new one"),
                                s("set the source's value instead of generating one"),
                                {}});
        else if (m_row.source.value && isOwnSecretName(m_row.name))
            m_row.notes.append({s("new-secret"),
                                VariableWeight::Note,
                                s("with a new one everybody is logged out; the source's value keeps them"),
                                s("copy the source's value, or choose the time"),
                                {}});
        return decide(
            VariableClass::Generate, VariableStatus::CannotVerify, {},
            withReader(s("%1 makes 32 random bytes, written as base64, and shows them to nobody here").arg(target)));
    }
    if (said.contains(QLatin1String("database")) || said.contains(QLatin1String("service"))) {
        const QString scheme = m_row.source.value ? QUrl(*m_row.source.value).scheme() : QString();
        const QString given = m_move.to() ? m_move.to()->database.internalScheme : QString();
        if (said.contains(QLatin1String("database")) && scheme.contains(QLatin1Char('+')) && !given.isEmpty())
            return decide(VariableClass::Rewrite, VariableStatus::Change,
                          s("put %1:// in front in the code").arg(scheme),
                          withReader(s("%1 fills in %2://…, and the program takes %3://").arg(target, given, scheme)));
        return decide(VariableClass::Rewrite, VariableStatus::Ok, {}, withReader(said));
    }
    if (m_row.source.value)
        m_row.wanted = m_move.moved(*m_row.source.value);
    return decide(
        m_row.wanted != m_row.source.value ? VariableClass::Derive : VariableClass::Copy, VariableStatus::CannotVerify,
        m_row.source.value ? s("give the source's value there, once") : s("give it there, once"), withReader(said));
}

bool Judge::unreachable()
{
    const QString &text = m_row.target.value ? *m_row.target.value : m_row.source.value.value_or(QString());
    const QString host = m_move.privateHost(text);
    if (!host.isEmpty()) {
        const QString why = s("%1 is reachable inside %2 only").arg(host, m_move.fromName());
        return decide(VariableClass::Rewrite, m_row.target.value ? VariableStatus::Change : VariableStatus::Missing,
                      s("name the service as it is reached from %1").arg(m_move.toName()), withReader(why));
    }
    const Platform *to = m_move.to();
    if (!to || to->id == QLatin1String("local") || m_row.scope == VariableScope::Public || isOriginsName(m_row.name))
        return false;
    const QStringList hosts = hostsIn(text);
    const auto local =
        std::find_if(hosts.cbegin(), hosts.cend(), [](const QString &each) { return isLocalName(each); });
    if (local == hosts.cend() || m_move.moved(text) != text)
        return false;
    return decide(VariableClass::Rewrite, m_row.target.value ? VariableStatus::Change : VariableStatus::Missing,
                  s("name the service as it is reached from %1").arg(to->name),
                  withReader(s("%1 is the container itself there").arg(*local)));
}

bool Judge::derived()
{
    static const QRegularExpression apiUrl(s(R"(^(PUBLIC|EXTERNAL|BACKEND|SERVER)_(API_|BACKEND_|BASE_)?URL$)"));
    static const QRegularExpression socketUrl(s(R"(^(PUBLIC_|EXTERNAL_|BACKEND_)?(WS|WEBSOCKET|SOCKET)_(BASE_)?URL$)"));
    const QString &targetUrl = m_move.input().target.url;
    const bool follows = m_row.source.value && m_move.moved(*m_row.source.value) != *m_row.source.value;
    const bool lags = m_row.target.value && m_move.moved(*m_row.target.value) != *m_row.target.value;
    const bool api = apiUrl.match(m_row.name).hasMatch();
    const bool socket = socketUrl.match(m_row.name).hasMatch();
    const bool origins = isOriginsName(m_row.name);
    if (!follows && !lags && !api && !socket && !origins)
        return false;
    if (lags)
        m_row.wanted = m_move.moved(*m_row.target.value);
    else if (follows)
        m_row.wanted = m_move.moved(*m_row.source.value);
    else if ((api || socket) && !targetUrl.isEmpty() && !m_row.source.value)
        m_row.wanted = api ? targetUrl : QString(targetUrl).replace(QRegularExpression(s("^http")), s("ws"));
    if (lags)
        return decide(VariableClass::Derive, VariableStatus::Change, s("put the target's host there"),
                      withReader(s("it still names %1").arg(m_move.input().source.name)));
    if (m_row.target.value) {
        const QString why = origins ? s("it follows from where the frontends are")
                                    : s("it follows from where %1 is").arg(m_move.input().target.name);
        return decide(VariableClass::Derive, VariableStatus::Ok, {}, withReader(why));
    }
    if (!m_row.source.value && !m_required)
        return decide(VariableClass::Derive, m_row.wanted ? VariableStatus::Missing : VariableStatus::Ok,
                      m_row.wanted ? s("set it") : QString(),
                      withReader(m_row.wanted ? s("it follows from where %1 is").arg(m_move.input().target.name)
                                              : s("neither side sets it")));
    if (origins && !follows)
        m_row.wanted = m_row.source.value;
    return decide(VariableClass::Derive, VariableStatus::Missing,
                  follows ? s("set it with the target's host") : s("set it"),
                  withReader(origins && !follows ? s("it follows from where the frontends are")
                                                 : s("it follows from where %1 is").arg(m_move.input().target.name)));
}

/// URLs of databases in the form that the program's driver takes.
bool Judge::form()
{
    const QString text = m_row.target.value.value_or(m_row.source.value.value_or(QString()));
    const bool onTarget = m_row.target.value.has_value();
    const VariableStatus status = onTarget ? VariableStatus::Change : VariableStatus::Missing;
    if (text.startsWith(QLatin1String("postgresql+asyncpg://")) && text.contains(QLatin1String("sslmode="))) {
        m_row.wanted = QString(text).replace(QLatin1String("sslmode="), QLatin1String("ssl="));
        return decide(VariableClass::Rewrite, status, s("write ssl=… instead of sslmode=…"),
                      withReader(s("asyncpg knows no sslmode and ends with an error")));
    }
    if (!text.startsWith(QLatin1String("postgres://")) || m_move.input().target.runtime == QLatin1String("node"))
        return false;
    m_row.wanted = QString(text).replace(0, 11, QLatin1String("postgresql://"));
    return decide(VariableClass::Rewrite, status, s("begin it with postgresql://"),
                  withReader(s("SQLAlchemy since 1.4 takes postgresql:// only; Fly's attach writes the old form")));
}

bool Judge::plain()
{
    if (m_row.target.stated)
        return copied();
    if (m_row.source.stated) {
        m_row.wanted = m_row.source.value;
        const QString why = m_row.source.value ? QString() : s(", and %1 shows no value").arg(m_move.fromName());
        const QString who = readText();
        return decide(VariableClass::Copy, VariableStatus::Missing,
                      m_row.source.value ? (m_row.secret ? setAction() : s("copy it")) : setAction(),
                      who.isEmpty() ? s("%1 has it, %2 does not%3; no code was read")
                                          .arg(m_move.input().source.name, m_move.input().target.name, why)
                                    : s("%1 has it, %2 does not%3; %4")
                                          .arg(m_move.input().source.name, m_move.input().target.name, why, who));
    }
    if (m_required)
        return decide(m_row.secret && isOwnSecretName(m_row.name) ? VariableClass::Generate : VariableClass::Copy,
                      VariableStatus::Missing, setAction(), s("%1, and neither side has it").arg(readText()));
    return decide(VariableClass::Copy, VariableStatus::Ok, {},
                  m_fallback.isEmpty() ? s("neither side sets it; %1 does without").arg(reader())
                                       : s("neither side sets it; the default in %1 holds").arg(m_fallback));
}

/// Both, or the target alone.
bool Judge::copied()
{
    if (!m_row.source.stated)
        return decide(VariableClass::Copy, VariableStatus::Ok, {},
                      withReader(s("only %1 has it").arg(m_move.input().target.name)));
    if (!m_row.source.value)
        return decide(VariableClass::Copy, VariableStatus::Ok, {},
                      withReader(s("set on the target; %1 shows no value to compare").arg(m_move.input().source.name)));
    if (m_row.target.value == m_row.source.value)
        return decide(VariableClass::Copy, VariableStatus::Ok, {}, withReader(s("the same on both sides")));
    if (m_row.secret && isOwnSecretName(m_row.name))
        m_row.notes.append({s("new-secret"),
                            isEncryptionName(m_row.name) ? VariableWeight::Warning : VariableWeight::Note,
                            isEncryptionName(m_row.name)
                                ? s("what the source's key encrypted cannot be read with this one")
                                : s("it differs from the source's: everybody who is logged in has to log in again"),
                            s("copy the source's value, or choose the time"),
                            {}});
    return decide(VariableClass::Copy, VariableStatus::Ok, {}, withReader(s("the target has a value of its own")));
}

} // namespace

bool isCodeUse(const VariableUse &use)
{
    return use.by != QLatin1String(".env.example") && use.by != QLatin1String(".env.schema") &&
           use.by != QLatin1String("app.json");
}

QString readBy(const VariableRow &row)
{
    QString first;
    int more = 0;
    for (const VariableUse &use : row.usedBy) {
        if (use.inTests || !isCodeUse(use))
            continue;
        if (first.isEmpty())
            first = use.place.line > 0 ? s("%1:%2").arg(use.place.file).arg(use.place.line) : use.place.file;
        else
            ++more;
    }
    return more > 0 ? s("%1 and %2 more").arg(first).arg(more) : first;
}

void judgeVariable(VariableRow &row, const MatrixComponent &component, const JudgedMove &move)
{
    Judge(row, component, move).judge();
}

void judgeNeighbour(VariableRow &row, const MatrixComponent &component, const JudgedMove &move)
{
    const auto decide = [&](VariableClass way, VariableStatus status, const QString &action, const QString &reason) {
        row.way = way;
        row.status = status;
        row.action = action;
        row.reason = reason;
    };
    const QString who = readBy(row);
    const QString reads = who.isEmpty() ? QString() : s("; read by %1").arg(who);
    const QString &text = row.target.value ? *row.target.value : row.source.value.value_or(QString());
    const QString built = row.scope == VariableScope::Public
                              ? s("build and publish %1 anew with it").arg(component.name)
                              : s("set it for %1").arg(component.name);
    if (move.namesSource(text)) {
        row.wanted = move.moved(text);
        return decide(VariableClass::Derive, VariableStatus::Change, built,
                      s("it names %1%2")
                          .arg(move.input().source.name, row.scope == VariableScope::Public
                                                             ? s(", and is built into what browsers get") + reads
                                                             : reads));
    }
    if (row.source.value && move.namesSource(*row.source.value)) {
        row.wanted = move.moved(*row.source.value);
        return decide(VariableClass::Derive, VariableStatus::Ok, built,
                      s("the plan already names %1%2").arg(move.input().target.name, reads));
    }
    if (looksPlaceholder(text, row.secret))
        return decide(VariableClass::Copy, VariableStatus::Missing, s("set it"),
                      s("a placeholder stands there%1").arg(reads));
    if (row.source.stated || row.target.stated)
        return decide(VariableClass::Copy, VariableStatus::Ok, {},
                      s("%1 stays where it is, and the value does not name %2%3")
                          .arg(component.name, move.input().source.name, reads));
    const auto required = std::any_of(row.usedBy.cbegin(), row.usedBy.cend(), [](const VariableUse &use) {
        return use.required && !use.inTests && isCodeUse(use);
    });
    if (required)
        return decide(VariableClass::Copy, VariableStatus::Missing, s("set it"),
                      s("required by %1, and no file has it").arg(who));
    decide(VariableClass::Copy, VariableStatus::Ok, {},
           who.isEmpty() ? s("only an example or a test names it") : s("no file sets it; %1 does without").arg(who));
}

} // namespace Switchyard

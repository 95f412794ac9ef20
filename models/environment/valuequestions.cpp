// SPDX-License-Identifier: GPL-3.0-or-later
// What the values decide: placeholders, hosts that are left, forms a driver does not take.
#include "models/environment/rowjudge.h"

#include "models/environment/variablefacts.h"
#include "models/environment/variablejudge.h"

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

} // namespace

bool RowJudge::interpolation()
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
bool RowJudge::notRead()
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

bool RowJudge::placeholder()
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
    if (m_row.source.stated && !m_row.source.value)
        return decide(VariableClass::Copy, VariableStatus::Missing, setAction(),
                      withReader(s("a placeholder stands there, and %1 shows no value").arg(m_move.fromName())));
    return decide(VariableClass::Copy, VariableStatus::Missing,
                  m_required ? setAction() : s("%1, or remove the line").arg(setAction()),
                  withReader(s("a placeholder stands there")));
}

/// Stated on the target without a value to see.
bool RowJudge::byTargetItself()
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

bool RowJudge::unreachable()
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

bool RowJudge::derived()
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
bool RowJudge::form()
{
    const QString text = m_row.target.value.value_or(m_row.source.value.value_or(QString()));
    const bool onTarget = m_row.target.value.has_value();
    const VariableStatus status = onTarget ? VariableStatus::Change : VariableStatus::Missing;
    if (text.startsWith(QLatin1String("postgresql+asyncpg://")) && text.contains(QLatin1String("sslmode="))) {
        m_row.wanted = QString(text).replace(QLatin1String("sslmode="), QLatin1String("ssl="));
        if (onTarget && looksPlaceholder(text, m_row.secret))
            m_row.notes.append({s("placeholder"), VariableWeight::Warning, s("a part of it is a placeholder"),
                                s("put the real value there"),
                                m_row.target.places.value(m_row.target.places.size() - 1)});
        return decide(VariableClass::Rewrite, status, s("write ssl=… instead of sslmode=…"),
                      withReader(s("asyncpg under SQLAlchemy knows no sslmode and ends with an error")));
    }
    if (!text.startsWith(QLatin1String("postgres://")) || m_move.input().target.runtime == QLatin1String("node"))
        return false;
    m_row.wanted = QString(text).replace(0, 11, QLatin1String("postgresql://"));
    return decide(VariableClass::Rewrite, status, s("begin it with postgresql://"),
                  withReader(s("SQLAlchemy since 1.4 takes postgresql:// only; Fly's attach writes the old form")));
}

bool RowJudge::plain()
{
    if (m_row.target.stated)
        return copied();
    if (m_row.source.stated && m_row.source.value && m_row.source.value->isEmpty() && !m_required)
        return decide(
            VariableClass::Copy, VariableStatus::Ok, {},
            withReader(
                s("empty in %1, and not set in %2").arg(m_move.input().source.name, m_move.input().target.name)));
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
bool RowJudge::copied()
{
    if (!m_row.source.stated)
        return decide(VariableClass::Copy, VariableStatus::Ok, {},
                      withReader(s("only %1 has it").arg(m_move.input().target.name)));
    if (!m_row.source.value)
        return decide(VariableClass::Copy, VariableStatus::Ok, {},
                      withReader(s("set on the target; %1 shows no value to compare").arg(m_move.input().source.name)));
    if (m_row.target.value == m_row.source.value)
        return decide(VariableClass::Copy, VariableStatus::Ok, {}, withReader(s("the same on both sides")));
    if (m_row.secret && isOwnSecretName(m_row.name) && !m_row.source.value->isEmpty())
        m_row.notes.append({s("new-secret"),
                            isEncryptionName(m_row.name) ? VariableWeight::Warning : VariableWeight::Note,
                            isEncryptionName(m_row.name)
                                ? s("what the source's key encrypted cannot be read with this one")
                                : s("it differs from the source's: everybody who is logged in has to log in again"),
                            s("copy the source's value, or choose the time"),
                            {}});
    return decide(VariableClass::Copy, VariableStatus::Ok, {}, withReader(s("the target has a value of its own")));
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
// What the platforms decide: what they set, what they read, and what they keep for themselves.
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

} // namespace

/// The port has rules of its own on every platform.
bool RowJudge::port()
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
            const QString bound = reads ? bind : s("nothing that was read uses PORT");
            return decide(VariableClass::Injected, VariableStatus::Ok, {},
                          withReader(given == wanted ? s("what %1 would set by itself; %2").arg(to->name, bound)
                                                     : s("it wins over %1's own%2; %3").arg(to->name, number, bound)));
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

bool RowJudge::injectedByTarget()
{
    const Platform *to = m_move.to();
    const InjectedVariable *injected = to ? to->injectedVariable(m_row.name, m_move.input().target.runtime) : nullptr;
    const bool reserved = to && to->variables.isReserved(m_row.name);
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

bool RowJudge::injectedBySource()
{
    const Platform *from = m_move.from();
    const Platform *to = m_move.to();
    if (!from || from == to)
        return false;
    const InjectedVariable *injected = from->injectedVariable(m_row.name, m_move.input().source.runtime);
    const bool reserved = from->variables.isReserved(m_row.name);
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

bool RowJudge::buildSetting()
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

bool RowJudge::operators()
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

bool RowJudge::workers()
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

} // namespace Switchyard

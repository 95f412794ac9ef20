// SPDX-License-Identifier: GPL-3.0-or-later
// What is odd about values, beside how they get to the target.
#include "models/environment/origins.h"
#include "models/environment/secretlook.h"
#include "models/environment/variablefacts.h"
#include "models/environment/variablejudge.h"

#include "models/common/redact.h"

#include <QJsonDocument>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

constexpr int shortestSecret = 32; // characters; RFC 7518 §3.2 asks for as many bytes as the hash has, 32 for HS256

class Notes final
{
public:
    Notes(VariableRow &row, const JudgedMove &move)
        : m_row(row)
        , m_move(move)
    {
    }
    void add(const char *id, VariableWeight weight, const QString &message, const QString &hint)
    {
        const VariableState &state = m_row.target.value ? m_row.target : m_row.source;
        m_row.notes.append({s(id), weight, message, hint, state.place()});
    }
    /// What the target will have, as far as is known.
    QString value() const { return m_row.target.value.value_or(m_row.source.value.value_or(QString())); }
    void secrets();
    void urls();
    void lists();
    void hosts();
    void origins(bool credentials);

private:
    void take(const OriginFinding &finding);

    VariableRow &m_row;
    const JudgedMove &m_move;
};

void Notes::secrets()
{
    const QString text = value();
    if (text.isEmpty() || looksPlaceholder(text, m_row.secret))
        return;
    static const QRegularExpression publicByDesign(
        s("ANON|PUBLISHABLE|PUBLIC_?KEY|FIREBASE|DSN|MAP|SITE_?KEY|RECAPTCHA|TURNSTILE|POSTHOG|CLERK|VAPID|ANALYTICS"));
    if (m_row.scope == VariableScope::Public) {
        const bool named = isSecretName(m_row.name) && !publicByDesign.match(m_row.name).hasMatch();
        const bool shaped = m_row.secret && !publicByDesign.match(m_row.name).hasMatch();
        if (named || shaped)
            add("public-secret", VariableWeight::Error, s("a secret that is built into what every browser gets"),
                s("keep it on the server, and change it: it has been public"));
        return;
    }
    if (m_row.secret && isOwnSecretName(m_row.name) && text.size() < shortestSecret)
        add("weak-secret", VariableWeight::Warning, s("%1 characters: shorter than 32").arg(text.size()),
            s("generate one of 32 random bytes"));
    if (m_row.secret && m_row.source.value && m_row.target.value == m_row.source.value &&
        m_row.target.places != m_row.source.places && m_move.input().source.stage != m_move.input().target.stage &&
        isOwnSecretName(m_row.name))
        add("shared-stage", VariableWeight::Warning,
            s("%1 and %2 share it").arg(m_move.input().source.stage, m_move.input().target.stage),
            s("whoever has the one can act as the other: give each its own"));
}

void Notes::urls()
{
    const QString text = value();
    const Platform *to = m_move.to();
    const bool deployed = to && to->id != QLatin1String("local");
    if (text.startsWith(QLatin1String("ws://")) && deployed) {
        const QString host = QUrl(text).host();
        if (host.contains(QLatin1Char('.')) && !(m_move.to() && m_move.to()->isPrivateHost(host)))
            add("insecure-websocket", VariableWeight::Warning, s("ws:// to a public host"),
                s("wss://: pages that came by https may not open ws://"));
    }
    static const QRegularExpression comment(s(R"(\s#\s*[a-z])"), QRegularExpression::CaseInsensitiveOption);
    if (comment.match(text).hasMatch())
        add("inline-comment", VariableWeight::Warning, s("a # stands inside the value"),
            s("put the comment on a line of its own: platforms keep it in the value"));
    static const QRegularExpression mongo(s("^mongodb(\\+srv)?://"));
    if (mongo.match(text).hasMatch() && text.startsWith(QLatin1String("mongodb+srv://")) &&
        text.section(QLatin1String("://"), 1)
            .section(QLatin1Char('/'), 0, 0)
            .section(QLatin1Char('@'), -1)
            .contains(QLatin1Char(':')))
        add("srv-port", VariableWeight::Error, s("mongodb+srv:// with a port"), s("leave the port out: DNS says it"));
    if (deployed && m_row.scope == VariableScope::Public && text.startsWith(QLatin1String("http://")) &&
        QUrl(text).host().contains(QLatin1Char('.')))
        add("insecure-url", VariableWeight::Warning, s("http:// in what browsers get"),
            s("https://: pages that came by https may not call http://"));
}

/// One form of list on both sides.
void Notes::lists()
{
    if (!m_row.source.value || !m_row.target.value || !isOriginsName(m_row.name))
        return;
    const auto isJson = [](const QString &text) { return QJsonDocument::fromJson(text.toUtf8()).isArray(); };
    if (isJson(*m_row.source.value) != isJson(*m_row.target.value))
        add("list-form", VariableWeight::Warning,
            isJson(*m_row.target.value) ? s("a JSON list, where the source has a comma list")
                                        : s("a comma list, where the source has a JSON list"),
            s("pydantic-settings reads lists as JSON unless the code splits them itself; keep one form"));
}

void Notes::hosts()
{
    const QString foreign = m_move.foreignHost(value());
    if (!foreign.isEmpty())
        add("source-host", VariableWeight::Warning,
            s("it names %1, another host on %2").arg(foreign, m_move.fromName()),
            s("does that service stay there? If not, name its new host"));
}

void Notes::take(const OriginFinding &finding)
{
    const VariableWeight weight = finding.severity == Severity::Error     ? VariableWeight::Error
                                  : finding.severity == Severity::Warning ? VariableWeight::Warning
                                                                          : VariableWeight::Note;
    const QString message = finding.subject.isEmpty() || finding.message.contains(finding.subject)
                                ? finding.message
                                : s("%1: %2").arg(finding.subject, finding.message);
    const QString hint =
        finding.suggestion.isEmpty() ? finding.hint : s("%1: %2").arg(finding.hint, finding.suggestion);
    QString id = finding.id;
    add(id.replace(QLatin1Char('/'), QLatin1Char('-')).toLatin1().constData(), weight, message, hint);
}

/// Who may call, as the target's stage allows it.
void Notes::origins(bool credentials)
{
    static const QRegularExpression expression(s("(CORS|ORIGIN)\\w*_REGEX$"));
    const QString text = value();
    // Their texts quote the entries.
    if (text.isEmpty() || m_row.secret || !m_row.target.value || looksPlaceholder(text, false))
        return;
    if (expression.match(m_row.name).hasMatch()) {
        for (const OriginFinding &finding : judgeOriginRegex(text, credentials))
            take(finding);
        return;
    }
    if (!isOriginsName(m_row.name))
        return;
    const OriginList list = readOrigins(text);
    const Stage stage = stageFromName(m_move.input().target.stage).value_or(Stage::Production);
    for (const OriginFinding &finding : list.findings + judgeOrigins(list.origins, stage, credentials))
        take(finding);
    for (const QString &origin : list.origins) {
        const auto across = credentials ? crossSiteCookies(origin, m_move.input().target.url) : std::nullopt;
        if (across) {
            take(*across);
            break; // one says it
        }
    }
}

} // namespace

void addValueNotes(VariableRow &row, const JudgedMove &move, bool credentials)
{
    Notes notes(row, move);
    notes.secrets();
    notes.urls();
    notes.lists();
    notes.hosts();
    notes.origins(credentials);
}

} // namespace Switchyard

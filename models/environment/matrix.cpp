// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/matrix.h"

#include "models/environment/secretlook.h"
#include "models/environment/variablefacts.h"
#include "models/environment/variablejudge.h"

#include <QHash>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A set by name.
class SetIndex final
{
public:
    explicit SetIndex(const EnvironmentSet &set)
        : m_set(set)
    {
        m_entries.reserve(set.entries.size());
        for (qsizetype i = 0; i < set.entries.size(); ++i)
            m_entries.insert(set.entries[i].name, i);
        for (qsizetype i = 0; i < set.origins.size(); ++i)
            m_origins.insert(set.origins[i].name, i);
    }
    VariableState state(const QString &name) const
    {
        VariableState state;
        const auto at = m_entries.constFind(name);
        if (at == m_entries.cend())
            return state;
        const EnvEntry &entry = m_set.entries[*at];
        state.stated = true;
        state.value = entry.value;
        state.said = entry.missing;
        const auto origin = m_origins.constFind(name);
        state.places = origin == m_origins.cend() ? QList<Place>{entry.place} : m_set.origins[*origin].places;
        return state;
    }

private:
    const EnvironmentSet &m_set;
    QHash<QString, qsizetype> m_entries;
    QHash<QString, qsizetype> m_origins;
};

void addPlatform(VariableState &state, const QString &name, const Platform *platform, const QString &runtime)
{
    const InjectedVariable *injected = platform && !state.stated ? platform->injectedVariable(name, runtime) : nullptr;
    if (!injected || !injected->only.isEmpty())
        return;
    state.stated = true;
    state.byPlatform = true;
    if (!injected->value.isEmpty())
        state.value = injected->value;
    else
        state.said = s("%1 sets it").arg(platform->name);
}

VariableScope scopeOf(const VariableRow &row)
{
    // PUBLIC_ alone is a prefix of SvelteKit and Astro; in a server's settings it is a word like others.
    const bool ambiguous = row.name.startsWith(QLatin1String("PUBLIC_"));
    const bool built = std::any_of(row.usedBy.cbegin(), row.usedBy.cend(), [&](const VariableUse &use) {
        return use.publicByBuild && !use.inTests &&
               (!ambiguous || use.by.startsWith(QLatin1String("import.meta")) || use.by.startsWith(QLatin1Char('$')));
    });
    return built || (isPublicByPrefix(row.name) && !ambiguous) ? VariableScope::Public : VariableScope::Runtime;
}

void addSecrecy(VariableRow &row)
{
    for (const VariableState *state : {&row.target, &row.source}) {
        if (row.secretReason.isEmpty())
            row.secretReason = secretReason(row.name, state->value.value_or(QString()));
    }
    for (const VariableUse &use : row.usedBy) {
        if (!use.sensitive)
            continue;
        row.secretReason = *use.sensitive ? s("%1 says so").arg(use.place.toString()) : QString();
        break;
    }
    row.secret = !row.secretReason.isEmpty();
}

/// The rows of one component, with all that is known of each before it is judged.
QList<VariableRow> rowsOf(const MatrixComponent &component, const EnvironmentSet &source, const EnvironmentSet &target,
                          const JudgedMove *platforms)
{
    QList<VariableRow> rows;
    QHash<QString, qsizetype> index;
    const auto row = [&](const QString &name) -> VariableRow & {
        const auto at = index.constFind(name);
        if (at != index.cend())
            return rows[*at];
        index.insert(name, rows.size());
        VariableRow fresh;
        fresh.name = name;
        fresh.component = component.name;
        rows.append(fresh);
        return rows.last();
    };
    for (const EnvEntry &entry : source.entries)
        row(entry.name);
    for (const EnvEntry &entry : target.entries)
        row(entry.name);
    for (const VariableUse &use : component.uses) {
        // What only tests read is no variable of the deployment.
        if (!use.inTests || index.contains(use.name))
            row(use.name).usedBy.append(use);
    }
    const SetIndex sourceIndex(source);
    const SetIndex targetIndex(target);
    for (VariableRow &each : rows) {
        each.source = sourceIndex.state(each.name);
        each.target = targetIndex.state(each.name);
        if (platforms) {
            addPlatform(each.source, each.name, platforms->from(), platforms->input().source.runtime);
            addPlatform(each.target, each.name, platforms->to(), platforms->input().target.runtime);
        }
        addSecrecy(each);
        each.scope = scopeOf(each);
    }
    return rows;
}

/// One secret under several names: whoever has one has them all.
void noteReused(QList<VariableRow> &rows)
{
    QHash<QString, qsizetype> first;
    for (qsizetype i = 0; i < rows.size(); ++i) {
        const std::optional<QString> &value = rows[i].target.value ? rows[i].target.value : rows[i].source.value;
        constexpr qsizetype telling = 8; // shorter ones are words
        if (!rows[i].secret || !value || value->size() < telling || looksPlaceholder(*value, true))
            continue;
        const auto known = first.constFind(*value);
        if (known == first.cend()) {
            first.insert(*value, i);
            continue;
        }
        const VariableRow &other = rows[*known];
        // The same name in two services is the shared secret of the two; noteShared() judges it.
        if (other.name == rows[i].name || other.component != rows[i].component)
            continue;
        rows[i].notes.append({s("reused-secret"), VariableWeight::Warning, s("the same secret as %1").arg(other.name),
                              s("give each its own"), rows[i].target.place()});
    }
}

/// A secret that several services of the workspace have under one name is one they share: tokens that one signs, the
/// other checks. Compared here, in memory; neither values nor digests leave.
void noteShared(QList<VariableRow> &rows)
{
    QHash<QString, QList<qsizetype>> byName;
    for (qsizetype i = 0; i < rows.size(); ++i) {
        if (rows[i].secret && isOwnSecretName(rows[i].name))
            byName[rows[i].name].append(i);
    }
    for (const QList<qsizetype> &same : std::as_const(byName)) {
        for (qsizetype i = 1; i < same.size(); ++i) {
            VariableRow &a = rows[same[0]];
            VariableRow &b = rows[same[i]];
            const std::optional<QString> &x = a.target.value ? a.target.value : a.source.value;
            const std::optional<QString> &y = b.target.value ? b.target.value : b.source.value;
            const auto say = [&](const char *id, VariableWeight weight, const QString &text, const QString &hint) {
                for (auto [row, other] : {std::pair(&a, &b), std::pair(&b, &a)})
                    row->notes.append({s(id), weight, text.arg(other->component), hint, row->target.place()});
            };
            if (!x || !y)
                say("shared-secret", VariableWeight::Warning,
                    s("%1 has one of this name too; whether they are the same cannot be seen"),
                    s("they have to be equal where one checks what the other signs"));
            else if (*x == *y)
                say("shared-secret", VariableWeight::Note, s("the same as in %1"), s("change both together"));
            else
                say("shared-secret-differs", VariableWeight::Error, s("not the same as in %1"),
                    s("where one checks what the other signs, every check fails: give both the same"));
        }
    }
}

QString effective(const VariableRow &row)
{
    return row.target.value.value_or(row.source.value.value_or(QString()));
}

bool isTrue(const QString &value)
{
    const QString text = value.trimmed().toLower();
    return text == QLatin1String("true") || text == QLatin1String("1") || text == QLatin1String("yes");
}

bool wantsCredentials(const QList<VariableRow> &rows)
{
    return std::any_of(rows.cbegin(), rows.cend(), [](const VariableRow &row) {
        return (row.name.contains(QLatin1String("CREDENTIALS")) || row.name.contains(QLatin1String("CROSS_SITE"))) &&
               isTrue(effective(row));
    });
}

/// Cookies that another site's pages are to send, and a SameSite that forbids it.
void noteCookies(QList<VariableRow> &rows)
{
    const bool across = std::any_of(rows.cbegin(), rows.cend(), [&](const VariableRow &row) {
        return row.name.contains(QLatin1String("CROSS_SITE")) && isTrue(effective(row));
    });
    for (VariableRow &row : rows) {
        const QString value = effective(row).toLower();
        if (across && row.name.contains(QLatin1String("SAMESITE")) &&
            (value == QLatin1String("lax") || value == QLatin1String("strict")))
            row.notes.append(
                {s("cookie-samesite"), VariableWeight::Error,
                 s("SameSite=%1 keeps the cookie from other sites' pages, and another variable wants it there")
                     .arg(value),
                 s("SameSite=None; Secure, or one registrable domain for both"),
                 row.target.places.isEmpty() ? row.source.places.value(0) : row.target.places.last()});
    }
}

/// What is wrong enough has to be changed, whatever else was judged.
void applyErrors(VariableRow &row)
{
    const auto error = std::find_if(row.notes.cbegin(), row.notes.cend(),
                                    [](const VariableNote &note) { return note.weight == VariableWeight::Error; });
    if (error == row.notes.cend() || row.status != VariableStatus::Ok || !row.target.value)
        return;
    row.status = VariableStatus::Change;
    row.reason = s("%1; %2").arg(error->message, row.reason);
    row.action = error->hint;
}

bool hasValue(const VariableRow &row)
{
    return row.target.value && !row.target.value->isEmpty() && !looksPlaceholder(*row.target.value, row.secret);
}

/// Groups of which one is enough.
void judgeGroup(const VariableGroup &group, QList<VariableRow> &rows, QList<VariableNote> &notes)
{
    QList<VariableRow *> members;
    for (VariableRow &row : rows) {
        if (group.names.contains(row.name))
            members.append(&row);
    }
    if (members.size() < 2)
        return;
    const QString names = group.names.join(s(", "));
    const auto set =
        std::find_if(members.cbegin(), members.cend(), [](const VariableRow *row) { return hasValue(*row); });
    const auto asked = std::find_if(members.cbegin(), members.cend(),
                                    [](const VariableRow *row) { return row->status == VariableStatus::CannotVerify; });
    const auto source = std::find_if(members.cbegin(), members.cend(),
                                     [](const VariableRow *row) { return row->source.value && row->wanted; });
    for (VariableRow *row : members) {
        if (row->status != VariableStatus::Missing || hasValue(*row) || (set == members.cend() && row->wanted))
            continue;
        if (set == members.cend() && source == members.cend() && asked == members.cend())
            continue;
        row->status = VariableStatus::Ok;
        row->action.clear();
        row->reason = s("one of the group is enough (%1)")
                          .arg(set != members.cend()      ? (*set)->name
                               : source != members.cend() ? (*source)->name
                                                          : (*asked)->name);
    }
    if (set != members.cend())
        notes.append(
            {s("any-of"), VariableWeight::Note, s("of %1, %2 is set").arg(names, (*set)->name), {}, group.place});
    else if (asked != members.cend())
        notes.append(
            {s("any-of"), VariableWeight::Warning,
             s("at least one of %1 is needed; a person gives them on the platform, so it cannot be seen").arg(names),
             s("look there before the switch"), group.place});
    else
        notes.append({s("any-of"), VariableWeight::Error, s("none of %1 is set, and one is needed").arg(names),
                      s("set one of them"), group.place});
}

QList<VariableGroup> groupsOf(const MatrixInput &input, const QList<VariableRow> &rows)
{
    QList<VariableGroup> groups = input.anyOf;
    VariableGroup vendors;
    for (const VariableRow &row : rows) {
        const bool grouped = std::any_of(groups.cbegin(), groups.cend(),
                                         [&](const VariableGroup &group) { return group.names.contains(row.name); });
        if (isModelVendorKey(row.name) && !grouped && !readBy(row).isEmpty() && !vendors.names.contains(row.name))
            vendors.names.append(row.name);
    }
    // Programs that read three vendors' keys take what is there.
    if (vendors.names.size() >= 3)
        groups.append(vendors);
    return groups;
}

} // namespace

QString variableClassName(VariableClass each)
{
    switch (each) {
    case VariableClass::Injected:
        return s("injected");
    case VariableClass::Copy:
        return s("copy");
    case VariableClass::Rewrite:
        return s("rewrite");
    case VariableClass::Derive:
        return s("derive");
    case VariableClass::Generate:
        return s("generate");
    case VariableClass::Drop:
        break;
    }
    return s("drop");
}

QString variableScopeName(VariableScope each)
{
    return each == VariableScope::Runtime ? s("runtime") : each == VariableScope::Build ? s("build") : s("public");
}

QString variableStatusName(VariableStatus each)
{
    switch (each) {
    case VariableStatus::Ok:
        return s("ok");
    case VariableStatus::Missing:
        return s("missing");
    case VariableStatus::Change:
        return s("change");
    case VariableStatus::Unused:
        return s("unused");
    case VariableStatus::CannotVerify:
        break;
    }
    return s("cannot-verify");
}

QString variableStatusSpoken(VariableStatus each)
{
    return each == VariableStatus::CannotVerify ? s("can't verify") : variableStatusName(each);
}

QString variableWeightName(VariableWeight each)
{
    return each == VariableWeight::Note ? s("note") : each == VariableWeight::Warning ? s("warning") : s("error");
}

VariableWeight VariableRow::worst() const
{
    VariableWeight weight = VariableWeight::Note;
    for (const VariableNote &note : notes)
        weight = std::max(weight, note.weight);
    return weight;
}

bool VariableRow::needsAction() const
{
    return status == VariableStatus::Missing || status == VariableStatus::Change || worst() != VariableWeight::Note;
}

int EnvironmentMatrix::needingAction() const
{
    return int(std::count_if(rows.cbegin(), rows.cend(), [](const VariableRow &row) { return row.needsAction(); }));
}

const VariableRow *EnvironmentMatrix::find(const QString &name, const QString &component) const
{
    for (const VariableRow &row : rows) {
        if (row.name == name && (component.isEmpty() || row.component == component))
            return &row;
    }
    return nullptr;
}

EnvironmentMatrix buildMatrix(const MatrixInput &input, const PlatformCatalogue &catalogue)
{
    EnvironmentMatrix matrix;
    matrix.source = input.source.name;
    matrix.target = input.target.name;
    matrix.findings = input.source.set.findings + input.target.set.findings;
    const JudgedMove move(input, catalogue);
    for (const MatrixComponent &component : input.components) {
        const bool planned = !component.targetSet.entries.isEmpty();
        QList<VariableRow> rows = component.backend ? rowsOf(component, input.source.set, input.target.set, &move)
                                                    : rowsOf(component, component.set,
                                                             planned ? component.targetSet : component.set, nullptr);
        matrix.findings += component.set.findings + component.targetSet.findings;
        const bool credentials = wantsCredentials(rows);
        for (VariableRow &row : rows) {
            if (component.backend)
                judgeVariable(row, component, move);
            else
                judgeNeighbour(row, component, move);
            addValueNotes(row, move, credentials);
        }
        if (component.backend) {
            for (const VariableGroup &group : groupsOf(input, rows))
                judgeGroup(group, rows, matrix.notes);
            addConnectionNotes(rows, move, matrix.notes);
            noteCookies(rows);
        }
        matrix.rows += rows;
    }
    noteReused(matrix.rows);
    noteShared(matrix.rows);
    for (VariableRow &row : matrix.rows)
        applyErrors(row);
    return matrix;
}

QString maskedValue(const QString &value)
{
    return value.isEmpty() ? QString() : s("•••• (%1 characters)").arg(value.size());
}

QString shownValue(const VariableState &state, bool secret, bool reveal)
{
    if (state.value)
        return secret && !reveal ? maskedValue(*state.value) : *state.value;
    return state.stated ? state.said : s("–");
}

} // namespace Switchyard

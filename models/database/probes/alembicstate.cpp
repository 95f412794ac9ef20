// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/alembicstate.h"

#include "models/common/numbertext.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr qint64 largestFile = 1024 * 1024;
constexpr qsizetype mostFiles = 20'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// What a module-level name is set to, when it is None, one text, or a tuple or list of texts.
struct Assigned
{
    bool found = false;
    bool understood = false;
    QStringList values;
};

/// Reads literals from `at` on: strings, also several beside each other, in brackets or not.
Assigned literalsAt(const QString &text, qsizetype at)
{
    Assigned assigned{true, false, {}};
    int depth = 0;
    bool any = false;
    while (at < text.size()) {
        const QChar c = text[at];
        if (c == QLatin1Char('(') || c == QLatin1Char('[')) {
            ++depth;
            ++at;
        } else if (c == QLatin1Char(')') || c == QLatin1Char(']')) {
            any = true;
            ++at;
            if (--depth <= 0)
                break;
        } else if (c == QLatin1Char('"') || c == QLatin1Char('\'')) {
            const QString tripled(3, c);
            const QString quote = text.mid(at, 3) == tripled ? tripled : QString(c);
            const qsizetype end = text.indexOf(quote, at + quote.size());
            if (end < 0)
                return assigned;
            assigned.values.append(text.mid(at + quote.size(), end - at - quote.size()));
            any = true;
            at = end + quote.size();
        } else if (c == QLatin1Char('#')) {
            const qsizetype end = text.indexOf(QLatin1Char('\n'), at);
            at = end < 0 ? text.size() : end;
        } else if (c == QLatin1Char('\n') && depth == 0) {
            break;
        } else if (c.isSpace() || c == QLatin1Char(',')) {
            ++at;
        } else if (QStringView(text).mid(at).startsWith(s("None"))) {
            any = true;
            at += 4;
        } else {
            return assigned; // a name or a call: only running it would tell
        }
    }
    assigned.understood = any && depth <= 0;
    return assigned;
}

Assigned assignedTo(const char *name, const QString &text)
{
    // "down_revision = …", "down_revision: Union[str, None] = …", at the beginning of a line.
    const QRegularExpression start(s("^%1[ \\t]*(?::[^=\\n]*)?=[ \\t]*").arg(s(name)),
                                   QRegularExpression::MultilineOption);
    const QRegularExpressionMatch match = start.match(text);
    return match.hasMatch() ? literalsAt(text, match.capturedEnd()) : Assigned{};
}

void judgeChain(AlembicHistory &history)
{
    QSet<QString> ids;
    QSet<QString> followed;
    for (const AlembicRevision &each : history.revisions) {
        if (ids.contains(each.id))
            history.problems.append(s("revision %1 stands in two files, one of them %2").arg(each.id, each.file));
        ids.insert(each.id);
    }
    for (const AlembicRevision &each : history.revisions) {
        for (const QString &down : each.down) {
            followed.insert(down);
            if (!ids.contains(down))
                history.problems.append(s("%1 follows revision %2, of which there is no file").arg(each.file, down));
        }
        for (const QString &other : each.dependsOn) {
            if (!ids.contains(other))
                history.problems.append(
                    s("%1 depends on revision %2, of which there is no file").arg(each.file, other));
        }
    }
    for (const QString &id : std::as_const(ids)) {
        if (!followed.contains(id))
            history.heads.append(id);
    }
    history.heads.sort();
    if (history.heads.isEmpty() && !ids.isEmpty())
        history.problems.append(s("the revisions follow each other in a circle"));
    std::sort(history.revisions.begin(), history.revisions.end(),
              [](const AlembicRevision &a, const AlembicRevision &b) { return a.id < b.id; });
}

/// Alembic takes any beginning of an id that is unique; the database holds whole ones.
QString shown(const QStringList &ids)
{
    return ids.size() <= 5 ? ids.join(s(", "))
                           : s("%1 and %2 others").arg(ids.mid(0, 5).join(s(", "))).arg(ids.size() - 5);
}

QStringList scriptLocations(const QString &repository)
{
    QStringList folders;
    QFile file(QDir(repository).filePath(s("alembic.ini")));
    if (!file.open(QIODevice::ReadOnly))
        return folders;
    static const QRegularExpression line(s("^script_location[ \\t]*[=:][ \\t]*(.+?)[ \\t]*$"),
                                         QRegularExpression::MultilineOption);
    const QRegularExpressionMatch match = line.match(QString::fromUtf8(file.read(largestFile)));
    if (!match.hasMatch())
        return folders;
    QString location = match.captured(1);
    location.replace(s("%(here)s"), repository);
    folders.append(QDir(QDir(repository).absoluteFilePath(location)).filePath(s("versions")));
    return folders;
}

void lookForVersions(const QDir &folder, int depth, QStringList &found)
{
    if (folder.exists(s("env.py")) && folder.exists(s("versions")))
        found.append(folder.absoluteFilePath(s("versions")));
    if (depth == 0)
        return;
    static const QStringList passed{s("node_modules"), s("venv"), s("site-packages"), s("__pycache__")};
    for (const QString &name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot | QDir::NoSymLinks)) {
        if (!name.startsWith(QLatin1Char('.')) && !passed.contains(name))
            lookForVersions(QDir(folder.filePath(name)), depth - 1, found);
    }
}

} // namespace

bool AlembicHistory::contains(const QString &id) const
{
    return std::any_of(revisions.cbegin(), revisions.cend(),
                       [&](const AlembicRevision &each) { return each.id == id; });
}

QStringList AlembicHistory::upTo(const QString &id) const
{
    QStringList done;
    QSet<QString> seen;
    QStringList open{id};
    while (!open.isEmpty()) {
        const QString next = open.takeLast();
        if (seen.contains(next))
            continue;
        seen.insert(next);
        const auto revision = std::find_if(revisions.cbegin(), revisions.cend(),
                                           [&](const AlembicRevision &each) { return each.id == next; });
        if (revision == revisions.cend())
            continue;
        done.append(next);
        open += revision->down;
        open += revision->dependsOn;
    }
    return done;
}

Result<AlembicHistory> readAlembicHistory(const QString &versionsFolder)
{
    const QDir folder(versionsFolder);
    if (!folder.exists())
        return fail(ErrorKind::Usage, s("%1 is no folder").arg(versionsFolder),
                    s("the \"versions\" folder of Alembic's migrations"));
    AlembicHistory history;
    history.folder = versionsFolder;
    const QStringList names = folder.entryList({s("*.py")}, QDir::Files, QDir::Name);
    if (names.size() > mostFiles)
        return fail(ErrorKind::Usage, s("%1 holds more than %2 files").arg(versionsFolder).arg(mostFiles),
                    s("the \"versions\" folder of Alembic's migrations"));
    for (const QString &name : names) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            return fail(ErrorKind::Io, s("%1: %2").arg(file.fileName(), file.errorString()),
                        s("make the file readable"));
        if (file.size() > largestFile) {
            history.problems.append(s("%1 is larger than 1 MB and was not read").arg(name));
            continue;
        }
        const QString text = QString::fromUtf8(file.readAll()).replace(s("\r\n"), s("\n"));
        const Assigned id = assignedTo("revision", text);
        const Assigned down = assignedTo("down_revision", text);
        if (!id.found && !down.found)
            continue; // __init__.py and helpers
        if (!id.understood || id.values.size() != 1 || id.values.first().isEmpty()) {
            history.problems.append(s("%1: its revision is no plain text").arg(name));
            continue;
        }
        if (!down.found || !down.understood)
            history.problems.append(s("%1: its down_revision is no plain text, tuple or None").arg(name));
        history.revisions.append({id.values.first(), down.values, assignedTo("depends_on", text).values, name});
    }
    if (history.revisions.isEmpty() && history.problems.isEmpty())
        return fail(ErrorKind::Usage, s("%1 holds no migration").arg(versionsFolder),
                    s("the \"versions\" folder of Alembic's migrations"));
    judgeChain(history);
    return history;
}

QStringList findAlembicVersions(const QString &repository)
{
    QStringList found;
    for (const QString &each : scriptLocations(repository)) {
        if (QFileInfo(each).isDir())
            found.append(QDir::cleanPath(each));
    }
    if (found.isEmpty())
        lookForVersions(QDir(repository), 3, found);
    return found;
}

QString alembicAgreementName(AlembicAgreement agreement)
{
    static const QStringList names{s("unknown"), s("no-table"), s("not-started"), s("current"),
                                   s("behind"),  s("foreign"),  s("several")};
    return names.value(int(agreement));
}

bool AlembicState::isFine() const
{
    return agreement == AlembicAgreement::Current || agreement == AlembicAgreement::NoTable ||
           (agreement == AlembicAgreement::Unknown && !expected && table.unreadable.isEmpty());
}

namespace {

void judgeWithoutHistory(AlembicState &state)
{
    const AlembicTable &table = state.table;
    if (!table.exists) {
        state.agreement = AlembicAgreement::NoTable;
        state.words = s("no table alembic_version");
    } else if (table.versions.isEmpty()) {
        state.agreement = AlembicAgreement::NotStarted;
        state.words = s("alembic_version is empty: no migration has run");
        state.hint = s("alembic upgrade head");
    } else if (table.versions.size() > 1) {
        state.agreement = AlembicAgreement::Several;
        state.words = s("%1 heads: %2").arg(table.versions.size()).arg(shown(table.versions));
        state.hint = s("alembic heads in the repository; alembic merge heads makes them one");
    } else {
        state.words = s("at %1").arg(table.versions.first());
    }
}

void judgeRevisions(AlembicState &state, const AlembicHistory &history)
{
    const QStringList &versions = state.table.versions;
    QStringList foreign;
    QSet<QString> ran;
    for (const QString &each : versions) {
        if (!history.contains(each))
            foreign.append(each);
        for (const QString &id : history.upTo(each))
            ran.insert(id);
    }
    if (!foreign.isEmpty()) {
        state.agreement = AlembicAgreement::Foreign;
        state.words = s("the database is at %1, which the repository does not know").arg(shown(foreign));
        state.hint =
            s("the database was migrated from another branch or a newer state: deploy that one, or downgrade with it");
        return;
    }
    if (!state.expected)
        return;
    QSet<QString> wanted;
    for (const QString &head : *state.expected) {
        for (const QString &id : history.upTo(head))
            wanted.insert(id);
    }
    state.missing = int((wanted - ran).size());
    if (versions == *state.expected) {
        state.agreement = versions.size() > 1 ? AlembicAgreement::Several : AlembicAgreement::Current;
        state.words = versions.size() > 1
                          ? s("%1 heads, as in the repository: %2").arg(versions.size()).arg(shown(versions))
                          : s("at the head, %1").arg(versions.first());
        if (versions.size() > 1)
            state.hint = s("alembic merge heads: \"alembic upgrade head\" refuses while there are several");
        return;
    }
    state.agreement = versions.size() > 1 && state.missing == 0 ? AlembicAgreement::Several : AlembicAgreement::Behind;
    state.words = s("at %1, the repository at %2: %3 to run")
                      .arg(shown(versions), shown(*state.expected),
                           state.missing == 1 ? s("one migration") : s("%1 migrations").arg(state.missing));
    state.hint = state.expected->size() > 1 ? s("alembic upgrade heads; alembic merge heads makes them one")
                                            : s("alembic upgrade head, before the new code takes traffic");
}

} // namespace

AlembicState judgeAlembic(const AlembicTable &table, const AlembicHistory *history)
{
    AlembicState state;
    state.table = table;
    if (history)
        state.expected = history->heads;
    if (!table.unreadable.isEmpty()) {
        state.words = s("alembic_version cannot be read: %1").arg(table.unreadable);
        state.hint = s("GRANT SELECT ON alembic_version TO …");
        return state;
    }
    if (!history) {
        judgeWithoutHistory(state);
        return state;
    }
    if (!history->problems.isEmpty()) {
        state.words = s("the repository's migrations: %1").arg(history->problems.first());
        state.hint = s("alembic history in the repository says where the chain is broken");
        if (table.exists && !table.versions.isEmpty())
            state.words += s("; the database is at %1").arg(shown(table.versions));
        return state;
    }
    if (table.versions.isEmpty()) {
        state.agreement = AlembicAgreement::NotStarted;
        state.missing = int(history->revisions.size());
        const QString all = countedText(state.missing, "migration", "migrations");
        state.words = table.exists ? s("alembic_version is empty: none of %1 has run").arg(all)
                                   : s("no table alembic_version: none of %1 has run").arg(all);
        state.hint = s("alembic upgrade head; alembic stamp head if the tables were made otherwise");
        return state;
    }
    judgeRevisions(state, *history);
    return state;
}

} // namespace Switchyard

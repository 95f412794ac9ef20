// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/sessionlist.h"

#include "models/redeploy/journal.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QHash>
#include <QJsonDocument>
#include <QMutex>
#include <QScopeGuard>

#include <algorithm>

namespace Switchyard {

namespace {

/// Both lines are far shorter; a header of 20,000 sockets is not a header.
constexpr qint64 maxHeaderBytes = 1 << 20;
constexpr qint64 tailBytes = 64 * 1024;

QString journalOf(const QString &folder)
{
    return folder + QStringLiteral("/journal.jsonl");
}

QJsonObject firstLine(QFile &file)
{
    return QJsonDocument::fromJson(file.readLine(maxHeaderBytes)).object()[QStringLiteral("session")].toObject();
}

/// The end line's content; empty where the journal has none.
QJsonObject endLine(QFile &file)
{
    file.seek(std::max<qint64>(0, file.size() - tailBytes));
    const QByteArray tail = file.readAll();
    if (!tail.endsWith('\n'))
        return {};
    const qsizetype from = tail.lastIndexOf('\n', -2) + 1;
    return QJsonDocument::fromJson(tail.mid(from)).object()[QStringLiteral("end")].toObject();
}

/// Reads the whole journal, once: what a killed session left does not change, and lists are made often.
void judgeInFull(SessionSummary &summary)
{
    struct Judged
    {
        qint64 size = 0;
        QDateTime changed;
        SessionSummary summary;
    };
    static QMutex mutex;
    static QHash<QString, Judged> known;
    const QFileInfo file(journalOf(summary.folder));
    {
        const QMutexLocker locker(&mutex);
        const auto it = known.constFind(summary.folder);
        if (it != known.cend() && it->size == file.size() && it->changed == file.lastModified()) {
            summary = it->summary;
            return;
        }
    }
    const auto keep = qScopeGuard([&] {
        const QMutexLocker locker(&mutex);
        known.insert(summary.folder, {file.size(), file.lastModified(), summary});
    });
    const Result<SessionRecord> record = readJournal(summary.folder);
    if (!record) {
        summary.verdict = outcomeName(Outcome::Inconclusive);
        summary.summary = record.error().message;
        return;
    }
    const Verdict verdict = judge(*record);
    summary.complete = record->complete;
    summary.verdict = outcomeName(verdict.outcome);
    summary.summary = verdict.summary;
    summary.lengthMs = verdict.lastMs;
}

std::optional<SessionSummary> summaryOf(const QString &folder)
{
    QFile file(journalOf(folder));
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    const QJsonObject json = firstLine(file);
    if (json.isEmpty())
        return std::nullopt;
    const SessionHeader header = headerFromJson(json);
    SessionSummary summary;
    summary.id = header.id;
    summary.folder = folder;
    summary.startedWallMs = header.startedWallMs;
    summary.workspace = header.workspace;
    summary.backend = header.backend;
    summary.platform = header.platform;
    summary.driver = header.driver;
    summary.rehearsal = header.rehearsal;
    const QJsonObject end = endLine(file);
    file.close();
    summary.ended = !end.isEmpty();
    // Journals of the first versions end without a verdict.
    if (!end.contains(QStringLiteral("verdict"))) {
        judgeInFull(summary);
        return summary;
    }
    summary.complete = end[QStringLiteral("complete")].toBool();
    summary.verdict = end[QStringLiteral("verdict")].toString();
    summary.summary = end[QStringLiteral("summary")].toString();
    summary.lengthMs = end[QStringLiteral("last_ms")].toDouble();
    return summary;
}

} // namespace

QList<SessionSummary> listSessions(const QString &folder)
{
    QList<SessionSummary> sessions;
    const QStringList names = QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &name : names) {
        if (const std::optional<SessionSummary> summary = summaryOf(folder + QLatin1Char('/') + name))
            sessions.append(*summary);
    }
    std::stable_sort(sessions.begin(), sessions.end(), [](const SessionSummary &a, const SessionSummary &b) {
        return a.startedWallMs > b.startedWallMs;
    });
    return sessions;
}

Result<QString> findSession(const QString &folder, const QString &name)
{
    if (const QFileInfo info(name); name.contains(QLatin1Char('/')) && info.exists())
        return info.isDir() ? name : info.absolutePath();
    if (name == QLatin1StringView("last")) {
        const QList<SessionSummary> sessions = listSessions(folder);
        if (!sessions.isEmpty())
            return sessions.first().folder;
        return fail(ErrorKind::Usage, QStringLiteral("there is no session in %1").arg(folder));
    }
    QStringList found;
    const QStringList names = QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &candidate : names) {
        if (candidate == name)
            return folder + QLatin1Char('/') + candidate;
        if (!name.isEmpty() && candidate.startsWith(name))
            found.append(candidate);
    }
    if (found.size() == 1)
        return folder + QLatin1Char('/') + found.first();
    if (found.size() > 1)
        return fail(ErrorKind::Usage, QStringLiteral("%1 sessions begin with \"%2\"").arg(found.size()).arg(name),
                    QStringLiteral("give more of the id: %1").arg(found.mid(0, 5).join(QStringLiteral(", "))));
    if (QFileInfo::exists(name))
        return QFileInfo(name).isDir() ? name : QFileInfo(name).absolutePath();
    return fail(ErrorKind::Usage, QStringLiteral("there is no session \"%1\" in %2").arg(name, folder),
                QStringLiteral("switchyard-cli session list shows them; a folder or journal file will do too"));
}

QString previousSession(const QString &folder, const SessionHeader &header)
{
    const QList<SessionSummary> sessions = listSessions(folder);
    for (const SessionSummary &session : sessions) {
        if (session.id != header.id && session.startedWallMs < header.startedWallMs &&
            session.workspace == header.workspace && session.backend == header.backend &&
            session.driver == header.driver && session.ended && session.complete)
            return session.folder;
    }
    return {};
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/journal.h"

#include "models/common/files.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QStandardPaths>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace Switchyard {

namespace {

constexpr Milliseconds flushEvery{200};
constexpr qint64 maxJournalBytes = qint64(2) << 30;

QByteArray lineOf(const QString &key, const QJsonObject &object)
{
    return QJsonDocument(QJsonObject{{key, object}}).toJson(QJsonDocument::Compact) + '\n';
}

} // namespace

class JournalWriter::Private
{
public:
    QFile file;
    std::mutex mutex;
    std::condition_variable wake;
    QList<Event> events;
    QByteArray lines;
    QString problem;
    bool stop = false;
    std::thread thread;

    void run()
    {
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait_for(lock, flushEvery, [this] { return stop; });
            const bool last = stop;
            QList<Event> taken;
            taken.swap(events);
            QByteArray raw;
            raw.swap(lines);
            lock.unlock();
            // The JSON is made here, not on the caller's thread: a session of 10,000 clients has bursts.
            QByteArray bytes;
            for (const Event &event : taken)
                bytes += QJsonDocument(eventToJson(event)).toJson(QJsonDocument::Compact) + '\n';
            bytes += raw;
            const bool failed = !bytes.isEmpty() && (file.write(bytes) != bytes.size() || !file.flush());
            lock.lock();
            if (failed && problem.isEmpty())
                problem = QStringLiteral("%1: %2").arg(file.fileName(), file.errorString());
            if (last)
                return;
        }
    }
};

JournalWriter::JournalWriter()
    : d(std::make_unique<Private>())
{
}

Result<std::unique_ptr<JournalWriter>> JournalWriter::create(const QString &folder, const SessionHeader &header)
{
    if (!QDir().mkpath(folder))
        return fail(ErrorKind::Io, QStringLiteral("the folder %1 cannot be made").arg(folder));
    std::unique_ptr<JournalWriter> writer(new JournalWriter);
    writer->d->file.setFileName(folder + QStringLiteral("/journal.jsonl"));
    if (!writer->d->file.open(QIODevice::WriteOnly | QIODevice::NewOnly))
        return fail(ErrorKind::Io,
                    QStringLiteral("%1: %2").arg(writer->d->file.fileName(), writer->d->file.errorString()));
    writer->d->file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    // At once, so that it is the first line and that a disk that takes nothing is known before the session begins.
    const QByteArray first = lineOf(QStringLiteral("session"), headerToJson(header));
    if (writer->d->file.write(first) != first.size() || !writer->d->file.flush())
        return fail(ErrorKind::Io,
                    QStringLiteral("%1: %2").arg(writer->d->file.fileName(), writer->d->file.errorString()));
    writer->d->thread = std::thread([p = writer->d.get()] { p->run(); });
    return writer;
}

JournalWriter::~JournalWriter()
{
    if (!d->thread.joinable())
        return;
    {
        const std::lock_guard lock(d->mutex);
        d->stop = true;
    }
    d->wake.notify_one();
    d->thread.join();
}

void JournalWriter::append(const QList<Event> &events)
{
    const std::lock_guard lock(d->mutex);
    d->events += events;
}

void JournalWriter::finish(const SessionRecord &record, const Verdict &verdict)
{
    const std::lock_guard lock(d->mutex);
    d->lines += lineOf(QStringLiteral("end"), QJsonObject{{QStringLiteral("complete"), record.complete},
                                                          {QStringLiteral("reason"), record.endReason},
                                                          {QStringLiteral("verdict"), outcomeName(verdict.outcome)},
                                                          {QStringLiteral("summary"), verdict.summary},
                                                          {QStringLiteral("last_ms"), verdict.lastMs}});
}

QString JournalWriter::problem() const
{
    const std::lock_guard lock(d->mutex);
    return d->problem;
}

QString sessionsFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
           QStringLiteral("/switchyard/sessions");
}

Result<SessionRecord> readJournal(const QString &path)
{
    const QString file = QFileInfo(path).isDir() ? path + QStringLiteral("/journal.jsonl") : path;
    const Result<QByteArray> bytes = readFile(file, maxJournalBytes);
    if (!bytes)
        return tl::unexpected(bytes.error());
    SessionRecord record;
    bool headerSeen = false;
    qsizetype from = 0;
    while (from < bytes->size()) {
        const qsizetype end = bytes->indexOf('\n', from);
        if (end < 0)
            break; // a line without its end was being written when the program died
        const QJsonObject json = QJsonDocument::fromJson(bytes->mid(from, end - from)).object();
        from = end + 1;
        if (json.contains(QStringLiteral("session"))) {
            record.header = headerFromJson(json[QStringLiteral("session")].toObject());
            headerSeen = true;
        } else if (json.contains(QStringLiteral("end"))) {
            record.complete = json[QStringLiteral("end")][QStringLiteral("complete")].toBool();
            record.endReason = json[QStringLiteral("end")][QStringLiteral("reason")].toString();
        } else if (json.contains(QStringLiteral("kind"))) {
            record.events.append(eventFromJson(json));
        }
    }
    if (!headerSeen)
        return fail(ErrorKind::Usage, QStringLiteral("%1 holds no session").arg(file),
                    QStringLiteral("its first line is cut or was never written; name another session"),
                    Place{file, 1, 1});
    return record;
}

} // namespace Switchyard

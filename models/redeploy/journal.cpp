// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/redeploy/journal.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QStandardPaths>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace Switchyard {

namespace {

constexpr Milliseconds flushEvery{200};
constexpr qint64 maxJournalBytes = qint64(2) << 30;

/// Far more than the longest line that is written; what is longer is damage, and is passed over without keeping it.
constexpr qsizetype maxLineBytes = 1 << 20;

/// Calls back for every line that has its end and is not empty; for one that is too long with an empty one. A last line
/// without its end was being written when the program died.
void forEachLine(QFile &file, const std::function<void(const QByteArray &)> &take)
{
    QByteArray buffer(maxLineBytes + 2, Qt::Uninitialized);
    bool tooLong = false;
    for (;;) {
        const qint64 size = file.readLine(buffer.data(), buffer.size());
        if (size <= 0)
            return;
        if (buffer.at(size - 1) != '\n') {
            tooLong = true;
            continue;
        }
        if (std::exchange(tooLong, false))
            take({});
        else if (size > 1)
            take(QByteArray::fromRawData(buffer.constData(), size - 1));
    }
}

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
    const QFileInfo info(file);
    if (!info.exists())
        return fail(ErrorKind::Usage, QStringLiteral("there is no file %1").arg(file));
    if (!info.isFile())
        return fail(ErrorKind::Usage, QStringLiteral("%1 is not a regular file").arg(file));
    if (info.size() > maxJournalBytes)
        return fail(ErrorKind::Usage, QStringLiteral("%1 has %2 bytes, more than the %3 that are read")
                                          .arg(file)
                                          .arg(info.size())
                                          .arg(maxJournalBytes));
    QFile journal(file);
    if (!journal.open(QIODevice::ReadOnly))
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(file, journal.errorString()));
    SessionRecord record;
    bool headerSeen = false;
    int unreadable = 0;
    forEachLine(journal, [&](const QByteArray &line) {
        const QJsonDocument document = QJsonDocument::fromJson(line);
        const QJsonObject json = document.object();
        if (!document.isObject()) {
            ++unreadable;
        } else if (json.contains(QStringLiteral("session"))) {
            record.header = headerFromJson(json[QStringLiteral("session")].toObject());
            headerSeen = true;
        } else if (json.contains(QStringLiteral("end"))) {
            record.complete = json[QStringLiteral("end")][QStringLiteral("complete")].toBool();
            record.endReason = json[QStringLiteral("end")][QStringLiteral("reason")].toString();
        } else if (json.contains(QStringLiteral("kind"))) {
            record.events.append(eventFromJson(json));
        }
    });
    if (journal.error() != QFileDevice::NoError)
        return fail(ErrorKind::Io, QStringLiteral("%1: %2").arg(file, journal.errorString()));
    // What stood there may be the very loss that decides: such a record is not whole, whatever its end line says.
    if (unreadable > 0 && record.complete) {
        record.complete = false;
        record.endReason = QStringLiteral("%1 lines of the journal cannot be read").arg(unreadable);
    }
    if (!headerSeen)
        return fail(ErrorKind::Usage, QStringLiteral("%1 holds no session").arg(file),
                    QStringLiteral("its first line is cut or was never written; name another session"),
                    Place{file, 1, 1});
    return record;
}

} // namespace Switchyard

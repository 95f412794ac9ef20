// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/scanner.h"

#include "models/scan/filelist.h"
#include "models/scan/judge.h"
#include "models/scan/overfiles.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QStringDecoder>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <tuple>

#include <sys/stat.h>
#include <unistd.h>

namespace Switchyard {

namespace {

// Larger files are read by one thread at a time, so that several of them do not lie in memory together.
constexpr qint64 oneAtATime = 32 * 1000 * 1000;

/// What one thread has found; put together at the end.
struct Share
{
    QList<ScanFinding> findings;
    ScanReport counts;
    std::string buffer;
};

class Scanner final
{
public:
    Scanner(const ScanOptions &options, const std::function<void(const ScanProgress &)> &progress, std::stop_token stop)
        : m_options(options)
        , m_progress(progress)
        , m_stop(std::move(stop))
        , m_rules(options.platform)
    {
    }
    Result<ScanReport> run();

private:
    bool isLeftOut(FileRole role, ScanReport &counts) const;
    void file(const std::string &path, Share &share);
    bool load(const std::string &path, std::string &buffer, qint64 &size, Share &share);
    void look(const std::string &path, std::string &buffer, qint64 size, Share &share);
    void keep(QList<ScanFinding> findings, const std::string &path, Share &share);
    void skip(const std::string &path, const QString &reason, Share &share) const;

    const ScanOptions &m_options;
    const std::function<void(const ScanProgress &)> &m_progress;
    std::stop_token m_stop;
    ScanRules m_rules;
    ProjectIndex m_project;
    std::string m_root;
    std::vector<std::string> m_files;
    std::atomic<qint64> m_bytes = 0;
    std::atomic<qint64> m_found = 0;
    std::mutex m_large;
};

void Scanner::skip(const std::string &path, const QString &reason, Share &share) const
{
    if (share.counts.skipped.size() < ScanReport::maxSkipped)
        share.counts.skipped.append({QFile::decodeName(path.c_str()), reason});
}

bool Scanner::isLeftOut(FileRole role, ScanReport &counts) const
{
    // Whether a reference remains is asked of every file.
    const bool everything = !m_options.platform.isEmpty();
    if (role == FileRole::Docs && !m_options.includeDocs)
        return ++counts.docs, true;
    if (role == FileRole::Tests && !m_options.includeTests && !everything)
        return ++counts.tests, true;
    if (role == FileRole::Locks && !everything)
        return ++counts.locks, true;
    if (role == FileRole::Workspace)
        return ++counts.workspaces, true;
    return false;
}

bool Scanner::load(const std::string &path, std::string &buffer, qint64 &size, Share &share)
{
    const OpenFile opened(m_root + '/' + path);
    const int descriptor = opened.descriptor();
    struct stat info = {};
    if (descriptor < 0 || ::fstat(descriptor, &info) != 0) {
        if (errno == ENOENT)
            return false; // gone since the list was made
        ++share.counts.unreadable;
        skip(path, QString::fromLocal8Bit(std::strerror(errno)), share);
        return false;
    }
    if (!S_ISREG(info.st_mode))
        return false;
    if (info.st_size > m_options.maxFileBytes) {
        ++share.counts.tooLarge;
        skip(path,
             QStringLiteral("%1 MB, more than the limit of %2")
                 .arg(info.st_size / 1'000'000)
                 .arg(m_options.maxFileBytes / 1'000'000),
             share);
        return false;
    }
    size = 0;
    const auto want = qint64(info.st_size);
    if (buffer.size() < std::size_t(want) + AnchorFinder::padding)
        buffer.resize(std::size_t(want) + AnchorFinder::padding + 64 * 1024);
    constexpr qint64 head = 8 * 1024;
    while (size < want) {
        const qint64 ask = size == 0 ? std::min(want, std::max<qint64>(head, 256 * 1024)) : want - size;
        const ssize_t got = ::read(descriptor, buffer.data() + size, std::size_t(ask));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            ++share.counts.unreadable;
            skip(path, QString::fromLocal8Bit(std::strerror(errno)), share);
            return false;
        }
        if (got == 0)
            break;
        // Binary files are known by their beginning: the rest is not even read.
        const bool wide =
            size == 0 && got >= 2 &&
            (std::memcmp(buffer.data(), "\xFF\xFE", 2) == 0 || std::memcmp(buffer.data(), "\xFE\xFF", 2) == 0);
        if (size == 0 && !wide && std::memchr(buffer.data(), 0, std::size_t(std::min<qint64>(got, head))) != nullptr) {
            ++share.counts.binary;
            return false;
        }
        size += got;
    }
    std::memset(buffer.data() + size, 0, AnchorFinder::padding);
    return true;
}

void Scanner::keep(QList<ScanFinding> findings, const std::string &path, Share &share)
{
    for (ScanFinding &finding : findings) {
        if (m_options.baseline.contains(finding.fingerprint)) {
            ++share.counts.baselined;
            continue;
        }
        finding.file = QFile::decodeName(path.c_str());
        share.findings.append(std::move(finding));
        ++m_found;
    }
}

void Scanner::look(const std::string &path, std::string &buffer, qint64 size, Share &share)
{
    ScanText text{std::string_view(buffer.data(), std::size_t(size)), path, fileKindFor(path), false};
    std::string converted;
    if (size >= 2 && (text.text.starts_with("\xFF\xFE") || text.text.starts_with("\xFE\xFF"))) {
        // What Windows tools write: UTF-16 with a mark.
        QStringDecoder decoder(text.text.front() == '\xFF' ? QStringConverter::Utf16LE : QStringConverter::Utf16BE);
        const QString decoded = decoder(QByteArrayView(buffer.data(), size));
        converted = decoded.toStdString();
        const std::size_t length = converted.size();
        converted.resize(length + AnchorFinder::padding);
        text.text = std::string_view(converted.data(), length);
        text.fromUtf16 = true;
    }
    keep(m_rules.find(text, m_project, m_options.maxFindingsPerFile, share.counts.dropped), path, share);
    ++share.counts.files;
    share.counts.bytes += size;
    m_bytes += size;
}

void Scanner::file(const std::string &path, Share &share)
{
    if (isLeftOut(fileKindFor(path).role, share.counts))
        return;
    if (std::optional<ScanFinding> named = m_rules.findInName(path)) {
        const QByteArray key = QByteArray("name:") + path.c_str();
        named->fingerprint =
            QString::fromLatin1(QCryptographicHash::hash(key, QCryptographicHash::Sha256).left(16).toHex());
        named->platform = m_options.platform;
        keep({*named}, path, share);
    }
    struct stat info = {};
    const bool large = ::lstat((m_root + '/' + path).c_str(), &info) == 0 && info.st_size > oneAtATime;
    std::unique_lock lock(m_large, std::defer_lock);
    if (large)
        lock.lock();
    qint64 size = 0;
    if (load(path, share.buffer, size, share))
        look(path, share.buffer, size, share);
    if (large)
        std::string().swap(share.buffer);
}

Result<ScanReport> Scanner::run()
{
    ScanReport report;
    Result<std::vector<std::string>> files = listFiles(m_options, report, m_stop);
    if (!files)
        return tl::unexpected(files.error());
    m_files = std::move(*files);
    m_root = QFile::encodeName(QFileInfo(m_options.folder).canonicalFilePath()).toStdString();
    m_project.read(m_root, m_files);
    std::vector<Share> shares(threadsOverFiles(m_options.threads));
    overFiles(
        m_files.size(), shares.size(), m_stop,
        [this, &shares](std::size_t index, std::size_t thread) { file(m_files[index], shares[thread]); },
        [this](qint64 done) {
            if (m_progress)
                m_progress({done, qint64(m_files.size()), m_bytes, m_found});
        });
    for (Share &share : shares) {
        const ScanReport &counts = share.counts;
        report.findings += share.findings;
        report.skipped += counts.skipped;
        for (const auto member :
             {&ScanReport::files, &ScanReport::bytes, &ScanReport::binary, &ScanReport::docs, &ScanReport::tests,
              &ScanReport::workspaces, &ScanReport::locks, &ScanReport::tooLarge, &ScanReport::unreadable,
              &ScanReport::baselined, &ScanReport::dropped})
            report.*member += counts.*member;
    }
    if (report.skipped.size() > ScanReport::maxSkipped)
        report.skipped.resize(ScanReport::maxSkipped);
    std::stable_sort(report.findings.begin(), report.findings.end(), [](const ScanFinding &a, const ScanFinding &b) {
        return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    report.cancelled = m_stop.stop_requested();
    return report;
}

std::optional<Error> optionsProblem(const ScanOptions &options)
{
    if (!options.platform.isEmpty() && platformWordsFor(options.platform.toStdString()) == nullptr)
        return Error{ErrorKind::Usage,
                     QStringLiteral("there is no platform \"%1\"").arg(options.platform),
                     QStringLiteral("one of: %1").arg(platformsWithWords().join(QStringLiteral(", "))),
                     {}};
    if (options.maxFileBytes <= 0 || options.maxFileBytes > ScanOptions::maxFileBytesLimit)
        return Error{ErrorKind::Usage,
                     QStringLiteral("the size limit of a file is between 1 byte and 1 GB"),
                     QStringLiteral("leave it out for 20 MB"),
                     {}};
    return {};
}

} // namespace

Result<ScanReport> scanFolder(const ScanOptions &options, const std::function<void(const ScanProgress &)> &progress,
                              std::stop_token stop)
{
    if (std::optional<Error> problem = optionsProblem(options))
        return tl::unexpected(*problem);
    return Scanner(options, progress, std::move(stop)).run();
}

QList<ScanFinding> scanText(const QByteArray &text, const QString &path, const ScanOptions &options)
{
    const ScanRules rules(options.platform);
    std::string padded(text.constData(), std::size_t(text.size()));
    padded.resize(padded.size() + AnchorFinder::padding);
    const std::string file = path.toStdString();
    qint64 dropped = 0;
    QList<ScanFinding> findings =
        rules.find({std::string_view(padded.data(), std::size_t(text.size())), file, fileKindFor(file), false}, {},
                   options.maxFindingsPerFile, dropped);
    for (ScanFinding &finding : findings)
        finding.file = path;
    return findings;
}

} // namespace Switchyard

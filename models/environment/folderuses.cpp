// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/codeuses.h"

#include "models/scan/filekind.h"
#include "models/scan/filelist.h"
#include "models/scan/overfiles.h"

#include <QFile>
#include <QFileInfo>

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

// Tokens take several times the bytes of their text: larger files are read one at a time.
constexpr qint64 oneAtATime = 2 * 1000 * 1000;
constexpr qsizetype mostSkipped = 1000;

/// Folders that hold what others wrote.
bool isVendored(std::string_view path)
{
    static constexpr std::string_view folders[] = {"vendor",        "vendored", "third_party", "third-party",
                                                   "node_modules",  "external", "extern",      "bower_components",
                                                   "site-packages", ".venv",    "venv",        "Pods"};
    for (std::size_t begin = 0, slash = path.find('/'); slash != std::string_view::npos;
         begin = slash + 1, slash = path.find('/', begin)) {
        const std::string_view part = path.substr(begin, slash - begin);
        if (std::find(std::begin(folders), std::end(folders), part) != std::end(folders))
            return true;
    }
    return path.ends_with(".min.js");
}

class FolderReader final
{
public:
    FolderReader(const CodeUsesOptions &options, const std::function<void(const CodeUsesProgress &)> &progress,
                 std::stop_token stop)
        : m_options(options)
        , m_progress(progress)
        , m_stop(std::move(stop))
    {
    }
    Result<CodeUses> run();

private:
    void file(const std::string &path, CodeUses &share);
    void skip(const std::string &path, const QString &reason, CodeUses &share) const
    {
        if (share.skipped.size() < mostSkipped)
            share.skipped.append(QStringLiteral("%1: %2").arg(QFile::decodeName(path.c_str()), reason));
    }
    void unreadable(const std::string &path, int error, CodeUses &share) const;
    std::optional<QByteArray> load(int descriptor, const std::string &path, qint64 size, CodeUses &share) const;

    const CodeUsesOptions &m_options;
    const std::function<void(const CodeUsesProgress &)> &m_progress;
    std::stop_token m_stop;
    std::string m_root;
    std::vector<std::string> m_files;
    std::atomic<qint64> m_bytes = 0;
    std::mutex m_large;
};

void FolderReader::unreadable(const std::string &path, int error, CodeUses &share) const
{
    if (error == ENOENT)
        return; // gone since the list was made
    ++share.unreadable;
    skip(path, QString::fromLocal8Bit(std::strerror(error)), share);
}

/// The whole file; only its beginning where that is binary.
std::optional<QByteArray> FolderReader::load(int descriptor, const std::string &path, qint64 size,
                                             CodeUses &share) const
{
    constexpr qint64 head = 8 * 1024;
    QByteArray text;
    while (text.size() < size) {
        const qint64 want = std::min<qint64>(size - text.size(), text.isEmpty() ? head : size);
        const qsizetype had = text.size();
        text.resize(had + want);
        const ssize_t got = ::read(descriptor, text.data() + had, std::size_t(want));
        text.resize(had + std::max<ssize_t>(got, 0));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            unreadable(path, errno, share);
            return {};
        }
        if (got == 0)
            break;
        const bool wide = text.startsWith("\xFF\xFE") || text.startsWith("\xFE\xFF");
        if (had == 0 && !wide && text.contains('\0')) {
            ++share.binary;
            return {};
        }
        // What neither its name nor its first line calls a program is not read to its end.
        if (had == 0 && fileKindFor(path).syntax == Syntax::Plain && !text.startsWith("#!") &&
            path.find("rocfile") == std::string::npos && size > head)
            return {};
    }
    return text;
}

void FolderReader::file(const std::string &path, CodeUses &share)
{
    const FileKind kind = fileKindFor(path);
    // Documents and lists of dependencies read nothing.
    if (kind.syntax == Syntax::Text || kind.role == FileRole::Locks)
        return;
    const OpenFile opened(m_root + '/' + path);
    const int descriptor = opened.descriptor();
    struct stat info = {};
    if (descriptor < 0 || ::fstat(descriptor, &info) != 0) {
        unreadable(path, errno, share);
        return;
    }
    if (!S_ISREG(info.st_mode))
        return;
    const bool plain = kind.syntax == Syntax::Plain;
    if (info.st_size > m_options.maxFileBytes && !plain) {
        ++share.tooLarge;
        skip(path,
             QStringLiteral("%1 MB, more than the limit of %2")
                 .arg(double(info.st_size) / 1e6, 0, 'f', 1)
                 .arg(double(m_options.maxFileBytes) / 1e6, 0, 'f', 1),
             share);
        return;
    }
    std::unique_lock lock(m_large, std::defer_lock);
    if (info.st_size > oneAtATime)
        lock.lock();
    const std::optional<QByteArray> text =
        load(descriptor, path, std::min<qint64>(info.st_size, m_options.maxFileBytes), share);
    if (!text)
        return;
    ++share.files;
    share.bytes += text->size();
    m_bytes += text->size();
    QList<VariableUse> uses = variablesUsed(*text, QFile::decodeName(path.c_str()));
    const bool aside = kind.role == FileRole::Tests || isVendored(path);
    for (VariableUse &use : uses)
        use.inTests = aside;
    share.uses += uses;
}

Result<CodeUses> FolderReader::run()
{
    ScanOptions listing;
    listing.folder = m_options.folder;
    listing.git = m_options.git;
    ScanReport report;
    Result<std::vector<std::string>> files = listFiles(listing, report, m_stop);
    if (!files)
        return tl::unexpected(files.error());
    m_files = std::move(*files);
    m_root = QFile::encodeName(QFileInfo(m_options.folder).canonicalFilePath()).toStdString();
    std::vector<CodeUses> shares(threadsOverFiles(m_options.threads));
    overFiles(
        m_files.size(), shares.size(), m_stop,
        [this, &shares](std::size_t index, std::size_t thread) { file(m_files[index], shares[thread]); },
        [this](qint64 done) {
            if (m_progress)
                m_progress({done, qint64(m_files.size()), m_bytes});
        });
    CodeUses result;
    result.git = report.git;
    result.notices = report.notices;
    std::vector<const VariableUse *> order;
    for (const CodeUses &share : shares) {
        for (const VariableUse &use : share.uses)
            order.push_back(&use);
        result.skipped += share.skipped;
        for (const auto member :
             {&CodeUses::files, &CodeUses::bytes, &CodeUses::binary, &CodeUses::tooLarge, &CodeUses::unreadable})
            result.*member += share.*member;
    }
    result.unreadable += report.unreadable;
    for (const ScanSkipped &each : report.skipped)
        result.skipped.append(QStringLiteral("%1: %2").arg(each.file, each.reason));
    result.skipped.sort();
    if (result.skipped.size() > mostSkipped)
        result.skipped.resize(mostSkipped);
    std::stable_sort(order.begin(), order.end(), [](const VariableUse *a, const VariableUse *b) {
        return std::tie(a->place.file, a->place.line, a->place.column) <
               std::tie(b->place.file, b->place.line, b->place.column);
    });
    result.uses.reserve(qsizetype(order.size()));
    for (const VariableUse *use : order)
        result.uses.append(*use);
    result.cancelled = m_stop.stop_requested();
    return result;
}

} // namespace

Result<CodeUses> usesIn(const CodeUsesOptions &options, const std::function<void(const CodeUsesProgress &)> &progress,
                        std::stop_token stop)
{
    if (options.maxFileBytes <= 0 || options.maxFileBytes > ScanOptions::maxFileBytesLimit)
        return fail(ErrorKind::Usage, QStringLiteral("the size limit of a file is between 1 byte and 1 GB"),
                    QStringLiteral("leave it out for 16 MB"));
    return FolderReader(options, progress, std::move(stop)).run();
}

} // namespace Switchyard

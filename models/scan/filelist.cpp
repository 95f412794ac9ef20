// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/filelist.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <git2.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unordered_set>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Switchyard {

namespace {

struct GitLibrary
{
    GitLibrary()
    {
        git_libgit2_init();
        // Only the index and the ignore rules are read, nothing is run: somebody else's checkout may be scanned too.
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    }
    ~GitLibrary() { git_libgit2_shutdown(); }
};

using Repository = std::unique_ptr<git_repository, decltype(&git_repository_free)>;

/// Folders that tools fill, where no .gitignore says so.
bool isFilledByTools(std::string_view name)
{
    static const std::unordered_set<std::string_view> names{
        ".git",          "node_modules", ".venv",    "venv",          "__pycache__", ".mypy_cache",
        ".pytest_cache", ".tox",         ".nox",     ".ruff_cache",   ".next",       ".nuxt",
        ".svelte-kit",   ".turbo",       ".cache",   ".gradle",       ".idea",       ".terraform",
        ".vercel",       ".netlify",     ".hg",      ".svn",          ".eggs",       "target",
        "dist",          "build",        "coverage", "site-packages", "vendor",      "bower_components"};
    return names.contains(name);
}

/// What git knows of the files below one folder.
class GitView final
{
public:
    /// Nothing where there is no repository, or where the folder is ignored as a whole; `notice` then says so.
    static std::unique_ptr<GitView> open(const QString &folder, QStringList &notices);

    bool isTracked(const std::string &path) const { return m_files.contains(path); }
    /// A folder that holds tracked files is walked whatever the ignore rules say.
    bool holdsTracked(const std::string &path) const { return m_folders.contains(path); }
    bool isIgnored(const std::string &path) const
    {
        int ignored = 0;
        return git_ignore_path_is_ignored(&ignored, m_repository.get(), (m_prefix + path).c_str()) == 0 && ignored != 0;
    }

private:
    GitView()
        : m_repository(nullptr, &git_repository_free)
    {
    }
    bool readIndex();

    GitLibrary m_library; // before the repository: it is released after it
    Repository m_repository;
    std::string m_prefix; ///< the folder's path in the repository, with "/" at its end
    std::unordered_set<std::string> m_files;
    std::unordered_set<std::string> m_folders;
};

std::unique_ptr<GitView> GitView::open(const QString &folder, QStringList &notices)
{
    std::unique_ptr<GitView> view(new GitView);
    git_repository *found = nullptr;
    const QByteArray path = QFile::encodeName(folder);
    if (git_repository_open_ext(&found, path.constData(), 0, nullptr) != 0) {
        const git_error *error = git_error_last();
        const bool none = error == nullptr || error->klass == GIT_ERROR_REPOSITORY;
        notices.append(none ? QStringLiteral("no git repository: all files are read but those of node_modules, .venv, "
                                             "build and the like")
                            : QStringLiteral("the git repository cannot be read (%1): all files are read but those of "
                                             "node_modules, .venv, build and the like")
                                  .arg(QString::fromUtf8(error->message)));
        return nullptr;
    }
    view->m_repository.reset(found);
    const char *workdir = git_repository_workdir(found);
    const QString root = workdir == nullptr ? QString() : QFileInfo(QFile::decodeName(workdir)).canonicalFilePath();
    const QString own = QFileInfo(folder).canonicalFilePath();
    if (root.isEmpty() || (own != root && !own.startsWith(root + QLatin1Char('/')))) {
        notices.append(QStringLiteral("the folder is no working tree of its git repository: all files are read"));
        return nullptr;
    }
    view->m_prefix = own == root ? std::string() : QFile::encodeName(own.mid(root.size() + 1)).toStdString() + '/';
    if (!view->readIndex()) {
        notices.append(QStringLiteral("git's index cannot be read: all files are read but those of node_modules, "
                                      ".venv, build and the like"));
        return nullptr;
    }
    if (!view->m_prefix.empty() && view->m_files.empty() && view->isIgnored({})) {
        notices.append(QStringLiteral("git ignores this folder: all its files are read but those of node_modules, "
                                      ".venv, build and the like"));
        return nullptr;
    }
    return view;
}

bool GitView::readIndex()
{
    git_index *index = nullptr;
    if (git_repository_index(&index, m_repository.get()) != 0)
        return false;
    const std::size_t count = git_index_entrycount(index);
    for (std::size_t i = 0; i < count; ++i) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        const std::string_view path(entry->path);
        if (!path.starts_with(m_prefix) || (entry->mode & S_IFMT) == GIT_FILEMODE_COMMIT)
            continue;
        std::string own(path.substr(m_prefix.size()));
        for (std::size_t slash = own.rfind('/'); slash != std::string::npos; slash = own.rfind('/', slash - 1)) {
            if (!m_folders.insert(own.substr(0, slash)).second || slash == 0)
                break;
        }
        m_files.insert(std::move(own));
    }
    git_index_free(index);
    return true;
}

/// Walks by descriptors, so that a folder that is swapped for a link meanwhile is not followed.
class Walk final
{
public:
    Walk(const GitView *git, ScanReport &report, std::stop_token stop)
        : m_git(git)
        , m_report(report)
        , m_stop(std::move(stop))
    {
    }
    void folder(int parent, const char *name, const std::string &path, int depth);
    std::vector<std::string> take() { return std::move(m_found); }

private:
    void entry(int folder, const std::string &path, const dirent &each, int depth);
    void skip(const std::string &path, const QString &reason);

    const GitView *m_git;
    ScanReport &m_report;
    std::stop_token m_stop;
    std::vector<std::string> m_found;
};

void Walk::skip(const std::string &path, const QString &reason)
{
    ++m_report.unreadable;
    if (m_report.skipped.size() < ScanReport::maxSkipped)
        m_report.skipped.append({path.empty() ? QStringLiteral(".") : QFile::decodeName(path.c_str()), reason});
}

void Walk::folder(int parent, const char *name, const std::string &path, int depth)
{
    // Deeper than any tree that people make; each level holds a descriptor.
    if (depth > 200) {
        skip(path, QStringLiteral("more than 200 folders deep"));
        return;
    }
    const int descriptor = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth == 0 ? 0 : O_NOFOLLOW));
    DIR *listing = descriptor < 0 ? nullptr : ::fdopendir(descriptor);
    if (listing == nullptr) {
        skip(path, QString::fromLocal8Bit(std::strerror(errno)));
        if (descriptor >= 0)
            ::close(descriptor);
        return;
    }
    if (depth > 0 && ::faccessat(descriptor, ".git", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        ++m_report.nested;
    } else {
        while (const dirent *each = ::readdir(listing)) {
            if (m_stop.stop_requested())
                break;
            entry(descriptor, path, *each, depth);
        }
    }
    ::closedir(listing);
}

void Walk::entry(int folderDescriptor, const std::string &path, const dirent &each, int depth)
{
    const std::string_view name(each.d_name);
    if (name == "." || name == ".." || name == ".git")
        return;
    const std::string own = path.empty() ? std::string(name) : path + '/' + std::string(name);
    unsigned char type = each.d_type;
    if (type == DT_UNKNOWN) {
        struct stat info = {};
        if (::fstatat(folderDescriptor, each.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
            type = static_cast<unsigned char>(IFTODT(info.st_mode));
    }
    if (type == DT_LNK) {
        ++m_report.symlinks;
    } else if (type == DT_DIR) {
        const bool leftOut =
            m_git == nullptr ? isFilledByTools(name) : !m_git->holdsTracked(own) && m_git->isIgnored(own + '/');
        if (leftOut)
            ++m_report.ignored;
        else
            folder(folderDescriptor, each.d_name, own, depth + 1);
    } else if (type == DT_REG) {
        if (m_git != nullptr && !m_git->isTracked(own) && m_git->isIgnored(own))
            ++m_report.ignored;
        else
            m_found.push_back(own);
    }
    // Sockets, pipes and devices are no files that git would track.
}

} // namespace

Result<std::vector<std::string>> listFiles(const ScanOptions &options, ScanReport &report, std::stop_token stop)
{
    const QFileInfo info(options.folder);
    if (!info.exists())
        return fail(ErrorKind::Usage, QStringLiteral("there is no folder %1").arg(options.folder),
                    QStringLiteral("name the folder of a repository: scan ."));
    if (!info.isDir())
        return fail(ErrorKind::Usage, QStringLiteral("%1 is not a folder").arg(options.folder),
                    QStringLiteral("name the folder that holds it"));
    const QString folder = info.canonicalFilePath();
    std::unique_ptr<GitView> git;
    if (options.git)
        git = GitView::open(folder, report.notices);
    report.git = git != nullptr;
    const QByteArray root = QFile::encodeName(folder);
    const int probe = ::open(root.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (probe < 0)
        return fail(ErrorKind::Io,
                    QStringLiteral("%1: %2").arg(options.folder, QString::fromLocal8Bit(std::strerror(errno))),
                    QStringLiteral("check who may read the folder"));
    ::close(probe);
    Walk walk(git.get(), report, std::move(stop));
    walk.folder(AT_FDCWD, root.constData(), {}, 0);
    std::vector<std::string> files = walk.take();
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/textdiff.h"

#include <git2.h>

#include <memory>

namespace Switchyard {

namespace {

/// libgit2 counts its users; one for the life of the program is enough.
void startLibrary()
{
    static const int started = git_libgit2_init();
    Q_UNUSED(started)
}

struct FreePatch
{
    void operator()(git_patch *patch) const { git_patch_free(patch); }
};

} // namespace

QByteArray unifiedDiff(const QByteArray &before, const QByteArray &after, const QString &path)
{
    if (before == after && before.isNull() == after.isNull())
        return {};
    startLibrary();
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    // A NUL in a text would make it binary, and then nothing of the change is shown.
    options.flags |= GIT_DIFF_FORCE_TEXT;
    const QByteArray name = path.toUtf8();
    git_patch *made = nullptr;
    const int failed = git_patch_from_buffers(
        &made, before.isNull() ? nullptr : before.constData(), size_t(before.size()), name.constData(),
        after.isNull() ? nullptr : after.constData(), size_t(after.size()), name.constData(), &options);
    const std::unique_ptr<git_patch, FreePatch> patch(made);
    git_buf text = GIT_BUF_INIT;
    if (failed || !patch || git_patch_to_buf(&text, patch.get()))
        return {};
    const QByteArray diff(text.ptr, qsizetype(text.size));
    git_buf_dispose(&text);
    return diff;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

namespace Switchyard {

/// How many threads go over files: as many as asked for, else one for each core, at most 16. Never 0.
std::size_t threadsOverFiles(int wanted);

/// Calls `each` with the number of every file from 0 on and of the thread that has it, below `threads`; threads take
/// the files a few at a time. `tell` gets how many are done: from those threads, one at a time, at most ten times a
/// second. All threads have ended when it returns; asking `stop` ends it after the files at hand. Blocks.
void overFiles(std::size_t files, std::size_t threads, const std::stop_token &stop,
               const std::function<void(std::size_t file, std::size_t thread)> &each,
               const std::function<void(qint64 done)> &tell);

/// A file opened for reading, as it may be opened in a tree that somebody else made: links are not followed, and a pipe
/// does not keep anybody waiting.
class OpenFile final
{
public:
    explicit OpenFile(const std::string &path);
    ~OpenFile();
    OpenFile(const OpenFile &) = delete;
    OpenFile &operator=(const OpenFile &) = delete;
    int descriptor() const { return m_descriptor; } ///< below 0: it could not be opened, errno says why

private:
    int m_descriptor;
};

} // namespace Switchyard

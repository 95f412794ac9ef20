// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/sqliteopen.h"

#include <QFileInfo>
#include <QUrl>

#include <array>
#include <unistd.h>

namespace Switchyard {

bool hasWriteAheadLog(int descriptor)
{
    // sqlite.org/fileformat2.html: 100 bytes, of which the twentieth is the version that a reader has to know.
    constexpr std::size_t headerSize = 100;
    constexpr std::size_t readVersion = 19;
    std::array<char, headerSize> header{};
    return ::read(descriptor, header.data(), header.size()) == ssize_t(headerSize) && header[readVersion] == 2;
}

bool writeAheadLogLiesThere(const QString &path)
{
    return QFileInfo::exists(path + QStringLiteral("-wal"));
}

QByteArray sqliteReadingUri(const QString &path, bool writeAheadLog)
{
    const bool alone = writeAheadLog && !writeAheadLogLiesThere(path);
    return "file:" + QUrl::toPercentEncoding(QFileInfo(path).absoluteFilePath(), "/") +
           (alone ? "?mode=ro&immutable=1" : "?mode=ro");
}

} // namespace Switchyard

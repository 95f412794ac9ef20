// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/result.h"
#include "models/manifests/servicemodel.h"

#include <QString>
#include <QStringList>

namespace Switchyard {

/// Reads a duration as Go's time.ParseDuration does, which Docker and compose use: "90s", "1m30s", "1.5h". "0" needs no
/// unit. Errors (usage): anything else, over ten years; the text is not repeated.
[[nodiscard]] Result<Milliseconds> parseGoDuration(QStringView text);
/// The same way back: 90000 -> "1m30s".
QString writeGoDuration(Milliseconds duration);

/// Bytes as Docker reads them: "512M", "1.5g", "64mb", "1GiB", "1000000". Errors (usage). Units are powers of 1024.
[[nodiscard]] Result<qint64> parseByteSize(QStringView text);

/// The words of an exec form as one command line; ["sh", "-c", text] gives the text itself.
QString commandText(const QStringList &words);

/// Takes what a check's command says of the URL that it asks of the container itself: path and port, with the command's
/// place. Nothing where it asks no URL of localhost.
void readProbedUrl(ServiceCheck &check);

} // namespace Switchyard

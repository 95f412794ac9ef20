// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/origin.h"

#include <QByteArray>
#include <QList>
#include <QPair>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// A header of an answer or a request.
using HeaderLine = QPair<QByteArray, QByteArray>;

/// "get" of the Fetch standard: all values of that name with ", " between them; nothing where there is none.
[[nodiscard]] std::optional<QByteArray> headerValue(const QList<HeaderLine> &headers, const QByteArray &name);

/// What a script asks for.
struct CorsRequest
{
    QString origin; ///< as in the Origin header
    QByteArray method = "GET";
    QList<HeaderLine> headers; ///< an empty value: not known
    bool credentials = false;  ///< credentials mode "include"
};

/// The method as browsers send it: DELETE, GET, HEAD, OPTIONS, POST and PUT in capitals, every other as it is written.
[[nodiscard]] QByteArray normalizedMethod(const QByteArray &method);
/// Methods that no script may send.
[[nodiscard]] bool isForbiddenMethod(const QByteArray &method);
/// Headers that no script may set: the browser sends them itself, or not at all.
[[nodiscard]] bool isForbiddenHeader(const QByteArray &name);
[[nodiscard]] bool isSafelistedMethod(const QByteArray &method);
/// Whether the header goes without a preflight; a Content-Type whose value is not known does not (JSON is meant).
[[nodiscard]] bool isSafelistedHeader(const HeaderLine &header);
/// The names that a preflight asks for: lower case, sorted, each once.
[[nodiscard]] QList<QByteArray> unsafeHeaderNames(const QList<HeaderLine> &headers);
[[nodiscard]] bool needsPreflight(const CorsRequest &request);
/// Access-Control-Request-Headers as browsers write it: commas without blanks.
[[nodiscard]] QByteArray requestHeadersLine(const QList<HeaderLine> &headers);

/// What a browser makes of an answer.
struct CorsVerdict
{
    bool allowed = false;
    QString reason; ///< of a refusal
    QString hint;   ///< what the server would have to answer
};

/// The "CORS check" of the Fetch standard (4.9) on a preflight's answer or on the answer itself.
[[nodiscard]] CorsVerdict corsCheck(const CorsRequest &request, const QList<HeaderLine> &headers);

/// The whole judgement of a preflight's answer (4.8 "CORS-preflight fetch"): status, CORS check, methods, headers.
[[nodiscard]] CorsVerdict judgePreflight(const CorsRequest &request, int status, const QList<HeaderLine> &headers);

/// Access-Control-Max-Age in seconds: nothing where it is absent or no number, when browsers keep the answer for 5 s.
[[nodiscard]] std::optional<qint64> maxAge(const QList<HeaderLine> &headers);

/// Whether Vary names Origin, or everything.
[[nodiscard]] bool variesByOrigin(const QList<HeaderLine> &headers);

/// Whether a page of that origin may ask that address at all: https pages may not ask http ones but this computer's
/// (Mixed Content).
[[nodiscard]] bool isMixedContent(const QString &origin, const QString &url);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/prometheustext.h"

#include "models/realtime/expositionscanner.h"

#include <cmath>

namespace Switchyard {

namespace {

bool contains(const QMap<QString, QString> &have, const QMap<QString, QString> &wanted)
{
    for (auto it = wanted.cbegin(); it != wanted.cend(); ++it) {
        if (have.value(it.key()) != it.value())
            return false;
    }
    return true;
}

} // namespace

Result<SeriesSelector> parseSeriesSelector(const QString &text)
{
    const QByteArray bytes = text.trimmed().toUtf8();
    ExpositionScanner scanner{QByteArrayView(bytes)};
    SeriesSelector selector;
    selector.name = scanner.name();
    scanner.skipBlanks();
    if (selector.name.isEmpty() || !scanner.labels(&selector.labels, true) || !scanner.atEnd())
        return fail(ErrorKind::Usage, QStringLiteral("\"%1\" is no metric").arg(text),
                    QStringLiteral("name{label='value'}"));
    return selector;
}

std::optional<SeriesSample> parseSampleLine(QByteArrayView line)
{
    if (line.endsWith('\r'))
        line.chop(1);
    ExpositionScanner scanner(line);
    scanner.skipBlanks();
    SeriesSample sample;
    sample.name = scanner.name();
    if (sample.name.isEmpty())
        return std::nullopt;
    scanner.skipBlanks();
    if (!scanner.labels(&sample.labels, false))
        return std::nullopt;
    scanner.skipBlanks();
    const std::optional<double> value = ExpositionScanner::number(scanner.word());
    if (!value)
        return std::nullopt;
    sample.value = *value;
    return sample;
}

Result<double> prometheusValue(const QByteArray &text, const QString &selector)
{
    const Result<SeriesSelector> wanted = parseSeriesSelector(selector);
    if (!wanted)
        return tl::unexpected(wanted.error());
    double sum = 0;
    bool found = false;
    bool finite = false;
    for (const QByteArray &line : text.split('\n')) {
        const std::optional<SeriesSample> sample = parseSampleLine(line);
        if (!sample || sample->name != wanted->name || !contains(sample->labels, wanted->labels))
            continue;
        found = true;
        if (!std::isfinite(sample->value))
            continue;
        finite = true;
        sum += sample->value;
    }
    if (!found)
        return fail(ErrorKind::Protocol, QStringLiteral("no series %1").arg(selector));
    if (!finite)
        return fail(ErrorKind::Protocol, QStringLiteral("%1 is no finite number").arg(selector));
    return sum;
}

} // namespace Switchyard

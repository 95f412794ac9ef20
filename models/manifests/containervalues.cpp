// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/containervalues.h"

#include "models/common/shellwords.h"

#include <QRegularExpression>

#include <cmath>

namespace Switchyard {

namespace {

double millisecondsOf(QStringView unit)
{
    if (unit == QLatin1StringView("h"))
        return 3'600'000;
    if (unit == QLatin1StringView("m"))
        return 60'000;
    if (unit == QLatin1StringView("s"))
        return 1000;
    if (unit == QLatin1StringView("ms"))
        return 1;
    return unit == QLatin1StringView("ns") ? 1e-6 : 1e-3;
}

} // namespace

Result<Milliseconds> parseGoDuration(QStringView text)
{
    static const QRegularExpression part(QStringLiteral("\\G([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|h|m|s)"));
    const auto refuse = [] {
        return fail(ErrorKind::Usage, QStringLiteral("this is no duration"),
                    QStringLiteral("numbers with their units, for example 30s or 1m30s"));
    };
    const QString trimmed = text.trimmed().toString();
    if (trimmed == QLatin1StringView("0"))
        return Milliseconds(0);
    double total = 0;
    qsizetype at = 0;
    while (at < trimmed.size()) {
        const QRegularExpressionMatch match = part.match(trimmed, at);
        if (!match.hasMatch())
            return refuse();
        total += match.captured(1).toDouble() * millisecondsOf(match.capturedView(2));
        at = match.capturedEnd();
    }
    constexpr double tenYears = 10.0 * 366 * 86'400'000;
    if (at == 0 || !(total <= tenYears))
        return refuse();
    return Milliseconds(std::llround(total));
}

QString writeGoDuration(Milliseconds duration)
{
    qint64 rest = duration.count();
    QString text;
    const auto take = [&](qint64 size, const char *unit) {
        if (rest >= size)
            text += QString::number(rest / size) + QLatin1StringView(unit);
        rest %= size;
    };
    take(3'600'000, "h");
    take(60'000, "m");
    take(1000, "s");
    take(1, "ms");
    return text.isEmpty() ? QStringLiteral("0s") : text;
}

Result<qint64> parseByteSize(QStringView text)
{
    static const QRegularExpression form(QStringLiteral("\\A([0-9]+(?:\\.[0-9]+)?)\\s*([bkmgt]?)(i?b)?\\z"),
                                         QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = form.match(text.trimmed().toString());
    const qsizetype unit = match.hasMatch() && !match.captured(2).isEmpty()
                               ? QStringLiteral("bkmgt").indexOf(match.captured(2).toLower())
                               : 0;
    const double bytes = match.captured(1).toDouble() * std::pow(1024.0, double(unit));
    if (!match.hasMatch() || bytes > 1e15)
        return fail(ErrorKind::Usage, QStringLiteral("this is no size"),
                    QStringLiteral("a number with its unit, for example 512M or 1g"));
    return qint64(bytes);
}

QString commandText(const QStringList &words)
{
    static const QStringList shells{QStringLiteral("sh"), QStringLiteral("/bin/sh")};
    if (words.size() == 3 && shells.contains(words[0]) && words[1] == QLatin1StringView("-c"))
        return words[2];
    QStringList quoted;
    for (const QString &word : words)
        quoted.append(shellQuoted(word));
    return quoted.join(QLatin1Char(' '));
}

void readProbedUrl(ServiceCheck &check)
{
    if (!check.command)
        return;
    static const QRegularExpression url(
        QStringLiteral("\\bhttps?://(?:localhost|127\\.0\\.0\\.1|0\\.0\\.0\\.0|\\[::1\\])(?::([0-9]{1,5})(?![0-9]))?(/"
                       "[^\\s'\"`;|&)>\\\\]*)?"));
    const QRegularExpressionMatch match = url.match(check.command->value);
    if (!match.hasMatch() || check.command->value.sliced(match.capturedEnd()).startsWith(QLatin1Char(':')))
        return; // a port that a variable gives: the path behind it is not seen
    // In quotes the query may go on with what would end a word of the shell.
    QString path = match.captured(2);
    const QChar before = match.capturedStart() > 0 ? check.command->value[match.capturedStart() - 1] : QChar();
    if (before == QLatin1Char('\'') || before == QLatin1Char('"')) {
        const qsizetype begin = match.capturedStart(2);
        const qsizetype end = begin < 0 ? -1 : check.command->value.indexOf(before, begin);
        path = end > begin ? check.command->value.sliced(begin, end - begin) : path;
    }
    check.path = Stated<QString>{path.isEmpty() ? QStringLiteral("/") : path, check.command->place};
    if (const int port = match.captured(1).toInt(); port > 0 && port < 65536)
        check.port = Stated<int>{port, check.command->place};
}

} // namespace Switchyard

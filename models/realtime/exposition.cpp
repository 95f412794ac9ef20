// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/realtime/exposition.h"

#include "models/realtime/expositionscanner.h"

#include <QHash>
#include <QSet>

#include <cmath>

namespace Switchyard {

namespace {

constexpr qsizetype keptProblems = 100;

struct TypeWord
{
    const char *word;
    MetricType type;
};
constexpr TypeWord typeWords[] = {
    {"untyped", MetricType::Untyped},     {"counter", MetricType::Counter}, {"gauge", MetricType::Gauge},
    {"histogram", MetricType::Histogram}, {"summary", MetricType::Summary},
};
/// Of OpenMetrics only, and what they are to us.
constexpr TypeWord openTypeWords[] = {
    {"unknown", MetricType::Untyped},
    {"info", MetricType::Untyped},
    {"stateset", MetricType::Untyped},
    {"gaugehistogram", MetricType::Histogram},
};

std::optional<MetricType> typeOf(QByteArrayView word, bool openMetrics)
{
    for (const TypeWord &each : typeWords) {
        if (word == each.word)
            return each.type;
    }
    if (openMetrics) {
        for (const TypeWord &each : openTypeWords) {
            if (word == each.word)
                return each.type;
        }
    }
    return std::nullopt;
}

QString helpText(QByteArrayView text)
{
    QByteArray plain;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == '\\'))
            plain += text[++i] == 'n' ? '\n' : '\\';
        else
            plain += text[i];
    }
    return QString::fromUtf8(plain);
}

class Reader final
{
public:
    explicit Reader(const QByteArray &text)
        : m_text(text)
    {
        const QByteArrayView trimmed = QByteArrayView(text).trimmed();
        m_out.openMetrics = trimmed == "# EOF" || trimmed.endsWith("\n# EOF");
    }

    Exposition read()
    {
        const QByteArrayView all(m_text);
        for (qsizetype from = 0; from < all.size();) {
            qsizetype end = m_text.indexOf('\n', from);
            if (end < 0)
                end = all.size();
            ++m_line;
            QByteArrayView line = all.sliced(from, end - from);
            if (line.endsWith('\r'))
                line.chop(1);
            readLine(line);
            from = end + 1;
        }
        return std::move(m_out);
    }

private:
    void problem(const QString &message)
    {
        ++m_out.problemCount;
        if (m_out.problems.size() < keptProblems)
            m_out.problems.append({ErrorKind::Protocol, message, {}, {{}, m_line, 0}});
    }
    /// A line that names a family and is lost leaves it incomplete.
    void damage(const QString &sampleName, const QString &message)
    {
        problem(message);
        if (!sampleName.isEmpty())
            m_out.families[familyFor(sampleName)].damaged = true;
    }

    void readLine(QByteArrayView line)
    {
        ExpositionScanner scanner(line);
        scanner.skipBlanks();
        if (scanner.atEnd())
            return;
        if (scanner.take('#'))
            return readComment(scanner);
        readSample(scanner);
    }

    void readComment(ExpositionScanner &scanner)
    {
        scanner.skipBlanks();
        const QByteArrayView word = scanner.word();
        if (word != "HELP" && word != "TYPE")
            return;
        scanner.skipBlanks();
        if (scanner.atEnd())
            return; // `# HELP` alone is a comment like any other
        const QString name = scanner.name();
        if (name.isEmpty() || !(scanner.atEnd() || scanner.take(' ') || scanner.take('\t')))
            return problem(QStringLiteral("%1 of no metric name").arg(QString::fromLatin1(word.toByteArray())));
        scanner.skipBlanks();
        if (scanner.atEnd())
            return; // says nothing of it
        MetricFamily &family = m_out.families[indexOf(name)];
        if (word == "HELP") {
            if (m_helped.contains(name))
                return problem(QStringLiteral("a second HELP for %1").arg(name));
            m_helped.insert(name);
            family.help = helpText(scanner.rest());
            return;
        }
        if (m_typed.contains(name))
            return problem(QStringLiteral("a second TYPE for %1").arg(name));
        if (!family.samples.isEmpty())
            return problem(QStringLiteral("TYPE of %1 stands behind its samples").arg(name));
        const QByteArrayView typeWord = scanner.rest().trimmed();
        const std::optional<MetricType> type = typeOf(typeWord, m_out.openMetrics);
        if (!type)
            return problem(QStringLiteral("\"%1\" is no type of a metric")
                               .arg(QString::fromUtf8(typeWord.toByteArray().left(40))));
        m_typed.insert(name);
        family.type = *type;
    }

    void readSample(ExpositionScanner &scanner)
    {
        MetricSample sample;
        sample.line = m_line;
        sample.name = scanner.name();
        if (sample.name.isEmpty())
            return problem(QStringLiteral("a sample begins with a metric name"));
        scanner.skipBlanks();
        if (!scanner.labels(&sample.labels, false, true))
            return damage(sample.name, QStringLiteral("the labels of %1 are broken").arg(sample.name));
        scanner.skipBlanks();
        const std::optional<double> value = ExpositionScanner::number(scanner.word());
        if (!value)
            return damage(sample.name, QStringLiteral("%1 has no number for a value").arg(sample.name));
        sample.value = *value;
        scanner.skipBlanks();
        if (!scanner.atEnd() && !isExemplar(scanner) && !readTimestamp(scanner, &sample))
            return damage(sample.name,
                          QStringLiteral("what stands behind the value of %1 is no timestamp").arg(sample.name));
        scanner.skipBlanks();
        if (!scanner.atEnd() && !isExemplar(scanner))
            return damage(sample.name, QStringLiteral("there is more behind the sample of %1").arg(sample.name));
        take(sample);
    }

    bool isExemplar(const ExpositionScanner &scanner) const
    {
        return m_out.openMetrics && scanner.rest().startsWith("# {");
    }

    bool readTimestamp(ExpositionScanner &scanner, MetricSample *sample) const
    {
        const QByteArrayView word = scanner.word();
        bool ok = false;
        if (m_out.openMetrics) {
            const double seconds = word.toDouble(&ok);
            // Beyond that no 64-bit number of milliseconds is.
            if (!ok || !(std::abs(seconds) < 9e15))
                return false;
            sample->timestampMs = qint64(std::llround(seconds * 1000));
            return true;
        }
        const qint64 ms = word.toByteArray().toLongLong(&ok);
        if (ok)
            sample->timestampMs = ms;
        return ok;
    }

    void take(const MetricSample &sample)
    {
        const int at = familyFor(sample.name);
        MetricFamily &family = m_out.families[at];
        const bool bucket = family.type == MetricType::Histogram && sample.name != family.name &&
                            sample.name.endsWith(QLatin1StringView("_bucket"));
        const bool quantile = family.type == MetricType::Summary && sample.name == family.name;
        const QString key = bucket ? QStringLiteral("le") : QStringLiteral("quantile");
        if ((bucket || quantile) &&
            (!sample.labels.contains(key) || !ExpositionScanner::number(sample.labels.value(key).toUtf8()))) {
            return damage(sample.name, QStringLiteral("the label %1 of %2 is no number").arg(key, sample.name));
        }
        // One that has a time may stand there with another one.
        if (!sample.timestampMs) {
            const QString series = seriesText(sample.name, sample.labels);
            if (m_series.contains(series))
                return damage(sample.name, QStringLiteral("%1 stands there twice").arg(series.left(200)));
            m_series.insert(series);
        }
        family.samples.append(sample);
    }

    int indexOf(const QString &name)
    {
        const auto known = m_places.constFind(name);
        if (known != m_places.cend())
            return *known;
        const int at = int(m_out.families.size());
        MetricFamily family;
        family.name = name;
        m_out.families.append(family);
        m_places.insert(name, at);
        return at;
    }

    /// Which family a sample belongs to: that of its name, or the histogram, summary or counter it is a part of.
    int familyFor(const QString &sample)
    {
        static const std::pair<QLatin1StringView, QList<MetricType>> suffixes[] = {
            {QLatin1StringView("_bucket"), {MetricType::Histogram}},
            {QLatin1StringView("_sum"), {MetricType::Histogram, MetricType::Summary}},
            {QLatin1StringView("_count"), {MetricType::Histogram, MetricType::Summary}},
            {QLatin1StringView("_gsum"), {MetricType::Histogram}},
            {QLatin1StringView("_gcount"), {MetricType::Histogram}},
            {QLatin1StringView("_total"), {MetricType::Counter}},
            {QLatin1StringView("_created"), {MetricType::Counter, MetricType::Histogram, MetricType::Summary}},
            {QLatin1StringView("_info"), {MetricType::Untyped}},
        };
        const auto own = m_places.constFind(sample);
        if (own != m_places.cend())
            return *own;
        for (const auto &[suffix, types] : suffixes) {
            if (!sample.endsWith(suffix))
                continue;
            const bool onlyOpen = types.first() == MetricType::Counter || types.first() == MetricType::Untyped;
            const auto base = m_places.constFind(sample.chopped(suffix.size()));
            if (base != m_places.cend() && (!onlyOpen || m_out.openMetrics) &&
                types.contains(m_out.families[*base].type))
                return *base;
        }
        return indexOf(sample);
    }

    const QByteArray m_text;
    Exposition m_out;
    int m_line = 0;
    QHash<QString, int> m_places;
    QSet<QString> m_helped, m_typed, m_series;
};

} // namespace

QString metricTypeName(MetricType type)
{
    for (const TypeWord &each : typeWords) {
        if (each.type == type)
            return QString::fromLatin1(each.word);
    }
    return QStringLiteral("untyped");
}

const MetricFamily *Exposition::find(const QString &family) const
{
    for (const MetricFamily &each : families) {
        if (each.name == family)
            return &each;
    }
    return nullptr;
}

Exposition parseExposition(const QByteArray &text)
{
    return Reader(text).read();
}

QString seriesText(const QString &name, const QMap<QString, QString> &labels, const QString &without)
{
    QString text = name;
    QChar before(QLatin1Char('{'));
    for (auto it = labels.cbegin(); it != labels.cend(); ++it) {
        if (!without.isEmpty() && it.key() == without)
            continue;
        text += before;
        text += it.key();
        text += QLatin1StringView("=\"");
        for (const QChar c : it.value()) {
            if (c == QLatin1Char('\n')) {
                text += QLatin1StringView("\\n");
                continue;
            }
            if (c == QLatin1Char('\\') || c == QLatin1Char('"'))
                text += QLatin1Char('\\');
            text += c;
        }
        text += QLatin1Char('"');
        before = QLatin1Char(',');
    }
    if (before == QLatin1Char(','))
        text += QLatin1Char('}');
    return text;
}

QList<SeriesChoice> chartSeries(const Exposition &exposition)
{
    QList<SeriesChoice> choices;
    for (const MetricFamily &family : exposition.families) {
        SeriesChoice choice;
        choice.help = family.help;
        choice.type = family.type;
        if (family.type == MetricType::Histogram || family.type == MetricType::Summary) {
            choice.use = SeriesUse::Quantiles;
            QList<QMap<QString, QString>> seen;
            for (const HistogramSeries &series : histogramsOf(family))
                seen.append(series.labels);
            for (const SummarySeries &series : summariesOf(family))
                seen.append(series.labels);
            for (const QMap<QString, QString> &labels : seen) {
                choice.selector = seriesText(family.name, labels);
                choices.append(choice);
            }
            continue;
        }
        choice.use = family.type == MetricType::Counter ? SeriesUse::Rate : SeriesUse::Value;
        QSet<QString> seen;
        for (const MetricSample &sample : family.samples) {
            choice.selector = seriesText(sample.name, sample.labels);
            choice.value = sample.value;
            // A time that a counter was made at is no count.
            const bool created =
                family.type == MetricType::Counter && sample.name == family.name + QStringLiteral("_created");
            if (created || seen.contains(choice.selector))
                continue;
            seen.insert(choice.selector);
            choices.append(choice);
        }
    }
    return choices;
}

} // namespace Switchyard

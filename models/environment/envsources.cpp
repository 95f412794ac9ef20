// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/envsources.h"

#include "models/common/files.h"
#include "models/environment/secretlook.h"
#include "models/environment/variablefacts.h"
#include "models/manifests/manifestset.h"

#include <QHash>

#include <algorithm>

namespace Switchyard {

namespace {

using namespace EnvText;
constexpr qsizetype mostFindings = 200;
const QString asked = QStringLiteral("a person gives it on the platform");
const QString namedOnly = QStringLiteral("the file names it without a value");

Place placeAt(std::string_view text, qsizetype offset, const QString &file)
{
    LineCounter counter(text);
    counter.advance(offset);
    return {file, counter.line(), counter.column()};
}

/// UTF-8 that somebody took for Latin-1 and saved again: "Ã©" for "é", "â€™" for an apostrophe.
qsizetype mojibakeAt(std::string_view text)
{
    for (std::size_t at = text.find('\xC3'); at != std::string_view::npos; at = text.find('\xC3', at + 1)) {
        const std::string_view rest = text.substr(at, 5);
        if (rest.size() < 4)
            break;
        const bool letter = (rest[1] == '\x82' || rest[1] == '\x83') && rest[2] == '\xC2' &&
                            static_cast<unsigned char>(rest[3]) >= 0x80;
        if (letter || rest == "\xC3\xA2\xE2\x82\xAC")
            return qsizetype(at);
    }
    return -1;
}

EnvFinding finding(EnvFinding::Kind kind, Place place, QString message, QString hint = {}, QString name = {})
{
    return {kind, std::move(place), std::move(name), std::move(message), std::move(hint)};
}

void addTextFindings(const QByteArray &bytes, const QString &file, QList<EnvFinding> &findings)
{
    const std::string_view text = view(bytes);
    if (hasBom(text))
        findings.append(finding(EnvFinding::Kind::ByteOrderMark, {file, 1, 1},
                                QStringLiteral("a byte order mark stands before the first line"),
                                QStringLiteral("save it as UTF-8 without one: some programs take it for a part of the "
                                               "first name")));
    if (const std::size_t at = text.find("\r\n"); at != std::string_view::npos)
        findings.append(finding(EnvFinding::Kind::LineBreaks, placeAt(text, qsizetype(at), file),
                                QStringLiteral("lines end with CR LF"),
                                QStringLiteral("save it with LF: a shell keeps the CR in the values")));
    if (const qsizetype at = mojibakeAt(text); at >= 0)
        findings.append(finding(EnvFinding::Kind::Mojibake, placeAt(text, at, file),
                                QStringLiteral("this looks like UTF-8 that was read as Latin-1 and saved again"),
                                QStringLiteral("type the letters anew")));
}

void addReadingFindings(const EnvReading &reading, const QString &file, QList<EnvFinding> &findings)
{
    QHash<QString, int> lines;
    for (const EnvAssignment &each : reading.assignments) {
        if (findings.size() >= mostFindings)
            return;
        if (const int before = lines.value(each.name); before > 0)
            findings.append(
                finding(EnvFinding::Kind::Duplicate, {file, each.line, each.column},
                        QStringLiteral("%1 stands in line %2 already; this one wins").arg(each.name).arg(before),
                        QStringLiteral("remove one of them"), each.name));
        lines.insert(each.name, each.line);
    }
    for (const EnvProblem &each : reading.problems) {
        if (findings.size() >= mostFindings)
            return;
        findings.append(finding(EnvFinding::Kind::Problem, {file, each.line, each.column}, each.message));
    }
}

void sortByLine(QList<EnvFinding> &findings)
{
    std::stable_sort(findings.begin(), findings.end(), [](const EnvFinding &a, const EnvFinding &b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
}

/// Puts what is read together; the last value of a name wins, the first mention gives its place in the order.
class Gathering final
{
public:
    void add(const EnvEntry &entry)
    {
        const auto known = m_index.constFind(entry.name);
        if (known == m_index.cend()) {
            m_index.insert(entry.name, m_set.entries.size());
            m_set.entries.append(entry);
            m_set.origins.append({entry.name, {entry.place}});
            return;
        }
        // The last place is the one that wins.
        if (!standsFor(entry) || standsFor(m_set.entries[*known]) || isForm(entry, m_set.entries[*known])) {
            m_set.entries[*known] = entry;
            m_set.origins[*known].places.append(entry.place);
        } else {
            m_set.origins[*known].places.prepend(entry.place);
        }
    }
    EnvironmentSet &set() { return m_set; }

private:
    /// Whether the entry only holds the place of a value.
    static bool standsFor(const EnvEntry &entry)
    {
        return entry.value ? looksPlaceholder(*entry.value, entry.secret) : entry.missing == namedOnly;
    }

    /// A URL with gaps says more than that a person gives one.
    static bool isForm(const EnvEntry &entry, const EnvEntry &known)
    {
        return known.missing == asked && entry.value && entry.value->contains(QLatin1String("://"));
    }

    EnvironmentSet m_set;
    QHash<QString, qsizetype> m_index;
};

QString whyMissing(const EnvironmentEntry &entry)
{
    switch (entry.source) {
    case EnvironmentEntry::Source::Generated:
        return QStringLiteral("the platform makes a random value");
    case EnvironmentEntry::Source::Asked:
        return asked;
    case EnvironmentEntry::Source::FromDatabase:
        return QStringLiteral("the platform takes it from the database %1").arg(entry.of);
    case EnvironmentEntry::Source::FromService:
        return QStringLiteral("the platform takes it from the service %1").arg(entry.of);
    case EnvironmentEntry::Source::FromGroup:
    case EnvironmentEntry::Source::Literal:
        break;
    }
    return entry.interpolated ? QStringLiteral("compose puts it together from its own environment") : QString();
}

void addManifestEntry(const EnvironmentEntry &entry, Gathering &gathering)
{
    EnvEntry result;
    result.name = entry.name;
    result.missing = whyMissing(entry);
    if (result.missing.isEmpty())
        result.value = entry.value;
    result.secret = looksSecret(entry.name, entry.value);
    result.place = entry.namePlace.line > 0 ? entry.namePlace : entry.place;
    gathering.add(result);
}

bool sameVariables(const Service &a, const Service &b)
{
    return std::equal(
        a.environment.cbegin(), a.environment.cend(), b.environment.cbegin(), b.environment.cend(),
        [](const EnvironmentEntry &x, const EnvironmentEntry &y) { return x.place == y.place && x.name == y.name; });
}

Result<void> addManifest(const QString &file, const QString &wanted, Gathering &gathering)
{
    const ManifestSet set = readManifestSet({file});
    if (!set.problems.isEmpty())
        return tl::unexpected(set.problems.first());
    QList<Error> problems;
    Ledger ledger;
    const ServiceModel model = readSubject(set.subjects.first(), ledger, problems);
    const Service *chosen = nullptr;
    QStringList names;
    for (const Service &service : model.services) {
        names.append(service.name);
        if (wanted.isEmpty() ? service.environment.isEmpty() : service.name != wanted)
            continue;
        // Process groups of one app share their variables.
        if (chosen && !sameVariables(*chosen, service))
            return fail(ErrorKind::Usage, QStringLiteral("%1 has several services with variables").arg(file),
                        QStringLiteral("name one with --service: %1").arg(names.join(QStringLiteral(", "))));
        if (!chosen)
            chosen = &service;
    }
    if (!chosen && !wanted.isEmpty())
        return fail(ErrorKind::Usage, QStringLiteral("%1 has no service %2").arg(file, wanted),
                    QStringLiteral("it has %1").arg(names.join(QStringLiteral(", "))));
    for (const Error &problem : problems)
        gathering.set().findings.append(
            finding(EnvFinding::Kind::Problem, problem.place, problem.message, problem.hint));
    if (!chosen)
        return {};
    for (const EnvironmentEntry &entry : chosen->environment) {
        if (entry.source != EnvironmentEntry::Source::FromGroup) {
            addManifestEntry(entry, gathering);
            continue;
        }
        const auto group = std::find_if(model.groups.cbegin(), model.groups.cend(),
                                        [&](const EnvironmentGroup &each) { return each.name == entry.of; });
        if (group == model.groups.cend()) {
            gathering.set().findings.append(
                finding(EnvFinding::Kind::Problem, entry.place,
                        QStringLiteral("the group %1 is not in this file: its variables are not known").arg(entry.of)));
            continue;
        }
        for (const EnvironmentEntry &member : group->entries)
            addManifestEntry(member, gathering);
    }
    return {};
}

void addDisagreements(const EnvFile &file, EnvDialect readAs, QList<EnvFinding> &findings)
{
    constexpr qsizetype mostRows = 50;
    const EnvDisagreements found =
        findDisagreements(file.text, {EnvDialect::NodeDotenv, EnvDialect::PythonDotenv, readAs}, false, mostRows);
    for (const EnvDisagreement &row : found.rows) {
        QStringList others;
        for (const EnvOpinion &opinion : row.opinions) {
            if (opinion.group != row.opinions.first().group && !others.contains(envDialectName(opinion.dialect)))
                others.append(envDialectName(opinion.dialect));
        }
        findings.append(
            finding(EnvFinding::Kind::Disagreement, {file.file, row.line, row.column},
                    QStringLiteral("%1 is not read the same by %2 (%3)")
                        .arg(row.name, others.join(QStringLiteral(" and ")), row.reasons.join(QStringLiteral(", "))),
                    QStringLiteral("--read-as names the program whose reading counts"), row.name));
    }
}

Result<void> addFile(const QString &path, const EnvSources &sources, Gathering &gathering)
{
    const auto draft = sources.drafts.constFind(path);
    const Result<EnvFile> file =
        draft == sources.drafts.cend() ? readEnvFile(path) : Result<EnvFile>(EnvFile{path, *draft, {}});
    if (!file)
        return tl::unexpected(file.error());
    EnvReadOptions options;
    options.interpolate = sources.interpolate;
    const EnvReading reading = readEnv(file->text, sources.readAs, options);
    if (reading.refused) {
        const auto fatal = std::find_if(reading.problems.cbegin(), reading.problems.cend(),
                                        [](const EnvProblem &each) { return each.fatal; });
        return fail(ErrorKind::Usage, QStringLiteral("%1: %2").arg(envDialectName(sources.readAs), fatal->message),
                    QStringLiteral("mend the line, or name another program with --read-as"),
                    {path, fatal->line, fatal->column});
    }
    QList<EnvFinding> findings = file->findings;
    addReadingFindings(reading, path, findings);
    if (sources.compareDialects)
        addDisagreements(*file, sources.readAs, findings);
    sortByLine(findings);
    gathering.set().findings.append(findings);
    QHash<QString, qsizetype> last;
    for (qsizetype i = 0; i < reading.assignments.size(); ++i)
        last.insert(reading.assignments[i].name, i);
    for (qsizetype i = 0; i < reading.assignments.size(); ++i) {
        const EnvAssignment &each = reading.assignments[i];
        if (last.value(each.name) != i)
            continue; // of a name that stands twice, the last counts
        EnvEntry entry;
        entry.name = each.name;
        entry.place = {path, each.line, each.column};
        if (each.bare)
            entry.missing = namedOnly;
        else
            entry.value = each.value;
        entry.secret = looksSecret(each.name, each.value);
        gathering.add(entry);
    }
    return {};
}

} // namespace

QString envFindingKindName(EnvFinding::Kind kind)
{
    switch (kind) {
    case EnvFinding::Kind::ByteOrderMark:
        return QStringLiteral("byte-order-mark");
    case EnvFinding::Kind::LineBreaks:
        return QStringLiteral("line-breaks");
    case EnvFinding::Kind::Mojibake:
        return QStringLiteral("mojibake");
    case EnvFinding::Kind::Duplicate:
        return QStringLiteral("duplicate");
    case EnvFinding::Kind::Disagreement:
        return QStringLiteral("disagreement");
    case EnvFinding::Kind::Problem:
        break;
    }
    return QStringLiteral("problem");
}

Result<EnvFile> readEnvFile(const QString &path, qsizetype most)
{
    Result<QByteArray> text = readFile(path, most);
    if (!text)
        return tl::unexpected(text.error());
    const std::string_view bytes = view(*text);
    if (startsWith(bytes, 0, "\xFF\xFE") || startsWith(bytes, 0, "\xFE\xFF"))
        return fail(ErrorKind::Usage, QStringLiteral("this is UTF-16"), QStringLiteral("save it as UTF-8"),
                    {path, 1, 1});
    if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos)
        return fail(ErrorKind::Usage, QStringLiteral("a NUL byte: this is no file of variables"),
                    QStringLiteral("no environment can hold a NUL; name a text file"),
                    placeAt(bytes, qsizetype(nul), path));
    if (const qsizetype broken = invalidUtf8(bytes); broken >= 0)
        return fail(ErrorKind::Usage, QStringLiteral("a byte that is not UTF-8"),
                    QStringLiteral("save the file as UTF-8"), placeAt(bytes, broken, path));
    EnvFile file{path, *text, {}};
    addTextFindings(*text, path, file.findings);
    return file;
}

QList<EnvFinding> envFindings(const QByteArray &text, const QString &file, EnvDialect dialect)
{
    QList<EnvFinding> findings;
    addTextFindings(text, file, findings);
    addReadingFindings(readEnv(text, dialect), file, findings);
    sortByLine(findings);
    return findings;
}

Result<EnvironmentSet> gatherEnvironment(const EnvSources &sources)
{
    Gathering gathering;
    if (!sources.image.isEmpty()) {
        if (const Result<void> added = addManifest(sources.image, {}, gathering); !added)
            return tl::unexpected(added.error());
    }
    if (!sources.manifest.isEmpty()) {
        if (const Result<void> added = addManifest(sources.manifest, sources.service, gathering); !added)
            return tl::unexpected(added.error());
    }
    for (const QString &file : sources.files) {
        if (const Result<void> added = addFile(file, sources, gathering); !added)
            return tl::unexpected(added.error());
    }
    return std::move(gathering.set());
}

} // namespace Switchyard

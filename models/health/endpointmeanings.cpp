// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/health/endpointmeanings.h"

#include "models/common/jsonpointer.h"
#include "models/common/redact.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int depthLimit = 8;
/// As few moments as can be told from a coincidence.
constexpr int fewest = 2;
constexpr int fewestPairs = 5;

bool isGood(const ProbeSample &sample)
{
    return sample.status >= 200 && sample.status < 400;
}

/// Whether the backend itself had its say: an answer, or one that it kept waiting for.
bool tells(const ProbeSample &sample)
{
    return sample.status > 0 || (sample.errorKind == ErrorKind::Timeout && sample.phases.connect.has_value());
}

struct FieldValue
{
    QString pointer;
    QString text;
    bool reachable = true;
};

bool isDatabaseName(const QString &name)
{
    static const QRegularExpression re(
        QStringLiteral(
            "(?:^|[_\\-.\\s])(?:db|database|databases|postgres|postgresql|pg|mysql|mariadb|mongo|mongodb|redis|sql|"
            "sqlite)(?:$|[_\\-.\\s])"),
        QRegularExpression::CaseInsensitiveOption);
    return re.match(name).hasMatch();
}

/// Nothing where the word says neither.
std::optional<bool> reachableBy(const QJsonValue &value)
{
    if (value.isBool())
        return value.toBool();
    if (!value.isString())
        return std::nullopt;
    static const QStringList good{QStringLiteral("ok"),        QStringLiteral("up"),    QStringLiteral("connected"),
                                  QStringLiteral("healthy"),   QStringLiteral("ready"), QStringLiteral("available"),
                                  QStringLiteral("reachable"), QStringLiteral("pass"),  QStringLiteral("alive"),
                                  QStringLiteral("online")};
    static const QRegularExpression bad(
        QStringLiteral("\\b(?:down|disconnected|not connected|lost|error|errors|fail|failed|failing|unhealthy|"
                       "unavailable|unreachable|refused|timeout|timed out|offline|dead)\\b"),
        QRegularExpression::CaseInsensitiveOption);
    const QString word = value.toString().trimmed();
    if (good.contains(word.toLower()))
        return true;
    return bad.match(word).hasMatch() ? std::optional(false) : std::nullopt;
}

/// The first field that speaks of a database; of an object below such a name its status.
std::optional<FieldValue> databaseField(const QJsonValue &value, const QString &pointer, bool named, int depth = 0)
{
    if (depth > depthLimit)
        return std::nullopt;
    if (named) {
        if (const std::optional<bool> reachable = reachableBy(value))
            return FieldValue{pointer, jsonText(value), *reachable};
    }
    const QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it) {
        static const QStringList states{QStringLiteral("status"), QStringLiteral("state"), QStringLiteral("ok"),
                                        QStringLiteral("connected"), QStringLiteral("healthy")};
        const bool speaks = isDatabaseName(it.key()) || (named && states.contains(it.key().toLower()));
        if (auto found = databaseField(*it, pointer + QLatin1Char('/') + it.key(), speaks, depth + 1))
            return found;
    }
    return std::nullopt;
}

std::optional<FieldValue> databaseFieldOf(const ProbeSample &sample)
{
    const Result<QJsonValue> root = parseJson(sample.body);
    return root && root->isObject() ? databaseField(*root, {}, false) : std::nullopt;
}

/// One observation of the database, by whomever.
struct Sight
{
    Instant at{};
    bool reachable = true;
    QString words;
};

struct Outage
{
    Instant from{};                  ///< first moment at which it was gone
    Instant to{};                    ///< last one
    Instant before = Instant::min(); ///< last moment before at which it was there
    Instant after = Instant::max();
    QString words;
};

QList<Sight> sightsOf(const QList<EndpointObservation> &endpoints, const QList<DatabaseObservation> &database)
{
    QList<Sight> sights;
    for (const DatabaseObservation &each : database)
        sights += Sight{each.at, each.reachable, QStringLiteral("the database did not answer")};
    if (!database.isEmpty())
        return sights;
    for (const EndpointObservation &endpoint : endpoints) {
        if (endpoint.kind == EndpointKind::Live)
            continue;
        for (const ProbeSample &sample : endpoint.samples) {
            if (const std::optional<FieldValue> field = databaseFieldOf(sample))
                sights += Sight{sample.doneAt, field->reachable,
                                QStringLiteral("%1 of %2 was %3").arg(field->pointer, endpoint.name, field->text)};
        }
    }
    std::stable_sort(sights.begin(), sights.end(), [](const Sight &a, const Sight &b) { return a.at < b.at; });
    return sights;
}

QList<Outage> outagesOf(const QList<Sight> &sights)
{
    QList<Outage> outages;
    Instant good = Instant::min();
    bool out = false;
    for (const Sight &sight : sights) {
        if (sight.reachable) {
            if (out)
                outages.last().after = sight.at;
            good = sight.at;
        } else if (out) {
            outages.last().to = sight.at;
        } else {
            outages += Outage{sight.at, sight.at, good, Instant::max(), sight.words};
        }
        out = !sight.reachable;
    }
    return outages;
}

/// How one endpoint did while the database was certainly gone, and while it was certainly there.
struct Tally
{
    int goodInside = 0, badInside = 0, goodOutside = 0, badOutside = 0;
    QStringList evidence;
};

QString answerText(const ProbeSample &sample)
{
    if (sample.status == 0)
        return QStringLiteral("no answer in time");
    const QString body = redact(QString::fromUtf8(sample.body.left(200))).simplified().left(80);
    return QStringLiteral("%1 %2").arg(sample.status).arg(body).trimmed();
}

Tally tallyOf(const EndpointObservation &endpoint, const QList<Outage> &outages)
{
    Tally tally;
    bool shownInside = false;
    for (const ProbeSample &sample : endpoint.samples) {
        if (!tells(sample))
            continue;
        bool inside = false;
        bool near = false;
        for (const Outage &outage : outages) {
            inside = inside || (sample.sentAt >= outage.from && sample.doneAt <= outage.to);
            near = near || (sample.doneAt > outage.before && sample.sentAt < outage.after);
        }
        if (inside) {
            ++(isGood(sample) ? tally.goodInside : tally.badInside);
            if (!shownInside)
                tally.evidence += QStringLiteral("%1 answered %2").arg(endpoint.name, answerText(sample));
            shownInside = true;
        } else if (!near) {
            ++(isGood(sample) ? tally.goodOutside : tally.badOutside);
        }
    }
    return tally;
}

MeaningResult notSeen(MeaningRule rule, const QString &text)
{
    return {rule, MeaningOutcome::NotSeen, text, {}};
}

const EndpointObservation *ofKind(const QList<EndpointObservation> &endpoints, EndpointKind kind)
{
    const auto found = std::find_if(endpoints.cbegin(), endpoints.cend(),
                                    [kind](const EndpointObservation &each) { return each.kind == kind; });
    return found == endpoints.cend() ? nullptr : &*found;
}

QString counts(const Tally &tally)
{
    return QStringLiteral("without the database %1 of %2 answers were good, with it %3 of %4")
        .arg(tally.goodInside)
        .arg(tally.goodInside + tally.badInside)
        .arg(tally.goodOutside)
        .arg(tally.goodOutside + tally.badOutside);
}

/// Both rules ask the same: did the endpoint change with the database?
MeaningResult judgeFollowing(MeaningRule rule, const EndpointObservation *endpoint, const QList<Outage> &outages)
{
    const bool live = rule == MeaningRule::LiveFollowsDatabase;
    const QString kind = live ? QStringLiteral("live") : QStringLiteral("ready");
    if (!endpoint)
        return notSeen(rule, QStringLiteral("the backend has no %1 endpoint").arg(kind));
    if (outages.isEmpty())
        return notSeen(rule, QStringLiteral("the database did not go away while this was watched"));
    const Tally tally = tallyOf(*endpoint, outages);
    const int inside = tally.goodInside + tally.badInside;
    if (inside < fewest)
        return notSeen(rule, QStringLiteral("%1 was asked too seldom while the database was away").arg(endpoint->name));
    if (tally.goodOutside < fewest || tally.badOutside > tally.goodOutside)
        return notSeen(rule, QStringLiteral("%1 was not good with the database either").arg(endpoint->name));
    MeaningResult result{rule, MeaningOutcome::Fine, {}, {outages.first().words, counts(tally)}};
    result.evidence += tally.evidence;
    const bool followed = tally.badInside > tally.goodInside;
    if (live && followed) {
        result.outcome = MeaningOutcome::Found;
        result.text = QStringLiteral("%1 went down together with the database: the platform restarts instances that a "
                                     "restart cannot mend")
                          .arg(endpoint->name);
    } else if (!live && !followed) {
        result.outcome = MeaningOutcome::Found;
        result.text = QStringLiteral("%1 stayed good while the database was unreachable: the platform goes on sending "
                                     "requests that must fail")
                          .arg(endpoint->name);
    } else {
        result.text = live ? QStringLiteral("%1 stayed good without the database").arg(endpoint->name)
                           : QStringLiteral("%1 went down with the database").arg(endpoint->name);
    }
    return result;
}

/// The answer without what changes from one request to the next: numbers and times.
QByteArray shapeOf(const ProbeSample &sample)
{
    static const QRegularExpression digits(QStringLiteral("[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"));
    return QByteArray::number(sample.status) + ' ' +
           QString::fromUtf8(sample.body.left(16 * 1024)).replace(digits, QStringLiteral("0")).toUtf8();
}

QSet<QByteArray> shapesOf(const EndpointObservation &endpoint)
{
    QSet<QByteArray> shapes;
    for (const ProbeSample &sample : endpoint.samples) {
        if (sample.status > 0)
            shapes.insert(shapeOf(sample));
    }
    return shapes;
}

/// The answered sample nearest in time; nullptr: there is none.
const ProbeSample *nearestOf(const EndpointObservation &endpoint, Instant at)
{
    const ProbeSample *nearest = nullptr;
    for (const ProbeSample &sample : endpoint.samples) {
        if (sample.status > 0 &&
            (!nearest || std::chrono::abs(sample.sentAt - at) < std::chrono::abs(nearest->sentAt - at)))
            nearest = &sample;
    }
    return nearest;
}

MeaningResult judgeSameHandler(const EndpointObservation *live, const EndpointObservation *ready)
{
    constexpr auto rule = MeaningRule::SameHandler;
    if (!live || !ready)
        return notSeen(rule, QStringLiteral("the backend has not both a live and a ready endpoint"));
    if (live->name == ready->name)
        return {
            rule,
            MeaningOutcome::Found,
            QStringLiteral("live and ready are the same path, %1: one of the two meanings is missing").arg(live->name),
            {}};
    const QSet<QByteArray> liveShapes = shapesOf(*live);
    const QSet<QByteArray> readyShapes = shapesOf(*ready);
    int pairs = 0;
    QSet<QByteArray> shared;
    const ProbeSample *shown = nullptr;
    for (const ProbeSample &sample : live->samples) {
        const ProbeSample *beside = sample.status > 0 ? nearestOf(*ready, sample.sentAt) : nullptr;
        if (!beside)
            continue;
        const QByteArray shape = shapeOf(sample);
        const QByteArray other = shapeOf(*beside);
        if (shape == other) {
            ++pairs;
            shared.insert(shape);
            shown = &sample;
        } else if (!readyShapes.contains(shape) || !liveShapes.contains(other)) {
            // Between two samples a change may lie: only an answer that the other one never gave tells.
            return {rule,
                    MeaningOutcome::Fine,
                    QStringLiteral("live and ready answer differently"),
                    {QStringLiteral("%1 answered %2").arg(live->name, answerText(sample)),
                     QStringLiteral("%1 answered %2").arg(ready->name, answerText(*beside))}};
        }
    }
    if (pairs < fewestPairs)
        return notSeen(rule, QStringLiteral("live and ready were not often enough asked at the same time"));
    const bool changed = shared.size() >= 2;
    if (!changed && !databaseFieldOf(*shown))
        return notSeen(rule, QStringLiteral("live and ready answer alike so far, but nothing happened in which they "
                                            "would have to differ"));
    QStringList evidence{QStringLiteral("both answered %1").arg(answerText(*shown))};
    if (changed)
        evidence += QStringLiteral("%1 different answers, each of both").arg(shared.size());
    else
        evidence += QStringLiteral("both speak of the database");
    return {rule, MeaningOutcome::Found,
            QStringLiteral("live and ready gave identical answers %1 times: they seem to be one handler").arg(pairs),
            evidence};
}

} // namespace

QString meaningRuleId(MeaningRule rule)
{
    switch (rule) {
    case MeaningRule::LiveFollowsDatabase:
        return QStringLiteral("live-follows-database");
    case MeaningRule::ReadyIgnoresDatabase:
        return QStringLiteral("ready-ignores-database");
    case MeaningRule::SameHandler:
        break;
    }
    return QStringLiteral("same-handler");
}

QList<MeaningResult> endpointMeanings(const QList<EndpointObservation> &endpoints,
                                      const QList<DatabaseObservation> &database)
{
    const EndpointObservation *live = ofKind(endpoints, EndpointKind::Live);
    const EndpointObservation *ready = ofKind(endpoints, EndpointKind::Ready);
    const QList<Outage> outages = outagesOf(sightsOf(endpoints, database));
    return {judgeFollowing(MeaningRule::LiveFollowsDatabase, live, outages),
            judgeFollowing(MeaningRule::ReadyIgnoresDatabase, ready, outages), judgeSameHandler(live, ready)};
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/strings/poolsum.h"

#include "models/common/numbertext.h"
#include "models/platforms/platform.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// https://neon.com/docs/connect/connection-pooling
constexpr int neonReserved = 7;
constexpr int neonPoolerClients = 10'000;
constexpr int neonFrom9 = 4'000;
struct NeonSize
{
    double units;
    int connections;
};
constexpr std::array<NeonSize, 10> neonSizes{
    {{0.25, 104}, {0.5, 209}, {1, 419}, {2, 839}, {3, 1258}, {4, 1678}, {5, 2098}, {6, 2517}, {7, 2937}, {8, 3357}}};

std::optional<ConnectionLimit> neonLimit(const ConnectionString &connection, const QString &plan)
{
    const QString source = s("https://neon.com/docs/connect/connection-pooling");
    if (connection.isPooledNeon())
        return ConnectionLimit{neonPoolerClients, 0, s("Neon's pooler"), source};
    static const QRegularExpression units(s(R"((?:\A|[^\d.])(\d+(?:\.\d+)?)\s*(?:cu)?\z)"),
                                          QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = units.match(plan.trimmed());
    if (!match.hasMatch())
        return std::nullopt;
    const double wanted = match.captured(1).toDouble();
    const QString name = s("Neon with %1 CU").arg(match.captured(1));
    constexpr double nine = 9;
    if (wanted >= nine)
        return ConnectionLimit{neonFrom9, neonReserved, name, source};
    for (const NeonSize &size : neonSizes) {
        if (qFuzzyCompare(size.units, wanted))
            return ConnectionLimit{size.connections, neonReserved, name, source};
    }
    return std::nullopt;
}

/// https://www.mongodb.com/docs/atlas/reference/atlas-limits/ ; of dedicated clusters for each node
std::optional<ConnectionLimit> atlasLimit(const QString &plan)
{
    const QString source = s("https://www.mongodb.com/docs/atlas/reference/atlas-limits/");
    const QString name = plan.trimmed().toUpper();
    if (name == QLatin1StringView("M0") || name == QLatin1StringView("FREE"))
        return ConnectionLimit{500, 0, s("Atlas M0"), source};
    if (name == QLatin1StringView("FLEX"))
        return ConnectionLimit{500, 0, s("Atlas Flex"), source};
    if (name == QLatin1StringView("M10"))
        return ConnectionLimit{1'500, 0, s("each node of Atlas M10"), source};
    if (name == QLatin1StringView("M20"))
        return ConnectionLimit{3'000, 0, s("each node of Atlas M20"), source};
    return std::nullopt;
}

bool isRender(const ConnectionString &connection)
{
    return connection.hostEndsWith({"-postgres.render.com"}) ||
           std::any_of(connection.hosts.cbegin(), connection.hosts.cend(), [](const ConnectionHost &host) {
               return host.name.startsWith(QLatin1StringView("dpg-")) && !host.name.contains(QLatin1Char('.'));
           });
}

} // namespace

qint64 PoolNumbers::total() const
{
    return qint64(std::max(workers, 1)) * each() * std::max(instances, 1);
}

QString PoolNumbers::words() const
{
    const QString pool = overflow > 0 ? s("(%1 + %2)").arg(size).arg(overflow) : QString::number(size);
    const auto count = [](qint64 number, const char *one, const char *many) {
        return countedText(std::max<qint64>(number, 1), one, many);
    };
    return s("%1 × %2 × %3 = %4")
        .arg(count(workers, "worker", "workers"), pool, count(instances, "instance", "instances"),
             count(total(), "connection", "connections"));
}

PoolFit poolFit(qint64 need, int limit)
{
    if (need > limit)
        return PoolFit::TooMany;
    return 2 * need > limit ? PoolFit::FitsOnce : PoolFit::Fits;
}

std::optional<ConnectionLimit> connectionLimit(const ConnectionString &connection, const QString &plan,
                                               const PlatformCatalogue *catalogue)
{
    if (connection.hostEndsWith({".neon.tech"}))
        return neonLimit(connection, plan);
    if (connection.hostEndsWith({".mongodb.net"}))
        return atlasLimit(plan);
    const Platform *render = catalogue && isRender(connection) ? catalogue->find(s("render")) : nullptr;
    if (!render || plan.isEmpty())
        return std::nullopt;
    const int connections = render->database.connectionsFor(memoryOfPlan(plan));
    if (connections == 0)
        return std::nullopt;
    return ConnectionLimit{connections, 0, s("%1's plan %2").arg(render->name, plan), render->database.source.url};
}

} // namespace Switchyard

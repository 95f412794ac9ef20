// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/placetables.h"

#include <QMap>
#include <QRegularExpression>

#include <algorithm>

namespace Switchyard {

namespace {

struct NamedPlan
{
    const char *name;
    PlanSize size;
};
/// In the order of size. A plan's name may be written with a space or an underscore.
constexpr NamedPlan renderPlans[] = {{"starter", {512, 0.5}}, {"standard", {2048, 1}}, {"pro", {4096, 2}},
                                     {"pro plus", {8192, 4}}, {"pro max", {16384, 4}}, {"pro ultra", {32768, 8}}};

} // namespace

QString flyRegionFor(const QString &region)
{
    static const QMap<QString, QString> nearest{{QStringLiteral("oregon"), QStringLiteral("sjc")},
                                                {QStringLiteral("ohio"), QStringLiteral("ord")},
                                                {QStringLiteral("virginia"), QStringLiteral("iad")},
                                                {QStringLiteral("frankfurt"), QStringLiteral("fra")},
                                                {QStringLiteral("singapore"), QStringLiteral("sin")}};
    return nearest.value(region.toLower());
}

QString renderRegionFor(const QString &region)
{
    static const QMap<QString, QStringList> nearest{
        {QStringLiteral("oregon"), {QStringLiteral("sjc"), QStringLiteral("lax"), QStringLiteral("sea")}},
        {QStringLiteral("ohio"),
         {QStringLiteral("ord"), QStringLiteral("yyz"), QStringLiteral("dfw"), QStringLiteral("den")}},
        {QStringLiteral("virginia"),
         {QStringLiteral("iad"), QStringLiteral("ewr"), QStringLiteral("bos"), QStringLiteral("atl"),
          QStringLiteral("mia"), QStringLiteral("gru")}},
        {QStringLiteral("frankfurt"),
         {QStringLiteral("fra"), QStringLiteral("ams"), QStringLiteral("cdg"), QStringLiteral("lhr"),
          QStringLiteral("arn"), QStringLiteral("waw"), QStringLiteral("mad"), QStringLiteral("jnb")}},
        {QStringLiteral("singapore"),
         {QStringLiteral("sin"), QStringLiteral("nrt"), QStringLiteral("syd"), QStringLiteral("bom"),
          QStringLiteral("hkg")}}};
    for (auto it = nearest.cbegin(); it != nearest.cend(); ++it) {
        if (it->contains(region.toLower()))
            return it.key();
    }
    return {};
}

std::optional<PlanSize> renderPlanSize(const QString &plan)
{
    const QString name = plan.toLower().replace(QLatin1Char('_'), QLatin1Char(' '));
    if (name == QLatin1StringView("free"))
        return PlanSize{512, 0.1};
    for (const NamedPlan &each : renderPlans) {
        if (name == QLatin1StringView(each.name))
            return each.size;
    }
    static const QRegularExpression measured(QStringLiteral("\\A([0-9.]+)c-([0-9]+)(mb|g)\\z"));
    const QRegularExpressionMatch match = measured.match(name);
    if (!match.hasMatch())
        return std::nullopt;
    const int memory = match.captured(2).toInt() * (match.captured(3) == QLatin1StringView("g") ? 1024 : 1);
    return PlanSize{memory, match.captured(1).toDouble()};
}

QString renderPlanFor(const PlanSize &size)
{
    for (const NamedPlan &each : renderPlans) {
        if (each.size.memoryMb >= size.memoryMb && each.size.cpus >= size.cpus)
            return QString::fromLatin1(each.name);
    }
    return QString::fromLatin1(std::end(renderPlans)[-1].name);
}

FlyMachine flyMachineFor(const PlanSize &size)
{
    const auto rounded = [](int value, int unit) { return (value + unit - 1) / unit * unit; };
    for (const int cpus : {1, 2, 4, 6, 8}) {
        if (cpus >= size.cpus && cpus * 2048 >= size.memoryMb)
            return {std::max(cpus * 256, rounded(size.memoryMb, 256)), cpus, QStringLiteral("shared")};
    }
    for (const int cpus : {1, 2, 4, 6, 8, 10, 12, 14, 16}) {
        if (cpus >= size.cpus && cpus * 8192 >= size.memoryMb)
            return {std::max(cpus * 2048, rounded(size.memoryMb, 1024)), cpus, QStringLiteral("performance")};
    }
    return {16 * 8192, 16, QStringLiteral("performance")};
}

std::optional<PlanSize> flyPresetSize(const QString &preset)
{
    static const QRegularExpression named(QStringLiteral("\\A(shared-cpu|performance)-([0-9]{1,2})x\\z"));
    const QRegularExpressionMatch match = named.match(preset.toLower());
    if (!match.hasMatch())
        return std::nullopt;
    const int cpus = match.captured(2).toInt();
    const bool shared = match.captured(1) == QLatin1StringView("shared-cpu");
    // A shared processor is a sixteenth of one for long, and a whole one in bursts; Render's halves are shared too.
    return PlanSize{cpus * (shared ? 256 : 2048), shared ? cpus * 0.5 : double(cpus)};
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/platforms/platform.h"

#include "models/common/files.h"

#include <QDir>
#include <QRegularExpression>

#include <algorithm>

// The files lie in a static library, whose resources the linker drops unless something names them.
static void initialisePlatformResources()
{
    Q_INIT_RESOURCE(switchyard_data);
}

namespace Switchyard {

QList<InjectedVariable> Platform::injectedFor(const QString &runtime) const
{
    QList<InjectedVariable> list;
    for (const InjectedVariable &variable : injected) {
        if (variable.runtimes.isEmpty() || variable.runtimes.contains(runtime))
            list.append(variable);
    }
    return list;
}

bool Platform::ownsHost(const QString &host) const
{
    for (const QString &suffix : hostSuffixes) {
        const bool whole = !suffix.startsWith(QLatin1Char('.'));
        if (whole ? host.compare(suffix, Qt::CaseInsensitive) == 0 : host.endsWith(suffix, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

bool Platform::isPrivateHost(const QString &host) const
{
    return std::any_of(privateHosts.cbegin(), privateHosts.cend(), [&](const QString &each) {
        return each.startsWith(QLatin1Char('.')) ? host.endsWith(each, Qt::CaseInsensitive)
                                                 : host.startsWith(each) && !host.contains(QLatin1Char('.'));
    });
}

const InjectedVariable *Platform::injectedVariable(const QString &variable, const QString &runtime) const
{
    for (const InjectedVariable &each : injected) {
        if (each.name == variable && (each.runtimes.isEmpty() || each.runtimes.contains(runtime)))
            return &each;
    }
    return nullptr;
}

int memoryOfPlan(const QString &plan)
{
    static const QRegularExpression size(QStringLiteral("(\\d+)(mb|gb)"), QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = size.match(plan);
    constexpr int megabytes = 1024;
    return match.captured(1).toInt() * (match.captured(2).toLower() == QLatin1String("gb") ? megabytes : 1);
}

int DatabaseRules::connectionsFor(int memoryMb) const
{
    for (const Limit &limit : limits) {
        if (limit.belowMb == 0 || memoryMb < limit.belowMb)
            return limit.connections;
    }
    return 0;
}

Result<PlatformCatalogue> PlatformCatalogue::load()
{
    initialisePlatformResources();
    PlatformCatalogue catalogue;
    const QDir folder(QStringLiteral(":/switchyard/platforms"));
    for (const QString &name : folder.entryList({QStringLiteral("*.toml")}, QDir::Files, QDir::Name)) {
        const Result<QByteArray> text = readFile(folder.filePath(name));
        if (!text)
            return tl::unexpected(text.error());
        const Result<Platform> platform = parse(*text, name);
        if (!platform)
            return tl::unexpected(platform.error());
        // Workspaces name platforms by id; a person looks for the file of that name.
        if (platform->id + QStringLiteral(".toml") != name)
            return fail(ErrorKind::Internal, QStringLiteral("the id \"%1\" is not the file's name").arg(platform->id),
                        {}, {name, 0, 0});
        catalogue.m_platforms.insert(platform->id, *platform);
    }
    if (catalogue.m_platforms.isEmpty())
        return fail(ErrorKind::Internal, QStringLiteral("the program holds no platform catalogue"));
    return catalogue;
}

QStringList PlatformCatalogue::ids() const
{
    return m_platforms.keys();
}

const Platform *PlatformCatalogue::find(const QString &id) const
{
    const auto at = m_platforms.constFind(id);
    return at == m_platforms.constEnd() ? nullptr : &*at;
}

const Platform *PlatformCatalogue::forHost(const QString &host) const
{
    for (const Platform &platform : m_platforms) {
        if (platform.ownsHost(host))
            return &platform;
    }
    return nullptr;
}

} // namespace Switchyard

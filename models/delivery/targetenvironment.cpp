// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/targetenvironment.h"

#include "models/environment/envsources.h"
#include "models/environment/matrixinput.h"
#include "models/environment/origins.h"
#include "models/environment/variablefacts.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

/// Names that the platform sets, and that a value of the user's own would only disturb.
bool isInjected(const Platform &platform, const std::optional<Service> &service, const QString &name)
{
    const QString runtime = service && service->runtime ? service->runtime->value : QString();
    const QList<InjectedVariable> injected = runtime.isEmpty() ? platform.injected : platform.injectedFor(runtime);
    return std::any_of(injected.cbegin(), injected.cend(),
                       [&](const InjectedVariable &each) { return each.name == name && each.runtimes.isEmpty(); });
}

EnvironmentSet gathered(const DeliverySides &sides, const DeliverySide &side, QStringList &notes)
{
    EnvSources sources;
    sources.compareDialects = false;
    if (side.manifest && side.service) {
        sources.manifest = side.manifest->manifest.file;
        sources.service = side.service->name;
    }
    for (const QString &file : side.backend->env)
        sources.files.append(sides.folder.absoluteFilePath(file));
    Result<EnvironmentSet> set = gatherEnvironment(sources);
    if (!set && !sources.manifest.isEmpty()) {
        notes.append(
            QStringLiteral("the variables of %1 are not known: %2").arg(side.manifestPath, set.error().message));
        sources.manifest.clear();
        set = gatherEnvironment(sources);
    }
    if (set)
        return *set;
    notes.append(QStringLiteral("the env files of %1 could not be read, so that its variables are missing here: %2")
                     .arg(side.backend->name, set.error().toString()));
    return {};
}

/// What the audit makes of a variable: what the target has to be given, and where it stands.
std::optional<EnvEntry> entryOf(const VariableRow &row)
{
    // Where the server listens is said by the manifest.
    const bool given = row.way != VariableClass::Injected && row.way != VariableClass::Drop &&
                       row.name != QStringLiteral("PORT") && !isWorkersName(row.name);
    if (!given || (!row.source.stated && !row.target.stated))
        return std::nullopt;
    const auto real = [&](const VariableState &state) {
        return state.value && !looksPlaceholder(*state.value, row.secret);
    };
    EnvEntry entry;
    entry.name = row.name;
    entry.secret = row.secret;
    const bool targets = real(row.target) && !row.wanted;
    if (row.wanted && !looksPlaceholder(*row.wanted, row.secret))
        entry.value = row.wanted;
    else if (targets && row.status != VariableStatus::Change)
        entry.value = row.target.value;
    entry.place = (targets || row.source.places.isEmpty() ? row.target : row.source).place();
    // A value that a manifest states as well is no private one.
    for (const VariableState *state : {&row.source, &row.target}) {
        const auto open = std::find_if(state->places.cbegin(), state->places.cend(), [](const Place &place) {
            return manifestFormatOf(QFileInfo(place.file).fileName(), {}).has_value();
        });
        if (entry.value && state->value == entry.value && open != state->places.cend())
            entry.place = *open;
    }
    if (!entry.value)
        entry.missing = row.target.said.isEmpty() ? row.action : row.target.said;
    return entry;
}

/// As env audit judges the two backends.
Result<QList<EnvEntry>> audited(const DeliverySides &sides, const PlatformCatalogue &catalogue)
{
    MatrixRequest request;
    request.workspace = *sides.workspace;
    request.from = sides.source.backend->name;
    request.to = sides.target.backend->name;
    const Result<MatrixInput> input = readMatrixInput(request, catalogue);
    if (!input)
        return tl::unexpected(input.error());
    QList<EnvEntry> entries;
    for (const VariableRow &row : buildMatrix(*input, catalogue).rows) {
        if (row.component != sides.target.backend->component)
            continue;
        if (const std::optional<EnvEntry> entry = entryOf(row))
            entries.append(*entry);
    }
    return entries;
}

} // namespace

QList<EnvEntry> targetEnvironment(const DeliverySides &sides, const PlatformCatalogue &catalogue, QStringList &notes)
{
    if (sides.source.backend) {
        Result<QList<EnvEntry>> entries = audited(sides, catalogue);
        if (entries)
            return *std::move(entries);
        notes.append(QStringLiteral("the variables of the two backends could not be compared: %1")
                         .arg(entries.error().toString()));
    }
    const DeliverySide &from = sides.source.backend ? sides.source : sides.target;
    QList<EnvEntry> entries = gathered(sides, from, notes).entries;
    // A port belongs to the platform that it was chosen for; the target's manifest says its own.
    const auto reserved = [](const Platform *platform, const QString &name) {
        return platform && platform->variables.isReserved(name);
    };
    const auto dropped = [&](const EnvEntry &entry) {
        return entry.name == QStringLiteral("PORT") ||
               isInjected(*sides.target.platform, sides.target.service, entry.name) ||
               reserved(sides.target.platform, entry.name) || reserved(sides.source.platform, entry.name);
    };
    entries.removeIf(dropped);
    return entries;
}

QList<EnvEntry> besideManifest(const QList<EnvEntry> &entries, const ServiceModel &manifest,
                               const std::optional<Service> &service)
{
    QSet<QString> stated;
    const auto state = [&](const QList<EnvironmentEntry> &list) {
        for (const EnvironmentEntry &each : list) {
            if (each.source != EnvironmentEntry::Source::Asked && each.source != EnvironmentEntry::Source::FromGroup)
                stated.insert(each.name);
        }
    };
    if (service) {
        state(service->environment);
        for (const EnvironmentEntry &each : service->environment) {
            for (const EnvironmentGroup &group : manifest.groups) {
                if (each.source == EnvironmentEntry::Source::FromGroup && group.name == each.of)
                    state(group.entries);
            }
        }
    }
    QList<EnvEntry> rest;
    std::copy_if(entries.cbegin(), entries.cend(), std::back_inserter(rest),
                 [&](const EnvEntry &each) { return !stated.contains(each.name); });
    return rest;
}

QStringList allowedOrigins(const DeliverySides &sides, const QList<EnvEntry> &entries)
{
    static const QRegularExpression name(QStringLiteral(
        "(\\A|_)(CORS|ALLOWED?)_(\\w+_)*ORIGINS?\\z|\\A(CORS_|ALLOWED_)?ORIGINS?\\z|\\AFRONTEND_(PROD_)?URLS?\\z"));
    const auto listed = [](const QList<EnvEntry> &list) {
        QStringList all;
        for (const EnvEntry &entry : list) {
            if (entry.value && !entry.secret && name.match(entry.name.toUpper()).hasMatch())
                all += readOrigins(*entry.value).origins;
        }
        return all;
    };
    // What the target's own files say is what it will answer to.
    QStringList ignored;
    QStringList candidates = listed(gathered(sides, sides.target, ignored).entries);
    if (candidates.isEmpty())
        candidates = listed(entries);
    for (const SocketEndpoint &socket : sides.target.backend->sockets)
        candidates.append(socket.origin);
    QStringList origins;
    for (const QString &each : std::as_const(candidates)) {
        // A path or a trailing slash is a mistake of its own; what is asked is whether the page's origin may.
        const QString origin = serverOf(each.trimmed());
        const QString host = QUrl(origin).host();
        const bool here = host == QStringLiteral("localhost") || host.startsWith(QStringLiteral("127.")) ||
                          host == QStringLiteral("::1");
        const bool web = origin.startsWith(QStringLiteral("http://")) || origin.startsWith(QStringLiteral("https://"));
        if (web && !here && !host.contains(QLatin1Char('*')) && !origins.contains(origin))
            origins.append(origin);
    }
    return origins;
}

} // namespace Switchyard

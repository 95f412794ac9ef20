// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/delivery.h"

#include "models/common/files.h"
#include "models/delivery/deliveryguide.h"
#include "models/delivery/deliveryrecord.h"
#include "models/delivery/deliverysides.h"
#include "models/delivery/envfiles.h"
#include "models/delivery/imageplan.h"
#include "models/delivery/scrapeconfig.h"
#include "models/delivery/targetenvironment.h"
#include "models/delivery/vercelrewrites.h"
#include "models/delivery/verifyscript.h"
#include "models/environment/envsources.h"
#include "models/environment/secretlook.h"
#include "models/manifests/convert.h"
#include "models/manifests/dockerfile.h"
#include "models/manifests/manifestset.h"
#include "models/manifests/writeraccount.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

/// Places of secrets that a manifest has in plain text.
QStringList secretsIn(const ServiceModel &model)
{
    QStringList found;
    const auto look = [&](const QList<EnvironmentEntry> &entries) {
        for (const EnvironmentEntry &each : entries) {
            if (each.source == EnvironmentEntry::Source::Literal && !each.value.isEmpty() &&
                (looksSecret(each.name, each.value) || !mayStandInFile(each.name, each.value)))
                found.append(QStringLiteral("%1 (line %2)").arg(each.name).arg(each.place.line));
        }
    };
    for (const Service &service : model.services) {
        look(service.environment);
        for (const auto &[name, value] : service.buildArguments) {
            if (looksSecret(name, value.value))
                found.append(QStringLiteral("%1 (line %2)").arg(name).arg(value.place.line));
        }
    }
    for (const EnvironmentGroup &group : model.groups)
        look(group.entries);
    found.removeDuplicates();
    return found;
}

ConvertTarget conversionFor(const Platform &platform)
{
    return platform.id == QStringLiteral("render")   ? ConvertTarget::Render
           : platform.id == QStringLiteral("fly")    ? ConvertTarget::Fly
           : platform.id == QStringLiteral("vercel") ? ConvertTarget::Vercel
                                                     : ConvertTarget::Compose;
}

class Preparation
{
public:
    Preparation(const DeliveryRequest &request, DeliverySides sides, const PlatformCatalogue &catalogue)
        : m_request(request)
        , m_catalogue(catalogue)
        , m_sides(std::move(sides))
    {
    }

    Result<Delivery> run()
    {
        m_delivery.backend = m_sides.target.backend->name;
        m_delivery.platform = m_sides.target.platform->id;
        m_delivery.source = m_sides.source.backend ? m_sides.source.backend->name : QString();
        m_delivery.withSecrets = m_request.withSecrets;
        collectSources();
        if (const Result<void> done = manifest(); !done)
            return tl::unexpected(done.error());
        image();
        if (const Result<void> done = environment(); !done)
            return tl::unexpected(done.error());
        rewrites();
        m_delivery.files.append({QStringLiteral("verify-deployment.sh"),
                                 verifyScript(*m_sides.target.backend, allowedOrigins(m_sides, m_entries)),
                                 DeliveryKind::VerifyScript, 0755, false,
                                 QStringLiteral("asks the deployment: health, CORS, WebSockets (POSIX sh and curl)")});
        scrape();
        lint();
        guide();
        return m_delivery;
    }

private:
    void add(const QString &path, const QByteArray &text, DeliveryKind kind, const QString &purpose)
    {
        m_delivery.files.append({path, text, kind, 0, false, purpose});
    }
    QString full(const QString &path) const { return m_sides.folder.absoluteFilePath(path); }

    void collectSources()
    {
        if (!m_sides.source.backend)
            return;
        if (!m_sides.source.manifestPath.isEmpty())
            m_delivery.sources.append(full(m_sides.source.manifestPath));
        for (const Backend *each : {m_sides.source.backend, m_sides.target.backend}) {
            for (const QString &file : each->env)
                m_delivery.sources.append(QDir::cleanPath(full(file)));
        }
    }

    /// Places in reports are said from the workspace's folder on, as a person would.
    Place shortened(Place place) const
    {
        if (QDir::isAbsolutePath(place.file))
            place.file = m_sides.relative(place.file);
        return place;
    }

    Result<void> manifest()
    {
        const DeliverySide &target = m_sides.target;
        if (target.manifest && isFormatOf(*target.platform, target.manifest->manifest.format)) {
            ownManifest();
            return {};
        }
        if (!m_sides.source.manifest)
            return fail(ErrorKind::Usage, QStringLiteral("there is no manifest for %1").arg(target.platform->name),
                        QStringLiteral("give the backend %1, or the one it comes from, a manifest in the workspace")
                            .arg(target.backend->name),
                        target.backend->place);
        return convertedManifest();
    }

    void ownManifest()
    {
        m_facts.manifestPath = outside(m_sides.target.manifestPath) ? QFileInfo(m_sides.target.manifestPath).fileName()
                                                                    : m_sides.target.manifestPath;
        m_manifest = m_sides.target.manifest;
        m_model = m_sides.target.model;
        m_service = m_sides.target.service;
        const QStringList secrets = secretsIn(m_model);
        if (!secrets.isEmpty() && !m_request.withSecrets) {
            m_delivery.notes.append(
                QStringLiteral("%1 is not in the set: it holds secrets in plain text: %2. Use it where "
                               "it lies, or ask for secrets")
                    .arg(m_sides.target.manifestPath, spokenList(secrets)));
            return;
        }
        add(m_facts.manifestPath, m_manifest->text, DeliveryKind::Manifest,
            QStringLiteral("the workspace's own manifest, unchanged"));
        if (!secrets.isEmpty()) {
            m_delivery.files.last().mode = 0600;
            m_delivery.files.last().holdsSecrets = true;
        }
    }

    static bool outside(const QString &path)
    {
        return path.startsWith(QStringLiteral("..")) || QDir::isAbsolutePath(path);
    }

    Result<void> convertedManifest()
    {
        // By its name in the repository: that is what the loss report speaks of.
        Result<LintSubject> read = readManifestText(m_sides.source.manifestPath, m_sides.source.manifest->text);
        if (!read)
            return tl::unexpected(read.error());
        QList<LintSubject> subjects{*std::move(read)};
        // What the source is built and started by says what its manifest leaves open.
        const QString folder = QFileInfo(m_sides.source.manifestPath).path();
        for (const char *name : {"Procfile", "Dockerfile"}) {
            const QString path = QDir::cleanPath(folder + QLatin1Char('/') + QLatin1StringView(name));
            const Result<QByteArray> text = readFile(full(path));
            if (!text || path == m_sides.source.manifestPath)
                continue;
            if (Result<LintSubject> beside = readManifestText(path, *text))
                subjects.append(*std::move(beside));
        }
        const ConvertTarget to = conversionFor(*m_sides.target.platform);
        const Conversion conversion = convertManifests(subjects, to);
        if (conversion.written.files.isEmpty())
            return fail(ErrorKind::Usage,
                        QStringLiteral("nothing of %1 can run on %2: %3")
                            .arg(m_sides.source.manifestPath, m_sides.target.platform->name,
                                 conversion.notes.join(QStringLiteral("; "))),
                        QStringLiteral("write the backend's manifest, and name it in the workspace"));
        m_facts.converted = true;
        m_delivery.loss = conversion.loss;
        m_delivery.notes += conversion.notes;
        for (const Error &problem : conversion.problems)
            m_delivery.notes.append(problem.toString());
        QString wanted = m_sides.target.manifestPath;
        if (outside(wanted))
            wanted = QFileInfo(wanted).fileName();
        for (const WrittenFile &file : conversion.written.files) {
            // The first is the platform's manifest, and goes where the workspace says.
            const bool first = m_facts.manifestPath.isEmpty();
            const QString path = first && !wanted.isEmpty() ? wanted : file.path;
            if (first)
                m_facts.manifestPath = path;
            add(path, file.text, DeliveryKind::Manifest,
                QStringLiteral("what the platform builds and runs, converted from %1")
                    .arg(m_sides.source.manifestPath));
        }
        readConverted();
        if (const QString named = m_sides.target.backend->service;
            m_service && !named.isEmpty() && m_service->name != named)
            m_delivery.notes.append(QStringLiteral("the workspace calls the service %1, and the converted manifest %2: "
                                                   "rename one of them")
                                        .arg(named, m_service->name));
        m_lossText = lossReport(conversion, to);
        return {};
    }

    void readConverted()
    {
        const Result<LintSubject> subject = readManifestText(m_facts.manifestPath, m_delivery.files.first().text);
        if (!subject)
            return;
        m_manifest = *subject;
        QList<Error> problems;
        Ledger ledger;
        m_model = readSubject(*subject, ledger, problems);
        m_service = serviceMeant(m_model, m_sides.target.backend->service);
    }

    /// Whether the platform builds the service from a Dockerfile.
    bool wantsImage() const
    {
        if (!m_service || m_service->image || m_service->kind == ServiceKind::Static)
            return false;
        if (m_sides.target.is("fly"))
            return true;
        return m_service->dockerfile || (m_service->runtime && m_service->runtime->value == QStringLiteral("docker"));
    }

    /// The folder the program is started in: the root that the manifests name, else the component's.
    QString appFolder(const DeliverySide &side) const
    {
        const QString folder = m_sides.relative(QFileInfo(full(side.manifestPath)).path());
        // Fly and compose run in the image's folder, which their manifest does not name.
        if (side.is("render") && side.service)
            return side.service->root
                       ? m_sides.relative(QDir(m_sides.folder.absolutePath()).filePath(side.service->root->value))
                       : QString();
        if (side.manifest && side.manifest->manifest.format == ManifestFormat::Procfile)
            return folder;
        return m_sides.component ? m_sides.componentRoot(*m_sides.component) : folder;
    }

    void image()
    {
        const QString manifestFolder = QFileInfo(m_facts.manifestPath).path();
        const QString beside = manifestFolder == QStringLiteral(".") ? QString() : manifestFolder;
        m_facts.context = m_sides.target.is("fly") ? beside : QString();
        if (!wantsImage())
            return;
        const DeliverySide &from =
            m_sides.source.service && m_sides.source.service->startCommand ? m_sides.source : m_sides.target;
        ImagePlace place;
        place.appFolder = appFolder(from);
        place.componentRoot = m_sides.component ? m_sides.componentRoot(*m_sides.component) : QString();
        if (m_sides.target.is("render") && m_service->dockerContext)
            place.context = QDir::cleanPath(m_service->dockerContext->value);
        else if (m_sides.target.is("render") && m_service->root)
            place.context = m_service->root->value;
        else
            place.context = m_facts.context;
        if (place.context == QStringLiteral("."))
            place.context.clear();
        if (!place.context.isEmpty() && place.appFolder != place.context &&
            !place.appFolder.startsWith(place.context + QLatin1Char('/')))
            place.context.clear();
        m_facts.context = place.context;
        const QString named = m_service->dockerfile ? m_service->dockerfile->value : QStringLiteral("Dockerfile");
        QString path = m_sides.target.is("fly") && !beside.isEmpty() ? beside + QLatin1Char('/') + named : named;
        if (m_sides.target.is("render") && m_service->root && !m_service->dockerfile)
            path = place.context.isEmpty() ? named : place.context + QLatin1Char('/') + named;
        path = QDir::cleanPath(path);
        if (outside(path) || path.contains(QStringLiteral(":/"))) {
            m_delivery.notes.append(
                QStringLiteral("the Dockerfile %1 is not in the repository and was not looked at").arg(named));
            return;
        }
        if (usable(path)) {
            ignoreFile(place.context);
            return;
        }
        writeImage(place, path, from);
    }

    /// A Dockerfile that is there is the person's own: only one that cannot work is written anew.
    bool usable(const QString &path)
    {
        if (!QFileInfo(full(path)).isFile())
            return false;
        const ManifestSet set = readManifestSetForLint({full(path)});
        if (set.subjects.isEmpty()) {
            m_delivery.notes.append(QStringLiteral("%1 cannot be read and is written anew").arg(path));
            return false;
        }
        const QList<Finding> findings = lintManifests(set.subjects);
        const auto wrong = std::find_if(findings.cbegin(), findings.cend(),
                                        [](const Finding &each) { return each.severity == Severity::Error; });
        if (wrong != findings.cend()) {
            m_delivery.notes.append(QStringLiteral("%1 is written anew: line %2: %3")
                                        .arg(path, QString::number(wrong->place.line), wrong->message));
            return false;
        }
        m_delivery.notes.append(QStringLiteral("%1 is used as it is").arg(path));
        m_dockerfile = set.subjects.first();
        m_dockerfile->manifest.file = path;
        return true;
    }

    int imagePort() const
    {
        if (const Field<int> stated = statedPort(*m_service))
            return stated->value;
        return m_sides.target.platform->ports.defaultPort > 0 ? m_sides.target.platform->ports.defaultPort : 8080;
    }

    void writeImage(const ImagePlace &place, const QString &path, const DeliverySide &from)
    {
        const Service *started = from.service ? &*from.service : nullptr;
        ImagePlanning planning = planImage(m_sides, place, started, imagePort());
        m_delivery.notes += planning.notes;
        if (!planning.plan)
            return;
        const QByteArray text = dockerfileText(*planning.plan, QStringLiteral("%1 on %2")
                                                                   .arg(m_sides.target.backend->component.isEmpty()
                                                                            ? m_sides.target.backend->name
                                                                            : m_sides.target.backend->component,
                                                                        m_sides.target.platform->name));
        add(path, text, DeliveryKind::Dockerfile,
            QStringLiteral("builds the image from %1")
                .arg(place.context.isEmpty() ? QStringLiteral("the repository's root") : place.context));
        if (Result<LintSubject> subject = readManifestText(path, text))
            m_dockerfile = *subject;
        ignoreFile(place.context);
    }

    void ignoreFile(const QString &context)
    {
        const QString path =
            context.isEmpty() ? QStringLiteral(".dockerignore") : context + QStringLiteral("/.dockerignore");
        const Result<QByteArray> before = readFile(full(path));
        const QByteArray text = dockerIgnoreText(before ? *before : QByteArray());
        if (!text.isEmpty())
            add(path, text, DeliveryKind::DockerIgnore,
                QStringLiteral("keeps .env files and what is not needed out of the image"));
    }

    Result<void> environment()
    {
        m_entries = targetEnvironment(m_sides, m_catalogue, m_delivery.notes);
        const QList<EnvEntry> beside = besideManifest(m_entries, m_model, m_service);
        QString application = m_service ? m_service->name : m_sides.target.backend->name;
        // fly.toml says the app's name outside of its process groups.
        if (m_manifest && m_manifest->manifest.format == ManifestFormat::Fly) {
            const ManifestNode *app = m_manifest->manifest.document.find(u"app");
            application = app && !app->text.isEmpty()
                              ? app->text
                              : QUrl(m_sides.target.backend->url).host().section(QLatin1Char('.'), 0, 0);
        }
        Result<EnvFiles> files =
            environmentFiles(m_entries, beside, *m_sides.target.platform, application, m_request.withSecrets);
        if (!files)
            return tl::unexpected(files.error());
        m_delivery.files += files->files;
        m_delivery.notes += files->notes;
        m_facts.upload = files->upload;
        for (const EnvEntry &entry : beside) {
            if (!entry.value || (!m_request.withSecrets && !isOpenly(entry)))
                m_facts.open.append(entry.name);
        }
        static const QRegularExpression callback(
            QStringLiteral("(\\A|_)(IPN|WEBHOOKS?|CALLBACK|REDIRECT_UR[IL]|OAUTH)(_|\\z)"));
        for (const EnvEntry &entry : m_entries) {
            if (callback.match(entry.name.toUpper()).hasMatch())
                m_facts.callbacks.append(entry.name);
        }
        return {};
    }

    /// The other components' own files: their vercel.json, and what is built into them.
    void rewrites()
    {
        const QString from = m_sides.source.backend ? m_sides.source.backend->url : QString();
        QStringList seen;
        for (const Component &component : m_sides.workspace->components) {
            if (component.name == m_sides.target.backend->component)
                continue;
            const QString root = m_sides.componentRoot(component);
            publicNames(root);
            // A frontend on Vercel cannot reach what runs on this computer.
            const QString path = root.isEmpty() ? QStringLiteral("vercel.json") : root + QStringLiteral("/vercel.json");
            if (from.isEmpty() || m_sides.target.is("local") || outside(path) || seen.contains(path) ||
                !QFileInfo(full(path)).isFile())
                continue;
            seen.append(path);
            const Result<QByteArray> text = readFile(full(path));
            const Result<RewriteChange> change =
                text ? rewriteDestinations(*text, path, from, m_sides.target.backend->url,
                                           m_sides.target.backend->sockets)
                     : Result<RewriteChange>(tl::unexpected(text.error()));
            if (!change) {
                m_delivery.notes.append(QStringLiteral("%1 was left alone: %2").arg(path, change.error().toString()));
                continue;
            }
            m_delivery.notes += change->notes;
            if (!change->text.isNull())
                add(path, change->text, DeliveryKind::Rewrites,
                    QStringLiteral("the frontend's rewrites, %1 of them to %2")
                        .arg(change->changed)
                        .arg(serverOf(m_sides.target.backend->url)));
        }
    }

    void publicNames(const QString &root)
    {
        for (const char *name : {".env.production", ".env", ".env.example"}) {
            const QString file =
                full(root.isEmpty() ? QString::fromLatin1(name) : root + QLatin1Char('/') + QLatin1StringView(name));
            if (!QFileInfo(file).isFile())
                continue;
            EnvSources sources;
            sources.files = {file};
            sources.compareDialects = false;
            const Result<EnvironmentSet> set = gatherEnvironment(sources);
            if (!set)
                continue;
            for (const EnvEntry &entry : set->entries) {
                if (isPublicByPrefix(entry.name) && !m_facts.publicNames.contains(entry.name))
                    m_facts.publicNames.append(entry.name);
            }
        }
    }

    void scrape()
    {
        const QString path = metricsPath(m_sides);
        if (path.isEmpty()) {
            m_delivery.notes.append(
                QStringLiteral("no prometheus-scrape.yml: neither a socket's count nor the code speaks of /metrics"));
            return;
        }
        add(QStringLiteral("prometheus-scrape.yml"), scrapeConfigText(m_sides, path), DeliveryKind::ScrapeConfig,
            QStringLiteral("lets Prometheus read %1").arg(path));
    }

    void lint()
    {
        QList<LintSubject> subjects;
        if (m_manifest)
            subjects.append(*m_manifest);
        if (m_dockerfile)
            subjects.append(*m_dockerfile);
        m_delivery.findings = lintManifests(subjects);
        for (Finding &finding : m_delivery.findings)
            finding.place = shortened(finding.place);
    }

    void guide()
    {
        if (!m_lossText.isEmpty())
            add(QStringLiteral("loss.json"), m_lossText, DeliveryKind::Loss,
                QStringLiteral("what became of each key of the source's manifest"));
        m_delivery.notes.removeDuplicates();
        // It names itself in its table.
        add(QStringLiteral("DELIVERY.md"), {}, DeliveryKind::Guide, QStringLiteral("this guide"));
        add(deliveryRecordFile(), {}, DeliveryKind::Record,
            QStringLiteral("what was written here, so that the next export may replace it"));
        const QByteArray text = guideText(m_delivery, m_sides, m_facts);
        m_delivery.files[m_delivery.files.size() - 2].text = text;
        m_delivery.files.last().text = deliveryRecord(m_delivery);
    }

    const DeliveryRequest &m_request;
    const PlatformCatalogue &m_catalogue;
    DeliverySides m_sides;
    Delivery m_delivery;
    GuideFacts m_facts;
    QByteArray m_lossText;
    std::optional<LintSubject> m_manifest; ///< the target's, of its own or converted
    std::optional<LintSubject> m_dockerfile;
    ServiceModel m_model;
    std::optional<Service> m_service;
    QList<EnvEntry> m_entries;
};

} // namespace

QString deliveryKindName(DeliveryKind kind)
{
    static const QStringList names{
        QStringLiteral("manifest"),    QStringLiteral("dockerfile"),     QStringLiteral("dockerignore"),
        QStringLiteral("env-example"), QStringLiteral("secrets-upload"), QStringLiteral("secrets-script"),
        QStringLiteral("rewrites"),    QStringLiteral("verify-script"),  QStringLiteral("scrape-config"),
        QStringLiteral("loss"),        QStringLiteral("guide"),          QStringLiteral("record")};
    return names.at(int(kind));
}

const DeliveryFile *Delivery::find(DeliveryKind kind) const
{
    const auto found =
        std::find_if(files.cbegin(), files.cend(), [&](const DeliveryFile &each) { return each.kind == kind; });
    return found == files.cend() ? nullptr : &*found;
}

qsizetype Delivery::lost() const
{
    return std::count_if(loss.cbegin(), loss.cend(),
                         [](const KeyFate &each) { return each.outcome == KeyOutcome::NotTranslated; });
}

Result<Delivery> prepareDelivery(const DeliveryRequest &request, const PlatformCatalogue &catalogue)
{
    Result<DeliverySides> sides = readDeliverySides(request.workspace, request.backend, catalogue);
    if (!sides)
        return tl::unexpected(sides.error());
    return Preparation(request, std::move(*sides), catalogue).run();
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/convert.h"

#include "models/manifests/manifestset.h"
#include "models/manifests/modelplaces.h"
#include "models/manifests/writeraccount.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

const auto staysInImage = QStringLiteral("it stays in the Dockerfile, from which the target builds");

/// What one file says, with the format that it says it in.
struct Source
{
    ManifestFormat format = ManifestFormat::Render;
    QString file;
    ServiceModel model;
};

bool isEmpty(const ServiceModel &model)
{
    return model.services.isEmpty() && model.databases.isEmpty() && model.groups.isEmpty();
}

/// Reads of a repository's folder: where a path of a manifest leads.
QString resolved(const QString &manifest, const QString &path)
{
    return QDir::cleanPath(QFileInfo(manifest).absoluteDir().absoluteFilePath(path));
}

class Converter
{
public:
    Converter(const QList<LintSubject> &subjects, ConvertTarget target)
        : m_target(target)
    {
        for (const LintSubject &subject : subjects) {
            Source source{subject.manifest.format, subject.manifest.file,
                          readSubject(subject, m_ledger, m_result.problems)};
            m_sources.append(std::move(source));
        }
        for (const Error &problem : std::as_const(m_result.problems)) {
            if (!problem.place.file.isEmpty())
                m_ledger.lost(problem.place, QStringLiteral("it could not be understood: %1").arg(problem.message));
        }
    }

    Conversion convert()
    {
        joinRedirects();
        const bool services = std::any_of(m_sources.cbegin(), m_sources.cend(), [](const Source &source) {
            return !isAside(source.format) && !source.model.services.isEmpty();
        });
        if (services)
            joinAside();
        prepareImages();
        preparePorts();
        nameOnce();
        const QList<ServiceModel> models = grouped();
        m_result.described = !models.isEmpty();
        write(models);
        for (const Source &source : std::as_const(m_sources)) {
            if (source.format == ManifestFormat::Dockerfile && !m_result.written.files.isEmpty())
                m_ledger.defaultRest(source.file, staysInImage);
        }
        m_result.loss = m_ledger.fates();
        if (m_result.written.files.isEmpty())
            sayWhyNothing();
        else
            sayHostsLeft();
        return std::move(m_result);
    }

private:
    /// Files that say how one thing is built or started, and are read beside a manifest of services.
    static bool isAside(ManifestFormat format)
    {
        return format == ManifestFormat::Dockerfile || format == ManifestFormat::Procfile;
    }

    /// _redirects and netlify.toml of one folder describe one site; a rule of _redirects comes first.
    void joinRedirects()
    {
        for (Source &source : m_sources) {
            if (source.format != ManifestFormat::Netlify || source.model.services.isEmpty())
                continue;
            Service &site = source.model.services.front();
            for (Source &other : m_sources) {
                if (other.format != ManifestFormat::Redirects || other.model.services.isEmpty())
                    continue;
                site.routes = other.model.services.front().routes + site.routes;
                other.model.services.clear();
            }
        }
    }

    void joinAside()
    {
        for (Source &source : m_sources) {
            if (source.format == ManifestFormat::Dockerfile)
                joinDockerfile(source);
            else if (source.format == ManifestFormat::Procfile)
                joinProcfile(source);
        }
    }

    QList<Service *> builtServices(QStringList *files)
    {
        QList<Service *> result;
        for (Source &source : m_sources) {
            if (isAside(source.format))
                continue;
            for (Service &service : source.model.services) {
                const bool builds = !service.image && service.kind != ServiceKind::Static &&
                                    service.kind != ServiceKind::KeyValue &&
                                    (!service.runtime || service.runtime->value == L("docker"));
                if (!builds)
                    continue;
                result.append(&service);
                const QString path = service.dockerfile ? service.dockerfile->value : QStringLiteral("Dockerfile");
                const QString root = service.root && source.format == ManifestFormat::Render
                                         ? service.root->value + QLatin1Char('/')
                                         : QString();
                files->append(resolved(source.file, service.dockerfile ? path : root + path));
            }
        }
        return result;
    }

    /// What a Dockerfile says stays in the image that the target builds from it. Only what a platform has to be told as
    /// well goes over: the port, a check, the signal.
    void joinDockerfile(Source &source)
    {
        QStringList files;
        const QList<Service *> services = builtServices(&files);
        const QString own = QDir::cleanPath(QFileInfo(source.file).absoluteFilePath());
        bool used = false;
        for (const Service &image : source.model.services) {
            for (qsizetype i = 0; i < services.size(); ++i) {
                if (files[i] != own && !(services.size() == 1 && !services[i]->dockerfile))
                    continue;
                used = true;
                if (!services[i]->port)
                    services[i]->port = image.port;
                if (!services[i]->stopSignal)
                    services[i]->stopSignal = image.stopSignal;
            }
        }
        m_ledger.defaultRest(source.file, staysInImage);
        if (!used)
            m_result.notes.append(
                QStringLiteral("%1 is left aside: no service of the other files is built from it").arg(source.file));
        source.model.services.clear();
    }

    void joinProcfile(Source &source)
    {
        for (const Service &process : std::as_const(source.model.services)) {
            bool used = false;
            for (Source &other : m_sources) {
                for (Service &service : other.model.services) {
                    const bool native = service.runtime && service.runtime->value != L("docker") && !service.image;
                    if (isAside(other.format) || service.kind != process.kind || service.startCommand || !native)
                        continue;
                    service.startCommand = process.startCommand;
                    used = true;
                }
            }
            if (!used)
                forEachPlace(process, [&](const Place &place) {
                    m_ledger.defaulted(place, QStringLiteral("the other files say what is started"));
                });
        }
        source.model.services.clear();
    }

    /// A Dockerfile on its own: variables, arguments and commands are the image's, and stay there.
    void prepareImages()
    {
        if (m_target == ConvertTarget::Vercel)
            return;
        for (Source &source : m_sources) {
            if (source.format != ManifestFormat::Dockerfile)
                continue;
            for (Service &service : source.model.services) {
                service.environment.clear();
                service.buildArguments.clear();
                service.startCommand.reset();
                service.startCommandDetails.clear();
            }
        }
    }

    /// compose opens ports by number, where the platforms go by PORT.
    void preparePorts()
    {
        if (m_target != ConvertTarget::Compose)
            return;
        for (Source &source : m_sources) {
            for (Service &service : source.model.services) {
                if (service.kind == ServiceKind::Web || service.kind == ServiceKind::Private)
                    service.port = statedPort(service);
            }
        }
    }

    /// Two files may each have a service "web": on the target each name is one service.
    void nameOnce()
    {
        QSet<QString> names;
        for (Source &source : m_sources) {
            for (Service &service : source.model.services) {
                QString name = service.name;
                for (int i = 2; names.contains(name.toLower()); ++i)
                    name = QStringLiteral("%1-%2").arg(service.name).arg(i);
                if (name != service.name)
                    m_result.notes.append(QStringLiteral("two services are called %1: that of %2 is written as %3")
                                              .arg(service.name, source.file, name));
                names.insert(name.toLower());
                service.name = name;
            }
        }
    }

    /// One model for each format.
    QList<ServiceModel> grouped() const
    {
        QList<ServiceModel> models;
        for (const Source &source : m_sources) {
            const auto it = std::find_if(models.begin(), models.end(),
                                         [&](const ServiceModel &each) { return each.format == source.model.format; });
            if (it == models.end()) {
                models.append(source.model);
                continue;
            }
            it->services += source.model.services;
            it->databases += source.model.databases;
            it->groups += source.model.groups;
        }
        models.removeIf([](const ServiceModel &model) { return isEmpty(model); });
        return models;
    }

    void write(const QList<ServiceModel> &models)
    {
        if (m_target == ConvertTarget::Render) {
            m_result.written = writeRender(models, m_ledger);
            return;
        }
        QSet<QString> paths;
        for (const ServiceModel &model : models) {
            Written written = m_target == ConvertTarget::Fly       ? writeFly(model, m_ledger)
                              : m_target == ConvertTarget::Compose ? writeCompose(model, m_ledger)
                                                                   : writeVercel(model, m_ledger);
            const bool taken = std::any_of(written.files.cbegin(), written.files.cend(),
                                           [&](const WrittenFile &file) { return paths.contains(file.path); });
            for (WrittenFile &file : written.files) {
                if (taken) {
                    file.path.prepend(model.format + QLatin1Char('/'));
                    m_result.notes.append(QStringLiteral("%1 is a file of its own: another source gives one of that "
                                                         "name as well")
                                              .arg(file.path));
                }
                paths.insert(file.path);
            }
            m_result.written.files += written.files;
            m_result.written.added += written.added;
        }
    }

    void sayWhyNothing()
    {
        for (const Source &source : std::as_const(m_sources)) {
            if (isEmpty(source.model))
                m_result.notes.append(QStringLiteral("%1 describes no service").arg(source.file));
            else
                m_result.notes.append(QStringLiteral("nothing that %1 describes can run on %2")
                                          .arg(source.file, convertTargetName(m_target)));
        }
    }

    /// A value goes over as it is, also where it is the address that the service is about to leave.
    void sayHostsLeft()
    {
        for (const Source &source : std::as_const(m_sources)) {
            const bool render = source.format == ManifestFormat::Render && m_target != ConvertTarget::Render;
            const bool fly = source.format == ManifestFormat::Fly && m_target != ConvertTarget::Fly;
            if (!render && !fly)
                continue;
            static const QRegularExpression ofRender(QStringLiteral(R"([\w\-.]+\.onrender\.com\b)"));
            static const QRegularExpression ofFly(QStringLiteral(R"([\w\-.]+\.fly\.dev\b)"));
            for (const Service &service : source.model.services) {
                for (const EnvironmentEntry &entry : service.environment) {
                    const QString host = (render ? ofRender : ofFly).match(entry.value).captured(0);
                    if (entry.source == EnvironmentEntry::Source::Literal && !host.isEmpty() && mayStandInFile(entry))
                        say(QStringLiteral(
                                "%1 (line %2 of %3) goes over as it is and names %4, which the service leaves")
                                .arg(entry.name)
                                .arg(entry.place.line)
                                .arg(source.file, host));
                }
            }
        }
    }

    void say(const QString &note)
    {
        if (!m_result.notes.contains(note))
            m_result.notes.append(note);
    }

    ConvertTarget m_target;
    Ledger m_ledger;
    QList<Source> m_sources;
    Conversion m_result;
};

} // namespace

QString convertTargetName(ConvertTarget target)
{
    return convertTargetNames().at(int(target));
}

const QStringList &convertTargetNames()
{
    static const QStringList names{QStringLiteral("render"), QStringLiteral("fly"), QStringLiteral("compose"),
                                   QStringLiteral("vercel")};
    return names;
}

std::optional<ConvertTarget> convertTargetNamed(const QString &name)
{
    const qsizetype index = convertTargetNames().indexOf(name);
    return index < 0 ? std::nullopt : std::optional(ConvertTarget(index));
}

qsizetype Conversion::count(KeyOutcome outcome) const
{
    return std::count_if(loss.cbegin(), loss.cend(), [&](const KeyFate &fate) { return fate.outcome == outcome; });
}

Conversion convertManifests(const QList<LintSubject> &subjects, ConvertTarget target)
{
    return Converter(subjects, target).convert();
}

QJsonArray lossToJson(const QList<KeyFate> &fates)
{
    QJsonArray loss;
    for (const KeyFate &fate : fates)
        loss.append(QJsonObject{{QStringLiteral("file"), fate.place.file},
                                {QStringLiteral("line"), fate.place.line},
                                {QStringLiteral("column"), fate.place.column},
                                {QStringLiteral("key"), fate.key},
                                {QStringLiteral("outcome"), keyOutcomeName(fate.outcome)},
                                {QStringLiteral("target"), fate.target},
                                {QStringLiteral("reason"), fate.reason}});
    return loss;
}

QByteArray lossReport(const Conversion &conversion, ConvertTarget target)
{
    QJsonArray files;
    for (const WrittenFile &file : conversion.written.files)
        files.append(file.path);
    QJsonArray added;
    for (const AddedKey &key : conversion.written.added)
        added.append(QJsonObject{{QStringLiteral("key"), key.key},
                                 {QStringLiteral("value"), key.value},
                                 {QStringLiteral("reason"), key.reason}});
    QJsonObject counts;
    for (const KeyOutcome outcome :
         {KeyOutcome::Mapped, KeyOutcome::Defaulted, KeyOutcome::Rewritten, KeyOutcome::NotTranslated})
        counts.insert(keyOutcomeName(outcome), conversion.count(outcome));
    return QJsonDocument(QJsonObject{{QStringLiteral("schema"), QStringLiteral("switchyard.manifest-convert/1")},
                                     {QStringLiteral("to"), convertTargetName(target)},
                                     {QStringLiteral("files"), files},
                                     {QStringLiteral("loss"), lossToJson(conversion.loss)},
                                     {QStringLiteral("added"), added},
                                     {QStringLiteral("counts"), counts},
                                     {QStringLiteral("notes"), QJsonArray::fromStringList(conversion.notes)}})
        .toJson();
}

} // namespace Switchyard

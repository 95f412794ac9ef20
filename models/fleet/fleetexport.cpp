// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetexport.h"

#include "models/common/ownfiles.h"
#include "models/fleet/fleetparts.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

namespace {

const auto recordFile = QStringLiteral("fleet.json");
const auto recordSchema = QStringLiteral("switchyard.fleet/1");

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// A name for the monitor's module that no other one has, and that may stand in a file's name.
QString moduleName(const QString &id, QSet<QString> *taken)
{
    const QString slug = fleetSlug(id).left(80);
    QString name = slug;
    for (int i = 2; taken->contains(name); ++i)
        name = s("%1-%2").arg(slug).arg(i);
    taken->insert(name);
    return name;
}

bool isAddress(const QString &text)
{
    static const QRegularExpression re(
        s("\\A(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_](?:[A-Za-z0-9_.\\-]*[A-Za-z0-9_])?):(\\d{1,5})\\z"));
    const QRegularExpressionMatch match = re.match(text);
    const int port = match.captured(1).toInt();
    return match.hasMatch() && port >= 1 && port <= 65'535;
}

QJsonArray lossJson(const FleetExport &fleet)
{
    QJsonArray list;
    for (const FleetLoss &loss : fleet.loss)
        list.append(QJsonObject{{s("subject"), loss.subject},
                                {s("file"), loss.place.file},
                                {s("line"), loss.place.line},
                                {s("key"), loss.key},
                                {s("outcome"), fleetOutcomeName(loss.outcome)},
                                {s("reason"), loss.reason}});
    return list;
}

QJsonArray secretJson(const FleetExport &fleet)
{
    QJsonArray list;
    for (const FleetSecretFile &secret : fleet.secrets)
        list.append(QJsonObject{{s("path"), secret.path},
                                {s("reference"), secret.reference},
                                {s("monitor"), secret.subject},
                                {s("what"), secret.what}});
    return list;
}

QByteArray record(const FleetExport &fleet)
{
    QJsonArray files;
    for (const WrittenFile &file : fleet.files)
        files.append(QJsonObject{{s("path"), file.path}, {s("sha256"), contentHash(file.text)}});
    return QJsonDocument(
               QJsonObject{{s("schema"), recordSchema}, {s("workspace"), fleet.workspace}, {s("files"), files}})
        .toJson();
}

} // namespace

QString fleetOutcomeName(FleetLoss::Outcome outcome)
{
    switch (outcome) {
    case FleetLoss::Outcome::Changed:
        return s("changed");
    case FleetLoss::Outcome::Lost:
        return s("lost");
    case FleetLoss::Outcome::LeftOut:
        break;
    }
    return s("left-out");
}

const WrittenFile *FleetExport::find(const QString &path) const
{
    for (const WrittenFile &file : files) {
        if (file.path == path)
            return &file;
    }
    return nullptr;
}

QByteArray fleetLossFile(const FleetExport &fleet)
{
    return QJsonDocument(QJsonObject{{s("schema"), s("switchyard.fleet-loss/1")}, {s("loss"), lossJson(fleet)}})
        .toJson();
}

Result<FleetExport> prepareFleet(const Workspace &workspace, const FleetOptions &options)
{
    if (!isAddress(options.blackbox))
        return fail(ErrorKind::Usage, s("\"%1\" is no host:port").arg(options.blackbox),
                    s("where Prometheus reaches blackbox_exporter, for example 127.0.0.1:9115"));
    const Result<QList<FleetMonitor>> monitors = fleetMonitors(workspace);
    if (!monitors)
        return tl::unexpected(monitors.error());
    FleetExport fleet;
    fleet.workspace = workspace.name;
    QString modules =
        s("# Written by Switchyard, one module a monitor, for blackbox_exporter 0.23 or newer. Secrets are read "
          "from files below\n# secrets/, which you make (README.md).\nmodules:\n");
    QSet<QString> taken;
    for (const FleetMonitor &monitor : *monitors) {
        const QString name = moduleName(monitor.id, &taken);
        const std::optional<QString> module = blackboxModule(monitor, name, options, &fleet);
        if (!module)
            continue;
        modules += *module;
        fleet.modules.insert(monitor.id, name);
        fleet.monitors.append(monitor);
    }
    const QByteArray sockets = k6Script(workspace, &fleet);
    if (fleet.monitors.isEmpty() && sockets.isEmpty())
        return fail(ErrorKind::Usage,
                    fleet.loss.isEmpty()
                        ? s("the workspace has no monitor and no socket to export")
                        : s("none of the workspace's monitors can be exported: %1").arg(fleet.loss.first().reason),
                    s("give a backend a [[backend.health]]"));
    if (!fleet.monitors.isEmpty()) {
        fleet.files.append({s("blackbox.yml"), modules.toUtf8(), 0});
        fleet.files.append({s("prometheus.yml"), prometheusConfig(workspace, fleet, options), 0});
        fleet.files.append({s("rules.yml"), prometheusRules(workspace, fleet), 0});
        fleet.files.append({s("dashboard.json"), grafanaDashboard(workspace), 0});
    }
    if (!sockets.isEmpty())
        fleet.files.append({s("sockets.k6.js"), sockets, 0});
    // What is put there later must not be committed by the next `git add .`.
    if (!fleet.secrets.isEmpty())
        fleet.files.append({s("secrets/.gitignore"), "*\n", 0});
    fleet.files.append({s("loss.json"), fleetLossFile(fleet), 0});
    fleet.files.append({s("README.md"), fleetGuide(fleet, options), 0});
    fleet.files.append({recordFile, record(fleet), 0});
    return fleet;
}

Result<void> writeFleet(const FleetExport &fleet, const QString &folder, bool force)
{
    if (const std::optional<Error> objected = objectionTo(fleet.files, folder, {recordFile, recordSchema, {}}, force))
        return tl::unexpected(*objected);
    return writeFileSet(folder, fleet.files);
}

QJsonObject fleetExportToJson(const FleetExport &fleet, const QString &folder)
{
    QJsonArray files, monitors;
    for (const WrittenFile &file : fleet.files)
        files.append(QJsonObject{{s("path"), file.path}, {s("bytes"), file.text.size()}});
    for (const FleetMonitor &monitor : fleet.monitors)
        monitors.append(QJsonObject{{s("id"), monitor.id}, {s("module"), fleet.modules.value(monitor.id)}});
    return {{s("schema"), s("switchyard.fleet-export/1")},
            {s("folder"), folder},
            {s("files"), files},
            {s("monitors"), monitors},
            {s("secrets"), secretJson(fleet)},
            {s("loss"), lossJson(fleet)}};
}

} // namespace Switchyard

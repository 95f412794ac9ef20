// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/modelplaces.h"

namespace Switchyard {

namespace {

template <typename... Values>
void fields(const VisitPlace &visit, const std::optional<Stated<Values>> &...all)
{
    const auto one = [&visit](const auto &field) {
        if (field)
            visit(field->place);
    };
    (one(all), ...);
}

void pairs(const VisitPlace &visit, const QList<std::pair<QString, Stated<QString>>> &list)
{
    for (const auto &pair : list)
        visit(pair.second.place);
}

void entries(const VisitPlace &visit, const QList<EnvironmentEntry> &list)
{
    for (const EnvironmentEntry &entry : list) {
        visit(entry.namePlace);
        visit(entry.place);
        for (const Place &place : entry.details)
            visit(place);
    }
}

} // namespace

void forEachPlace(const Service &s, const VisitPlace &visit)
{
    visit(s.place);
    fields(visit, s.nameField, s.kindField, s.runtime, s.image, s.dockerfile, s.dockerContext, s.dockerTarget, s.root,
           s.installCommand, s.buildCommand, s.publishPath, s.repository, s.branch, s.startCommand, s.preDeployCommand,
           s.schedule, s.region, s.port, s.forceHttps, s.stopSignal, s.stopGrace, s.restartPolicy, s.strategy,
           s.evictionPolicy, s.publicPort);
    for (const QList<Place> &details : {s.startCommandDetails, s.groupDetails, s.frontDetails}) {
        for (const Place &place : details)
            visit(place);
    }
    fields(visit, s.size.plan, s.size.memoryMb, s.size.cpus, s.size.cpuKind);
    fields(visit, s.scaling.instances, s.scaling.least, s.scaling.most, s.scaling.cpuPercent, s.scaling.memoryPercent,
           s.scaling.autoStop, s.scaling.autoStart, s.scaling.leastRunning, s.scaling.limitBy, s.scaling.softLimit,
           s.scaling.hardLimit);
    pairs(visit, s.buildArguments);
    pairs(visit, s.processes);
    entries(visit, s.environment);
    for (const OpenPort &port : s.ports) {
        visit(port.place);
        fields(visit, port.internal, port.external, port.protocol);
    }
    for (const ServiceCheck &check : s.checks) {
        visit(check.place);
        fields(visit, check.kind, check.path, check.method, check.interval, check.timeout, check.grace, check.port,
               check.command, check.retries);
        pairs(visit, check.headers);
    }
    for (const Disk &disk : s.disks) {
        visit(disk.place);
        fields(visit, disk.name, disk.mountPath, disk.sizeGb);
    }
    for (const Stated<QString> &domain : s.domains)
        visit(domain.place);
    for (const Route &route : s.routes) {
        visit(route.place);
        visit(route.source.place);
        visit(route.destination.place);
        fields(visit, route.status);
    }
    for (const ResponseHeader &header : s.headers) {
        visit(header.path.place);
        visit(header.name.place);
        visit(header.value.place);
    }
}

void forEachPlace(const ManifestDatabase &d, const VisitPlace &visit)
{
    visit(d.place);
    fields(visit, d.nameField, d.plan, d.version, d.databaseName, d.user, d.region, d.diskGb);
}

void forEachPlace(const EnvironmentGroup &group, const VisitPlace &visit)
{
    visit(group.place);
    visit(group.namePlace);
    entries(visit, group.entries);
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/vercelroutes.h"

#include "models/manifests/routepattern.h"

#include <QStringList>

namespace Switchyard {

namespace {

using Type = ManifestNode::Type;

const auto conditional = QStringLiteral(
    "it holds only under conditions, which the model does not carry; without them it would hold for every request");

/// Whether an entry has something that narrows or changes requests beyond its path.
bool hasConditions(const ManifestNode &entry)
{
    static const QStringList keys{QStringLiteral("has"),    QStringLiteral("missing"),    QStringLiteral("methods"),
                                  QStringLiteral("locale"), QStringLiteral("transforms"), QStringLiteral("mitigate"),
                                  QStringLiteral("user")};
    for (const QString &key : keys) {
        const ManifestNode *node = entry.find(key);
        if (node && node->type != Type::Null && (!node->children.empty() || node->isScalar()))
            return true;
    }
    return false;
}

/// Reads one entry of rewrites or redirects after its status.
void addRule(const ManifestNode &entry, SiteReader &reader, Service &service, Route route)
{
    reader.note(entry, QLatin1StringView("env"),
                QStringLiteral("Vercel fills these variables into the destination; elsewhere it is written out"));
    reader.note(entry, QLatin1StringView("respectOriginCacheControl"),
                QStringLiteral("how Vercel caches what another host answers"));
    const Field<QString> source = reader.text(entry, QLatin1StringView("source"));
    const Field<QString> destination = reader.text(entry, QLatin1StringView("destination"));
    if (!source || !destination) {
        const char *missing = !entry.find(u"source") ? "source" : !entry.find(u"destination") ? "destination" : nullptr;
        if (missing)
            reader.problem(entry.place, QStringLiteral("a rule without \"%1\"").arg(QLatin1StringView(missing)),
                           QStringLiteral("every rule has a source and a destination"));
        return;
    }
    route.source = *source;
    route.destination = *destination;
    route.place = entry.place;
    service.routes.append(route);
}

/// Rules to another service of the same deployment, and those with conditions.
bool isLeftOut(const ManifestNode &entry, SiteReader &reader)
{
    const ManifestNode *destination = entry.find(u"destination");
    if (destination && destination->isMap()) {
        reader.noteAll(entry, QStringLiteral("it leads to another service of the same deployment; elsewhere each "
                                             "service has a host of its own"));
        return true;
    }
    if (!hasConditions(entry))
        return false;
    reader.noteAll(entry, conditional);
    return true;
}

void readRewrites(const ManifestNode &holder, SiteReader &reader, Service &service)
{
    for (const ManifestNode *entry : reader.tables(holder, QLatin1StringView("rewrites"))) {
        if (isLeftOut(*entry, reader))
            continue;
        Route route;
        route.status = reader.number(*entry, QLatin1StringView("statusCode"), 100, 999);
        addRule(*entry, reader, service, route);
    }
}

void readRedirects(const ManifestNode &holder, SiteReader &reader, Service &service)
{
    for (const ManifestNode *entry : reader.tables(holder, QLatin1StringView("redirects"))) {
        if (isLeftOut(*entry, reader))
            continue;
        Route route;
        route.kind = Route::Kind::Redirect;
        // Where both stand, permanent wins (routing-utils, convertRedirects).
        const Field<bool> permanent = reader.flag(*entry, QLatin1StringView("permanent"));
        route.status = reader.number(*entry, QLatin1StringView("statusCode"), 100, 999,
                                     permanent ? QStringLiteral("\"permanent\" stands beside it and wins") : QString());
        if (permanent)
            route.status = Stated<int>{permanent->value ? 308 : 307, permanent->place};
        addRule(*entry, reader, service, route);
    }
}

void readHeaders(const ManifestNode &holder, SiteReader &reader, Service &service)
{
    for (const ManifestNode *rule : reader.tables(holder, QLatin1StringView("headers"))) {
        if (isLeftOut(*rule, reader))
            continue;
        const Field<QString> source = reader.text(*rule, QLatin1StringView("source"));
        if (!source && !rule->find(u"source"))
            reader.problem(rule->place, QStringLiteral("headers without \"source\""),
                           QStringLiteral("every rule has a source and a list of headers"));
        for (const ManifestNode *header : reader.tables(*rule, QLatin1StringView("headers"))) {
            const Field<QString> name = reader.text(*header, QLatin1StringView("key"));
            const Field<QString> value = reader.text(*header, QLatin1StringView("value"));
            if (source && name && value)
                service.headers.append({*source, *name, *value});
            else if (!header->find(u"key") || !header->find(u"value"))
                reader.problem(header->place, QStringLiteral("a header without \"key\" or \"value\""));
        }
    }
}

/// The routes of Vercel's old router: one list for everything, regular expressions, phases between "handle" entries.
class OldRoutes
{
public:
    OldRoutes(SiteReader &reader, Service &service)
        : m_reader(reader)
        , m_service(service)
    {
    }

    void read(const ManifestNode &entry)
    {
        if (const ManifestNode *handle = entry.find(u"handle")) {
            m_phase = handle->text;
            m_reader.noteAll(entry, QStringLiteral("a phase of Vercel's old router"));
            return;
        }
        if (hasConditions(entry))
            return m_reader.noteAll(entry, conditional);
        if (!m_phase.isEmpty() && m_phase != QLatin1StringView("filesystem"))
            return m_reader.noteAll(
                entry, QStringLiteral("it holds only in the phase \"%1\" of Vercel's old router").arg(m_phase));
        if (const ManifestNode *destination = entry.find(u"destination"); destination && destination->isMap())
            return m_reader.noteAll(entry, QStringLiteral("it leads to another service of the same deployment"));
        readRule(entry);
    }

private:
    void readRule(const ManifestNode &entry)
    {
        for (const char *key : {"continue", "check", "important", "override", "caseSensitive", "isInternal",
                                "middleware", "middlewarePath", "middlewareRawSrc", "env", "respectOriginCacheControl"})
            m_reader.note(entry, QLatin1StringView(key), QStringLiteral("a word of Vercel's old router alone"));
        Field<QString> source = either(entry, "src", "source");
        Field<QString> destination = either(entry, "dest", "destination");
        Field<int> status = m_reader.number(entry, QLatin1StringView("status"), 100, 999);
        if (!status)
            status = m_reader.number(entry, QLatin1StringView("statusCode"), 100, 999);
        if (!source) {
            if (!entry.find(u"src") && !entry.find(u"source"))
                m_reader.problem(entry.place, QStringLiteral("a route without \"src\""));
            return;
        }
        Route route;
        route.place = entry.place;
        const bool moves = status && status->value >= 300 && status->value < 400;
        const Field<QString> location = readHeaders(entry, *source, moves);
        if (moves && location) {
            route.kind = Route::Kind::Redirect;
            destination = location;
        }
        if (!destination) {
            if (status)
                m_reader.noteAll(entry, QStringLiteral("a status without a page of its own"));
            return;
        }
        const TranslatedRoute form = translateOldVercelRoute(source->value, destination->value);
        if (!form.lost.isEmpty())
            return m_reader.noteAll(entry, form.lost);
        route.source = {form.source, source->place};
        route.destination = {form.destination, destination->place};
        if (!route.destination.value.startsWith(QLatin1Char('/')) &&
            !route.destination.value.contains(QLatin1StringView("://")))
            route.destination.value.prepend(QLatin1Char('/')); // the old router takes "index.html" as "/index.html"
        route.status = status;
        m_service.routes.append(route);
    }

    Field<QString> either(const ManifestNode &entry, const char *older, const char *newer)
    {
        const Field<QString> found = m_reader.text(entry, QLatin1StringView(older));
        return found ? found : m_reader.text(entry, QLatin1StringView(newer));
    }

    /// The headers of a route; gives the Location of a redirect.
    Field<QString> readHeaders(const ManifestNode &entry, const Stated<QString> &source, bool moves)
    {
        Field<QString> location;
        const ManifestNode *headers = m_reader.table(entry, QLatin1StringView("headers"));
        if (!headers)
            return location;
        const TranslatedRoute path = translateOldVercelRoute(source.value, {});
        for (const ManifestNode &header : headers->children) {
            if (header.type != Type::String) {
                m_reader.problem(header.place,
                                 QStringLiteral("the value of the header \"%1\" has to be a text").arg(header.key));
                continue;
            }
            const Stated<QString> value{header.text, header.place};
            m_reader.read(header.place, path.lost);
            if (moves && header.key.compare(QLatin1StringView("location"), Qt::CaseInsensitive) == 0)
                location = value;
            else if (path.lost.isEmpty())
                m_service.headers.append({{path.source, source.place}, {header.key, header.keyPlace}, value});
        }
        return location;
    }

    SiteReader &m_reader;
    Service &m_service;
    QString m_phase;
};

} // namespace

void readVercelRoutes(const ManifestNode &holder, SiteReader &reader, Service &service)
{
    readRedirects(holder, reader, service);
    readRewrites(holder, reader, service);
    readHeaders(holder, reader, service);
    OldRoutes old(reader, service);
    for (const ManifestNode *entry : reader.tables(holder, QLatin1StringView("routes")))
        old.read(*entry);
}

} // namespace Switchyard

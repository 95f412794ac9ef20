// SPDX-License-Identifier: GPL-3.0-or-later
// vercel.json for the static sites of a model. JSON has no comments: what was lost stands in the ledger alone.
#include "models/manifests/formats.h"
#include "models/manifests/modelplaces.h"
#include "models/manifests/routepattern.h"
#include "models/manifests/writeraccount.h"

#include <QDir>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

// vercel/vercel packages/routing-utils/src/schemas.ts
constexpr int maxRules = 2048;
constexpr int maxHeadersOfRule = 1024;
constexpr qsizetype maxPath = 4096;
constexpr qsizetype maxHeaderValue = 32768;

const auto schemaUrl = QStringLiteral("https://openapi.vercel.sh/vercel.json");

QString quoted(const QString &text)
{
    QString result = QStringLiteral("\"");
    for (const QChar c : text) {
        if (c == QLatin1Char('"') || c == QLatin1Char('\\'))
            result += QLatin1Char('\\');
        if (c == QLatin1Char('\n'))
            result += QStringLiteral("\\n");
        else if (c == QLatin1Char('\t'))
            result += QStringLiteral("\\t");
        else if (c.unicode() < 0x20 || c.unicode() == 0x7f)
            result += QStringLiteral("\\u%1").arg(int(c.unicode()), 4, 16, QLatin1Char('0'));
        else
            result += c;
    }
    return result + QLatin1Char('"');
}

/// Members of an object or elements of a list, each already written, put together with two spaces a level.
QString block(QChar open, QChar close, const QStringList &parts)
{
    if (parts.isEmpty())
        return QString(open) + close;
    QString inner = parts.join(QStringLiteral(",\n"));
    inner.replace(QLatin1Char('\n'), QStringLiteral("\n  "));
    return open + QStringLiteral("\n  ") + inner + QLatin1Char('\n') + close;
}
QString object(const QStringList &members)
{
    return block(QLatin1Char('{'), QLatin1Char('}'), members);
}
QString list(const QStringList &elements)
{
    return block(QLatin1Char('['), QLatin1Char(']'), elements);
}
QString member(const QString &key, const QString &value)
{
    return quoted(key) + QStringLiteral(": ") + value;
}
QString textMember(const char *key, const QString &value)
{
    return member(QLatin1StringView(key), quoted(value));
}

class SiteWriter
{
public:
    SiteWriter(const Service &service, const QString &format, const QString &path, Ledger &ledger,
               QList<AddedKey> &added)
        : m_service(service)
        , m_format(format)
        , m_form(routeFormOf(format))
        , m_path(path)
        , m_ledger(ledger)
        , m_added(added)
    {
    }

    QByteArray write()
    {
        QStringList members{textMember("$schema", schemaUrl)};
        m_added.append({at(QStringLiteral("$schema")), schemaUrl,
                        QStringLiteral("an editor checks the file against it as one types")});
        field(members, m_service.installCommand, "installCommand");
        field(members, m_service.buildCommand, "buildCommand");
        field(members, m_service.publishPath, "outputDirectory");
        if (m_service.region && m_format == QLatin1StringView("vercel")) {
            members.append(member(QStringLiteral("regions"), list({quoted(m_service.region->value)})));
            m_ledger.mapped(m_service.region->place, at(QStringLiteral("regions")));
        }
        writeRoutes(members);
        writeHeaders(members);
        writeEnvironment(members);
        settleRest();
        return (object(members) + QLatin1Char('\n')).toUtf8();
    }

private:
    QString at(const QString &key) const { return m_path + QStringLiteral(": ") + key; }

    void field(QStringList &members, const Field<QString> &field, const char *key)
    {
        if (!field)
            return;
        members.append(textMember(key, field->value));
        m_ledger.mapped(field->place, at(QLatin1StringView(key)));
    }

    // --- Rewrites and redirects ---

    void writeRoutes(QStringList &members)
    {
        QStringList redirects;
        QStringList rewrites;
        QList<Prefix> before; // of rewrites
        for (const Route &route : m_service.routes) {
            const bool moves = route.kind == Route::Kind::Redirect;
            if (moves) {
                writeRoute(route, redirects, redirects.size() < maxRules && takesSome(before, route.source.value));
            } else {
                if (before.size() < maxRules)
                    before.append(prefixOf(route.source.value));
                writeRoute(route, rewrites, false);
            }
        }
        if (!redirects.isEmpty())
            members.append(member(QStringLiteral("redirects"), list(redirects)));
        if (!rewrites.isEmpty())
            members.append(member(QStringLiteral("rewrites"), list(rewrites)));
    }

    /// The beginning of a source that is plain text.
    struct Prefix
    {
        QString text;
        bool whole = false;
    };

    static Prefix prefixOf(const QString &source)
    {
        const auto end =
            std::find_if(source.cbegin(), source.cend(), [](QChar c) { return QStringLiteral("*:(").contains(c); });
        return {source.left(end - source.cbegin()), end == source.cend()};
    }

    /// Whether one of the rewrites takes some of the paths of this source.
    static bool takesSome(const QList<Prefix> &rewrites, const QString &source)
    {
        return std::any_of(rewrites.cbegin(), rewrites.cend(), [&source](const Prefix &prefix) {
            return prefix.whole ? source == prefix.text : source.startsWith(prefix.text);
        });
    }

    void lose(const Route &route, const QString &reason)
    {
        m_ledger.lost(route.source.place, reason);
        m_ledger.lost(route.destination.place, reason);
        if (route.status)
            m_ledger.lost(route.status->place, reason);
    }

    void writeRoute(const Route &route, QStringList &rules, bool earlier)
    {
        const bool moves = route.kind == Route::Kind::Redirect;
        const QString name = moves ? QStringLiteral("redirects") : QStringLiteral("rewrites");
        TranslatedRoute form = translateRoute(route.source.value, route.destination.value, m_form, RouteForm::Vercel);
        if (form.lost.isEmpty() && rules.size() >= maxRules)
            form.lost = QStringLiteral("vercel.json has at most %1 %2").arg(maxRules).arg(name);
        if (form.lost.isEmpty() && (form.source.size() > maxPath || form.destination.size() > maxPath))
            form.lost = QStringLiteral("a path of vercel.json has at most %1 characters").arg(maxPath);
        if (form.lost.isEmpty() && moves && route.status && (route.status->value < 300 || route.status->value > 399))
            form.lost = QStringLiteral("its status is none of a redirect");
        if (form.lost.isEmpty() && form.destination.startsWith(QLatin1StringView("/.netlify/")))
            form.lost = QStringLiteral("it leads to something that Netlify itself runs");
        if (!form.lost.isEmpty())
            return lose(route, form.lost);

        const QString key = at(QStringLiteral("%1[%2]").arg(name).arg(rules.size()));
        QStringList why;
        if (form.source != route.source.value)
            why.append(QStringLiteral("written in Vercel's form of paths"));
        if (earlier)
            why.append(QStringLiteral("on Vercel every redirect comes before every rewrite"));
        if (moves && m_form == RouteForm::Netlify)
            why.append(QStringLiteral("Vercel redirects even where a file of that path exists, as Netlify does only "
                                      "with force"));
        const bool elsewhere = form.destination.contains(QLatin1StringView("://"));
        if (!moves && elsewhere && looksLikeWebSocketPath(route.source.value))
            why.append(QStringLiteral("a rewrite of Vercel carries no WebSocket upgrade: clients have to connect to "
                                      "the other host itself"));
        settle(route.source.place, key + QStringLiteral(".source"), why);
        writeDestination(route, form, key);

        QStringList members{textMember("source", form.source), textMember("destination", form.destination)};
        writeStatus(route, members, key);
        rules.append(object(members));
    }

    void settle(const Place &place, const QString &target, const QStringList &why)
    {
        if (why.isEmpty())
            m_ledger.mapped(place, target);
        else
            m_ledger.rewritten(place, target, why.join(QStringLiteral("; ")));
    }

    void writeDestination(const Route &route, TranslatedRoute &form, const QString &key)
    {
        QStringList why;
        if (form.destination != route.destination.value)
            why.append(QStringLiteral("written in Vercel's form of paths"));
        if (form.destination.startsWith(QLatin1StringView("ws:")) ||
            form.destination.startsWith(QLatin1StringView("wss:"))) {
            form.destination.replace(0, 2, QStringLiteral("http"));
            why.append(QStringLiteral("a rewrite of Vercel goes to http or https, and carries no WebSocket upgrade"));
        }
        settle(route.destination.place, key + QStringLiteral(".destination"), why);
    }

    void writeStatus(const Route &route, QStringList &members, const QString &key)
    {
        const bool moves = route.kind == Route::Kind::Redirect;
        if (!route.status) {
            // The other platforms' redirects are 301 where nothing is said; Vercel's would be 308.
            if (!moves || m_form == RouteForm::Vercel)
                return;
            members.append(member(QStringLiteral("statusCode"), QStringLiteral("301")));
            m_added.append({key + QStringLiteral(".statusCode"), QStringLiteral("301"),
                            QStringLiteral("what the source's platform answers; Vercel would answer 308")});
            return;
        }
        const int status = route.status->value;
        if (moves && (status == 307 || status == 308)) {
            members.append(
                member(QStringLiteral("permanent"), status == 308 ? QStringLiteral("true") : QStringLiteral("false")));
            m_ledger.mapped(route.status->place, key + QStringLiteral(".permanent"));
        } else if (moves || status != 200 || m_form == RouteForm::Vercel) {
            members.append(member(QStringLiteral("statusCode"), QString::number(status)));
            m_ledger.mapped(route.status->place, key + QStringLiteral(".statusCode"));
        } else {
            m_ledger.mapped(route.status->place, key); // 200 is what makes it a rewrite
        }
    }

    // --- Headers ---

    void writeHeaders(QStringList &members)
    {
        QStringList rules;
        for (qsizetype i = 0; i < m_service.headers.size();) {
            qsizetype end = i + 1;
            const QString path = m_service.headers[i].path.value;
            while (end < m_service.headers.size() && m_service.headers[end].path.value == path &&
                   end - i < maxHeadersOfRule)
                ++end;
            writeHeaderRule(rules, i, end);
            i = end;
        }
        if (!rules.isEmpty())
            members.append(member(QStringLiteral("headers"), list(rules)));
    }

    void writeHeaderRule(QStringList &rules, qsizetype begin, qsizetype end)
    {
        const QString path = m_service.headers[begin].path.value;
        TranslatedRoute form = translatePath(path, m_form, RouteForm::Vercel);
        if (form.lost.isEmpty() && rules.size() >= maxRules)
            form.lost = QStringLiteral("vercel.json has at most %1 rules of headers").arg(maxRules);
        if (form.lost.isEmpty() && form.source.size() > maxPath)
            form.lost = QStringLiteral("a path of vercel.json has at most %1 characters").arg(maxPath);
        const QString key = at(QStringLiteral("headers[%1]").arg(rules.size()));
        QStringList headers;
        for (qsizetype i = begin; i < end; ++i) {
            const ResponseHeader &header = m_service.headers[i];
            QString lost = form.lost;
            if (lost.isEmpty() && (header.name.value.size() > maxPath || header.value.value.size() > maxHeaderValue))
                lost = QStringLiteral("a header of vercel.json has at most %1 characters").arg(maxHeaderValue);
            if (!lost.isEmpty()) {
                for (const Place &place : {header.path.place, header.name.place, header.value.place})
                    m_ledger.lost(place, lost);
                continue;
            }
            const QString one = key + QStringLiteral(".headers[%1]").arg(headers.size());
            settle(header.path.place, key + QStringLiteral(".source"),
                   form.source != path ? QStringList{QStringLiteral("written in Vercel's form of paths")}
                                       : QStringList());
            m_ledger.mapped(header.name.place, one + QStringLiteral(".key"));
            m_ledger.mapped(header.value.place, one + QStringLiteral(".value"));
            headers.append(object({textMember("key", header.name.value), textMember("value", header.value.value)}));
        }
        if (!headers.isEmpty())
            rules.append(object({textMember("source", form.source), member(QStringLiteral("headers"), list(headers))}));
    }

    // --- The rest ---

    void writeEnvironment(QStringList &members)
    {
        QStringList variables;
        QSet<QString> names;
        for (const EnvironmentEntry &entry : m_service.environment) {
            if (mayStandInFile(entry) && !names.contains(entry.name)) {
                names.insert(entry.name);
                variables.append(member(entry.name, quoted(entry.value)));
                const QString target = at(QStringLiteral("build.env.%1").arg(entry.name));
                m_ledger.mapped(entry.place, target);
                m_ledger.mapped(entry.namePlace, target);
                for (const Place &place : entry.details)
                    m_ledger.mapped(place, target);
                continue;
            }
            const QString reason = names.contains(entry.name)
                                       ? QStringLiteral("the variable stands there already")
                                       : QStringLiteral("vercel.json holds plain values only, and no secrets: set it "
                                                        "in the project's settings or with "
                                                        "vercel env add");
            m_ledger.lost(entry.place, reason);
            m_ledger.lost(entry.namePlace, reason);
            for (const Place &place : entry.details)
                m_ledger.lost(place, reason);
        }
        if (!variables.isEmpty())
            members.append(member(QStringLiteral("build"), object({member(QStringLiteral("env"), object(variables))})));
    }

    void settleRest()
    {
        const Service &s = m_service;
        const QString site = QStringLiteral("a vercel.json without functions is a static site");
        for (const Field<QString> &field : {s.kindField, s.runtime}) {
            if (field)
                m_ledger.defaulted(field->place, site);
        }
        if (s.nameField)
            m_ledger.lost(s.nameField->place,
                          QStringLiteral("a project has its name on Vercel, not in vercel.json: vercel link"));
        if (s.root)
            m_ledger.rewritten(s.root->place, m_path,
                               QStringLiteral("the file lies in that folder; make it the project's root directory"));
        for (const Stated<QString> &domain : s.domains)
            m_ledger.lost(domain.place, QStringLiteral("domains are given to the project: vercel domains add"));
        if (s.region && m_format != QLatin1StringView("vercel"))
            m_ledger.lost(s.region->place, QStringLiteral("Vercel serves files from everywhere"));
    }

    const Service &m_service;
    QString m_format;
    RouteForm m_form;
    QString m_path;
    Ledger &m_ledger;
    QList<AddedKey> &m_added;
};

/// Where the site's file lies below the target folder; empty where its root leads out of it.
QString pathOf(const Service &service)
{
    const QString root =
        service.root ? QDir::cleanPath(QStringLiteral("./") + service.root->value) : QStringLiteral(".");
    if (root == QLatin1StringView(".."))
        return {};
    if (root.startsWith(QLatin1StringView("../")))
        return {};
    const QString file = QStringLiteral("vercel.json");
    return root == QLatin1StringView(".") || root.isEmpty() ? file : root + QLatin1Char('/') + file;
}

} // namespace

Written writeVercel(const ServiceModel &model, Ledger &ledger)
{
    Written written;
    QSet<QString> paths;
    for (const Service &service : model.services) {
        QString reason;
        const QString path = pathOf(service);
        if (service.kind != ServiceKind::Static)
            reason = QStringLiteral("only static sites go to Vercel; this one needs a process that runs");
        else if (path.isEmpty())
            reason = QStringLiteral("its folder lies outside of the repository");
        else if (paths.contains(path))
            reason = QStringLiteral("another site of the same folder has its vercel.json there");
        if (!reason.isEmpty()) {
            forEachPlace(service, [&](const Place &place) { ledger.lost(place, reason); });
            continue;
        }
        paths.insert(path);
        written.files.append({path, SiteWriter(service, model.format, path, ledger, written.added).write()});
    }
    for (const ManifestDatabase &database : model.databases)
        forEachPlace(database, [&ledger](const Place &place) {
            ledger.lost(place, QStringLiteral("vercel.json describes no databases"));
        });
    for (const EnvironmentGroup &group : model.groups)
        forEachPlace(group, [&ledger](const Place &place) {
            ledger.lost(place, QStringLiteral("vercel.json has no groups of variables: set them in the project's "
                                              "settings or with vercel env add"));
        });
    return written;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
// Vercel and Netlify: what stands in front of a backend.
#include "models/manifests/jsonreader.h"
#include "models/manifests/lintkit.h"

#include "models/common/tomlreader.h"

#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

using namespace RuleTexts;
using L = QLatin1StringView;

} // namespace

QList<RuleText> frontendRules()
{
    static const char vercel[] = "https://vercel.com/docs/project-configuration";
    static const char netlify[] = "https://docs.netlify.com/manage/routing/redirects/rewrites-proxies/";
    return {
        {"vercel/strict-json", Severity::Error, "comments or trailing commas in vercel.json",
         "Vercel reads strict JSON and refuses the deployment.", vercel, "SEED-1/checklist"},
        {"vercel/websocket-rewrite", Severity::Warning, "a rewrite of a WebSocket path",
         "Rewrites to another host do not carry the upgrade; Socket.IO is left with polling at best. The official "
         "pages "
         "are silent, practice is not.",
         "https://github.com/vercel/community/discussions/1054", "SEED-1/checklist"},
        {"vercel/legacy-secret", Severity::Error, "a reference to a secret of the old kind (@name)",
         "Vercel has ended secrets that vercel.json names with @; the variable belongs into the project's settings.",
         "https://vercel.com/docs/environment-variables", "SEED-1/checklist"},
        {"vercel/variable-in-rewrite", Severity::Error, "a variable in a destination",
         "vercel.json is not expanded: rewrites cannot read environment variables.", vercel, "SEED-0/checklist"},
        {"vercel/routes-mixed", Severity::Error, "routes beside rewrites, redirects, headers",
         "Vercel refuses a file that has routes together with rewrites, redirects, headers, cleanUrls or "
         "trailingSlash.",
         vercel, ""},
        {"vercel/rewrite-order", Severity::Warning, "rewrites after one that takes everything",
         "The first that matches wins: what follows a catch-all is never reached.", vercel, ""},
        {"vercel/old-key", Severity::Note, "a key that Vercel keeps for old projects only",
         "It still works and should not be in a new file.", vercel, ""},
        {"vercel/unknown-key", Severity::Warning, "a key that vercel.json does not have",
         "Vercel refuses additional properties.", "https://openapi.vercel.sh/vercel.json", ""},
        {"vercel/limits", Severity::Error, "more routes than Vercel takes",
         "At most 2,048 rewrites, redirects and headers each.", vercel, ""},
        {"netlify/websocket-proxy", Severity::Warning, "a proxy rule for a WebSocket path",
         "Netlify's proxy carries no WebSockets: clients must connect to the backend's own host.", netlify,
         "SEED-common"},
        {"netlify/proxy-timeout", Severity::Note, "requests through the proxy end after 26 s",
         "A rewrite to another host is cut off after 26 seconds, and a cold start of a free backend takes longer.",
         netlify, "SEED-common"},
        {"netlify/redirect-not-proxy", Severity::Warning, "an API path is redirected, not proxied",
         "Without status 200 Netlify answers 301: the browser goes to the other host itself, with its CORS rules, and "
         "keeps the redirect.",
         netlify, "SEED-common"},
        {"netlify/rule-order", Severity::Warning, "rules after one that takes everything",
         "The first that matches wins: what follows /* is never reached.", netlify, ""},
        {"netlify/build-variables", Severity::Note, "variables of netlify.toml exist while building only",
         "Functions do not see them; set what runs later in the site's settings.",
         "https://docs.netlify.com/build/configure-builds/file-based-configuration/", "SEED-common"},
    };
}

namespace {

bool isExternal(const QString &destination)
{
    return destination.startsWith(L("http://")) || destination.startsWith(L("https://")) ||
           destination.startsWith(L("ws://")) || destination.startsWith(L("wss://"));
}

bool isSocketPath(const QString &path)
{
    static const QRegularExpression socket(
        s(R"((?:\A|/)(ws|wss|websocket|websockets|socket\.io|sockjs|cable|socket)(?:\z|[/:(*?]))"),
        QRegularExpression::CaseInsensitiveOption);
    return socket.match(path).hasMatch();
}

bool takesEverything(const QString &path)
{
    static const QStringList all{s("/(.*)"), s("/.*"), s("/:path*"), s("/:match*"), s("/*"), s("(.*)"), s("/:slug*")};
    return all.contains(path);
}

void checkVercelRoute(const ManifestNode &route, bool legacy, LintRun &run)
{
    const ManifestNode *source = route.find(legacy ? u"src" : u"source");
    const ManifestNode *destination = route.find(legacy ? u"dest" : u"destination");
    if (!source || !destination)
        return;
    if (isExternal(destination->text) && isSocketPath(source->text))
        run.report("vercel/websocket-rewrite", source->place, s("%1 goes to another host").arg(source->text),
                   s("let the client connect to the backend's own host (a variable such as VITE_WS_URL)"));
    static const QRegularExpression variable(s(R"(\$\{|process\.env|import\.meta|\$[A-Z][A-Z0-9_]{2,}|\{\{)"));
    if (variable.match(destination->text).hasMatch())
        run.report("vercel/variable-in-rewrite", destination->place, s("the destination is taken as it is written"),
                   s("write the host, or use vercel.ts or middleware"));
}

void checkVercelOrder(const ManifestNode &list, QStringView key, LintRun &run)
{
    const ManifestNode *all = nullptr;
    for (const ManifestNode &route : list.children) {
        const ManifestNode *source = route.find(key);
        // A handle begins another phase, with its own order.
        if (route.find(u"handle"))
            all = nullptr;
        if (!source)
            continue;
        if (all) {
            run.report("vercel/rewrite-order", source->place,
                       s("never reached: line %1 takes every path before").arg(all->place.line),
                       s("put it before the catch-all"));
            return;
        }
        // A catch-all with conditions, or one that only goes on to the next phase, ends nothing.
        const bool conditional = route.find(u"has") || route.find(u"missing") || route.find(u"continue") ||
                                 route.find(u"methods") || route.find(u"handle");
        const bool answers = route.find(u"destination") || route.find(u"dest");
        if (!conditional && answers && takesEverything(source->text))
            all = source;
    }
}

void checkVercelSecrets(const ManifestNode *map, LintRun &run)
{
    if (!map || !map->isMap())
        return;
    for (const ManifestNode &entry : map->children)
        if (entry.isScalar() && entry.text.startsWith(QLatin1Char('@')))
            run.report("vercel/legacy-secret", entry.place, s("%1 refers to a secret of the old kind").arg(entry.key),
                       s("delete the entry and set %1 in the project's settings").arg(entry.key));
}

void checkVercel(const LintSubject &subject, LintRun &run)
{
    const ManifestNode &root = subject.manifest.document;
    Place first;
    if (!subject.text.isEmpty() && !isStrictJson(subject.text, subject.manifest.file, &first))
        run.report("vercel/strict-json", first, s("a comment or a trailing comma, which strict JSON does not have"),
                   s("remove it"));
    static const QStringList known{s("$schema"),
                                   s("alias"),
                                   s("build"),
                                   s("buildCommand"),
                                   s("builds"),
                                   s("bunVersion"),
                                   s("cleanUrls"),
                                   s("crons"),
                                   s("customErrorPage"),
                                   s("devCommand"),
                                   s("env"),
                                   s("experimentalServices"),
                                   s("experimentalServiceGroups"),
                                   s("experimentalTriggers"),
                                   s("fluid"),
                                   s("framework"),
                                   s("functionFailoverRegions"),
                                   s("functions"),
                                   s("git"),
                                   s("github"),
                                   s("headers"),
                                   s("ignoreCommand"),
                                   s("images"),
                                   s("installCommand"),
                                   s("name"),
                                   s("outputDirectory"),
                                   s("passiveRegions"),
                                   s("probes"),
                                   s("public"),
                                   s("redirects"),
                                   s("regions"),
                                   s("relatedProjects"),
                                   s("rewrites"),
                                   s("routes"),
                                   s("scope"),
                                   s("services"),
                                   s("trailingSlash"),
                                   s("version"),
                                   s("wildcard"),
                                   s("bulkRedirectsPath"),
                                   s("experimentalBlob"),
                                   s("proxy")};
    static const QStringList old{s("name"), s("builds"), s("alias"), s("scope")};
    if (root.isMap())
        for (const ManifestNode &member : root.children) {
            if (!known.contains(member.key))
                run.report("vercel/unknown-key", member.keyPlace, s("vercel.json has no key %1").arg(member.key),
                           nearestName(member.key, known).isEmpty()
                               ? s("remove it")
                               : s("did you mean %1?").arg(nearestName(member.key, known)));
            else if (old.contains(member.key))
                run.report("vercel/old-key", member.keyPlace, s("%1 is kept for old projects only").arg(member.key),
                           member.key == L("builds") ? s("use framework, functions and buildCommand")
                                                     : s("set it in the project's settings"));
        }
    const ManifestNode *routes = root.find(u"routes");
    for (const char *name : {"rewrites", "redirects", "headers"}) {
        const ManifestNode *list = root.find(QString::fromLatin1(name));
        if (list && list->children.size() > 2048)
            run.report("vercel/limits", list->keyPlace, s("%1 %2").arg(list->children.size()).arg(list->key),
                       s("2,048 at most: use bulk redirects or one pattern for many"));
        if (!list)
            continue;
        if (list->key == L("rewrites")) {
            for (const ManifestNode &route : list->children)
                checkVercelRoute(route, false, run);
            checkVercelOrder(*list, u"source", run);
        }
    }
    for (const char *name : {"rewrites", "redirects", "headers", "cleanUrls", "trailingSlash"})
        if (const ManifestNode *other = root.find(QString::fromLatin1(name)); other && routes)
            run.report("vercel/routes-mixed", other->keyPlace, s("%1 beside routes").arg(other->key),
                       s("write all of it as rewrites, redirects and headers"));
    if (routes) {
        for (const ManifestNode &route : routes->children)
            checkVercelRoute(route, true, run);
        checkVercelOrder(*routes, u"src", run);
    }
    checkVercelSecrets(root.find(u"env"), run);
    if (const ManifestNode *build = root.find(u"build"))
        checkVercelSecrets(build->find(u"env"), run);
}

struct NetlifyRule
{
    QString from;
    QString to;
    QString status;
    bool conditional = false;
    Place place;
};

QList<NetlifyRule> netlifyRules(const LintSubject &subject)
{
    QList<NetlifyRule> rules;
    if (subject.manifest.format == ManifestFormat::Netlify) {
        for (const ManifestNode *rule : tablesOf(subject.manifest.document.find(u"redirects"))) {
            const ManifestNode *from = rule->find(u"from");
            rules.append({textAt(*rule, u"from"), textAt(*rule, u"to"), textAt(*rule, u"status"),
                          rule->find(u"conditions") || rule->find(u"query"), from ? from->place : rule->place});
        }
        return rules;
    }
    static const QRegularExpression spaces(s(R"(\s+)"));
    int number = 0;
    for (const QString &line : QString::fromUtf8(subject.text).split(QLatin1Char('\n'))) {
        ++number;
        const QStringList words = line.section(s(" #"), 0, 0).split(spaces, Qt::SkipEmptyParts);
        if (words.size() < 2 || words.first().startsWith(QLatin1Char('#')))
            continue;
        NetlifyRule rule;
        rule.from = words.first();
        rule.place = {subject.manifest.file, number, int(line.indexOf(words.first())) + 1};
        for (const QString &word : words.mid(1)) {
            if (rule.to.isEmpty() && (word.startsWith(QLatin1Char('/')) || isExternal(word)))
                rule.to = word;
            else if (rule.status.isEmpty() && word.at(0).isDigit())
                rule.status = word;
            else
                rule.conditional = true;
        }
        rules.append(rule);
    }
    return rules;
}

void checkNetlify(const LintSubject &subject, LintRun &run)
{
    const NetlifyRule *all = nullptr;
    const QList<NetlifyRule> rules = netlifyRules(subject);
    for (const NetlifyRule &rule : rules) {
        const bool proxy = rule.status.startsWith(L("200"));
        if (all && !rule.from.startsWith(L("http")))
            run.report("netlify/rule-order", rule.place,
                       s("never reached: line %1 takes every path before").arg(all->place.line),
                       s("put it before the catch-all"));
        else if (!rule.conditional && takesEverything(rule.from))
            all = &rule;
        if (!isExternal(rule.to))
            continue;
        if (isSocketPath(rule.from))
            run.report("netlify/websocket-proxy", rule.place, s("%1 goes to another host").arg(rule.from),
                       s("let the client connect to the backend's own host"));
        else if (proxy)
            run.report("netlify/proxy-timeout", rule.place, s("%1 is proxied for 26 s at most").arg(rule.from),
                       s("long requests and streams go to the backend's own host"));
        else if (rule.status.isEmpty() && rule.from.startsWith(L("/api")))
            run.report("netlify/redirect-not-proxy", rule.place, s("%1 is answered with 301").arg(rule.from),
                       s("status = 200 makes it a proxy rule"));
    }
    const ManifestNode *build = subject.manifest.document.find(u"build");
    if (const ManifestNode *environment = build ? build->find(u"environment") : nullptr) {
        static const QRegularExpression tool(
            s(R"(VERSION|\A(NPM|YARN|PNPM|NODE|CI|NETLIFY|VITE|NEXT|REACT|PUBLIC|GATSBY|SECRETS)(_|\z))"));
        for (const ManifestNode &entry : environment->children)
            if (!tool.match(entry.key).hasMatch())
                run.report("netlify/build-variables", entry.keyPlace, s("%1 exists while building only").arg(entry.key),
                           s("set it in the site's settings where functions need it"));
    }
}

} // namespace

void checkFrontend(const LintSubject &subject, LintRun &run)
{
    if (subject.manifest.format == ManifestFormat::Vercel)
        checkVercel(subject, run);
    else
        checkNetlify(subject, run);
}

QList<LintHeader> lintHeaders(const LintSubject &subject)
{
    QList<LintHeader> headers;
    const ManifestNode &root = subject.manifest.document;
    const auto addMap = [&headers](const QString &group, const ManifestNode *map) {
        for (const ManifestNode &value : map && map->isMap() ? map->children : std::vector<ManifestNode>())
            headers.append({group, value.key, value.text, value.place});
    };
    int n = 0;
    switch (subject.manifest.format) {
    case ManifestFormat::Vercel:
        for (const ManifestNode *path : tablesOf(root.find(u"headers"))) {
            const QString group = s("%1 %2").arg(subject.manifest.file).arg(++n);
            for (const ManifestNode *header : tablesOf(path->find(u"headers")))
                if (const ManifestNode *value = header->find(u"value"))
                    headers.append({group, textAt(*header, u"key"), value->text, value->place});
        }
        for (const ManifestNode *route : tablesOf(root.find(u"routes")))
            addMap(s("%1 %2").arg(subject.manifest.file).arg(++n), route->find(u"headers"));
        break;
    case ManifestFormat::Netlify:
        for (const ManifestNode *path : tablesOf(root.find(u"headers")))
            addMap(s("%1 %2").arg(subject.manifest.file).arg(++n), path->find(u"values"));
        break;
    case ManifestFormat::Render:
        for (const ManifestNode *service : renderItems(root, u"services"))
            for (const ManifestNode *header : tablesOf(service->find(u"headers")))
                if (const ManifestNode *value = header->find(u"value"))
                    headers.append({textAt(*service, u"name") + textAt(*header, u"path"), textAt(*header, u"name"),
                                    value->text, value->place});
        break;
    case ManifestFormat::Fly:
        if (const ManifestNode *service = root.find(u"http_service"))
            if (const ManifestNode *options = service->find(u"http_options"))
                if (const ManifestNode *response = options->find(u"response"))
                    addMap(s("fly"), response->find(u"headers"));
        break;
    case ManifestFormat::Redirects:
    case ManifestFormat::Dockerfile:
    case ManifestFormat::Compose:
    case ManifestFormat::Procfile:
        break;
    }
    return headers;
}

} // namespace Switchyard

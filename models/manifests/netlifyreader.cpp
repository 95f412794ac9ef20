// SPDX-License-Identifier: GPL-3.0-or-later
// netlify.toml: docs.netlify.com/build/configure-builds/file-based-configuration; _redirects: manage/routing/redirects.
#include "models/manifests/formats.h"
#include "models/manifests/sitereader.h"

#include <QRegularExpression>
#include <QSet>
#include <QStringList>

namespace Switchyard {

namespace {

using Type = ManifestNode::Type;

const auto conditional = QStringLiteral(
    "it holds only under conditions, which the model does not carry; without them it would hold for every request");
const auto forced =
    QStringLiteral("whether the rule wins over a file of the same path; each platform has its own order of the two");

void setStatus(Route &route, const Field<int> &status)
{
    route.status = status;
    // Netlify redirects unless told otherwise, and with any status that is none of a redirect it serves the page.
    const bool moves = !status || (status->value >= 300 && status->value < 400);
    route.kind = moves ? Route::Kind::Redirect : Route::Kind::Rewrite;
}

/// A rule of one host only: "https://old.example.com/*".
bool hasHost(const QString &source)
{
    return !source.startsWith(QLatin1Char('/'));
}

struct KnownKey
{
    const char *key;
    const char *reason;
};

constexpr KnownKey knownKeys[] = {
    {"plugins", "plugins of Netlify's build"},
    {"integrations", "extensions of Netlify"},
    {"functions", "Netlify's functions; elsewhere a service of its own answers these requests"},
    {"edge_functions", "Netlify's edge functions; elsewhere a service of its own answers these requests"},
    {"dev", "it concerns netlify dev only"},
    {"images", "Netlify's image service has no counterpart"},
    {"template", "what the button that copies the project asks for"},
    {"settings", "settings of older versions of Netlify"},
    {"skew_protection", "how Netlify serves browsers that hold an older version"},
};

constexpr KnownKey knownBuildKeys[] = {
    {"functions", "Netlify's functions; elsewhere a service of its own answers these requests"},
    {"edge_functions", "Netlify's edge functions; elsewhere a service of its own answers these requests"},
    {"ignore", "which commits are built is chosen on the platform itself"},
    {"processing", "what Netlify does to the files after the build"},
    {"lighthouse", "settings of one of Netlify's plugins"},
    {"services", "build services of older versions of Netlify"},
};

class NetlifyReader
{
public:
    NetlifyReader(const ManifestNode &root, SiteReader &reader)
        : m_root(root)
        , m_reader(reader)
    {
        m_service.kind = ServiceKind::Static;
        m_service.name = siteName(root.place.file);
        m_service.place = root.place;
    }

    Service read()
    {
        for (const KnownKey &known : knownKeys)
            m_reader.note(m_root, QLatin1StringView(known.key), QString::fromUtf8(known.reason));
        readContexts(); // production's words come before the general ones
        if (const ManifestNode *build = m_reader.table(m_root, QLatin1StringView("build"))) {
            for (const KnownKey &known : knownBuildKeys)
                m_reader.note(*build, QLatin1StringView(known.key), QString::fromUtf8(known.reason));
            readBuild(*build);
        }
        readRedirectTables();
        readHeaders();
        return m_service;
    }

private:
    void readBuild(const ManifestNode &build)
    {
        const QString replaced = QStringLiteral("production has its own in [context.production]");
        take(m_service.root, build, "base", replaced);
        take(m_service.buildCommand, build, "command", replaced);
        take(m_service.publishPath, build, "publish", replaced);
        if (const ManifestNode *variables = m_reader.table(build, QLatin1StringView("environment")))
            m_reader.environment(*variables, m_service.environment, replaced);
    }

    void take(Field<QString> &field, const ManifestNode &map, const char *key, const QString &replaced)
    {
        const Field<QString> found = m_reader.text(map, QLatin1StringView(key), field ? replaced : QString());
        if (found && !found->value.isEmpty() && !field)
            field = found;
    }

    void readContexts()
    {
        const ManifestNode *contexts = m_reader.table(m_root, QLatin1StringView("context"));
        for (const ManifestNode &context : contexts ? contexts->children : std::vector<ManifestNode>()) {
            m_reader.noteAll(context, QStringLiteral("it holds in the context \"%1\" only").arg(context.key));
            if (context.key != QLatin1StringView("production"))
                continue;
            if (context.isMap())
                readBuild(context);
            else
                m_reader.problem(context.place, QStringLiteral("\"production\" has to be a table of keys and values"));
        }
    }

    void readRedirectTables()
    {
        for (const ManifestNode *entry : m_reader.tables(m_root, QLatin1StringView("redirects"))) {
            bool narrowed = false;
            for (const char *key : {"query", "conditions", "params", "parameters", "signed", "edge_handler"}) {
                const ManifestNode *node = entry->find(QString(QLatin1StringView(key)));
                narrowed = narrowed || (node && (node->isScalar() || !node->children.empty()));
            }
            if (narrowed) {
                m_reader.noteAll(*entry, conditional);
                continue;
            }
            m_reader.note(*entry, QLatin1StringView("force"), forced);
            m_reader.note(*entry, QLatin1StringView("headers"),
                          QStringLiteral("headers that Netlify sends to the other host with the request"));
            m_reader.note(*entry, QLatin1StringView("rate_limit"), QStringLiteral("a limit that Netlify itself keeps"));
            readRule(*entry);
        }
    }

    void readRule(const ManifestNode &entry)
    {
        Field<QString> source = m_reader.text(entry, QLatin1StringView("from"));
        if (!source)
            source = m_reader.text(entry, QLatin1StringView("origin")); // the older word
        Field<QString> destination = m_reader.text(entry, QLatin1StringView("to"));
        if (!destination)
            destination = m_reader.text(entry, QLatin1StringView("destination"));
        const Field<int> status = m_reader.number(entry, QLatin1StringView("status"), 100, 999);
        if (!source || !destination) {
            const bool noSource = !entry.find(u"from") && !entry.find(u"origin");
            const bool noTarget = !entry.find(u"to") && !entry.find(u"destination");
            if (noSource || noTarget)
                m_reader.problem(entry.place,
                                 noSource ? QStringLiteral("a redirect without \"from\"")
                                          : QStringLiteral("a redirect without \"to\""),
                                 QStringLiteral("every rule says from where and to where"));
            return;
        }
        if (hasHost(source->value))
            return m_reader.noteAll(entry, QStringLiteral("it holds for one host name only"));
        Route route;
        route.source = *source;
        route.destination = *destination;
        route.place = entry.place;
        setStatus(route, status);
        m_service.routes.append(route);
    }

    void readHeaders()
    {
        for (const ManifestNode *entry : m_reader.tables(m_root, QLatin1StringView("headers"))) {
            const Field<QString> path = m_reader.text(*entry, QLatin1StringView("for"));
            if (!path && !entry->find(u"for"))
                m_reader.problem(entry->place, QStringLiteral("headers without \"for\""),
                                 QStringLiteral("the path they are for"));
            const ManifestNode *values = m_reader.table(*entry, QLatin1StringView("values"));
            for (const ManifestNode &header : values ? values->children : std::vector<ManifestNode>()) {
                if (header.type != Type::String) {
                    m_reader.problem(header.place,
                                     QStringLiteral("the value of the header \"%1\" has to be a text").arg(header.key));
                    continue;
                }
                m_reader.read(header.place);
                if (path)
                    m_service.headers.append(
                        {*path, {header.key, header.keyPlace}, {joined(header.text), header.place}});
            }
        }
    }

    /// Netlify takes the lines of a value as parts of one header.
    static QString joined(const QString &value)
    {
        QString result;
        for (const QString &line : value.split(QLatin1Char('\n'))) {
            const QString part = line.trimmed();
            if (part.isEmpty())
                continue;
            if (!result.isEmpty())
                result += result.endsWith(QLatin1Char(',')) ? QStringLiteral(" ") : QStringLiteral(", ");
            result += part;
        }
        return result;
    }

    const ManifestNode &m_root;
    SiteReader &m_reader;
    Service m_service;
};

// --- _redirects
// --------------------------------------------------------------------------------------------------------

constexpr qsizetype maxBytes = 1 << 20;

struct Token
{
    QString text;
    int column = 1; ///< in code points
};

QList<Token> tokensOf(const QString &line)
{
    QList<Token> tokens;
    int column = 0;
    bool inside = false;
    for (const QChar c : line) {
        column += c.isLowSurrogate() ? 0 : 1;
        if (c.isSpace()) {
            inside = false;
            continue;
        }
        if (!inside && c == QLatin1Char('#'))
            break;
        if (!inside)
            tokens.append({{}, column});
        tokens.last().text += c;
        inside = true;
    }
    return tokens;
}

class RedirectLine
{
public:
    RedirectLine(QString file, int line, qsizetype number, Ledger &ledger, QList<Error> &problems)
        : m_file(std::move(file))
        , m_line(line)
        , m_path(QStringLiteral("redirects[%1]").arg(number))
        , m_ledger(ledger)
        , m_problems(problems)
    {
    }

    void read(const QList<Token> &tokens, Service &service)
    {
        static const QRegularExpression statusForm(QStringLiteral("\\A([0-9]{3})(!?)\\z"));
        const Token &source = tokens.first();
        qsizetype next = 1;
        bool narrowed = hasHost(source.text);
        open("from", source);
        for (; next < tokens.size() && !isTarget(tokens[next].text); ++next) {
            // Between the two stand query parameters, such as id=:id.
            if (!tokens[next].text.contains(QLatin1Char('=')))
                break;
            open("query." + tokens[next].text.section(QLatin1Char('='), 0, 0).toUtf8(), tokens[next]);
            narrowed = true;
        }
        if (next >= tokens.size() || !isTarget(tokens[next].text)) {
            for (; next < tokens.size(); ++next)
                open("rest", tokens[next]);
            return problem(tokens.last().column, QStringLiteral("a redirect without a destination"),
                           QStringLiteral("a path or URL to come from, one to go to, and a status"));
        }
        const Token &target = tokens[next++];
        open("to", target);
        Route route;
        Field<int> status;
        QSet<int> rest; // columns of what nobody understands
        if (next < tokens.size()) {
            const QRegularExpressionMatch match = statusForm.match(tokens[next].text);
            if (match.hasMatch()) {
                const Token &token = tokens[next++];
                open("status", token);
                status = Stated<int>{match.captured(1).toInt(), at(token.column)};
                m_ledger.read(at(token.column));
                if (!match.captured(2).isEmpty()) {
                    const Token force{QStringLiteral("!"), token.column + 3};
                    open("force", force);
                    m_ledger.read(at(force.column), forced);
                }
            }
        }
        for (; next < tokens.size(); ++next) {
            const Token &token = tokens[next];
            if (token.text.contains(QLatin1Char('='))) {
                open("conditions." + token.text.section(QLatin1Char('='), 0, 0).toUtf8(), token);
                narrowed = true;
            } else {
                open("rest", token);
                if (rest.isEmpty())
                    problem(token.column, QStringLiteral("neither a status nor a condition"),
                            QStringLiteral("a status is three digits, with ! to force it; a condition is Name=value"));
                narrowed = true; // nobody knows what it would have narrowed
                rest.insert(token.column);
            }
        }
        if (narrowed)
            return leaveOut(tokens, rest);
        m_ledger.read(at(source.column));
        m_ledger.read(at(target.column));
        route.source = {source.text, at(source.column)};
        route.destination = {target.text, at(target.column)};
        route.place = at(source.column);
        setStatus(route, status);
        service.routes.append(route);
    }

private:
    static bool isTarget(const QString &text)
    {
        return text.startsWith(QLatin1Char('/')) || text.startsWith(QLatin1StringView("http://")) ||
               text.startsWith(QLatin1StringView("https://"));
    }

    Place at(int column) const { return {m_file, m_line, column}; }

    void open(const QByteArray &name, const Token &token)
    {
        m_ledger.open(m_path + QLatin1Char('.') + QString::fromUtf8(name), at(token.column));
    }

    void problem(int column, const QString &message, const QString &hint)
    {
        m_problems.append(Error{ErrorKind::Usage, message, hint, at(column)});
    }

    void leaveOut(const QList<Token> &tokens, const QSet<int> &unknown)
    {
        const QString reason =
            hasHost(tokens.first().text) ? QStringLiteral("it holds for one host name only") : conditional;
        for (const Token &token : tokens) {
            if (!unknown.contains(token.column))
                m_ledger.read(at(token.column), reason);
        }
    }

    QString m_file;
    int m_line;
    QString m_path;
    Ledger &m_ledger;
    QList<Error> &m_problems;
};

} // namespace

ServiceModel readNetlify(const ManifestNode &root, Ledger &ledger, QList<Error> &problems)
{
    ledger.open(root);
    ServiceModel model;
    model.format = manifestFormatName(ManifestFormat::Netlify);
    SiteReader reader(ledger, problems);
    if (!root.isMap())
        reader.problem(root.place, QStringLiteral("netlify.toml has to be a table of keys and values"));
    else if (!root.children.empty())
        model.services.append(NetlifyReader(root, reader).read());
    return model;
}

ServiceModel readRedirects(const QByteArray &text, const QString &file, Ledger &ledger, QList<Error> &problems)
{
    ServiceModel model;
    model.format = manifestFormatName(ManifestFormat::Redirects);
    if (text.size() > maxBytes) {
        problems.append(Error{ErrorKind::Usage,
                              QStringLiteral("more than 1 MB"),
                              QStringLiteral("this is no file of redirects"),
                              {file, 0, 0}});
        return model;
    }
    Service service;
    service.kind = ServiceKind::Static;
    service.name = siteName(file);
    service.place = {file, 1, 1};
    QString decoded = QString::fromUtf8(text);
    if (decoded.startsWith(QChar::ByteOrderMark))
        decoded.remove(0, 1);
    int line = 0;
    qsizetype number = 0;
    for (const QString &one : decoded.split(QLatin1Char('\n'))) {
        ++line;
        const QList<Token> tokens = tokensOf(one);
        if (!tokens.isEmpty())
            RedirectLine(file, line, number++, ledger, problems).read(tokens, service);
    }
    if (number > 0)
        model.services.append(service);
    return model;
}

} // namespace Switchyard

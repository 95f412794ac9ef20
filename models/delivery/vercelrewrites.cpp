// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/vercelrewrites.h"

#include "models/delivery/deliverysides.h"
#include "models/manifests/jsonreader.h"

#include <QRegularExpression>
#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

struct Replacement
{
    qsizetype at = 0;
    qsizetype length = 0;
};

/// The offset of a place in a text whose columns count code points; a byte order mark is not one of them.
qsizetype offsetOf(const QByteArray &text, const Place &place)
{
    qsizetype at = text.startsWith("\xEF\xBB\xBF") ? 3 : 0;
    for (int line = 1; line < place.line && at >= 0; ++line)
        at = text.indexOf('\n', at) + 1;
    for (int column = 1; column < place.column && at < text.size(); ++column) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
            ++at;
    }
    return at;
}

/// A string's length in the text, with its quotes.
qsizetype tokenLength(const QByteArray &text, qsizetype at)
{
    if (at >= text.size() || text[at] != '"')
        return 0;
    for (qsizetype i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i + 1 - at;
    }
    return 0;
}

/// Whether a source pattern covers a socket's path: "/ws/:path*" and "/ws/(.*)" cover "/ws/prices", and so does
/// "/ws/prices" itself; "/api/:path*" does not, and "/(.*)" stands for pages.
bool isSocketPath(const QString &source, const QList<SocketEndpoint> &sockets)
{
    static const QRegularExpression open(QStringLiteral("[:(*].*\\z"));
    QString fixed = source;
    fixed.remove(open);
    if (source.contains(QStringLiteral("socket.io"), Qt::CaseInsensitive))
        return true;
    const bool pattern = fixed != source;
    while (fixed.endsWith(QLatin1Char('/')))
        fixed.chop(1);
    static const QRegularExpression named(QStringLiteral("\\A/(ws|wss|websockets?)(/|\\z)"));
    if (named.match(fixed).hasMatch())
        return true;
    return !fixed.isEmpty() && std::any_of(sockets.cbegin(), sockets.cend(), [&](const SocketEndpoint &socket) {
        QString path = socket.path;
        while (path.endsWith(QLatin1Char('/')))
            path.chop(1);
        return path == fixed || (pattern && path.startsWith(fixed + QLatin1Char('/')));
    });
}

class Rewriter
{
public:
    Rewriter(const QByteArray &text, const QString &file, const QString &from, const QString &to,
             const QList<SocketEndpoint> &sockets)
        : m_text(text)
        , m_file(file)
        , m_to(to.toUtf8())
        , m_host(QUrl(from).authority())
        , m_sockets(sockets)
        // In JSON a slash may be written with a backslash.
        , m_server(QStringLiteral("\\Ahttps?:(?:\\\\?/){2}%1(?=[/\\\\?#\"]|\\z)")
                       .arg(QRegularExpression::escape(QUrl(from).authority())),
                   QRegularExpression::CaseInsensitiveOption)
    {
    }

    Result<RewriteChange> run()
    {
        const Result<ManifestNode> root = parseJsonText(m_text, m_file);
        if (!root)
            return tl::unexpected(root.error());
        list(*root, u"rewrites", u"source", u"destination");
        list(*root, u"redirects", u"source", u"destination");
        list(*root, u"routes", u"src", u"dest");
        if (const ManifestNode *phases = root->find(u"rewrites"); phases && phases->isMap()) {
            for (const char16_t *phase : {u"beforeFiles", u"afterFiles", u"fallback"})
                list(*phases, phase, u"source", u"destination");
        }
        sayElsewhere(*root);
        apply();
        return m_result;
    }

private:
    void list(const ManifestNode &holder, QStringView name, QStringView sourceKey, QStringView destinationKey)
    {
        const ManifestNode *rules = holder.find(name);
        if (!rules || !rules->isList())
            return;
        for (const ManifestNode &rule : rules->children) {
            const ManifestNode *source = rule.find(sourceKey);
            const ManifestNode *destination = rule.find(destinationKey);
            if (destination && destination->type == ManifestNode::Type::String)
                one(source ? source->text : QString(), *destination);
        }
    }

    void one(const QString &source, const ManifestNode &destination)
    {
        const qsizetype at = offsetOf(m_text, destination.place);
        const qsizetype length = tokenLength(m_text, at);
        if (length < 2)
            return;
        const QString inner = QString::fromUtf8(m_text.sliced(at + 1, length - 2));
        const QRegularExpressionMatch match = m_server.match(inner);
        if (!match.hasMatch())
            return;
        m_seen.append(destination.place);
        if (isSocketPath(source, m_sockets)) {
            m_result.notes.append(
                QStringLiteral("%1:%2: the rewrite of %3 still leads to %4: Vercel carries no WebSocket upgrade, so "
                               "that clients have to connect to %5 directly. Remove it once they do")
                    .arg(m_file)
                    .arg(destination.place.line)
                    .arg(source.simplified(), m_host, QString::fromUtf8(m_to)));
            return;
        }
        m_replacements.append({at + 1, match.captured(0).toUtf8().size()});
    }

    /// Other values that name the old server: a policy's connect-src, variables, a header.
    void sayElsewhere(const ManifestNode &root)
    {
        forEachKey(root, [&](const QString &path, const ManifestNode &node) {
            if (m_seen.contains(node.place) || !node.text.contains(m_host, Qt::CaseInsensitive))
                return;
            m_result.notes.append(QStringLiteral("%1:%2: %3 names %4 as well and was left alone")
                                      .arg(m_file)
                                      .arg(node.place.line)
                                      .arg(path, m_host));
        });
    }

    void apply()
    {
        std::sort(m_replacements.begin(), m_replacements.end(),
                  [](const Replacement &a, const Replacement &b) { return a.at > b.at; });
        if (m_replacements.isEmpty())
            return;
        QByteArray text = m_text;
        for (const Replacement &each : std::as_const(m_replacements))
            text.replace(each.at, each.length, m_to);
        m_result.text = text;
        m_result.changed = int(m_replacements.size());
    }

    QByteArray m_text;
    QString m_file;
    QByteArray m_to;
    QString m_host;
    QList<SocketEndpoint> m_sockets;
    QRegularExpression m_server;
    QList<Place> m_seen;
    QList<Replacement> m_replacements;
    RewriteChange m_result;
};

} // namespace

Result<RewriteChange> rewriteDestinations(const QByteArray &text, const QString &fileName, const QString &from,
                                          const QString &to, const QList<SocketEndpoint> &sockets)
{
    if (serverOf(from).isEmpty() || serverOf(to).isEmpty() || serverOf(from) == serverOf(to))
        return RewriteChange{};
    Result<RewriteChange> change = Rewriter(text, fileName, from, serverOf(to), sockets).run();
    if (!change || change->text.isNull())
        return change;
    // What was patched has to read, and to lead there.
    if (const Result<ManifestNode> again = parseJsonText(change->text, fileName); !again)
        return tl::unexpected(again.error());
    return change;
}

} // namespace Switchyard

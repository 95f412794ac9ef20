// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/judgedmove.h"

#include <QUrl>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QString authorityOf(const QString &url)
{
    const QUrl parsed(url);
    return parsed.port() > 0 ? s("%1:%2").arg(parsed.host()).arg(parsed.port()) : parsed.host();
}

} // namespace

QStringList hostsIn(const QString &text)
{
    static const QRegularExpression url(s(R"(://(?:[^@/\s,"']*@)?(\[[^\]]+\]|[A-Za-z0-9_*.\-]+))"));
    if (!text.contains(QLatin1String("://")))
        return {};
    QStringList hosts;
    for (auto it = url.globalMatch(text); it.hasNext();)
        hosts.append(it.next().captured(1));
    return hosts;
}

JudgedMove::JudgedMove(const MatrixInput &input, const PlatformCatalogue &catalogue)
    : m_input(input)
    , m_from(catalogue.find(input.source.platform))
    , m_to(catalogue.find(input.target.platform))
{
    const QUrl target(input.target.url);
    m_targetHost = authorityOf(input.target.url);
    m_targetSecure = target.scheme() == QLatin1String("https");
    QStringList parts;
    for (const QString &host : input.sourceHosts) {
        if (!host.isEmpty() && host.compare(m_targetHost, Qt::CaseInsensitive) != 0)
            parts.append(QRegularExpression::escape(host));
    }
    if (!parts.isEmpty() && !m_targetHost.isEmpty())
        m_hosts = QRegularExpression(
            s(R"((?:\b(https?|wss?)://)?(?<![\w.\-])(?:%1)(?![\w\-]|:\d|\.\w))").arg(parts.join(QLatin1Char('|'))),
            QRegularExpression::CaseInsensitiveOption);
}

QString JudgedMove::fromName() const
{
    return m_from ? m_from->name : m_input.source.name;
}

QString JudgedMove::toName() const
{
    return m_to ? m_to->name : m_input.target.name;
}

QString JudgedMove::moved(const QString &text) const
{
    if (m_hosts.pattern().isEmpty())
        return text;
    QString result;
    qsizetype done = 0;
    for (auto it = m_hosts.globalMatch(text); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        result += QStringView(text).mid(done, match.capturedStart() - done);
        const QString scheme = match.captured(1).toLower();
        if (scheme.startsWith(QLatin1String("http")))
            result += m_targetSecure ? s("https://") : s("http://");
        else if (!scheme.isEmpty())
            result += m_targetSecure ? s("wss://") : s("ws://");
        result += m_targetHost;
        done = match.capturedEnd();
    }
    return result + text.mid(done);
}

bool JudgedMove::namesSource(const QString &text) const
{
    return !m_hosts.pattern().isEmpty() && m_hosts.match(text).hasMatch();
}

QString JudgedMove::foreignHost(const QString &text) const
{
    if (!m_from || m_from == m_to || m_from->id == QLatin1String("local"))
        return {};
    for (const QString &host : hostsIn(text)) {
        if (m_from->ownsHost(host) && !namesSource(host))
            return host;
    }
    return {};
}

QString JudgedMove::privateHost(const QString &text) const
{
    if (!m_from || m_from == m_to)
        return {};
    for (const QString &host : hostsIn(text)) {
        if (m_from->isPrivateHost(host))
            return host;
    }
    return {};
}

int JudgedMove::targetPort() const
{
    if (m_input.target.port)
        return *m_input.target.port;
    return m_to ? m_to->ports.defaultPort : 0;
}

} // namespace Switchyard

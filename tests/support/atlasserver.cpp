// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/atlasserver.h"

#include <QElapsedTimer>
#include <QJsonDocument>

namespace Switchyard::Testing {

namespace {

constexpr int waitMs = 20'000;

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonObject lineOf(QProcess &process)
{
    QElapsedTimer clock;
    clock.start();
    while (!process.canReadLine() && clock.elapsed() < waitMs && process.waitForReadyRead(waitMs)) {
    }
    return QJsonDocument::fromJson(process.readLine()).object();
}

} // namespace

AtlasServer::AtlasServer(const CertificateFiles &files)
{
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.start(s("/usr/bin/python3"),
                    {s(SOURCE_DIR "/tests/support/atlasstand.py"), files.certificate, files.key});
    const QJsonObject first = lineOf(m_process);
    m_port = first[s("port")].toInt();
    m_group = first[s("group")].toString();
    m_client = first[s("client")].toString();
    m_key = first[s("key")].toString();
}

AtlasServer::~AtlasServer()
{
    m_process.closeWriteChannel();
    if (!m_process.waitForFinished(waitMs)) {
        m_process.kill();
        m_process.waitForFinished(waitMs);
    }
}

QJsonObject AtlasServer::order(const QJsonObject &what)
{
    m_process.write(QJsonDocument(what).toJson(QJsonDocument::Compact) + '\n');
    return lineOf(m_process);
}

void AtlasServer::set(const char *setting, const QJsonValue &value)
{
    order({{s("set"), QJsonObject{{s(setting), value}}}});
}

void AtlasServer::seed(const QJsonArray &entries)
{
    order({{s("seed"), entries}});
}

void AtlasServer::clear()
{
    order({{s("clear"), true}, {s("forget"), true}});
}

QStringList AtlasServer::entries()
{
    QStringList values;
    for (const QJsonValue each : order({})[s("entries")].toArray())
        values.append(each.toString());
    return values;
}

QList<QJsonObject> AtlasServer::requests()
{
    QList<QJsonObject> list;
    for (const QJsonValue each : order({})[s("requests")].toArray())
        list.append(each.toObject());
    return list;
}

} // namespace Switchyard::Testing

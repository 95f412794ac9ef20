// SPDX-License-Identifier: GPL-3.0-or-later
// A small repository with a workspace of two backends, for the tests of deliveries.
#pragma once

#include "models/delivery/delivery.h"
#include "models/platforms/platform.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

namespace Switchyard::Testing {

inline QString s(const char *text)
{
    return QString::fromUtf8(text);
}

inline const QStringList platforms{s("render"), s("fly"), s("local")};
inline Workspace workspaceOf(const QString &folder)
{
    const auto workspace = loadWorkspace(folder + s("/switchyard.toml"), platforms);
    if (!workspace)
        qFatal("%s", qPrintable(workspace.error().first().toString()));
    return *workspace;
}

inline const PlatformCatalogue &catalogue()
{
    static const Result<PlatformCatalogue> loaded = PlatformCatalogue::load();
    return *loaded;
}

inline Result<Delivery> prepared(const QString &folder, const QString &backend, bool withSecrets = false)
{
    return prepareDelivery({workspaceOf(folder), backend, withSecrets}, catalogue());
}

inline QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline void put(const QString &path, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("%s cannot be written", qPrintable(path));
}

/// A small repository with a workspace of two backends.
class Repository final
{
public:
    explicit Repository(const QByteArray &more = {})
    {
        put(path("switchyard.toml"), "schema = 1\n"
                                     "name = \"Shop\"\n"
                                     "[[component]]\n"
                                     "name = \"api\"\n"
                                     "root = \"api\"\n"
                                     "[[component]]\n"
                                     "name = \"web\"\n"
                                     "root = \"web\"\n"
                                     "[[backend]]\n"
                                     "name = \"old\"\n"
                                     "component = \"api\"\n"
                                     "platform = \"render\"\n"
                                     "role = \"source\"\n"
                                     "url = \"https://shop.onrender.com\"\n"
                                     "manifest = \"render.yaml\"\n"
                                     "env = [\"api/.env\"]\n"
                                     "[[backend]]\n"
                                     "name = \"new\"\n"
                                     "component = \"api\"\n"
                                     "platform = \"fly\"\n"
                                     "role = \"target\"\n"
                                     "url = \"https://shop.fly.dev\"\n"
                                     "  [[backend.health]]\n"
                                     "  path = \"/health\"\n"
                                     "  expect = { json = { \"/status\" = \"healthy\" } }\n" +
                                         more);
        put(path("api/.env"), "API_KEY=canary-env-key\nPLAIN=canary-env-plain\n");
        start("uvicorn main:app --host 0.0.0.0 --port $PORT");
    }
    void start(const QByteArray &command, const QByteArray &more = {})
    {
        put(path("render.yaml"), "services:\n  - type: web\n    name: shop\n    runtime: python\n    rootDir: api\n"
                                 "    buildCommand: pip install -r requirements.txt\n    startCommand: " +
                                     command + "\n    healthCheckPath: /health\n" + more);
    }
    QString path(const char *name) const { return m_folder.filePath(s(name)); }
    QString folder() const { return m_folder.path(); }
    Result<Delivery> prepare(bool withSecrets = false) const { return prepared(folder(), s("new"), withSecrets); }

private:
    QTemporaryDir m_folder;
};

} // namespace Switchyard::Testing

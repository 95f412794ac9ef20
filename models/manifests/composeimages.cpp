// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/composeimages.h"

#include <QRegularExpression>
#include <QSet>

namespace Switchyard {

Store storeOfImage(const QString &image)
{
    // [registry/][owner/]name[:tag][@digest]
    const QString plain = image.section(QLatin1Char('@'), 0, 0);
    const QString last = plain.section(QLatin1Char('/'), -1);
    const QString name = last.section(QLatin1Char(':'), 0, 0);
    const QString tag = last.section(QLatin1Char(':'), 1, 1);
    static const QSet<QString> postgres{QStringLiteral("postgres"),    QStringLiteral("postgresql"),
                                        QStringLiteral("postgis"),     QStringLiteral("pgvector"),
                                        QStringLiteral("timescaledb"), QStringLiteral("timescaledb-ha")};
    static const QSet<QString> keyValue{QStringLiteral("redis"), QStringLiteral("valkey"),
                                        QStringLiteral("redis-stack-server")};
    static const QSet<QString> other{QStringLiteral("mongo"),      QStringLiteral("mongodb"),
                                     QStringLiteral("mysql"),      QStringLiteral("mariadb"),
                                     QStringLiteral("clickhouse"), QStringLiteral("elasticsearch"),
                                     QStringLiteral("rabbitmq"),   QStringLiteral("memcached")};
    Store store;
    if (postgres.contains(name))
        store.kind = Store::Kind::Postgres;
    else if (keyValue.contains(name))
        store.kind = Store::Kind::KeyValue;
    else if (other.contains(name))
        store.kind = Store::Kind::Other;
    static const QRegularExpression major(QStringLiteral("\\A(?:pg|latest-pg)?([0-9]{1,3})(?![0-9])"));
    if (const QRegularExpressionMatch match = major.match(tag); match.hasMatch())
        store.version = match.captured(1);
    return store;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/probes/mongohints.h"

#include <QStringList>

#include <array>

namespace Switchyard {

const MongoHint *mongoHint(const MongoReply &reply)
{
    static const std::array<MongoHint, 23> table{{
        {0, "bad auth", "the user or the password is wrong",
         "compare both with the database user of the project (not the account one signs in with at Atlas); "
         "percent-encode special characters of the password",
         "mongodb.com/docs/atlas/troubleshoot-connection"},
        {18, "mechanism", "the server does not take this way to log in",
         "leave authMechanism out where it stands there; FerretDB 1 takes authMechanism=PLAIN, over TLS, unless it was "
         "started with --test-enable-new-auth",
         "docs.ferretdb.io/v1.24/security/authentication"},
        {18, "", "the user or the password is wrong, or the user is looked up in the wrong database",
         "compare both, percent-encode special characters of the password, and name the database in which the user was "
         "made: authSource=admin for most",
         "mongodb.com/docs/manual/reference/error-codes"},
        {11, "", "the server does not know the user in that database",
         "name the database in which the user was made: authSource=admin for most",
         "mongodb.com/docs/manual/reference/error-codes"},
        {334, "", "the server does not take this way to log in",
         "leave authMechanism out, or name one of its parameter authenticationMechanisms",
         "mongodb.com/docs/manual/reference/parameters"},
        {0, "mechanism", "the server, or the user, does not take this way to log in",
         "leave authMechanism out: the driver then takes the best one that both have",
         "mongodb.com/docs/manual/core/authentication-mechanisms"},
        {0, "sasl", "the login was refused on the way",
         "compare user, password and authSource; a proxy in between may not take SCRAM",
         "mongodb.com/docs/manual/core/security-scram"},
        {0, "requires authentication", "the server wants a login, and the connection string has none",
         "add it: mongodb://USER:PASSWORD@HOST/?authSource=admin", "mongodb.com/docs/manual/core/authentication"},
        {13, "", "the user may not do this", "connected, limited: nothing to do where the application needs no more",
         "mongodb.com/docs/manual/core/authorization"},
        {8000, "not allowed", "the user may not do this, or the tier has it not",
         "connected, limited: shared tiers of Atlas leave commands out",
         "mongodb.com/docs/atlas/reference/unsupported-commands"},
        {8000, "", "Atlas refuses it", "read its words; clusters that are paused or over their limits answer so",
         "mongodb.com/docs/atlas/reference"},
        {10107, "", "it is no primary", "name all members and replicaSet, so that the driver finds the primary",
         "mongodb.com/docs/manual/replication"},
        {13435, "", "it is no primary, and reading from it was not allowed", "readPreference=secondaryPreferred",
         "mongodb.com/docs/manual/core/read-preference"},
        {13436, "", "it is neither primary nor secondary: it starts up or recovers", "wait, and look at rs.status()",
         "mongodb.com/docs/manual/reference/replica-states"},
        {189, "", "its primary has just stepped down", "probe again in some seconds",
         "mongodb.com/docs/manual/replication"},
        {11600, "", "the server shuts down", "wait until it is back, and probe again",
         "mongodb.com/docs/manual/reference/error-codes"},
        {91, "", "the server shuts down", "wait until it is back, and probe again",
         "mongodb.com/docs/manual/reference/error-codes"},
        {354, "", "it stands behind a load balancer that wants loadBalanced=true", "add it to the connection string",
         "mongodb.com/docs/manual/reference/connection-string-options"},
        {323, "", "the server does not know the version of its API that is asked for", "an old server, or a proxy",
         "mongodb.com/docs/manual/reference/stable-api"},
        {59, "", "the server does not know the command",
         "a server that only speaks MongoDB's protocol, or one too old for it",
         "mongodb.com/docs/manual/reference/error-codes"},
        {238, "", "the server does not have the command",
         "a server that only speaks MongoDB's protocol (FerretDB, DocumentDB, Cosmos DB)",
         "docs.ferretdb.io/v1.24/reference/supported-commands"},
        {0, "too many connections", "the server has no connection left",
         "lower maxPoolSize, close what is unused, or take a larger tier",
         "mongodb.com/docs/atlas/reference/atlas-limits"},
        {0, "wire version", "the server is too old, or too new, for libmongoc and most drivers of today",
         "update it: MongoDB 3.6 and older are not spoken to by current drivers",
         "mongodb.com/docs/drivers/compatibility"},
    }};
    const QByteArray lower = reply.message.toLower();
    for (const MongoHint &each : table) {
        if ((each.code == 0 || each.code == reply.code) && lower.contains(each.contains))
            return &each;
    }
    return nullptr;
}

std::optional<QDate> mongoEndOfLife(const QString &version)
{
    struct Release
    {
        int major, minor;
        QDate end;
    };
    // https://www.mongodb.com/legal/support-policy/lifecycles
    static const std::array<Release, 9> releases{{{3, 4, {2020, 1, 31}},
                                                  {3, 6, {2021, 4, 30}},
                                                  {4, 0, {2022, 4, 30}},
                                                  {4, 2, {2023, 4, 30}},
                                                  {4, 4, {2024, 2, 29}},
                                                  {5, 0, {2024, 10, 31}},
                                                  {6, 0, {2025, 7, 31}},
                                                  {7, 0, {2027, 8, 31}},
                                                  {8, 0, {2029, 10, 31}}}};
    const QStringList parts = version.split(QLatin1Char('.'));
    for (const Release &each : releases) {
        if (parts.value(0).toInt() == each.major && parts.value(1) == QString::number(each.minor))
            return each.end;
    }
    return std::nullopt;
}

bool isMongoRapidRelease(const QString &version)
{
    // Of 8 some of the smaller numbers are kept up too.
    constexpr int first = 5;
    constexpr int last = 7;
    const int major = version.section(QLatin1Char('.'), 0, 0).toInt();
    return major >= first && major <= last && version.section(QLatin1Char('.'), 1, 1).toInt() > 0;
}

} // namespace Switchyard

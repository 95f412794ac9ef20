// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/comparecatalogue.h"
#include "models/database/compare/mongoside.h"

#include <QMap>

namespace Switchyard {

/// What one MongoDB database says of its collections: kinds "collection", "validator", "view" and "index".
struct MongoCatalogue
{
    Catalogue catalogue;
    QMap<QString, bool> collections;      ///< with documents of their own; true: time series
    QMap<QString, QString> unreadIndexes; ///< why, by collection
    QHash<QString, QString> keys;         ///< of an index, by object
    QHash<QString, QString> commands;     ///< that would make it, by object
    bool isEmpty = false;                 ///< it was read, and there is nothing
};

/// Reads the collections, then the indexes of each on all connections at once. `done` after each collection. False: the
/// connection broke, or the time is over. What this user may not read has its error in its list.
bool readMongoCatalogue(MongoSide &side, const CompareFilter &filter, const std::function<void(qsizetype total)> &done,
                        MongoCatalogue &result);

/// Rows and totals of versions, collections, validators, views and indexes.
void compareMongoCatalogues(const MongoSide &left, const MongoSide &right, const MongoCatalogue &source,
                            const MongoCatalogue &target, CompareFilter &filter, CompareReport &report);

} // namespace Switchyard

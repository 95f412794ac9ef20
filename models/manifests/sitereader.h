// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/ledger.h"
#include "models/manifests/servicemodel.h"

namespace Switchyard {

/// What the readers of vercel.json and netlify.toml have in common: typed values of maps, each spoken of in the ledger.
/// A value of the wrong type is a problem with its place and stays as nobody's; the messages name keys, never values.
/// Keeps references: ledger and problems must outlive it. One thread.
class SiteReader final
{
public:
    SiteReader(Ledger &ledger, QList<Error> &problems);

    /// Nothing where the key is absent, null or of the wrong type. `ifLost` as Ledger::read() has it.
    Field<QString> text(const ManifestNode &map, QLatin1StringView key, const QString &ifLost = {});
    Field<bool> flag(const ManifestNode &map, QLatin1StringView key, const QString &ifLost = {});
    Field<int> number(const ManifestNode &map, QLatin1StringView key, int least, int most, const QString &ifLost = {});
    /// nullptr where there is none of that type. Their members are the caller's to read.
    const ManifestNode *list(const ManifestNode &map, QLatin1StringView key);
    const ManifestNode *table(const ManifestNode &map, QLatin1StringView key);
    /// The elements of a list that are maps; the others are problems.
    QList<const ManifestNode *> tables(const ManifestNode &map, QLatin1StringView key);

    /// The key is known, and the model has no field for it.
    void note(const ManifestNode &map, QLatin1StringView key, const QString &reason);
    void noteAll(const ManifestNode &node, const QString &reason) { m_ledger.readAll(node, reason); }
    void read(const Place &place, const QString &ifLost = {}) { m_ledger.read(place, ifLost); }

    /// Adds the texts of a map of variables. A name that stands already is left alone and `again` is said of the new
    /// one.
    void environment(const ManifestNode &map, QList<EnvironmentEntry> &entries, const QString &again);

    void problem(const Place &place, const QString &message, const QString &hint = {});

private:
    const ManifestNode *typed(const ManifestNode &map, QLatin1StringView key, ManifestNode::Type type,
                              const QString &spoken);

    Ledger &m_ledger;
    QList<Error> &m_problems;
};

/// A name for the service of a file that states none: the file's folder, in letters, digits and hyphens.
QString siteName(const QString &file);

} // namespace Switchyard

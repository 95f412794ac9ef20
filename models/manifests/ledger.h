// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/manifestnode.h"

#include <QHash>
#include <QList>
#include <QString>

namespace Switchyard {

/// What became of a key of a source manifest in a conversion.
enum class KeyOutcome
{
    Mapped,       ///< stands in the target as it is, if by another name
    Defaulted,    ///< is not written, because it is what the target does anyway
    Rewritten,    ///< stands in the target with another value or meaning
    NotTranslated ///< the target cannot carry it, or nobody knows the key
};
QString keyOutcomeName(KeyOutcome outcome); ///< "mapped", "defaulted", "rewritten", "not-translated"

/// One line of the loss report.
struct KeyFate
{
    QString key; ///< path in the source, as forEachKey() has it
    Place place;
    KeyOutcome outcome = KeyOutcome::NotTranslated;
    QString target; ///< where it went: "fly.toml: http_service.internal_port"; empty where it went nowhere
    QString reason; ///< one sentence; never empty for Rewritten and NotTranslated
};

/// Keeps account of every key of the source manifests, so that none is dropped in silence: what neither a reader nor a
/// writer has spoken of is not-translated, and says so. A value is known by its place.
class Ledger
{
public:
    /// Takes up every key of a document.
    void open(const ManifestNode &root);
    /// Takes up one key of a format that is no tree (a Dockerfile's instruction, a line of _redirects).
    void open(const QString &key, const Place &place);

    /// A reader has understood this value; `ifLost` is what to say where the target takes no notice of it.
    void read(const Place &place, const QString &ifLost = {});
    /// The same for everything below a node.
    void readAll(const ManifestNode &node, const QString &ifLost = {});

    /// A later word on the same value stands only where it says more: not-translated < defaulted < mapped < rewritten.
    void mapped(const Place &place, const QString &target);
    void rewritten(const Place &place, const QString &target, const QString &reason);
    void defaulted(const Place &place, const QString &reason);
    void lost(const Place &place, const QString &reason);
    /// Everything of a file that nobody has spoken of yet.
    void defaultRest(const QString &file, const QString &reason);

    /// All keys in the order of files and lines.
    QList<KeyFate> fates() const;

private:
    struct Entry
    {
        KeyFate fate;
        bool read = false;
        bool settled = false;
        QString ifLost;
    };
    void settle(const Place &place, KeyOutcome outcome, const QString &target, const QString &reason);
    Entry *at(const Place &place);

    QList<Entry> m_entries;
    QHash<QString, qsizetype> m_byPlace;
};

} // namespace Switchyard

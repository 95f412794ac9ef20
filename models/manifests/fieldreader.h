// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/formats.h"

#include <QLatin1StringView>

namespace Switchyard {

/// "1m21s", "1.5s", "500ms", as Go writes durations; a bare number counts units of `unitMs`. Nothing for anything else.
std::optional<Milliseconds> goDuration(const QString &text, double unitMs);

/// Takes values out of a document into fields of the model: each read is told to the ledger, each value of the wrong
/// type is a problem with its place and leaves the field empty.
class FieldReader
{
public:
    using L = QLatin1StringView;

    FieldReader(Ledger &ledger, QList<Error> &problems)
        : m_ledger(ledger)
        , m_problems(problems)
    {
    }

    /// Any scalar, as it is written.
    Field<QString> text(const ManifestNode &holder, L key);
    /// A whole number, also one in quotes.
    Field<int> integer(const ManifestNode &holder, L key);
    Field<double> number(const ManifestNode &holder, L key);
    Field<bool> boolean(const ManifestNode &holder, L key);
    Field<Milliseconds> duration(const ManifestNode &holder, L key, double unitMs);

    /// The map or list of that name; nullptr where there is none or it is something else, which is a problem.
    const ManifestNode *map(const ManifestNode &holder, L key);
    const ManifestNode *list(const ManifestNode &holder, L key);
    /// Maps that may stand alone or in a list.
    QList<const ManifestNode *> maps(const ManifestNode &holder, L key);

    /// The reader knows the key, and the model has no field for it.
    void known(const ManifestNode &holder, L key, const QString &ifLost);
    void problem(const ManifestNode &at, const QString &message, const QString &hint = {});
    Ledger &ledger() { return m_ledger; }

private:
    const ManifestNode *scalar(const ManifestNode &holder, L key, const char *wanted);

    Ledger &m_ledger;
    QList<Error> &m_problems;
};

} // namespace Switchyard

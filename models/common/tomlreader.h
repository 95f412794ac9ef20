// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/instant.h"
#include "models/common/toml.h"

#include <QList>
#include <QStringList>

#include <optional>

namespace Switchyard {

enum class Presence
{
    Optional,
    Required
};

/// Reads one table of a TOML document into typed values and notes every problem with its place: wrong type, value
/// out of range, duration without a unit, a required key that is missing, keys nobody asked for.
///
/// A getter leaves `out` as it is when the key is absent or wrong, and tells whether it was written. Every key a getter
/// or take() asks for counts as known; finish() reports the others. Cheap to copy, except that copies do not share what
/// they know. Keeps pointers to the document and the list: both must outlive it. One thread.
class TomlReader final
{
public:
    TomlReader(const TomlNode &table, const QString &fileName, QList<Error> *errors);

    bool has(QLatin1StringView key) const;
    /// The raw value, nullptr where the key is absent.
    const TomlNode *take(QLatin1StringView key);

    /// A required text may not be empty.
    bool text(QLatin1StringView key, QString *out, Presence presence = Presence::Optional);
    bool choice(QLatin1StringView key, const QStringList &allowed, QString *out,
                Presence presence = Presence::Optional);
    bool boolean(QLatin1StringView key, bool *out, Presence presence = Presence::Optional);
    /// Bounds are included.
    bool integer(QLatin1StringView key, int least, int most, int *out, Presence presence = Presence::Optional);
    /// A text such as "30s" (see parseDuration()); bounds are included.
    bool duration(QLatin1StringView key, Milliseconds least, Milliseconds most, Milliseconds *out,
                  Presence presence = Presence::Optional);
    bool texts(QLatin1StringView key, QStringList *out, Presence presence = Presence::Optional);
    bool integers(QLatin1StringView key, int least, int most, QList<int> *out, Presence presence = Presence::Optional);

    std::optional<TomlReader> table(QLatin1StringView key, Presence presence = Presence::Optional);
    /// An array of tables, written with [[headers]] or inline.
    QList<TomlReader> tables(QLatin1StringView key, Presence presence = Presence::Optional);

    /// Reports the keys that were not asked for, each with the known name it resembles.
    void finish();

    const TomlNode &node() const { return *m_table; }
    /// Where the table begins: its header, its brace, or 1:1 for the root.
    Place place() const { return placeOf(*m_table); }
    /// Where a value begins.
    Place placeOf(const TomlNode &value) const;
    Place placeOfKey(const TomlNode &value) const;

    void error(const Place &at, const QString &message, const QString &hint = {});
    void error(const TomlNode &at, const QString &message, const QString &hint = {})
    {
        error(placeOf(at), message, hint);
    }

private:
    const TomlNode *takeTyped(QLatin1StringView key, TomlNode::Type type, Presence presence);
    void wrongType(const QString &key, const TomlNode &value, TomlNode::Type wanted);

    const TomlNode *m_table;
    QString m_file;
    QList<Error> *m_errors;
    QStringList m_known;
};

/// The candidate that differs from `name` by the fewest typing slips, empty where none is near.
QString nearestName(const QString &name, const QStringList &candidates);

/// `did you mean "x"? known: a, b, c`, the first part only where something is near.
QString suggestion(const QString &name, const QStringList &candidates);

} // namespace Switchyard

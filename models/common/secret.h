// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QString>

class QDebug;

namespace Switchyard {

/// A value that must not leave by accident: it has no stream operator, no conversion to QString and compares
/// only with itself. reveal() is the one way out and easy to search for. Its bytes are overwritten when the last copy
/// is destroyed or assigned to.
class Secret final
{
public:
    Secret() = default;
    explicit Secret(QString value);
    ~Secret();
    Secret(const Secret &) = default;
    Secret(Secret &&) noexcept = default;
    Secret &operator=(const Secret &other);
    Secret &operator=(Secret &&other) noexcept;

    const QString &reveal() const { return m_value; }
    bool isEmpty() const { return m_value.isEmpty(); }
    bool operator==(const Secret &) const = default;

    friend QDebug operator<<(QDebug, const Secret &) = delete;

private:
    void wipe();

    QString m_value;
};

/// Where a secret comes from: "env:NAME", "file:PATH", "keychain:SERVICE/KEY" or "-" (standard input).
struct SecretReference
{
    enum class Source
    {
        Environment,
        File,
        Keychain,
        Stdin
    };
    Source source = Source::Environment;
    QString name;

    QString toString() const;
};

/// Whether the text has the form of a reference (a known scheme), without looking behind it.
bool isSecretReference(QStringView text);

/// Errors (usage): a text that is no reference, an empty name.
[[nodiscard]] Result<SecretReference> parseSecretReference(const QString &text);

/// Fetches the value without the line end at its end: all lines, but of a terminal's standard input one. Errors: usage
/// (variable not set, value empty or not UTF-8), io (file missing, not a regular file, over 1 MB, or open to group or
/// others: mode 0600 is asked for), and those of secretFromKeychain(). May block on the file, and 30 s on a keychain
/// that asks a person; 1 s on a window's thread.
[[nodiscard]] Result<Secret> resolveSecret(const SecretReference &reference);

/// The text as it stands, or what it refers to where it is a reference; standard input is not read for "-".
/// Errors: those of resolveSecret().
[[nodiscard]] Result<QString> resolveText(const QString &text);

} // namespace Switchyard

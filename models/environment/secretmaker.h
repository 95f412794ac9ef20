// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QString>

#include <functional>

namespace Switchyard {

/// What a new secret is made of.
enum class SecretAlphabet
{
    Hex,
    Base64,
    Base64Url,
    Alphanumeric,
    Fernet ///< a key of Python's cryptography.fernet: 32 bytes, base64url with padding; has one length
};
QString secretAlphabetName(SecretAlphabet alphabet); ///< for people: "hex", "letters and digits", …

struct SecretRecipe
{
    SecretAlphabet alphabet = SecretAlphabet::Base64Url;
    int length = 32;
    /// The length counts bytes of randomness, which are written in the alphabet; else characters of the text, each of
    /// which is chosen by itself.
    bool inBytes = true;
    static constexpr int longest = 4096;
};

/// Fills `size` bytes.
using RandomBytes = std::function<void(uchar *bytes, qsizetype size)>;
/// The operating system's generator for cryptography.
[[nodiscard]] RandomBytes systemRandom();

/// Characters the text will have.
[[nodiscard]] int secretCharacters(const SecretRecipe &recipe);
/// Bits of entropy in it: characters × log2 of the alphabet's size, or 8 for each byte.
[[nodiscard]] double secretBits(const SecretRecipe &recipe);

/// Every text that the recipe allows is as likely as every other: bytes that would favour some characters are thrown
/// away. Errors: usage (a length below 1 or over 4096).
[[nodiscard]] Result<QString> makeSecret(const SecretRecipe &recipe, const RandomBytes &random = systemRandom());

} // namespace Switchyard

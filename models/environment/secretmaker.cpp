// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/secretmaker.h"

#include <QByteArray>
#include <QRandomGenerator>

#include <array>
#include <cmath>
#include <string_view>

namespace Switchyard {

namespace {

constexpr int fernetBytes = 32;

std::string_view charactersOf(SecretAlphabet alphabet)
{
    switch (alphabet) {
    case SecretAlphabet::Hex:
        return "0123456789abcdef";
    case SecretAlphabet::Base64:
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    case SecretAlphabet::Base64Url:
    case SecretAlphabet::Fernet:
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    case SecretAlphabet::Alphanumeric:
        break;
    }
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
}

/// Bytes from the largest multiple of the alphabet's size on would make its first characters likelier; they are drawn
/// again.
QString pick(std::string_view characters, int count, const RandomBytes &random)
{
    const int fair = 256 - 256 % int(characters.size());
    QString text;
    text.reserve(count);
    std::array<uchar, 64> bytes{};
    while (text.size() < count) {
        random(bytes.data(), qsizetype(bytes.size()));
        for (const uchar byte : bytes) {
            if (byte < fair && text.size() < count)
                text += QLatin1Char(characters[byte % characters.size()]);
        }
    }
    bytes.fill(0);
    return text;
}

QByteArray encode(const QByteArray &bytes, SecretAlphabet alphabet)
{
    switch (alphabet) {
    case SecretAlphabet::Hex:
        return bytes.toHex();
    case SecretAlphabet::Base64:
        return bytes.toBase64();
    case SecretAlphabet::Fernet:
        return bytes.toBase64(QByteArray::Base64UrlEncoding);
    default:
        return bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    }
}

/// Letters and digits are no code for bytes: as many as hold at least their bits.
bool isPicked(const SecretRecipe &recipe)
{
    return recipe.alphabet != SecretAlphabet::Fernet &&
           (!recipe.inBytes || recipe.alphabet == SecretAlphabet::Alphanumeric);
}

} // namespace

QString secretAlphabetName(SecretAlphabet alphabet)
{
    switch (alphabet) {
    case SecretAlphabet::Hex:
        return QStringLiteral("hex");
    case SecretAlphabet::Base64:
        return QStringLiteral("base64");
    case SecretAlphabet::Base64Url:
        return QStringLiteral("base64url");
    case SecretAlphabet::Fernet:
        return QStringLiteral("Fernet key");
    case SecretAlphabet::Alphanumeric:
        break;
    }
    return QStringLiteral("letters and digits");
}

RandomBytes systemRandom()
{
    return [](uchar *bytes, qsizetype size) {
        QRandomGenerator *system = QRandomGenerator::system();
        for (qsizetype i = 0; i < size; i += 4) {
            const quint32 word = system->generate();
            for (qsizetype k = 0; k < 4 && i + k < size; ++k)
                bytes[i + k] = uchar(word >> (8 * k));
        }
    };
}

int secretCharacters(const SecretRecipe &recipe)
{
    const int n = recipe.length;
    if (recipe.alphabet == SecretAlphabet::Fernet)
        return 44;
    if (!recipe.inBytes)
        return n;
    switch (recipe.alphabet) {
    case SecretAlphabet::Hex:
        return 2 * n;
    case SecretAlphabet::Base64:
        return (n + 2) / 3 * 4;
    case SecretAlphabet::Alphanumeric:
        return int(std::ceil(8.0 * n / std::log2(62.0)));
    default:
        return (4 * n + 2) / 3;
    }
}

double secretBits(const SecretRecipe &recipe)
{
    if (recipe.alphabet == SecretAlphabet::Fernet)
        return 8.0 * fernetBytes;
    if (!isPicked(recipe))
        return 8.0 * recipe.length;
    return secretCharacters(recipe) * std::log2(double(charactersOf(recipe.alphabet).size()));
}

Result<QString> makeSecret(const SecretRecipe &recipe, const RandomBytes &random)
{
    if (recipe.alphabet != SecretAlphabet::Fernet && (recipe.length < 1 || recipe.length > SecretRecipe::longest))
        return fail(ErrorKind::Usage, QStringLiteral("a secret has 1 to %1 characters or bytes, not %2")
                                          .arg(SecretRecipe::longest)
                                          .arg(recipe.length));
    if (isPicked(recipe))
        return pick(charactersOf(recipe.alphabet), secretCharacters(recipe), random);
    QByteArray bytes(recipe.alphabet == SecretAlphabet::Fernet ? fernetBytes : recipe.length, Qt::Uninitialized);
    random(reinterpret_cast<uchar *>(bytes.data()), bytes.size());
    const QString text = QString::fromLatin1(encode(bytes, recipe.alphabet));
    bytes.fill('\0');
    return text;
}

} // namespace Switchyard

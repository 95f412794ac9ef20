// SPDX-License-Identifier: GPL-3.0-or-later
// New secrets: exact lengths, alphabets, no character likelier than another, entropy, Fernet keys.
#include "models/environment/secretmaker.h"

#include <QMap>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <cmath>
#include <random>

using namespace Switchyard;

namespace {

RandomBytes seeded(quint32 seed)
{
    auto engine = std::make_shared<std::mt19937>(seed);
    return [engine](uchar *bytes, qsizetype size) {
        for (qsizetype i = 0; i < size; ++i)
            bytes[i] = uchar((*engine)() >> 11);
    };
}

/// Pearson's χ² of the characters against all being equally likely.
double chiSquare(const QString &text, int alphabet)
{
    QMap<QChar, double> counts;
    for (const QChar c : text)
        counts[c] += 1;
    const double expected = double(text.size()) / alphabet;
    double sum = (alphabet - double(counts.size())) * expected;
    for (const double count : counts)
        sum += (count - expected) * (count - expected) / expected;
    return sum;
}

} // namespace

class TestSecretMaker : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void lengthsAndAlphabets_data();
    void lengthsAndAlphabets();
    void charactersAreEquallyLikely_data();
    void charactersAreEquallyLikely();
    void biasedBytesAreThrownAway();
    void entropy();
    void fernetKeys();
    void oddLengths();
    void theSystemsNumbersDiffer();
};

void TestSecretMaker::lengthsAndAlphabets_data()
{
    QTest::addColumn<int>("alphabet");
    QTest::addColumn<bool>("bytes");
    QTest::addColumn<int>("length");
    QTest::addColumn<int>("characters");
    QTest::addColumn<QString>("form");
    const auto row = [](const char *name, SecretAlphabet alphabet, bool bytes, int length, int characters,
                        const char *form) {
        QTest::newRow(name) << int(alphabet) << bytes << length << characters << QString::fromLatin1(form);
    };
    row("hex bytes", SecretAlphabet::Hex, true, 32, 64, "[0-9a-f]+");
    row("hex characters", SecretAlphabet::Hex, false, 33, 33, "[0-9a-f]+");
    row("base64 bytes", SecretAlphabet::Base64, true, 32, 44, "[A-Za-z0-9+/]{43}=");
    row("base64 three bytes", SecretAlphabet::Base64, true, 3, 4, "[A-Za-z0-9+/]{4}");
    row("base64 characters", SecretAlphabet::Base64, false, 21, 21, "[A-Za-z0-9+/]+");
    row("base64url bytes", SecretAlphabet::Base64Url, true, 32, 43, "[A-Za-z0-9_-]+");
    row("base64url one byte", SecretAlphabet::Base64Url, true, 1, 2, "[A-Za-z0-9_-]+");
    row("base64url characters", SecretAlphabet::Base64Url, false, 4096, 4096, "[A-Za-z0-9_-]+");
    row("alphanumeric bytes", SecretAlphabet::Alphanumeric, true, 32, 43, "[A-Za-z0-9]+");
    row("alphanumeric characters", SecretAlphabet::Alphanumeric, false, 1, 1, "[A-Za-z0-9]");
    row("fernet", SecretAlphabet::Fernet, true, 5, 44, "[A-Za-z0-9_-]{43}=");
}

void TestSecretMaker::lengthsAndAlphabets()
{
    QFETCH(const int, alphabet);
    QFETCH(const bool, bytes);
    QFETCH(const int, length);
    QFETCH(const int, characters);
    QFETCH(const QString, form);
    const SecretRecipe recipe{SecretAlphabet(alphabet), length, bytes};
    QCOMPARE(secretCharacters(recipe), characters);
    const QRegularExpression whole(QRegularExpression::anchoredPattern(form));
    for (quint32 seed = 0; seed < 50; ++seed) {
        const Result<QString> secret = makeSecret(recipe, seeded(seed));
        QVERIFY(secret.has_value());
        QCOMPARE(secret->size(), characters);
        QVERIFY2(whole.match(*secret).hasMatch(), qPrintable(*secret));
    }
}

void TestSecretMaker::charactersAreEquallyLikely_data()
{
    QTest::addColumn<int>("alphabet");
    QTest::addColumn<int>("size");
    QTest::newRow("hex") << int(SecretAlphabet::Hex) << 16;
    QTest::newRow("letters and digits") << int(SecretAlphabet::Alphanumeric) << 62;
    QTest::newRow("base64") << int(SecretAlphabet::Base64) << 64;
    QTest::newRow("base64url") << int(SecretAlphabet::Base64Url) << 64;
}

void TestSecretMaker::charactersAreEquallyLikely()
{
    QFETCH(const int, alphabet);
    QFETCH(const int, size);
    const RandomBytes random = seeded(20260101);
    QString text;
    for (int i = 0; i < 60; ++i)
        text += makeSecret({SecretAlphabet(alphabet), 4096, false}, random).value();
    const double freedom = size - 1;
    // Five standard deviations of χ²: chance does not get there, a modulo of 62 in 256 does by far.
    const double limit = freedom + 5 * std::sqrt(2 * freedom);
    const double measured = chiSquare(text, size);
    QVERIFY2(measured < limit, qPrintable(QStringLiteral("χ² is %1, allowed %2").arg(measured).arg(limit)));
    // The measure itself sees such a bias.
    QString biased;
    std::mt19937 engine(7);
    for (qsizetype i = 0; i < text.size(); ++i)
        biased += QChar(ushort(u'0' + int((engine() >> 11) % 256) % 62));
    QVERIFY(chiSquare(biased, 62) > 61 + 5 * std::sqrt(2 * 61.0));
}

void TestSecretMaker::biasedBytesAreThrownAway()
{
    // 248 is four times 62: bytes from there on would make "A" to "H" likelier.
    int asked = 0;
    const RandomBytes high = [&asked](uchar *bytes, qsizetype size) {
        for (qsizetype i = 0; i < size; ++i)
            bytes[i] = asked == 0 ? uchar(248 + i % 8) : uchar(61);
        ++asked;
    };
    QCOMPARE(makeSecret({SecretAlphabet::Alphanumeric, 4, false}, high).value(), QStringLiteral("9999"));
    QCOMPARE(asked, 2);
}

void TestSecretMaker::entropy()
{
    QCOMPARE(secretBits({SecretAlphabet::Hex, 32, true}), 256.0);
    QCOMPARE(secretBits({SecretAlphabet::Hex, 32, false}), 128.0);
    QCOMPARE(secretBits({SecretAlphabet::Base64Url, 32, true}), 256.0);
    QCOMPARE(secretBits({SecretAlphabet::Base64, 10, false}), 60.0);
    QCOMPARE(secretBits({SecretAlphabet::Fernet, 1, false}), 256.0);
    const double word = secretBits({SecretAlphabet::Alphanumeric, 20, false});
    QVERIFY(std::abs(word - 20 * std::log2(62.0)) < 1e-9);
    // Letters and digits for bytes hold at least as much.
    QVERIFY(secretBits({SecretAlphabet::Alphanumeric, 32, true}) >= 256);
}

void TestSecretMaker::fernetKeys()
{
    const QString key = makeSecret({SecretAlphabet::Fernet, 0, true}).value();
    QCOMPARE(QByteArray::fromBase64(key.toLatin1(), QByteArray::Base64UrlEncoding).size(), 32);
    QProcess python;
    // The key is no argument: those can be seen by others.
    python.start(QStringLiteral("/usr/bin/python3"),
                 {QStringLiteral("-c"),
                  QStringLiteral("import sys\ntry:\n from cryptography.fernet import Fernet\nexcept ImportError:\n "
                                 "print('none'); sys.exit()\nf = Fernet(sys.stdin.read())\n"
                                 "print(f.decrypt(f.encrypt(b'well')).decode())")});
    python.write(key.toLatin1());
    python.closeWriteChannel();
    QVERIFY2(python.waitForFinished(20'000), qPrintable(python.errorString()));
    const QByteArray said = python.readAllStandardOutput().trimmed();
    QVERIFY2(said == "well" || said == "none", python.readAllStandardError().constData());
    qInfo("python's cryptography says: %s", said.constData());
}

void TestSecretMaker::oddLengths()
{
    for (const int length : {0, -1, SecretRecipe::longest + 1}) {
        const Result<QString> made = makeSecret({SecretAlphabet::Hex, length, true});
        QVERIFY(!made);
        QCOMPARE(made.error().kind, ErrorKind::Usage);
    }
}

void TestSecretMaker::theSystemsNumbersDiffer()
{
    QSet<QString> seen;
    for (int i = 0; i < 200; ++i)
        seen.insert(makeSecret({SecretAlphabet::Base64Url, 16, true}).value());
    QCOMPARE(seen.size(), 200);
}

QTEST_GUILESS_MAIN(TestSecretMaker)
#include "tst_secretmaker.moc"

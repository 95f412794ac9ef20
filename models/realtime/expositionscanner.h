// SPDX-License-Identifier: GPL-3.0-or-later
// Walks over one line of the Prometheus text formats. Part of prometheustext.cpp and exposition.cpp; nobody else's.
#pragma once

#include <QByteArray>
#include <QMap>
#include <QString>
#include <QStringDecoder>

#include <cmath>
#include <limits>
#include <optional>

namespace Switchyard {

/// Every taker leaves the place as it is when what it takes is not there.
class ExpositionScanner final
{
public:
    explicit ExpositionScanner(QByteArrayView text)
        : m_text(text)
    {
    }

    void skipBlanks()
    {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t'))
            ++m_at;
    }
    bool atEnd() const { return m_at >= m_text.size(); }
    bool take(char c)
    {
        if (atEnd() || m_text[m_at] != c)
            return false;
        ++m_at;
        return true;
    }
    QString name()
    {
        const qsizetype from = m_at;
        while (!atEnd() && (isNameStart(m_text[m_at]) || (m_at > from && m_text[m_at] >= '0' && m_text[m_at] <= '9')))
            ++m_at;
        return QString::fromLatin1(m_text.sliced(from, m_at - from));
    }
    QByteArrayView word()
    {
        const qsizetype from = m_at;
        while (!atEnd() && m_text[m_at] != ' ' && m_text[m_at] != '\t')
            ++m_at;
        return m_text.sliced(from, m_at - from);
    }
    QByteArrayView rest() const { return m_text.sliced(m_at); }
    /// A quoted value with the format's three escapes: \\, \" and \n. `strict`: others, and broken UTF-8, are refused.
    std::optional<QString> quoted(char quote, bool strict = false)
    {
        if (!take(quote))
            return std::nullopt;
        // Nearly every value is plain ASCII without an escape.
        qsizetype end = m_at;
        while (end < m_text.size() && m_text[end] != quote && m_text[end] != '\\' && (m_text[end] & 0x80) == 0)
            ++end;
        if (end < m_text.size() && m_text[end] == quote) {
            const QByteArrayView plain = m_text.sliced(m_at, end - m_at);
            m_at = end + 1;
            return QString::fromLatin1(plain);
        }
        QByteArray value;
        while (!atEnd()) {
            const char c = m_text[m_at++];
            if (c == quote)
                return decoded(value, strict);
            if (c != '\\' || atEnd()) {
                value += c;
                continue;
            }
            const char escaped = m_text[m_at++];
            if (strict && escaped != 'n' && escaped != '\\' && escaped != quote)
                return std::nullopt;
            value += escaped == 'n' ? '\n' : escaped;
        }
        return std::nullopt;
    }
    /// `{a="b",…}`; false where it is malformed. A comma may stand at the end. `strict`: as in quoted(), and no name
    /// twice.
    bool labels(QMap<QString, QString> *out, bool singleQuotes, bool strict = false)
    {
        if (!take('{'))
            return true;
        for (;;) {
            skipBlanks();
            if (take('}'))
                return true;
            const QString label = name();
            skipBlanks();
            if (label.isEmpty() || !take('='))
                return false;
            skipBlanks();
            std::optional<QString> value = quoted('"', strict);
            if (!value && singleQuotes)
                value = quoted('\'');
            if (!value || (strict && (out->contains(label) || label == QLatin1StringView("__name__"))))
                return false;
            out->insert(label, *value);
            skipBlanks();
            if (!take(','))
                return take('}');
        }
    }

    static std::optional<double> number(QByteArrayView word)
    {
        bool plain = false;
        const double usual = word.toDouble(&plain);
        if (plain && std::isfinite(usual))
            return usual;
        const QByteArray small = word.toByteArray().toLower();
        if (small == "+inf" || small == "inf")
            return std::numeric_limits<double>::infinity();
        if (small == "-inf")
            return -std::numeric_limits<double>::infinity();
        if (small == "nan")
            return std::numeric_limits<double>::quiet_NaN();
        return plain ? std::optional(usual) : std::nullopt;
    }

private:
    static bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
    static std::optional<QString> decoded(const QByteArray &bytes, bool strict)
    {
        QStringDecoder decoder(QStringDecoder::Utf8);
        QString text = decoder(bytes);
        if (strict && decoder.hasError())
            return std::nullopt;
        return text;
    }

    QByteArrayView m_text;
    qsizetype m_at = 0;
};

} // namespace Switchyard

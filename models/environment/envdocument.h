// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/environment/dialects.h"

#include <QByteArray>
#include <QString>

#include <vector>

namespace Switchyard {

/// One line of a .env file, or several where a value in quotes goes on. Small, because files with a million lines are
/// read too; what it says comes from the document.
struct EnvNode
{
    enum class Kind : quint8
    {
        Blank,
        Comment,
        Assignment,
        Bare,  ///< a name without "="
        Broken ///< nobody can tell what it should be
    };
    quint32 begin = 0; ///< bytes, with the line break at its end
    quint32 end = 0;
    quint32 nameBegin = 0;
    quint32 nameEnd = 0;
    quint32 valueBegin = 0; ///< as written, with its quotes
    quint32 valueEnd = 0;
    quint32 line = 1;
    Kind kind = Kind::Blank;
    EnvQuoting quoting = EnvQuoting::None;
    bool exported = false;
    /// Broken: why, and where: the quote that does not end, or the beginning.
    const char *problem = nullptr;
    quint32 problemAt = 0;
};

/// A .env file that keeps its text: the nodes cover every byte in order, so that an edited file differs only in what
/// was edited. Grammar: the tolerant one. A plain value type; thread: any.
class EnvDocument final
{
public:
    /// Never fails: what cannot be understood is a broken node. At most 4 GB.
    static EnvDocument parse(const QByteArray &text);

    const QByteArray &text() const { return m_text; }
    const std::vector<EnvNode> &nodes() const { return m_nodes; }
    QString name(const EnvNode &node) const;
    /// Without quotes and escapes, and without interpolation.
    QString value(const EnvNode &node) const;
    Place place(const EnvNode &node, const QString &file) const;
    Place problemPlace(const EnvNode &node, const QString &file) const;
    /// The assignment that wins: the last of the name. nullptr where there is none.
    const EnvNode *find(QStringView name) const;

    // Edits. Each changes only the bytes it must, keeps the file's line breaks, and reads the text back before it takes
    // it. Errors (usage): a name or value that no form here carries so that node dotenv and python-dotenv read the
    // same.

    /// Replaces the value of the last assignment of the name, or adds one at the end.
    [[nodiscard]] Result<void> set(const QString &name, const QString &value);
    /// Removes every assignment of the name, with the line. False: there was none.
    bool remove(const QString &name);

private:
    QByteArray m_text;
    std::vector<EnvNode> m_nodes;
};

/// Whether every dialect reads the value as it stands, without quotes: letters, digits and . / : @ % + , = - _
bool isPlainEnvValue(const QByteArray &value);

/// The form in which node dotenv and python-dotenv both read the value back as it is; `usual` is tried first.
/// Errors (usage): there is none, with the reason.
[[nodiscard]] Result<QByteArray> quoteForDotenv(const QString &value, EnvQuoting usual = EnvQuoting::None);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/tomlreader.h"

#include "models/common/duration.h"
#include "models/common/redact.h"

#include <algorithm>

namespace Switchyard {

namespace {

QString typeName(TomlNode::Type type)
{
    switch (type) {
    case TomlNode::Type::Table:
        return QStringLiteral("a table");
    case TomlNode::Type::Array:
        return QStringLiteral("a list");
    case TomlNode::Type::String:
        return QStringLiteral("a text");
    case TomlNode::Type::Integer:
        return QStringLiteral("a whole number");
    case TomlNode::Type::Float:
        return QStringLiteral("a fractional number");
    case TomlNode::Type::Boolean:
        return QStringLiteral("true or false");
    case TomlNode::Type::DateTime:
        break;
    }
    return QStringLiteral("a date or time");
}

/// Optimal string alignment distance: insertions, deletions, replacements and swapped neighbours.
qsizetype editDistance(const QString &a, const QString &b)
{
    const qsizetype width = b.size() + 1;
    std::vector<qsizetype> cells(std::size_t((a.size() + 1) * width));
    const auto cell = [&](qsizetype i, qsizetype j) -> qsizetype & { return cells[std::size_t(i * width + j)]; };
    for (qsizetype i = 0; i <= a.size(); ++i) {
        for (qsizetype j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cell(i, j) = i + j;
                continue;
            }
            const qsizetype change = a[i - 1] == b[j - 1] ? 0 : 1;
            cell(i, j) = std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cell(i, j) = std::min(cell(i, j), cell(i - 2, j - 2) + 1);
        }
    }
    return cell(a.size(), b.size());
}

} // namespace

QString nearestName(const QString &name, const QStringList &candidates)
{
    QString nearest;
    qsizetype least = std::max<qsizetype>(1, name.size() / 3) + 1;
    // Names beyond this are no typing slip, and the distance costs their product.
    if (name.size() > 64)
        return {};
    for (const QString &candidate : candidates) {
        const qsizetype distance = editDistance(name.toLower(), candidate.toLower());
        if (distance < least) {
            least = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

QString suggestion(const QString &name, const QStringList &candidates)
{
    QStringList sorted = candidates;
    std::sort(sorted.begin(), sorted.end());
    const QString known = QStringLiteral("known: ") + sorted.join(QStringLiteral(", "));
    const QString nearest = nearestName(name, candidates);
    return nearest.isEmpty() ? known : QStringLiteral("did you mean \"%1\"? %2").arg(nearest, known);
}

TomlReader::TomlReader(const TomlNode &table, const QString &fileName, QList<Error> *errors)
    : m_table(&table)
    , m_file(fileName)
    , m_errors(errors)
{
}

bool TomlReader::has(QLatin1StringView key) const
{
    return m_table->find(QString(key)) != nullptr;
}

const TomlNode *TomlReader::take(QLatin1StringView key)
{
    const QString name(key);
    if (!m_known.contains(name))
        m_known.append(name);
    return m_table->find(name);
}

const TomlNode *TomlReader::takeTyped(QLatin1StringView key, TomlNode::Type type, Presence presence)
{
    const TomlNode *value = take(key);
    if (value == nullptr) {
        if (presence == Presence::Required)
            error(place(), QStringLiteral("the key \"%1\" is missing").arg(key));
        return nullptr;
    }
    if (value->type != type) {
        wrongType(key, *value, type);
        return nullptr;
    }
    return value;
}

void TomlReader::wrongType(const QString &key, const TomlNode &value, TomlNode::Type wanted)
{
    error(value, QStringLiteral("\"%1\" must be %2, not %3").arg(key, typeName(wanted), typeName(value.type)));
}

bool TomlReader::text(QLatin1StringView key, QString *out, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::String, presence);
    if (value == nullptr)
        return false;
    if (presence == Presence::Required && value->text.trimmed().isEmpty()) {
        error(*value, QStringLiteral("\"%1\" is empty").arg(key));
        return false;
    }
    *out = value->text;
    return true;
}

bool TomlReader::choice(QLatin1StringView key, const QStringList &allowed, QString *out, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::String, presence);
    if (value == nullptr)
        return false;
    if (!allowed.contains(value->text)) {
        error(*value, QStringLiteral("\"%1\" is no %2").arg(value->text, key), suggestion(value->text, allowed));
        return false;
    }
    *out = value->text;
    return true;
}

bool TomlReader::boolean(QLatin1StringView key, bool *out, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::Boolean, presence);
    if (value == nullptr)
        return false;
    *out = value->boolean;
    return true;
}

bool TomlReader::integer(QLatin1StringView key, int least, int most, int *out, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::Integer, presence);
    if (value == nullptr)
        return false;
    if (value->integer < least || value->integer > most) {
        error(*value,
              QStringLiteral("\"%1\" must be from %2 to %3, not %4").arg(key).arg(least).arg(most).arg(value->integer));
        return false;
    }
    *out = int(value->integer);
    return true;
}

bool TomlReader::duration(QLatin1StringView key, Milliseconds least, Milliseconds most, Milliseconds *out,
                          Presence presence)
{
    const TomlNode *value = take(key);
    // The commonest slip, and the type error alone would not say what to write.
    if (value != nullptr && (value->type == TomlNode::Type::Integer || value->type == TomlNode::Type::Float)) {
        error(*value, QStringLiteral("\"%1\" is a duration and needs a unit").arg(key),
              QStringLiteral("write it as a text with its unit, for example \"250ms\", \"2s\" or \"5m\""));
        return false;
    }
    value = takeTyped(key, TomlNode::Type::String, presence);
    if (value == nullptr)
        return false;
    const Result<Milliseconds> parsed = parseDuration(value->text);
    if (!parsed) {
        error(*value, QStringLiteral("\"%1\": %2").arg(key, parsed.error().message), parsed.error().hint);
        return false;
    }
    if (*parsed < least || *parsed > most) {
        error(*value, QStringLiteral("\"%1\" must be from %2 to %3, not %4")
                          .arg(key, formatDuration(least), formatDuration(most), formatDuration(*parsed)));
        return false;
    }
    *out = *parsed;
    return true;
}

bool TomlReader::texts(QLatin1StringView key, QStringList *out, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::Array, presence);
    if (value == nullptr)
        return false;
    QStringList list;
    bool good = true;
    for (const TomlNode &item : value->children) {
        if (item.type != TomlNode::Type::String) {
            error(item, QStringLiteral("\"%1\" must be a list of texts, and this is %2").arg(key, typeName(item.type)));
            good = false;
        }
        list.append(item.text);
    }
    if (good)
        *out = list;
    return good;
}

bool TomlReader::integers(QLatin1StringView key, int least, int most, QList<int> *out, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::Array, presence);
    if (value == nullptr)
        return false;
    QList<int> list;
    bool good = true;
    for (const TomlNode &item : value->children) {
        if (item.type != TomlNode::Type::Integer) {
            error(
                item,
                QStringLiteral("\"%1\" must be a list of whole numbers, and this is %2").arg(key, typeName(item.type)));
            good = false;
        } else if (item.integer < least || item.integer > most) {
            error(item, QStringLiteral("\"%1\" holds numbers from %2 to %3, not %4")
                            .arg(key)
                            .arg(least)
                            .arg(most)
                            .arg(item.integer));
            good = false;
        } else {
            list.append(int(item.integer));
        }
    }
    if (good)
        *out = list;
    return good;
}

std::optional<TomlReader> TomlReader::table(QLatin1StringView key, Presence presence)
{
    const TomlNode *value = takeTyped(key, TomlNode::Type::Table, presence);
    if (value == nullptr)
        return std::nullopt;
    return TomlReader(*value, m_file, m_errors);
}

QList<TomlReader> TomlReader::tables(QLatin1StringView key, Presence presence)
{
    QList<TomlReader> list;
    const TomlNode *value = take(key);
    if (value != nullptr && value->type == TomlNode::Type::Table) {
        error(*value, QStringLiteral("there may be several of \"%1\"").arg(key),
              QStringLiteral("write double brackets: [[%1]]").arg(key));
        return list;
    }
    value = takeTyped(key, TomlNode::Type::Array, presence);
    if (value == nullptr)
        return list;
    for (const TomlNode &item : value->children) {
        if (item.type == TomlNode::Type::Table)
            list.append(TomlReader(item, m_file, m_errors));
        else
            error(item,
                  QStringLiteral("\"%1\" must be a list of tables, and this is %2").arg(key, typeName(item.type)));
    }
    return list;
}

void TomlReader::finish()
{
    for (const TomlNode &member : m_table->children) {
        if (!m_known.contains(member.key))
            error(placeOfKey(member), QStringLiteral("unknown key \"%1\"").arg(member.key),
                  suggestion(member.key, m_known));
    }
}

Place TomlReader::placeOf(const TomlNode &value) const
{
    return {m_file, value.region.line, value.region.column};
}

Place TomlReader::placeOfKey(const TomlNode &value) const
{
    return {m_file, value.keyRegion.line, value.keyRegion.column};
}

void TomlReader::error(const Place &at, const QString &message, const QString &hint)
{
    m_errors->append(Error{ErrorKind::Usage, redact(message), hint, at});
}

} // namespace Switchyard

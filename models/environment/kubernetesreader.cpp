// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/yaml.h"
#include "models/environment/readers.h"

namespace Switchyard {

namespace {

using L = QLatin1StringView;

QString scalarOf(const YamlNode &node, QStringView key)
{
    const YamlNode *found = node.find(key);
    return found && found->isScalar() ? found->text : QString();
}

void readMap(const YamlNode &object, QLatin1StringView key, bool base64, EnvReading &reading)
{
    const YamlNode *data = object.find(QString(key));
    if (!data || !data->isMapping())
        return;
    for (const YamlNode &entry : data->children) {
        EnvAssignment assignment;
        assignment.name = entry.key;
        assignment.line = entry.keyLine;
        assignment.column = entry.keyColumn;
        assignment.value = entry.text;
        if (base64) {
            const auto decoded =
                QByteArray::fromBase64Encoding(entry.text.toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
            if (!decoded || !entry.isScalar()) {
                reading.problems.append(
                    {0, entry.line, entry.column, QStringLiteral("%1 is no base64").arg(entry.key), true});
                reading.refused = true;
                continue;
            }
            assignment.value = EnvText::toText(*decoded);
        } else if (!entry.isScalar() || !entry.quoted) {
            // A bare true or 8 is no string, and the API refuses the object.
            const bool text = entry.isScalar() && !entry.integer() && !entry.boolean();
            if (!text) {
                reading.problems.append(
                    {0, entry.line, entry.column, QStringLiteral("%1 is no text").arg(entry.key), true});
                reading.refused = true;
                continue;
            }
        }
        reading.assignments.append(assignment);
    }
}

void readObject(const YamlNode &object, EnvReading &reading, int depth = 0)
{
    const QString kind = scalarOf(object, u"kind");
    if (kind == L("List") && depth == 0) {
        if (const YamlNode *items = object.find(u"items"); items && items->isSequence()) {
            for (const YamlNode &item : items->children)
                readObject(item, reading, depth + 1);
        }
    } else if (kind == L("ConfigMap")) {
        readMap(object, L("data"), false, reading);
    } else if (kind == L("Secret")) {
        readMap(object, L("data"), true, reading);
        readMap(object, L("stringData"), false, reading);
    } else {
        reading.problems.append(
            {0, object.line, object.column, QStringLiteral("neither a ConfigMap nor a Secret"), false});
    }
}

} // namespace

EnvReading readKubernetes(std::string_view text)
{
    EnvReading reading;
    const Result<YamlNode> root = parseYaml(QByteArray(text.data(), qsizetype(text.size())), QString());
    if (!root) {
        reading.problems.append({0, root.error().place.line, root.error().place.column, root.error().message, true});
        reading.refused = true;
        return reading;
    }
    readObject(*root, reading);
    return reading;
}

} // namespace Switchyard

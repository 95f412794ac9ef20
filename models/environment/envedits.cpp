// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/envedits.h"

#include <QHash>

namespace Switchyard {

namespace {

constexpr qsizetype fewEdits = 4;

EnvEdited oneByOne(const EnvDocument &document, const QList<EnvEdit> &edits)
{
    EnvEdited edited{document, {}};
    for (const EnvEdit &edit : edits) {
        if (!edit.value)
            edited.document.remove(edit.name);
        else if (const Result<void> set = edited.document.set(edit.name, *edit.value); !set)
            edited.refused.append({edit.name, set.error()});
    }
    return edited;
}

/// What each name has in the end: the last assignment's value.
QHash<QString, QString> valuesOf(const EnvDocument &document)
{
    QHash<QString, QString> values;
    for (const EnvNode &node : document.nodes()) {
        if (node.kind == EnvNode::Kind::Assignment)
            values.insert(document.name(node), document.value(node));
    }
    return values;
}

bool isWritableName(const QString &name)
{
    // An empty document takes the name or says why not.
    return bool(EnvDocument::parse({}).set(name, {}));
}

} // namespace

EnvEdited editEnvDocument(const EnvDocument &document, const QList<EnvEdit> &edits)
{
    if (edits.size() <= fewEdits)
        return oneByOne(document, edits);
    QHash<QString, std::optional<QString>> wanted;
    QStringList order;
    for (const EnvEdit &edit : edits) {
        if (!wanted.contains(edit.name))
            order.append(edit.name);
        wanted.insert(edit.name, edit.value);
    }
    QHash<QString, qsizetype> last; // the assignment that wins
    const std::vector<EnvNode> &nodes = document.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (nodes[i].kind == EnvNode::Kind::Assignment)
            last.insert(document.name(nodes[i]), qsizetype(i));
    }
    EnvEdited edited{document, {}};
    QHash<QString, QByteArray> written;
    for (const QString &name : std::as_const(order)) {
        const std::optional<QString> value = wanted.value(name);
        if (!value)
            continue;
        const qsizetype at = last.value(name, -1);
        const Result<QByteArray> form =
            quoteForDotenv(*value, at >= 0 ? nodes[std::size_t(at)].quoting : EnvQuoting::None);
        if (!form) {
            edited.refused.append({name, form.error()});
        } else if (at < 0 && !isWritableName(name)) {
            edited.refused.append({name, Error{ErrorKind::Usage,
                                               QStringLiteral("%1 cannot be the name of a variable here").arg(name),
                                               QStringLiteral("letters, digits and _, no digit first"),
                                               {}}});
        } else {
            written.insert(name, *form);
        }
    }
    const QByteArray &old = document.text();
    QByteArray text;
    text.reserve(old.size() + edits.size() * 32);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const EnvNode &node = nodes[i];
        const bool named = node.kind == EnvNode::Kind::Assignment || node.kind == EnvNode::Kind::Bare;
        const QString name = named ? document.name(node) : QString();
        if (named && wanted.contains(name) && !wanted.value(name))
            continue;
        const auto form = written.constFind(name);
        if (named && form != written.cend() && last.value(name, -1) == qsizetype(i)) {
            text.append(old.constData() + node.begin, qsizetype(node.valueBegin - node.begin));
            text.append(*form);
            text.append(old.constData() + node.valueEnd, qsizetype(node.end - node.valueEnd));
        } else {
            text.append(old.constData() + node.begin, qsizetype(node.end - node.begin));
        }
    }
    const QByteArray lineBreak = old.contains("\r\n") ? "\r\n" : "\n";
    for (const QString &name : std::as_const(order)) {
        if (!written.contains(name) || last.contains(name))
            continue;
        if (!text.isEmpty() && !text.endsWith('\n') && !text.endsWith('\r'))
            text += lineBreak;
        text += name.toUtf8() + '=' + written.value(name) + lineBreak;
    }
    EnvDocument result = EnvDocument::parse(text);
    QHash<QString, QString> meant = valuesOf(document);
    for (const QString &name : std::as_const(order)) {
        if (!wanted.value(name))
            meant.remove(name);
        else if (written.contains(name))
            meant.insert(name, *wanted.value(name));
    }
    if (valuesOf(result) == meant) {
        edited.document = std::move(result);
        return edited;
    }
    edited.refused.clear();
    for (const QString &name : std::as_const(order))
        edited.refused.append(
            {name, Error{ErrorKind::Usage,
                         QStringLiteral("the file would then be read otherwise in other places, so nothing is changed"),
                         QStringLiteral("mend the broken lines of the file first"),
                         {}}});
    return edited;
}

} // namespace Switchyard

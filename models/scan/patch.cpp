// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/patch.h"

#include "models/common/files.h"
#include "models/common/textdiff.h"

#include <QDir>
#include <QMap>
#include <QSet>

#include <algorithm>
#include <memory>

namespace Switchyard {

namespace {

/// Where `import os` goes: behind the head of a Python file, which may hold a docstring, comments and imports from
/// __future__. -1: there is one already.
qsizetype importPlace(const QByteArray &text)
{
    qsizetype place = 0;
    qsizetype line = 0;
    QByteArray closing;
    bool head = true;
    while (line < text.size()) {
        const qsizetype newline = text.indexOf('\n', line);
        const qsizetype next = newline < 0 ? text.size() : newline + 1;
        const QByteArray content = text.mid(line, next - line).trimmed();
        if (!closing.isEmpty()) {
            if (content.contains(closing)) {
                closing.clear();
                place = next;
            }
        } else if (head) {
            const QByteArray quote = content.startsWith("\"\"\"") ? "\"\"\"" : content.startsWith("'''") ? "'''" : "";
            if (!quote.isEmpty()) {
                if (content.size() < 6 || !content.mid(3).contains(quote))
                    closing = quote;
                else
                    place = next;
            } else if (content.startsWith('#') || content.startsWith("from __future__")) {
                place = next;
            } else if (!content.isEmpty()) {
                head = false;
            }
        }
        if (text.mid(line, next - line).startsWith("import ")) {
            QList<QByteArray> modules = content.mid(7).split(',');
            for (const QByteArray &module : modules) {
                if (module.trimmed() == "os")
                    return -1;
            }
        }
        line = next;
    }
    return place;
}

/// A variable of one component.
using Slot = QPair<QString, QString>;

/// The variables that would have to hold more than one address.
QSet<Slot> ambiguous(const QList<ScanFinding> &findings)
{
    QMap<Slot, QSet<QString>> origins;
    for (const ScanFinding &finding : findings) {
        if (finding.edit && !finding.edit->origin.isEmpty())
            origins[{finding.edit->scope, finding.edit->variable}].insert(finding.edit->origin);
    }
    QSet<Slot> result;
    for (auto it = origins.cbegin(); it != origins.cend(); ++it) {
        if (it->size() > 1)
            result.insert(it.key());
    }
    return result;
}

/// A path or query may be what is secret in an address.
QString hostOnly(const QString &address)
{
    const qsizetype slash = address.indexOf(QLatin1Char('/'), address.indexOf(QLatin1StringView("://")) + 3);
    return slash < 0 ? address : address.left(slash) + QStringLiteral("/…");
}

/// The text with the edits made, null where it is no longer what was scanned.
QByteArray edited(const QByteArray &before, QList<ScanEdit> edits)
{
    std::sort(edits.begin(), edits.end(), [](const ScanEdit &a, const ScanEdit &b) { return a.begin > b.begin; });
    QByteArray after = before;
    qint64 limit = before.size();
    bool importOs = false;
    for (const ScanEdit &edit : edits) {
        if (edit.end > limit || before.mid(edit.begin, edit.end - edit.begin) != edit.before)
            return {};
        after.replace(edit.begin, edit.end - edit.begin, edit.text);
        limit = edit.begin;
        importOs = importOs || edit.needsImportOs;
    }
    const qsizetype place = importOs ? importPlace(before) : -1;
    if (place >= 0) {
        const bool carriage = before.contains("\r\n");
        after.insert(place, carriage ? "import os\r\n" : "import os\n");
    }
    return after;
}

} // namespace

ScanPatch makePatch(const QString &folder, const QList<ScanFinding> &findings)
{
    ScanPatch patch;
    const QSet<Slot> unclear = ambiguous(findings);
    for (const auto &[scope, variable] : unclear)
        patch.notices.append(QStringLiteral("%1%2 would have to hold several addresses: its places are left to you")
                                 .arg(scope.isEmpty() ? QString() : scope + QStringLiteral(": "), variable));
    QMap<Slot, QString> values;
    for (const ScanFinding &finding : findings) {
        if (finding.edit && !finding.edit->origin.isEmpty())
            values[{finding.edit->scope, finding.edit->variable}] = finding.edit->origin;
    }
    for (auto it = values.cbegin(); it != values.cend(); ++it) {
        if (!unclear.contains(it.key()))
            patch.notices.append(QStringLiteral("%1%2 must be set; so far it was %3")
                                     .arg(it.key().first.isEmpty() ? QString() : it.key().first + QStringLiteral(": "),
                                          it.key().second, hostOnly(it.value())));
    }
    QSet<QString> secretive;
    for (const ScanFinding &finding : findings) {
        if (finding.kind == ScanKind::Secret)
            secretive.insert(finding.file);
    }
    for (const QString &file : secretive)
        patch.notices.append(QStringLiteral("%1 holds a secret, which a diff could repeat: left to you").arg(file));
    patch.notices.sort();
    QMap<QString, QList<ScanEdit>> edits;
    for (const ScanFinding &finding : findings) {
        if (finding.edit && !unclear.contains({finding.edit->scope, finding.edit->variable}))
            edits[finding.file].append(*finding.edit);
    }
    for (auto it = edits.cbegin(); it != edits.cend(); ++it) {
        const Result<QByteArray> before = readFile(QDir(folder).filePath(it.key()), ScanOptions::maxFileBytesLimit);
        const QByteArray after = before ? edited(*before, *it) : QByteArray();
        if (after.isNull()) {
            patch.notices.append(QStringLiteral("%1 has changed since it was scanned and is left alone").arg(it.key()));
            continue;
        }
        patch.text += unifiedDiff(*before, after, it.key());
        ++patch.files;
        patch.replaced += int(it->size());
    }
    return patch;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/targetplaces.h"

#include "models/manifests/manifestset.h"

#include <QMap>

#include <algorithm>

namespace Switchyard {

namespace {

QString keyOf(const QString &file, const QString &path)
{
    return file + QStringLiteral(": ") + path;
}

/// The comment of a line in any of the formats; empty where it is none.
QString commentOf(const QString &line)
{
    const QString text = line.trimmed();
    if (text.startsWith(QLatin1Char('#')))
        return text.mid(1).trimmed();
    return text.startsWith(QLatin1StringView("//")) ? text.mid(2).trimmed() : QString();
}

} // namespace

TargetPlaces::TargetPlaces(const QList<WrittenFile> &files)
{
    for (const WrittenFile &file : files) {
        m_files.insert(file.path);
        const QList<QByteArray> lines = file.text.split('\n');
        for (qsizetype i = 0; i < lines.size(); ++i) {
            if (const QString comment = commentOf(QString::fromUtf8(lines[i])); !comment.isEmpty())
                m_comments.append({{file.path, int(i) + 1, 1}, comment});
        }
        if (const Result<LintSubject> read = readManifestText(file.path, file.text);
            read && read->manifest.document.isMap()) {
            walk(file.path, read->manifest.document, {});
            continue;
        }
        for (qsizetype i = 0; i < lines.size(); ++i) {
            // NAME=value, and the first word of everything else.
            const QString line = QString::fromUtf8(lines[i]).trimmed();
            const auto end =
                std::find_if(line.begin(), line.end(), [](QChar c) { return c == QLatin1Char('=') || c.isSpace(); });
            const QString key = keyOf(file.path, line.left(end - line.begin()));
            if (end != line.begin() && !m_places.contains(key))
                m_places.insert(key, {file.path, int(i) + 1, 1});
        }
    }
}

void TargetPlaces::walk(const QString &file, const ManifestNode &node, const QString &path)
{
    if (!path.isEmpty())
        m_places.insert(keyOf(file, path), node.keyPlace.line > 0 ? node.keyPlace : node.place);
    int n = 0;
    for (const ManifestNode &child : node.children) {
        // Lists of named things are spoken of by the name: envVars.PORT for the entry with key: PORT.
        for (const QStringView naming : {QStringView(u"key"), QStringView(u"name")}) {
            const ManifestNode *name = node.isList() ? child.find(naming) : nullptr;
            const QString named = keyOf(file, path + QLatin1Char('.') + (name ? name->text : QString()));
            if (name && name->isScalar() && !m_places.contains(named))
                m_places.insert(named, name->keyPlace);
        }
        walk(file, child,
             node.isList()    ? path + QStringLiteral("[%1]").arg(n++)
             : path.isEmpty() ? child.key
                              : path + QLatin1Char('.') + child.key);
    }
}

Place TargetPlaces::find(const QString &target) const
{
    const qsizetype colon = target.indexOf(QStringLiteral(": "));
    const QString file = colon < 0 ? target : target.left(colon);
    if (!m_files.contains(file))
        return colon < 0 ? Place() : findInComments(target.mid(colon + 2));
    // What follows a comma is another key, and what stands in parentheses a word about it.
    QString path = colon < 0 ? QString() : target.mid(colon + 2).section(QStringLiteral(", "), 0, 0);
    path = path.section(QStringLiteral(" ("), 0, 0).trimmed();
    while (!path.isEmpty()) {
        if (const auto found = m_places.constFind(keyOf(file, path)); found != m_places.cend())
            return *found;
        path.truncate(std::max({path.lastIndexOf(QLatin1Char('.')), path.lastIndexOf(QLatin1Char('[')), qsizetype(0)}));
    }
    return {file, 0, 0};
}

Place TargetPlaces::findInComments(const QString &name) const
{
    if (name.isEmpty())
        return {};
    const auto isPart = [](QChar c) { return c.isLetterOrNumber() || c == QLatin1Char('_'); };
    for (const auto &[place, comment] : m_comments) {
        for (qsizetype at = comment.indexOf(name); at >= 0; at = comment.indexOf(name, at + 1)) {
            const qsizetype end = at + name.size();
            // A whole word: DB_PORT is not named by OTHER_DB_PORT.
            if ((at == 0 || !isPart(comment[at - 1])) && (end == comment.size() || !isPart(comment[end])))
                return place;
        }
    }
    return {};
}

QList<LossComment> lossComments(const WrittenFile &file, const QList<KeyFate> &loss)
{
    constexpr qsizetype mostKeys = 6;
    QMap<QString, QStringList> byReason;
    for (const KeyFate &fate : loss) {
        if (fate.reason.isEmpty() || fate.outcome == KeyOutcome::Mapped || fate.outcome == KeyOutcome::Defaulted)
            continue;
        QStringList &keys = byReason[fate.reason];
        if (keys.size() < mostKeys)
            keys.append(fate.key);
        else if (keys.size() == mostKeys)
            keys.append(QStringLiteral("…"));
    }
    QList<LossComment> comments;
    int number = 0;
    for (const QByteArray &line : file.text.split('\n')) {
        ++number;
        const QString text = commentOf(QString::fromUtf8(line));
        if (text.isEmpty())
            continue;
        LossComment comment;
        comment.line = number;
        for (auto at = byReason.cbegin(); at != byReason.cend(); ++at) {
            if (text.contains(at.key()))
                comment.keys += at.value();
        }
        if (!comment.keys.isEmpty())
            comments.append(comment);
    }
    return comments;
}

} // namespace Switchyard

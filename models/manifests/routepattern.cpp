// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/routepattern.h"

#include <QList>
#include <QRegularExpression>

namespace Switchyard {

namespace {

/// A part of a source.
struct Piece
{
    enum class Kind
    {
        Literal,
        Name, ///< one segment: ":id"
        Rest  ///< everything from here: "*"; `text` is its name, empty for one that has none
    };
    Kind kind = Kind::Literal;
    QString text;
    int group = 0; ///< Vercel: the number of its group, from 1
};

struct Pieces
{
    QList<Piece> list;
    QString lost;
};

const auto onlyRegular = QStringLiteral("only a regular expression says which paths it matches");

bool isWord(QChar c)
{
    return c.isLetterOrNumber() || c == QLatin1Char('_');
}

QString wordAt(const QString &text, qsizetype from)
{
    qsizetype end = from;
    while (end < text.size() && isWord(text[end]))
        ++end;
    return text.mid(from, end - from);
}

void addLiteral(QList<Piece> &list, const QString &text)
{
    if (!list.isEmpty() && list.last().kind == Piece::Kind::Literal)
        list.last().text += text;
    else
        list.append({Piece::Kind::Literal, text, 0});
}

Pieces fromStars(const QString &source)
{
    Pieces pieces;
    for (qsizetype i = 0; i < source.size();) {
        const QString word = source[i] == QLatin1Char(':') ? wordAt(source, i + 1) : QString();
        if (!word.isEmpty()) {
            pieces.list.append({Piece::Kind::Name, word, 0});
            i += word.size() + 1;
        } else if (source[i] == QLatin1Char('*')) {
            pieces.list.append({Piece::Kind::Rest, {}, 0});
            ++i;
        } else {
            addLiteral(pieces.list, source.mid(i, 1));
            ++i;
        }
    }
    return pieces;
}

Pieces fromVercel(const QString &source)
{
    Pieces pieces;
    int group = 0;
    for (qsizetype i = 0; i < source.size();) {
        const QChar c = source[i];
        if (c == QLatin1Char('\\') && i + 1 < source.size()) {
            addLiteral(pieces.list, source.mid(i + 1, 1));
            i += 2;
            continue;
        }
        const bool named = c == QLatin1Char(':') && i + 1 < source.size() && isWord(source[i + 1]);
        if (named || c == QLatin1Char('(')) {
            const QString name = named ? wordAt(source, i + 1) : QString();
            i += named ? name.size() + 1 : 0;
            const QStringView rest = QStringView(source).mid(i);
            qsizetype taken = 0;
            bool everything = false;
            if (rest.startsWith(u"(.*)")) {
                everything = true;
                taken = 4;
            } else if (named && rest.startsWith(u"*")) {
                everything = true;
                taken = 1;
            } else if (!named || rest.startsWith(u"(") || rest.startsWith(u"+") || rest.startsWith(u"?")) {
                return {{}, onlyRegular};
            }
            i += taken;
            if (everything && i < source.size() && QStringLiteral("*+?").contains(source[i])) // "(.*)?" and the like
                return {{}, onlyRegular};
            pieces.list.append({everything ? Piece::Kind::Rest : Piece::Kind::Name, name, ++group});
            continue;
        }
        if (QStringLiteral("{}()*+?").contains(c))
            return {{}, onlyRegular};
        addLiteral(pieces.list, QString(c));
        ++i;
    }
    return pieces;
}

/// The one Rest of a source that is its end, -1 where there is none.
qsizetype restAtEnd(const QList<Piece> &list)
{
    return !list.isEmpty() && list.last().kind == Piece::Kind::Rest ? list.size() - 1 : -1;
}

qsizetype countRests(const QList<Piece> &list)
{
    qsizetype count = 0;
    for (const Piece &piece : list)
        count += piece.kind == Piece::Kind::Rest ? 1 : 0;
    return count;
}

bool hasName(const QList<Piece> &list, const QString &name)
{
    for (const Piece &piece : list) {
        if (piece.kind == Piece::Kind::Name && piece.text == name)
            return true;
    }
    return false;
}

QString escapedForVercel(const QString &text)
{
    static const QRegularExpression special(QStringLiteral("([:*+?(){}\\\\])"));
    QString escaped = text;
    return escaped.replace(special, QStringLiteral("\\\\1"));
}

/// Replaces ":name" where no letter follows.
QString replaceName(QString text, const QString &name, const QString &by)
{
    const QRegularExpression reference(QStringLiteral(":%1(?![A-Za-z0-9_])").arg(QRegularExpression::escape(name)));
    for (QRegularExpressionMatch match = reference.match(text); match.hasMatch();
         match = reference.match(text, match.capturedStart() + by.size()))
        text.replace(match.capturedStart(), match.capturedLength(), by);
    return text;
}

TranslatedRoute toVercel(const QList<Piece> &pieces, const QString &destination, RouteForm from)
{
    TranslatedRoute result;
    result.destination = destination;
    const bool stars = from == RouteForm::Render;
    const bool usesRest = stars ? destination.contains(QLatin1Char('*'))
                                : replaceName(destination, QStringLiteral("splat"), {}) != destination;
    if (countRests(pieces) > 1 && usesRest) {
        result.lost = QStringLiteral("it has several wildcards, and nobody can tell which one the destination means");
        return result;
    }
    const QString name = hasName(pieces, QStringLiteral("path")) ? QStringLiteral("splat") : QStringLiteral("path");
    const qsizetype last = restAtEnd(pieces);
    QString restReference;
    int group = 0;
    for (qsizetype i = 0; i < pieces.size(); ++i) {
        const Piece &piece = pieces[i];
        if (piece.kind == Piece::Kind::Literal) {
            result.source += escapedForVercel(piece.text);
            continue;
        }
        ++group;
        if (piece.kind == Piece::Kind::Name) {
            result.source += QLatin1Char(':') + piece.text;
        } else if (i == last && result.source.endsWith(QLatin1Char('/')) && (usesRest || result.source.size() > 1)) {
            // Matches the path itself too, as the wildcard of the source does.
            result.source += QStringLiteral(":%1*").arg(name);
            restReference = QStringLiteral(":%1*").arg(name);
        } else {
            result.source += QStringLiteral("(.*)");
            restReference = QStringLiteral("$%1").arg(group);
        }
    }
    if (!restReference.isEmpty()) {
        if (stars)
            result.destination.replace(QLatin1Char('*'), restReference);
        else
            result.destination = replaceName(destination, QStringLiteral("splat"), restReference);
    }
    return result;
}

TranslatedRoute toStars(const QList<Piece> &pieces, const QString &destination, RouteForm from, RouteForm to)
{
    TranslatedRoute result;
    result.destination = destination;
    const QString splat = to == RouteForm::Netlify ? QStringLiteral(":splat") : QStringLiteral("*");
    for (qsizetype i = 0; i < pieces.size(); ++i) {
        const Piece &piece = pieces[i];
        if (piece.kind == Piece::Kind::Rest && i + 1 < pieces.size()) {
            result.lost = QStringLiteral("a wildcard stands only at the end of a path there");
            return result;
        }
        result.source += piece.kind == Piece::Kind::Literal ? piece.text
                         : piece.kind == Piece::Kind::Name  ? QLatin1Char(':') + piece.text
                                                            : QStringLiteral("*");
        if (from == RouteForm::Vercel) {
            const QString by = piece.kind == Piece::Kind::Rest ? splat : QLatin1Char(':') + piece.text;
            if (piece.kind == Piece::Kind::Rest && !piece.text.isEmpty()) {
                result.destination = replaceName(result.destination, piece.text, QStringLiteral("\n"));
                result.destination.replace(QStringLiteral("\n*"), by).replace(QStringLiteral("\n"), by);
            }
            if (piece.kind != Piece::Kind::Literal)
                result.destination.replace(QRegularExpression(QStringLiteral("\\$%1(?![0-9])").arg(piece.group)), by);
        } else if (piece.kind == Piece::Kind::Rest) {
            if (from == RouteForm::Render)
                result.destination.replace(QLatin1Char('*'), splat);
            else
                result.destination = replaceName(result.destination, QStringLiteral("splat"), splat);
        }
    }
    return result;
}

} // namespace

RouteForm routeFormOf(const QString &format)
{
    if (format == QLatin1StringView("vercel"))
        return RouteForm::Vercel;
    return format == QLatin1StringView("netlify") || format == QLatin1StringView("redirects") ? RouteForm::Netlify
                                                                                              : RouteForm::Render;
}

TranslatedRoute translateRoute(const QString &source, const QString &destination, RouteForm from, RouteForm to)
{
    TranslatedRoute result{source, destination, false, {}};
    if (from == to)
        return result;
    const Pieces pieces = from == RouteForm::Vercel ? fromVercel(source) : fromStars(source);
    if (!pieces.lost.isEmpty()) {
        result.lost = pieces.lost;
        return result;
    }
    result = to == RouteForm::Vercel ? toVercel(pieces.list, destination, from)
                                     : toStars(pieces.list, destination, from, to);
    result.changed = result.source != source || result.destination != destination;
    return result;
}

TranslatedRoute translatePath(const QString &path, RouteForm from, RouteForm to)
{
    return translateRoute(path, {}, from, to);
}

TranslatedRoute translateOldVercelRoute(const QString &source, const QString &destination)
{
    static const QRegularExpression named(QStringLiteral("\\(\\?<([A-Za-z][A-Za-z0-9]*)>"));
    TranslatedRoute result{source, destination, false, {}};
    if (result.source.startsWith(QLatin1Char('^')))
        result.source.remove(0, 1);
    if (result.source.endsWith(QLatin1Char('$')) && !result.source.endsWith(QLatin1StringView("\\$")))
        result.source.chop(1);
    if (result.source.endsWith(QLatin1StringView("/.*")))
        result.source.replace(result.source.size() - 2, 2, QStringLiteral("(.*)"));
    for (QRegularExpressionMatch match = named.match(result.source); match.hasMatch();
         match = named.match(result.source)) {
        const QString name = match.captured(1);
        result.source.replace(match.capturedStart(), match.capturedLength(), QStringLiteral(":%1(").arg(name));
        result.destination.replace(QRegularExpression(QStringLiteral("\\$%1(?![A-Za-z0-9_])").arg(name)),
                                   QLatin1Char(':') + name);
    }
    // Outside of groups the two languages share nothing but plain characters.
    int depth = 0;
    for (qsizetype i = 0; i < result.source.size(); ++i) {
        const QChar c = result.source[i];
        if (c == QLatin1Char('\\')) {
            ++i;
            if (depth == 0 && i < result.source.size() && isWord(result.source[i]))
                result.lost = onlyRegular;
        } else if (c == QLatin1Char('(')) {
            // path-to-regexp has no groups in groups, and none that begin with a question mark.
            if (++depth > 1 || result.source.mid(i, 2) == QLatin1StringView("(?"))
                result.lost = onlyRegular;
        } else if (c == QLatin1Char(')')) {
            --depth;
        } else if (depth == 0 && QStringLiteral("[]|*+?^${}").contains(c)) {
            result.lost = onlyRegular;
        }
    }
    if (depth != 0 || !result.source.startsWith(QLatin1Char('/')))
        result.lost = onlyRegular;
    result.changed = result.source != source || result.destination != destination;
    return result;
}

bool looksLikeWebSocketPath(const QString &source)
{
    static const QRegularExpression socket(
        QStringLiteral(
            "(^|/)(socket\\.io|engine\\.io|sockjs|sockjs-node|ws|wss|websockets?|cable|hub|graphql-ws)(?=$|[/"
            ":*(?\\\\])"),
        QRegularExpression::CaseInsensitiveOption);
    // In a pattern of path-to-regexp a dot may be escaped.
    return socket.match(QString(source).remove(QLatin1Char('\\'))).hasMatch();
}

} // namespace Switchyard

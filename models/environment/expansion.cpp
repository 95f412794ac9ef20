// SPDX-License-Identifier: GPL-3.0-or-later
// What $NAME and ${NAME} become, by each program's own rules.
#include "models/environment/readers.h"

#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

bool isNameStart(QChar c)
{
    return c.unicode() < 0x80 && EnvText::isWord(char(c.unicode())) && !c.isDigit();
}

bool isNamePart(QChar c)
{
    return c.unicode() < 0x80 && EnvText::isWord(char(c.unicode()));
}

/// The end of the name that begins at `at`.
qsizetype nameEnd(QStringView text, qsizetype at)
{
    if (at >= text.size() || !isNameStart(text[at]))
        return at;
    while (at < text.size() && isNamePart(text[at]))
        ++at;
    return at;
}

/// Whether the value got too long; it is then cut off and said.
bool isTooLong(QString &value, const EnvAssignment &each, EnvReading &reading)
{
    if (value.size() <= largestExpandedValue)
        return false;
    addProblem(reading, each.nameRange.begin,
               QStringLiteral("the value of %1 grows over 1 MB by its references").arg(each.name));
    value.truncate(largestExpandedValue);
    return true;
}

/// One ${NAME} or ${NAME:-default} at `at`, without nesting; nothing where there is none.
struct BracedReference
{
    QStringView name;
    QStringView fallback;
    bool hasFallback = false;
    qsizetype end = 0;
};

/// Finds the references of one value from left to right. Where one failed for want of its end, those that begin before
/// the same place fail too and are not tried: texts of many "${" would take time by the square.
class BracedReferences final
{
public:
    explicit BracedReferences(QStringView text)
        : m_text(text)
    {
    }

    std::optional<BracedReference> at(qsizetype begin)
    {
        if (begin < m_hopeless || !m_text.mid(begin, 2).startsWith(L("${")))
            return std::nullopt;
        BracedReference found;
        qsizetype end = begin + 2;
        while (end < m_text.size() && m_text[end] != QLatin1Char('}') && m_text[end] != QLatin1Char(':'))
            ++end;
        found.name = m_text.mid(begin + 2, end - begin - 2);
        if (end < m_text.size() && m_text[end] == QLatin1Char(':')) {
            if (end + 1 >= m_text.size() || m_text[end + 1] != QLatin1Char('-'))
                return fails(end);
            const qsizetype fallback = end + 2;
            end = m_text.indexOf(QLatin1Char('}'), fallback);
            if (end < 0)
                return fails(m_text.size());
            found.fallback = m_text.mid(fallback, end - fallback);
            found.hasFallback = true;
        }
        if (end >= m_text.size())
            return fails(m_text.size());
        found.end = end + 1;
        return found;
    }

private:
    std::optional<BracedReference> fails(qsizetype before)
    {
        m_hopeless = before;
        return std::nullopt;
    }

    QStringView m_text;
    qsizetype m_hopeless = 0;
};

} // namespace

void ExpansionBudget::spend(qsizetype characters, const EnvAssignment &assignment, EnvReading &reading)
{
    const bool before = isSpent();
    m_left -= characters;
    if (!before && isSpent())
        addProblem(
            reading, assignment.nameRange.begin,
            QStringLiteral("the references of the file make more than 32 MB: from here on they stay as written"));
}

void expandLikePython(EnvReading &reading, const EnvSurroundings &surroundings)
{
    QHash<QString, std::optional<QString>> known;
    for (auto at = surroundings.cbegin(); at != surroundings.cend(); ++at)
        known.insert(at.key(), at.value());
    ExpansionBudget budget;
    for (EnvAssignment &each : reading.assignments) {
        if (!each.bare && each.value.contains(L("${")) && !budget.isSpent()) {
            QString result;
            BracedReferences references(each.value);
            for (qsizetype at = 0; at < each.value.size();) {
                const auto reference = references.at(at);
                if (!reference) {
                    result += each.value[at++];
                    continue;
                }
                const auto found = known.constFind(reference->name.toString());
                result += found == known.cend() ? reference->fallback.toString() : found->value_or(QString());
                each.interpolated = true;
                at = reference->end;
                if (isTooLong(result, each, reading))
                    break;
            }
            budget.spend(result.size(), each, reading);
            each.value = result;
        }
        known.insert(each.name, each.bare ? std::nullopt : std::optional<QString>(each.value));
    }
}

void expandTolerantly(EnvReading &reading, const EnvSurroundings &surroundings)
{
    QHash<QString, QString> known;
    for (auto at = surroundings.cbegin(); at != surroundings.cend(); ++at)
        known.insert(at.key(), at.value());
    ExpansionBudget budget;
    for (EnvAssignment &each : reading.assignments) {
        if (each.bare)
            continue;
        if (each.quoting != EnvQuoting::Single && each.quoting != EnvQuoting::Backtick &&
            each.value.contains(L("${")) && !budget.isSpent()) {
            QString result;
            BracedReferences references(each.value);
            for (qsizetype at = 0; at < each.value.size();) {
                const bool named =
                    QStringView(each.value).mid(at, 2) == L("${") && nameEnd(each.value, at + 2) > at + 2;
                auto reference = named ? references.at(at) : std::nullopt;
                if (reference && nameEnd(reference->name, 0) != reference->name.size())
                    reference.reset();
                const auto found = reference ? known.constFind(reference->name.toString()) : known.cend();
                const bool useful = reference && (found != known.cend() || reference->hasFallback);
                if (!useful) {
                    if (reference)
                        addProblem(reading, each.valueRange.begin,
                                   QStringLiteral("%1 refers to %2, which is not known here: the text stays")
                                       .arg(each.name, reference->name));
                    result += each.value[at++];
                    continue;
                }
                const bool empty = found == known.cend() || found->isEmpty();
                result += empty ? reference->fallback.toString() : *found;
                each.interpolated = true;
                at = reference->end;
                if (isTooLong(result, each, reading))
                    break;
            }
            budget.spend(result.size(), each, reading);
            each.value = result;
        }
        known.insert(each.name, each.value);
    }
}

namespace {

/// What String.replace() makes of a replacement text: $$, $&, $` and $' mean something.
QString scriptReplacement(const QString &text, const QString &subject, qsizetype begin, qsizetype end)
{
    if (!text.contains(QLatin1Char('$')))
        return text;
    QString result;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar next = text[i] == QLatin1Char('$') && i + 1 < text.size() ? text[i + 1] : QChar();
        if (next == QLatin1Char('$'))
            result += QLatin1Char('$');
        else if (next == QLatin1Char('&'))
            result += QStringView(subject).mid(begin, end - begin);
        else if (next == QLatin1Char('`'))
            result += QStringView(subject).left(begin);
        else if (next == QLatin1Char('\''))
            result += QStringView(subject).mid(end);
        else {
            result += text[i];
            continue;
        }
        ++i;
    }
    return result;
}

QString dotenvExpanded(const EnvAssignment &each, const QHash<QString, QString> &running,
                       const EnvSurroundings &surroundings, bool *endless)
{
    static const QRegularExpression reference(
        QStringLiteral(R"((?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*))"));
    static const QRegularExpression operators(QStringLiteral(R"(:\+|\+|:-|-)"));
    constexpr int mostRounds = 1000; // the real one has no end to "$&" and the like
    const auto lookUp = [&](const QString &name) {
        const auto outer = surroundings.constFind(name);
        return outer != surroundings.cend() ? *outer : running.value(name);
    };
    QString result = each.value;
    QSet<QString> seen;
    for (int round = 0;; ++round) {
        const QRegularExpressionMatch match = reference.match(result);
        if (!match.hasMatch())
            return result;
        if (round >= mostRounds || result.size() > largestExpandedValue) {
            *endless = true;
            return result;
        }
        seen.insert(result);
        const QString expression = match.captured(1).isEmpty() ? match.captured(2) : match.captured(1);
        const QRegularExpressionMatch found = operators.match(expression);
        const QString op = found.captured();
        const QString name = found.hasMatch() ? expression.left(found.capturedStart()) : expression;
        const QString rest = found.hasMatch() ? expression.mid(found.capturedEnd()) : QString();
        QString instead;
        if (op == L(":+") || op == L("+")) {
            instead = lookUp(name).isEmpty() ? QString() : rest;
        } else {
            const QString value = lookUp(name);
            instead = value.isEmpty() || seen.contains(value) ? rest : value;
        }
        // The template is sought anew, and its first place is replaced, which may be an escaped one before it.
        const QString pattern = match.captured();
        const qsizetype begin = result.indexOf(pattern);
        const qsizetype end = begin + pattern.size();
        result = result.left(begin) + scriptReplacement(instead, result, begin, end) + result.mid(end);
        const auto own = running.constFind(name);
        if (own != running.cend() && result == *own)
            return result;
    }
}

} // namespace

void expandLikeDotenvExpand(EnvReading &reading, const EnvSurroundings &surroundings)
{
    // It works on the object, which holds the last value of each name in the place of the first.
    QHash<QString, qsizetype> last;
    QStringList order;
    for (qsizetype i = 0; i < reading.assignments.size(); ++i) {
        if (!last.contains(reading.assignments[i].name))
            order.append(reading.assignments[i].name);
        last.insert(reading.assignments[i].name, i);
    }
    QHash<QString, QString> running;
    ExpansionBudget budget;
    for (const QString &name : order) {
        EnvAssignment &each = reading.assignments[last.value(name)];
        QString value = each.value;
        if (const QString outer = surroundings.value(name); !outer.isEmpty() && outer != value) {
            value = outer;
        } else if (value.contains(QLatin1Char('$')) && !budget.isSpent()) {
            bool endless = false;
            value = dotenvExpanded(each, running, surroundings, &endless);
            if (endless)
                addProblem(reading, each.nameRange.begin,
                           QStringLiteral("the references of %1 have no end").arg(each.name));
            value.replace(L("\\$"), L("$"));
            budget.spend(value.size(), each, reading);
        }
        each.interpolated = value != each.value;
        each.value = value;
        running.insert(name, value);
    }
}

namespace {

/// The template grammar of compose-go: $$, $NAME, ${NAME}, ${NAME:-x} and its five relatives, nested.
class ComposeTemplate final
{
public:
    explicit ComposeTemplate(const EnvSurroundings &known)
        : m_known(known)
    {
    }

    QString expand(QStringView text, int depth = 0)
    {
        QString result;
        for (qsizetype at = 0; at < text.size() && m_error.isEmpty();) {
            if (text[at] != QLatin1Char('$') || at + 1 >= text.size()) {
                result += text[at++];
                continue;
            }
            const QChar next = text[at + 1];
            const qsizetype end = nameEnd(text, at + 1);
            if (next == QLatin1Char('$')) {
                result += next;
                at += 2;
                replaced = true;
            } else if (end > at + 1) {
                result += m_known.value(text.mid(at + 1, end - at - 1).toString());
                at = end;
                replaced = true;
            } else if (next == QLatin1Char('{')) {
                at = braced(text, at, result, depth);
                replaced = true;
            } else {
                result += text[at++];
            }
            if (result.size() > largestExpandedValue)
                m_error = QStringLiteral("the value grows over 1 MB by its references");
        }
        return result;
    }

    const QString &error() const { return m_error; }
    bool replaced = false;

private:
    qsizetype braced(QStringView text, qsizetype at, QString &result, int depth)
    {
        const qsizetype name = at + 2;
        const qsizetype end = nameEnd(text, name);
        // The brace that closes this one; inner ${…} count.
        qsizetype close = -1;
        int open = 0;
        for (qsizetype i = at; i < text.size() && close < 0 && text[i] != QLatin1Char('\n'); ++i) {
            if (text[i] == QLatin1Char('{')) {
                ++open;
                ++i; // as there: what stands right behind a brace is not looked at
            } else if (text[i] == QLatin1Char('}') && --open == 0) {
                close = i;
            }
        }
        if (close < 0) // the real one takes the last brace of the line where they do not match
            close =
                text.left(text.indexOf(QLatin1Char('\n'), at) < 0 ? text.size() : text.indexOf(QLatin1Char('\n'), at))
                    .lastIndexOf(QLatin1Char('}'));
        if (end == name || close < end || depth > 50) {
            m_error = QStringLiteral("a reference in braces that the template grammar does not know");
            return text.size();
        }
        const QString value = m_known.value(text.mid(name, end - name).toString());
        const bool isSet = m_known.contains(text.mid(name, end - name).toString());
        if (close == end) {
            result += value;
            return close + 1;
        }
        const bool colon = text[end] == QLatin1Char(':');
        const qsizetype sign = end + (colon ? 1 : 0);
        const QChar op = sign < close ? text[sign] : QChar();
        const QStringView rest = sign < close ? text.mid(sign + 1, close - sign - 1) : QStringView();
        const bool has = isSet && !(colon && value.isEmpty());
        if (op == QLatin1Char('-'))
            result += has ? value : expand(rest, depth + 1);
        else if (op == QLatin1Char('+'))
            result += has ? expand(rest, depth + 1) : value;
        else if (op == QLatin1Char('?') && has)
            result += value;
        else if (op == QLatin1Char('?'))
            m_error = QStringLiteral("a required variable is missing");
        else
            m_error = QStringLiteral("a reference in braces that the template grammar does not know");
        return close + 1;
    }

    const EnvSurroundings &m_known;
    QString m_error;
};

} // namespace

Result<QString> expandLikeCompose(const QString &value, const EnvSurroundings &known, bool *replaced)
{
    if (!value.contains(QLatin1Char('$')))
        return value;
    ComposeTemplate expansion(known);
    const QString result = expansion.expand(value);
    if (!expansion.error().isEmpty())
        return fail(ErrorKind::Usage, expansion.error());
    *replaced = expansion.replaced;
    return result;
}

QString expandLikeGodotenv(const QString &value, const EnvSurroundings &known, bool *replaced)
{
    if (!value.contains(QLatin1Char('$')))
        return value;
    static const QRegularExpression reference(QStringLiteral(R"((\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?)"));
    QString result;
    qsizetype done = 0;
    for (auto matches = reference.globalMatch(value); matches.hasNext();) {
        const QRegularExpressionMatch match = matches.next();
        result += QStringView(value).mid(done, match.capturedStart() - done);
        done = match.capturedEnd();
        if (!match.capturedView(1).isEmpty()) {
            result += match.capturedView().mid(1);
            *replaced = true;
        } else if (!match.capturedView(4).isEmpty()) {
            result += known.value(match.captured(4));
            *replaced = true;
        } else {
            result += match.capturedView();
        }
        if (result.size() > largestExpandedValue)
            break;
    }
    result += QStringView(value).mid(done);
    result.truncate(largestExpandedValue);
    return result;
}

} // namespace Switchyard

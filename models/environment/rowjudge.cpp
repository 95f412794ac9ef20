// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/rowjudge.h"

#include "models/environment/variablefacts.h"
#include "models/environment/variablejudge.h"

#include <QUrl>

#include <algorithm>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace

RowJudge::RowJudge(VariableRow &row, const MatrixComponent &component, const JudgedMove &move)
    : m_row(row)
    , m_component(component)
    , m_move(move)
{
    for (const VariableUse &use : row.usedBy) {
        if (use.inTests || !isCodeUse(use))
            continue;
        m_read = true;
        m_required = m_required || use.required;
        // An empty text is what it is without one, and no default.
        if (use.fallback && !use.fallback->isEmpty() && m_fallback.isEmpty())
            m_fallback = s("%1:%2").arg(use.place.file).arg(use.place.line);
    }
    m_program = programReading(row.name);
}

void RowJudge::judge()
{
    using Question = bool (RowJudge::*)();
    static constexpr Question questions[] = {
        &RowJudge::port,
        &RowJudge::injectedByTarget,
        &RowJudge::injectedBySource,
        &RowJudge::buildSetting,
        &RowJudge::operators,
        &RowJudge::workers,
        &RowJudge::interpolation,
        &RowJudge::notRead,
        &RowJudge::targetForm,
        &RowJudge::placeholder,
        &RowJudge::byTargetItself,
        &RowJudge::unreachable,
        &RowJudge::derived,
        &RowJudge::form,
        &RowJudge::plain,
    };
    for (const Question question : questions) {
        if ((this->*question)())
            break;
    }
    noteDefaults();
}

/// A secret with a default in the code, and lists that the code splits.
void RowJudge::noteDefaults()
{
    for (const VariableUse &use : m_row.usedBy) {
        if (use.inTests || !isCodeUse(use) || !use.fallback || use.fallbackComputed)
            continue;
        if (m_row.secret && isOwnSecretName(m_row.name))
            m_row.notes.append(
                {s("secret-default"),
                 m_row.target.stated || use.fallback->isEmpty() ? VariableWeight::Note : VariableWeight::Error,
                 use.fallback->isEmpty() ? s("without it the program runs with an empty secret")
                                         : s("without it the program runs with a secret that stands in the code"),
                 s("let the program end where it is not set"), use.place});
        if (use.splitAtCommas && use.fallback->isEmpty())
            m_row.notes.append({s("comma-split"), VariableWeight::Note,
                                s("without it the list is one empty entry, not none"),
                                s("leave out what is empty, and strip the blanks"), use.place});
    }
    const bool splits = std::any_of(m_row.usedBy.cbegin(), m_row.usedBy.cend(),
                                    [](const VariableUse &use) { return use.splitAtCommas && !use.inTests; });
    const QString value = m_row.target.value.value_or(m_row.source.value.value_or(QString())).trimmed();
    if (splits && value.startsWith(QLatin1Char('[')))
        m_row.notes.append({s("list-form"), VariableWeight::Error, s("a JSON list, and the code splits it at commas"),
                            s("write it with commas and nothing else"),
                            m_row.target.places.value(m_row.target.places.size() - 1)});
    if (splits && value.contains(QLatin1String(", ")))
        m_row.notes.append({s("list-form"), VariableWeight::Warning, s("blanks behind the commas stay in the entries"),
                            s("write it without blanks"), m_row.target.places.value(m_row.target.places.size() - 1)});
}

} // namespace Switchyard

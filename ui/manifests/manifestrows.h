// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/drafts.h"
#include "ui/common/rowmodel.h"
#include "ui/manifests/codeeditor.h"

#include <QHash>

#include <array>

namespace Switchyard {

QStringList lossColumns();
QStringList findingColumns();

/// The states of the outcomes and severities, as tables paint them: state and the shape that lists have for it.
State outcomeState(KeyOutcome outcome);
QString outcomeShape(KeyOutcome outcome);

/// A finding, or an error of reading, as the list under the editor shows it.
struct ListedFinding
{
    Place place;
    Severity severity = Severity::Error;
    QString message;
    QString fix;
    QString rule; ///< empty: the file cannot be read, or a value not understood
};

/// A reading made ready for the window on the worker thread, so that the GUI thread only puts it up.
struct PreparedReading
{
    DraftReading reading;
    ConvertTarget target = ConvertTarget::Render;
    QList<Row> lossRows;
    QHash<QString, KeyFate> fates; ///< by key of the row
    std::array<int, 4> outcomes{}; ///< by KeyOutcome
    QList<Row> findingRows;
    QHash<QString, ListedFinding> findings; ///< by key of the row
    QMap<QString, QList<CodeMark>> marks;   ///< of the sources, by file
    QMap<QString, QList<CodeMark>> targetMarks;
    QMap<QString, std::array<int, 3>> severities; ///< by file and Severity
};

/// `labels`: what files are called in the tables. Thread: any.
PreparedReading prepareReading(DraftReading reading, ConvertTarget target, const QHash<QString, QString> &labels);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/theme.h"

#include <QPen>
#include <QStringList>
#include <QWidget>

namespace Switchyard {

/// How the connections of the database at this place of a session are drawn: no two of the first twelve have the same
/// colour and dash, and the first four are told apart by the dash alone.
[[nodiscard]] QPen databasePen(int place, const ThemeColors &colors);
/// The dash in a word, for whoever cannot see it: "solid", "dashed", "dotted", "dash-dotted".
[[nodiscard]] QString databaseDash(int place);

/// One line under the timeline's legend that names the databases beside the line each is drawn with, and says what
/// stands in such a lane. Names that do not fit are counted, and stand in the tooltip. Hidden without a database.
class DatabaseLegend final : public QWidget
{
    Q_OBJECT
public:
    explicit DatabaseLegend(QWidget *parent = nullptr);
    void show(const QStringList &databases);
    using QWidget::show;
    /// The same line on paper, in the painter's font.
    static void paintOn(QPainter &painter, const QRect &where, const QStringList &databases, const QPalette &palette);

    /// Where the sample of the database at this place is painted; empty: it does not fit.
    QRect sampleRect(int place) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    /// A sample and its words; `place` -1: words alone.
    struct Entry
    {
        int place = -1;
        QString text;
        QRect sample, words;
    };
    /// What fits into a line, measured from its left end.
    struct Line
    {
        QList<Entry> entries;
        QRect limit; ///< of the limit's sample; empty: it does not fit
    };
    static Line lineOf(const QStringList &databases, const QFontMetrics &metrics, QSize size);
    static void paintLine(QPainter &painter, const Line &line, int height, const ThemeColors &colors);
    void layOut();

    QStringList m_databases;
    Line m_line;
};

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/codeeditor.h"

#include "ui/common/theme.h"
#include "ui/manifests/lexers.h"

#include <Qsci/qscilexer.h>
#include <Qsci/qsciscintilla.h>

#include <QDropEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMap>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QShortcut>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace Switchyard {

namespace {

using Base = QsciScintillaBase;

constexpr int numberMargin = 0;
constexpr int markMargin = 1;
constexpr int markSize = 13;
constexpr int barMarker = 8;
constexpr MarkKind allKinds[] = {MarkKind::Note, MarkKind::Loss, MarkKind::Warning, MarkKind::Error};

/// The shapes of lists: ✕, ▲, ◆ and ○.
void paintShape(QPainter &painter, MarkKind kind, const ThemeColors &colours)
{
    const QRectF box(1.5, 1.5, markSize - 3, markSize - 3);
    const QPointF top(box.center().x(), box.top()), bottom(box.center().x(), box.bottom());
    switch (kind) {
    case MarkKind::Error:
        painter.setPen(QPen(colours.down, 2.4, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(box.topLeft() + QPointF(1, 1), box.bottomRight() - QPointF(1, 1));
        painter.drawLine(box.bottomLeft() + QPointF(1, -1), box.topRight() + QPointF(-1, 1));
        return;
    case MarkKind::Warning:
        painter.setPen(Qt::NoPen);
        painter.setBrush(colours.degraded);
        painter.drawPolygon(QPolygonF{top, box.bottomRight(), box.bottomLeft()});
        return;
    case MarkKind::Loss:
        painter.setPen(Qt::NoPen);
        painter.setBrush(colours.action);
        painter.drawPolygon(QPolygonF{top, {box.right(), box.center().y()}, bottom, {box.left(), box.center().y()}});
        return;
    case MarkKind::Note:
        break;
    }
    painter.setPen(QPen(colours.unknown, 1.6));
    painter.drawEllipse(box.adjusted(1, 1, -1, -1));
}

} // namespace

CodeEditor::CodeEditor(const QString &name, const QString &accessibleName, QWidget *parent)
    : QWidget(parent)
    , m_text(new QsciScintilla(this))
{
    setObjectName(name);
    m_text->setObjectName(name + QStringLiteral("Text"));
    m_text->setAccessibleName(accessibleName);
    setFocusProxy(m_text);
    m_text->setUtf8(true);
    m_text->setFrameShape(QFrame::StyledPanel);
    m_text->setIndentationsUseTabs(false);
    m_text->setTabWidth(4);
    m_text->setIndentationWidth(2);
    m_text->setAutoIndent(true);
    m_text->setBackspaceUnindents(true);
    m_text->setMarginType(numberMargin, QsciScintilla::NumberMargin);
    m_text->setMarginMarkerMask(numberMargin, 0);
    m_text->setMarginType(markMargin, QsciScintilla::SymbolMargin);
    m_text->setMarginMarkerMask(markMargin, 0xf);
    m_text->setMarginWidth(markMargin, markSize + 5);
    m_text->setMarginWidth(2, 0);
    m_text->SendScintilla(Base::SCI_SETSCROLLWIDTH, 1UL);
    m_text->SendScintilla(Base::SCI_SETSCROLLWIDTHTRACKING, 1UL);
    m_text->SendScintilla(Base::SCI_SETEXTRAASCENT, 1UL);
    m_text->SendScintilla(Base::SCI_SETEXTRADESCENT, 1UL);
    m_text->viewport()->installEventFilter(this);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_text, 1);
    makeFindBar();
    paint();
    connect(m_text, &QsciScintilla::textChanged, this, [this] {
        if (!m_quiet)
            Q_EMIT edited();
    });
    connect(m_text, &QsciScintilla::linesChanged, this, &CodeEditor::fitNumbers);
}

CodeEditor::~CodeEditor()
{
    m_text->setLexer(nullptr);
}

// --- the text

void CodeEditor::setBytes(const QByteArray &text)
{
    m_quiet = true;
    const bool locked = m_text->isReadOnly();
    m_text->setReadOnly(false);
    m_text->SendScintilla(Base::SCI_CLEARALL);
    // With its length: a NUL is a byte like any other.
    m_text->SendScintilla(Base::SCI_ADDTEXT, static_cast<unsigned long>(text.size()), text.constData());
    m_text->setReadOnly(locked);
    m_quiet = false;
    m_text->setEolMode(text.contains("\r\n") ? QsciScintilla::EolWindows : QsciScintilla::EolUnix);
    fitNumbers();
}

void CodeEditor::setDocument(const QByteArray &text, CodeLanguage language)
{
    setLanguage(language);
    setMarks({});
    setBytes(text);
    m_text->SendScintilla(Base::SCI_EMPTYUNDOBUFFER);
    m_text->SendScintilla(Base::SCI_GOTOPOS, 0UL);
    goTo(0);
}

void CodeEditor::setContents(const QByteArray &text, CodeLanguage language)
{
    setLanguage(language);
    if (text == contents())
        return;
    const long first = m_text->SendScintilla(Base::SCI_GETFIRSTVISIBLELINE);
    const long at = m_text->SendScintilla(Base::SCI_GETCURRENTPOS);
    setBytes(text);
    m_text->SendScintilla(Base::SCI_SETEMPTYSELECTION, static_cast<unsigned long>(at));
    m_text->SendScintilla(Base::SCI_SETFIRSTVISIBLELINE, static_cast<unsigned long>(first));
}

QByteArray CodeEditor::contents() const
{
    const auto *bytes = static_cast<const char *>(m_text->SendScintillaPtrResult(Base::SCI_GETCHARACTERPOINTER));
    return {bytes, qsizetype(m_text->SendScintilla(Base::SCI_GETLENGTH))};
}

void CodeEditor::setReadOnly(bool on)
{
    m_text->setReadOnly(on);
}

void CodeEditor::setWrapped(bool on)
{
    m_text->setWrapMode(on ? QsciScintilla::WrapWord : QsciScintilla::WrapNone);
    m_text->setWrapIndentMode(QsciScintilla::WrapIndentIndented);
}

void CodeEditor::setLanguage(CodeLanguage language)
{
    m_text->setTabWidth(language == CodeLanguage::Yaml || language == CodeLanguage::Json ? 2 : 4);
    if (m_languageSet && language == m_language)
        return;
    m_languageSet = true;
    m_language = language;
    m_text->setLexer(nullptr);
    delete m_lexer;
    m_lexer = makeLexer(language, m_text);
    if (m_lexer)
        m_text->setLexer(m_lexer);
    paint();
}

void CodeEditor::fitNumbers()
{
    const int digits = std::max(3, int(std::log10(std::max(1, m_text->lines()))) + 1);
    m_text->setMarginWidth(numberMargin, QString(digits + 1, QLatin1Char('0')));
}

// --- how it looks

void CodeEditor::paint()
{
    const ThemeColors &colours = themeColors(palette());
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(std::max(8.0, this->font().pointSizeF()));
    const QColor paper = palette().color(QPalette::Base);
    if (m_lexer) {
        paintLexer(m_lexer, m_language, palette(), font);
    } else {
        m_text->setFont(font);
        m_text->setColor(colours.text);
        m_text->setPaper(paper);
    }
    m_text->setMarginsFont(font);
    m_text->setMarginsForegroundColor(colours.faded);
    m_text->setMarginsBackgroundColor(colours.surface);
    m_text->setCaretForegroundColor(colours.text);
    m_text->setSelectionBackgroundColor(colours.dark ? QColor(0x2c, 0x4a, 0x70) : QColor(0xc9, 0xdd, 0xfa));
    m_text->resetSelectionForegroundColor();
    m_text->setMatchedBraceForegroundColor(colours.accent);
    m_text->setMatchedBraceBackgroundColor(paper);
    defineMarks();
    fitNumbers();
}

void CodeEditor::defineMarks()
{
    const ThemeColors &colours = themeColors(palette());
    const double ratio = devicePixelRatioF();
    m_text->SendScintilla(Base::SCI_RGBAIMAGESETSCALE, static_cast<unsigned long>(std::lround(ratio * 100)));
    for (const MarkKind kind : allKinds) {
        QImage image(QSize(int(markSize * ratio), int(markSize * ratio)), QImage::Format_ARGB32);
        image.fill(Qt::transparent);
        QPainter painter(&image);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.scale(ratio, ratio);
        paintShape(painter, kind, colours);
        painter.end();
        m_text->markerDefine(image, int(kind));
    }
    m_text->markerDefine(QsciScintilla::Background, barMarker);
    m_text->setMarkerBackgroundColor(palette().color(QPalette::Highlight), barMarker);
}

void CodeEditor::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        paint();
    QWidget::changeEvent(event);
}

// --- marks and places

void CodeEditor::setMarks(const QList<CodeMark> &marks)
{
    if (marks == m_marks && !marks.isEmpty())
        return;
    m_marks = marks;
    m_tips.clear();
    QMap<int, MarkKind> worst;
    for (const CodeMark &mark : marks) {
        if (mark.line < 1)
            continue;
        auto at = worst.find(mark.line);
        if (at == worst.end())
            worst.insert(mark.line, mark.kind);
        else
            *at = std::max(*at, mark.kind);
        QString &tip = m_tips[mark.line];
        tip += (tip.isEmpty() ? QString() : QStringLiteral("\n\n")) + mark.tip;
    }
    for (const MarkKind kind : allKinds)
        m_text->SendScintilla(Base::SCI_MARKERDELETEALL, static_cast<long>(kind));
    for (auto at = worst.cbegin(); at != worst.cend(); ++at)
        m_text->SendScintilla(Base::SCI_MARKERADD, static_cast<unsigned long>(at.key() - 1),
                              static_cast<long>(at.value()));
}

int CodeEditor::markOf(int line) const
{
    const unsigned mask = m_text->markersAtLine(line - 1);
    for (const MarkKind kind : {MarkKind::Error, MarkKind::Warning, MarkKind::Loss, MarkKind::Note}) {
        if (mask & (1U << unsigned(kind)))
            return int(kind);
    }
    return -1;
}

void CodeEditor::goTo(int line, int column)
{
    m_text->markerDeleteAll(barMarker);
    m_shown = 0;
    if (line < 1)
        return;
    m_shown = std::min(line, m_text->lines());
    m_text->markerAdd(m_shown - 1, barMarker);
    const int length = m_text->text(m_shown - 1).size();
    m_text->setCursorPosition(m_shown - 1, std::clamp(column - 1, 0, std::max(0, length)));
    // In the middle, so that what stands around it is seen too.
    const long lines = m_text->SendScintilla(Base::SCI_LINESONSCREEN);
    const long first = std::max(0L, m_shown - 1 - lines / 2);
    const long seen = m_text->SendScintilla(Base::SCI_GETFIRSTVISIBLELINE);
    if (m_shown - 1 < seen + 2 || m_shown > seen + lines - 2)
        m_text->SendScintilla(Base::SCI_SETFIRSTVISIBLELINE, static_cast<unsigned long>(first));
    m_text->SendScintilla(Base::SCI_SETXOFFSET, 0UL);
}

int CodeEditor::currentLine() const
{
    int line = 0, column = 0;
    m_text->getCursorPosition(&line, &column);
    return line + 1;
}

bool CodeEditor::showTip(const QPoint &at)
{
    const long position = m_text->SendScintilla(Base::SCI_POSITIONFROMPOINT, static_cast<unsigned long>(at.x()),
                                                static_cast<long>(at.y()));
    const long line = m_text->SendScintilla(Base::SCI_LINEFROMPOSITION, position);
    const long top = m_text->SendScintilla(Base::SCI_POINTYFROMPOSITION, 0UL, position);
    const long height = m_text->SendScintilla(Base::SCI_TEXTHEIGHT, line);
    const QString tip = at.y() <= top + height ? m_tips.value(int(line) + 1) : QString();
    if (tip.isEmpty()) {
        QToolTip::hideText();
        return true;
    }
    QToolTip::showText(m_text->viewport()->mapToGlobal(at),
                       QStringLiteral("<div style='white-space:pre-wrap'>%1</div>").arg(tip.toHtmlEscaped()),
                       m_text->viewport());
    return true;
}

bool CodeEditor::eventFilter(QObject *watched, QEvent *event)
{
    switch (event->type()) {
    case QEvent::ToolTip:
        return showTip(static_cast<QHelpEvent *>(event)->pos());
    case QEvent::DragEnter:
    case QEvent::DragMove:
    case QEvent::Drop:
        // Files are opened by the page, and not written into the text as their names.
        if (static_cast<QDropEvent *>(event)->mimeData()->hasUrls()) {
            event->ignore();
            return true;
        }
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

// --- searching

void CodeEditor::makeFindBar()
{
    m_findBar = new QWidget(this);
    m_findBar->hide();
    m_find = new QLineEdit(m_findBar);
    m_find->setObjectName(objectName() + QStringLiteral("Find"));
    m_find->setAccessibleName(QStringLiteral("Find in the text"));
    m_find->setPlaceholderText(QStringLiteral("Find (F3 next, Shift+F3 previous, Esc closes)"));
    m_findResult = new QLabel(m_findBar);
    m_findResult->setProperty("faded", true);
    auto *layout = new QHBoxLayout(m_findBar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_find, 1);
    layout->addWidget(m_findResult);
    this->layout()->addWidget(m_findBar);
    auto *close =
        new QShortcut(QKeySequence(Qt::Key_Escape), m_findBar, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
    connect(close, &QShortcut::activated, this, &CodeEditor::closeFind);
    connect(m_find, &QLineEdit::textChanged, this, [this] { search(false, true); });
    connect(m_find, &QLineEdit::returnPressed, this, [this] { search(false, false); });
}

void CodeEditor::openFind()
{
    m_findBar->show();
    if (m_text->hasSelectedText() && !m_text->selectedText().contains(QLatin1Char('\n')))
        m_find->setText(m_text->selectedText());
    m_find->setFocus();
    m_find->selectAll();
}

void CodeEditor::closeFind()
{
    m_findBar->hide();
    m_text->setFocus();
}

void CodeEditor::findNext(bool backward)
{
    if (m_find->text().isEmpty())
        return openFind();
    m_findBar->show();
    search(backward, false);
}

void CodeEditor::search(bool backward, bool fromHere)
{
    const QString wanted = m_find->text();
    if (wanted.isEmpty())
        return m_findResult->clear();
    int fromLine = 0, fromColumn = 0, toLine = 0, toColumn = 0;
    m_text->getSelection(&fromLine, &fromColumn, &toLine, &toColumn);
    if (fromLine < 0) {
        m_text->getCursorPosition(&fromLine, &fromColumn);
        toLine = fromLine;
        toColumn = fromColumn;
    }
    const bool start = fromHere || backward;
    const bool found = m_text->findFirst(wanted, false, false, false, true, !backward, start ? fromLine : toLine,
                                         start ? fromColumn : toColumn);
    m_findResult->setText(found ? QString() : QStringLiteral("not found"));
}

bool CodeEditor::hasTextFocus() const
{
    return m_text->hasFocus() || m_find->hasFocus();
}

} // namespace Switchyard

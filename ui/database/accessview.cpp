// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/accessview.h"

#include "ui/common/notice.h"
#include "ui/common/rowmodel.h"
#include "ui/common/table.h"
#include "ui/database/accesscommandspane.h"
#include "ui/database/accessrows.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr int waysHeight = 186; ///< six rows and their heading
constexpr int foundTab = 2;

} // namespace

AccessView::AccessView(QWidget *parent)
    : QWidget(parent)
    , m_banner(new QFrame(this))
    , m_bannerText(new QLabel(m_banner))
    , m_outbound(new QLabel(this))
    , m_tabs(new QTabWidget(this))
{
    m_banner->setObjectName(QStringLiteral("accessBanner"));
    m_bannerText->setObjectName(QStringLiteral("accessBannerText"));
    m_bannerText->setTextFormat(Qt::PlainText);
    m_outbound->setObjectName(QStringLiteral("accessOutboundText"));
    m_outbound->setTextFormat(Qt::RichText);
    for (QLabel *each : {m_bannerText, m_outbound}) {
        each->setWordWrap(true);
        each->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    auto *inBanner = new QVBoxLayout(m_banner);
    inBanner->setContentsMargins(10, 6, 10, 6);
    inBanner->addWidget(m_bannerText);
    m_tabs->setObjectName(QStringLiteral("accessTabs"));
    m_tabs->setDocumentMode(true);
    m_steps = makeText("accessSteps", QStringLiteral("Steps, and what is not known"));
    m_commands = new AccessCommandsPane(m_tabs);
    m_tabs->addTab(makeWays(), QStringLiteral("Ways"));
    m_tabs->addTab(m_steps, QStringLiteral("Steps"));
    m_tabs->addTab(makeFound(), QStringLiteral("Found in the list"));
    m_tabs->addTab(m_commands, QStringLiteral("Commands"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_banner);
    layout->addWidget(m_outbound);
    layout->addWidget(m_tabs, 1);
}

QTextBrowser *AccessView::makeText(const char *name, const QString &accessibleName)
{
    auto *text = new QTextBrowser(m_tabs);
    text->setObjectName(QLatin1StringView(name));
    text->setAccessibleName(accessibleName);
    text->setOpenLinks(false);
    text->setFrameShape(QFrame::NoFrame);
    text->viewport()->setAutoFillBackground(false);
    text->document()->setDocumentMargin(8);
    text->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return text;
}

QWidget *AccessView::makeWays()
{
    m_ways = new QStackedWidget(m_tabs);
    auto *work = new QWidget(m_ways);
    auto *layout = new QVBoxLayout(work);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    m_model = new RowModel(accessColumns(), this);
    m_table = new Table(m_model, QStringLiteral("accessWays"), QStringLiteral("Ways to let the backend in"), work);
    m_table->setFixedHeight(waysHeight);
    m_table->setWidths({330, 92, 92, 92, 92, 104});
    m_way = makeText("accessWay", QStringLiteral("The chosen way in words"));
    layout->addWidget(m_table);
    layout->addWidget(m_way, 1);
    connect(m_table, &Table::currentKeyChanged, this, &AccessView::fillWay);
    m_noWays = new NoticePane(m_ways);
    m_ways->addWidget(work);
    m_ways->addWidget(m_noWays);
    return m_ways;
}

QWidget *AccessView::makeFound()
{
    m_foundStack = new QStackedWidget(m_tabs);
    m_found = makeText("accessFound", QStringLiteral("What was found in the access list"));
    m_noList = new NoticePane(m_foundStack);
    m_noList->setObjectName(QStringLiteral("accessNoList"));
    m_noList->show(QStringLiteral("database"), QStringLiteral("No list was read, so nothing in it was judged."),
                   QStringLiteral("A file with the list as JSON shows what is wrong with it: everybody let in beside "
                                  "narrower entries, what is missing, what nobody needs."),
                   QStringLiteral("Read a file…"));
    connect(m_noList, &NoticePane::buttonPressed, this, &AccessView::listWanted);
    m_foundStack->addWidget(m_found);
    m_foundStack->addWidget(m_noList);
    return m_foundStack;
}

void AccessView::show(const AccessAnswer &answer)
{
    m_answer = answer;
    const QString before = m_table->currentKey();
    const auto has = [&answer](const QString &key) {
        return std::any_of(answer.advice.strategies.cbegin(), answer.advice.strategies.cend(),
                           [&key](const AccessStrategy &each) { return each.id == key; });
    };
    fill();
    if (!m_shown || !has(before))
        m_table->selectKey(answer.advice.recommendation);
    if (m_table->currentKey().isEmpty() && !answer.advice.strategies.isEmpty())
        m_table->selectRow(0);
    m_shown = true;
    fillWay();
}

void AccessView::fill()
{
    const ThemeColors &colors = themeColors(palette());
    const AccessAdvice &advice = m_answer.advice;
    const AccessSign sign = accessSign(advice);
    m_banner->setStyleSheet(
        QStringLiteral("#accessBanner { background: %1; border-radius: 4px; }").arg(colors.tint(sign.state).name()));
    m_bannerText->setText(sign.text);
    m_outbound->setText(accessOutboundHtml(advice, colors));
    QList<Row> rows;
    for (const AccessStrategy &way : advice.strategies)
        rows.append(accessRow(way));
    m_model->merge(rows);
    m_ways->setCurrentIndex(rows.isEmpty() ? 1 : 0);
    if (rows.isEmpty())
        m_noWays->show(
            QStringLiteral("database"), QStringLiteral("There is no way to weigh."),
            QStringLiteral("Nothing is known here of the access lists of this service (Neon, Upstash, a server "
                           "of one's own). Its own pages say what it has."));
    m_steps->setHtml(accessStepsHtml(advice, colors));
    m_foundStack->setCurrentIndex(advice.list ? 0 : 1);
    m_found->setHtml(advice.list ? accessFoundHtml(advice, colors) : QString());
    m_tabs->setTabText(foundTab, advice.list ? QStringLiteral("Found in the list (%1)").arg(advice.findings.size())
                                             : QStringLiteral("Found in the list"));
    m_commands->show(m_answer.commands, advice.owner);
}

void AccessView::fillWay()
{
    const QString key = m_table->currentKey();
    for (const AccessStrategy &way : m_answer.advice.strategies) {
        if (way.id == key)
            return m_way->setHtml(accessWayHtml(way, themeColors(palette())));
    }
    m_way->clear();
}

void AccessView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_shown) {
        fill();
        fillWay();
    }
    QWidget::changeEvent(event);
}

} // namespace Switchyard

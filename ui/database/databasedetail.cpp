// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasedetail.h"

#include "ui/common/elidedlabel.h"
#include "ui/common/format.h"
#include "ui/common/notice.h"
#include "ui/common/serieschart.h"
#include "ui/common/theme.h"
#include "ui/database/databasehtml.h"
#include "ui/database/databaserows.h"
#include "ui/database/headroomgauge.h"
#include "ui/database/pollingbar.h"

#include <QDateTime>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

/// Nothing is known between two probes that are so far apart, or three intervals of a polled one: no line leads there.
constexpr qint64 gapAfterMs = 300'000;

} // namespace

DatabaseDetail::DatabaseDetail(QWidget *parent)
    : QWidget(parent)
    , m_stack(new QStackedWidget(this))
    , m_notice(new NoticePane(m_stack))
    , m_body(new QWidget(m_stack))
    , m_banner(new QFrame(m_body))
    , m_bannerText(new QLabel(m_banner))
    , m_gauge(new HeadroomGauge(m_body))
    , m_tabs(new QTabWidget(m_body))
    , m_chart(new SeriesChart(m_tabs))
    , m_polling(new PollingBar(this))
{
    setObjectName(QStringLiteral("databaseDetail"));
    m_stages = makeText("stageText", QStringLiteral("Stages of the probe"));
    m_privileges = makeText("privilegeText", QStringLiteral("What the user may do"));
    m_findings = makeText("lintText", QStringLiteral("Findings in the connection string"));
    m_bannerText->setObjectName(QStringLiteral("databaseHint"));
    m_bannerText->setTextFormat(Qt::PlainText);
    m_bannerText->setWordWrap(true);
    m_bannerText->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *inBanner = new QHBoxLayout(m_banner);
    inBanner->setContentsMargins(10, 6, 10, 6);
    inBanner->addWidget(m_bannerText, 1);
    m_tabs->setObjectName(QStringLiteral("databaseTabs"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_stages, QStringLiteral("Stages"));
    m_tabs->addTab(m_privileges, QStringLiteral("Privileges"));
    m_tabs->addTab(m_findings, QStringLiteral("String"));
    m_tabs->addTab(m_chart, QStringLiteral("Latency"));
    m_chart->setEmptyText(QStringLiteral("No probe has come as far as to be timed."));
    auto *body = new QVBoxLayout(m_body);
    body->setContentsMargins(0, 0, 0, 0);
    body->setSpacing(8);
    body->addWidget(m_banner);
    body->addWidget(m_gauge);
    body->addWidget(m_tabs, 1);
    m_stack->addWidget(m_body);
    m_stack->addWidget(m_notice);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(makeHeader());
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_polling);
    connect(m_notice, &NoticePane::buttonPressed, m_probe, &QPushButton::click);
    connect(m_probe, &QPushButton::clicked, this, [this] {
        if (!m_set)
            return;
        if (m_set->record(m_index).running)
            m_set->cancel(m_index);
        else
            m_set->probe(m_index);
    });
    connect(m_polling, &PollingBar::costWanted, this, [this] {
        if (m_set)
            m_set->prepareCost(m_index);
    });
    connect(m_polling, &PollingBar::startWanted, this, [this](Milliseconds interval, bool reachOnly) {
        if (m_set)
            m_set->startPolling(m_index, interval, reachOnly);
    });
    connect(m_polling, &PollingBar::stopWanted, this, [this] {
        if (m_set)
            m_set->stopPolling(m_index);
    });
    fill();
}

QWidget *DatabaseDetail::makeHeader()
{
    auto *header = new QWidget(this);
    auto *layout = new QVBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto *row = new QHBoxLayout;
    row->setSpacing(12);
    m_name = new ElidedLabel(header);
    m_name->setObjectName(QStringLiteral("databaseName"));
    m_name->setProperty("heading", true);
    m_state = new QLabel(header);
    m_state->setObjectName(QStringLiteral("databaseState"));
    m_probe = new QPushButton(header);
    m_probe->setObjectName(QStringLiteral("probeDatabase"));
    row->addWidget(m_name, 1);
    row->addWidget(m_state);
    row->addWidget(m_probe);
    m_target = new ElidedLabel(header);
    m_target->setObjectName(QStringLiteral("databaseTarget"));
    m_target->setProperty("faded", true);
    layout->addLayout(row);
    layout->addWidget(m_target);
    return header;
}

QTextBrowser *DatabaseDetail::makeText(const char *name, const QString &accessibleName)
{
    auto *text = new QTextBrowser(m_tabs);
    text->setObjectName(QLatin1StringView(name));
    text->setAccessibleName(accessibleName);
    text->setOpenLinks(false);
    text->setFrameShape(QFrame::NoFrame);
    text->viewport()->setAutoFillBackground(false);
    text->document()->setDocumentMargin(4);
    text->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return text;
}

void DatabaseDetail::show(DatabaseSet *set, int index)
{
    m_set = set;
    m_index = set ? index : -1;
    const QString key = set ? set->record(index).key() : QString();
    if (key != m_key) {
        m_key = key;
        m_recorded.clear();
        m_chart->clear(QStringLiteral("ms"));
        m_lastCharted = 0;
    }
    fill();
}

void DatabaseDetail::showHistory(const QList<DatabasePoint> &points)
{
    m_recorded = points;
    m_chart->clear(QStringLiteral("ms"));
    m_lastCharted = 0;
    fillChart();
}

void DatabaseDetail::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange) {
        m_shown.clear();
        fill();
    }
    QWidget::changeEvent(event);
}

void DatabaseDetail::setText(QTextBrowser *browser, const QString &html)
{
    if (m_shown.value(browser) == html && !html.isEmpty())
        return;
    m_shown[browser] = html;
    const int at = browser->verticalScrollBar()->value();
    browser->setHtml(html);
    browser->verticalScrollBar()->setValue(at);
}

void DatabaseDetail::fillBanner(const DatabaseRecord &record)
{
    const ThemeColors &colors = themeColors(palette());
    State tint = State::Down;
    QString text;
    const bool slow = record.report && databaseState(record) == DatabaseState::Slow;
    QString slowness;
    if (slow)
        slowness = QStringLiteral("▲ The query took %1; the threshold is %2.")
                       .arg(overLimitText(*queryMsOf(*record.report), record.limitMs), latencyText(record.limitMs));
    if (record.error) {
        tint = State::Degraded;
        text = QStringLiteral("◆ It cannot be asked: %1").arg(record.error->toString());
    } else if (const StageResult *end = record.report ? failedStage(*record.report) : nullptr) {
        const StageResult &failed = *end;
        const bool answers = slow || databaseState(record) == DatabaseState::Wrong;
        tint = answers ? State::Degraded : State::Down;
        text = QStringLiteral("%1 %2: %3")
                   .arg(answers ? QStringLiteral("◐") : QStringLiteral("■"), databaseStageName(failed.stage),
                        failed.detail);
        if (!failed.hint.isEmpty())
            text += QStringLiteral("\n→ ") + failed.hint;
        if (const QString more = moreErrorsText(*record.report); failed.stage == DatabaseStage::Lint && !more.isEmpty())
            text += QLatin1Char('\n') + more;
        if (slow)
            text.prepend(slowness + QLatin1Char('\n'));
    } else if (slow) {
        tint = State::Degraded;
        text = slowness;
    }
    m_banner->setVisible(!text.isEmpty());
    m_banner->setStyleSheet(QStringLiteral("QFrame { background: %1; border-radius: 4px; } QLabel { color: %2; }")
                                .arg(colors.tint(tint).name(), colors.text.name()));
    m_bannerText->setText(text);
}

void DatabaseDetail::fillState()
{
    if (!m_set)
        return m_state->clear();
    const DatabaseRecord &record = m_set->record(m_index);
    const ThemeColors &colors = themeColors(palette());
    const DatabaseSign look = databaseSign(record);
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const bool known = record.probedWallMs > 0 && !record.error;
    const auto colored = [](const QColor &color, const QString &text) {
        return QStringLiteral("<span style='color:%1'>%2</span>").arg(color.name(), text.toHtmlEscaped());
    };
    QString text = colored(known && isStale(record, now) ? colors.faded : colors.state(look.state),
                           stateShape(look.state) + QLatin1Char(' ') + look.word);
    if (known)
        text += QStringLiteral("&nbsp; ") + colored(colors.faded, checkedText(record, now));
    if (!look.running.isEmpty())
        text += QStringLiteral("&nbsp; ") + colored(colors.state(State::Working), look.running);
    m_state->setText(text);
    m_state->setToolTip(known ? QStringLiteral("Checked at ") + utcTime(record.probedWallMs) : QString());
}

QString DatabaseDetail::targetText(const DatabaseRecord &record) const
{
    QString target = record.connection ? record.connection->target() : record.endpoint.url;
    if (record.report && !record.report->server.isEmpty())
        target += QStringLiteral("  ·  ") + record.report->server;
    if (record.report && record.report->headroom && record.report->headroom->pooler.value_or(false))
        target += QStringLiteral("  ·  by a pooler");
    if (record.production)
        target += m_unlocked && m_unlocked(record.backend) ? QStringLiteral("  ·  production: unlocked")
                                                           : QStringLiteral("  ·  production: only read");
    return target;
}

void DatabaseDetail::fill()
{
    fillState();
    m_polling->show(m_set.data(), m_index);
    m_polling->setVisible(!m_set.isNull());
    m_probe->setVisible(!m_set.isNull());
    if (!m_set) {
        m_name->setFullText({});
        m_target->setFullText({});
        m_notice->show(QStringLiteral("database"), QStringLiteral("Choose a database to see its stages."), {});
        m_stack->setCurrentWidget(m_notice);
        return;
    }
    const DatabaseRecord &record = m_set->record(m_index);
    const ThemeColors &colors = themeColors(palette());
    m_name->setFullText(QStringLiteral("%1 of %2").arg(record.endpoint.name, record.backend));
    m_target->setFullText(targetText(record));
    m_probe->setText(record.cancelling ? QStringLiteral("Cancelling…")
                     : record.running  ? QStringLiteral("Cancel")
                                       : QStringLiteral("Probe"));
    m_probe->setEnabled(!record.cancelling);
    const bool something = record.running || record.report || record.error;
    if (!something)
        m_notice->show(QStringLiteral("database"), QStringLiteral("It was not probed yet."),
                       QStringLiteral("One probe goes through names, TCP, TLS, login, a query, privileges and "
                                      "headroom, writes nothing, and leaves no connection open."),
                       QStringLiteral("Probe now"));
    m_stack->setCurrentWidget(something ? m_body : static_cast<QWidget *>(m_notice));
    fillBanner(record);
    const bool known = record.report.has_value() && !record.error;
    m_gauge->show(known && record.report->headroom ? *record.report->headroom : DatabaseHeadroom{});
    const bool tell = record.running || known;
    setText(m_stages, tell ? stagesHtml(record, colors) : QString());
    setText(m_privileges, known ? privilegesHtml(record, colors) : QString());
    setText(m_findings, known ? findingsHtml(record, colors) : QString());
    const qsizetype findings = known ? record.report->findings.size() : 0;
    m_tabs->setTabText(2, findings > 0 ? QStringLiteral("String (%1)").arg(findings) : QStringLiteral("String"));
    fillChart();
}

void DatabaseDetail::fillChart()
{
    if (!m_set)
        return;
    const std::optional<Milliseconds> &polling = m_set->record(m_index).polling;
    const qint64 most = std::max(gapAfterMs, polling ? 3 * qint64(polling->count()) : 0);
    const auto add = [this, most](const DatabasePoint &point) {
        if (point.wallMs <= m_lastCharted)
            return;
        if (m_lastCharted > 0 && point.wallMs - m_lastCharted > most)
            m_chart->add(m_lastCharted + 1, {});
        m_lastCharted = point.wallMs;
        QList<std::pair<QString, double>> values;
        if (point.connectMs)
            values.append({QStringLiteral("connect"), *point.connectMs});
        if (point.queryMs)
            values.append({QStringLiteral("query"), *point.queryMs});
        m_chart->add(point.wallMs, values);
    };
    for (const DatabasePoint &point : std::as_const(m_recorded))
        add(point);
    for (const DatabasePoint &point : m_set->record(m_index).points)
        add(point);
}

} // namespace Switchyard

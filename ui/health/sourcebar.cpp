// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/sourcebar.h"

#include "models/common/duration.h"
#include "models/fleet/fleetwatch.h"
#include "ui/common/format.h"
#include "ui/common/healthsource.h"
#include "ui/common/theme.h"

#include <QButtonGroup>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace Switchyard {

namespace {

constexpr int ageEveryMs = 1'000;
constexpr int choicePadding = 32;
/// From here on people who compare two screens are misled.
constexpr double clocksDifferMs = 5'000;

/// What is chosen is bold, and the width is not reckoned with that.
void setChoiceText(QToolButton *button, const QString &text)
{
    if (button->text() == text)
        return;
    button->setText(text);
    QFont bold = button->font();
    bold.setBold(true);
    button->setMinimumWidth(QFontMetrics(bold).horizontalAdvance(text) + choicePadding);
}

QToolButton *choice(const char *name, QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setObjectName(QLatin1StringView(name));
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setProperty("choice", true);
    return button;
}

} // namespace

SourceBar::SourceBar(HealthSource *source, QWidget *parent)
    : QWidget(parent)
    , m_source(source)
    , m_here(choice("sourceHere", this))
    , m_server(choice("sourcePrometheus", this))
    , m_status(new QLabel(this))
    , m_banner(new QFrame(this))
{
    setObjectName(QStringLiteral("sourceBar"));
    auto *title = new QLabel(QStringLiteral("Measured by"), this);
    title->setProperty("faded", true);
    setChoiceText(m_here, QStringLiteral("This machine"));
    m_here->setToolTip(QStringLiteral("Every probe leaves from here"));
    m_server->setToolTip(QStringLiteral("Nothing is probed from here: blackbox_exporter does it, and what Prometheus "
                                        "has of it is read"));
    auto *group = new QButtonGroup(this);
    group->addButton(m_here);
    group->addButton(m_server);
    m_status->setObjectName(QStringLiteral("sourceStatus"));
    m_status->setProperty("faded", true);
    m_status->setTextFormat(Qt::PlainText);
    auto *row = new QHBoxLayout;
    row->setSpacing(4);
    row->addWidget(title);
    row->addSpacing(4);
    row->addWidget(m_here);
    row->addWidget(m_server);
    row->addSpacing(8);
    row->addWidget(m_status, 1);
    makeBanner();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(row);
    layout->addWidget(m_banner);
    connect(m_here, &QToolButton::clicked, this, [this] { m_source->choose(HealthSource::From::Here); });
    connect(m_server, &QToolButton::clicked, this, [this] { m_source->choose(HealthSource::From::Prometheus); });
    connect(m_source, &HealthSource::changed, this, &SourceBar::fill);
    connect(m_source, &HealthSource::readingsChanged, this, &SourceBar::fill);
    m_age.setInterval(ageEveryMs);
    connect(&m_age, &QTimer::timeout, this, [this] {
        if (isVisible())
            fill();
    });
    m_age.start();
    fill();
}

void SourceBar::makeBanner()
{
    m_banner->setObjectName(QStringLiteral("prometheusBanner"));
    m_text = new QLabel(m_banner);
    m_text->setObjectName(QStringLiteral("prometheusBannerText"));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_retry = new QPushButton(QStringLiteral("Retry"), m_banner);
    m_retry->setObjectName(QStringLiteral("prometheusRetry"));
    auto *instead = new QPushButton(QStringLiteral("Measure here instead"), m_banner);
    instead->setObjectName(QStringLiteral("measureHere"));
    auto *layout = new QHBoxLayout(m_banner);
    layout->setContentsMargins(10, 4, 4, 4);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_retry);
    layout->addWidget(instead);
    connect(m_retry, &QPushButton::clicked, this, [this] {
        if (FleetWatch *watch = m_source->watch())
            watch->readNow();
        fill();
    });
    connect(instead, &QPushButton::clicked, this, [this] { m_source->choose(HealthSource::From::Here); });
    m_banner->hide();
}

QString SourceBar::statusText() const
{
    const FleetWatch *watch = m_source->watch();
    if (!watch)
        return {};
    if (watch->answeredMs() == 0)
        return watch->fails() ? QString() : QStringLiteral("Reading …");
    const double age = double(QDateTime::currentMSecsSinceEpoch() - watch->answeredMs());
    QStringList parts{QStringLiteral("read %1 ago").arg(ageText(std::max(0.0, age)))};
    if (const double ahead = watch->state().clockAheadMs; std::abs(ahead) > clocksDifferMs)
        parts.append(
            QStringLiteral("its clock is %1 %2")
                .arg(humanDuration(std::abs(ahead)), ahead > 0 ? QStringLiteral("ahead") : QStringLiteral("behind")));
    for (const QString &warning : watch->state().warnings)
        parts.append(QStringLiteral("it warns: ") + warning);
    return parts.join(QStringLiteral(" · "));
}

void SourceBar::fill()
{
    setVisible(m_source->isOffered());
    if (!m_source->isOffered())
        return;
    const QString server = QStringLiteral("Prometheus (%1)").arg(m_source->host());
    setChoiceText(m_server, server);
    m_here->setChecked(!m_source->isPrometheus());
    m_server->setChecked(m_source->isPrometheus());
    const QString status = statusText();
    if (m_status->text() != status) {
        m_status->setText(status);
        m_status->setToolTip(plainTip(status));
    }
    fillBanner();
}

void SourceBar::fillBanner()
{
    const FleetWatch *watch = m_source->watch();
    const bool fails = watch && watch->fails();
    m_banner->setVisible(fails);
    if (!fails)
        return;
    QString text = watch->failure().message;
    if (!watch->failure().hint.isEmpty())
        text += QStringLiteral(" (%1)").arg(watch->failure().hint);
    text += QStringLiteral("\nNothing is known of the monitors since %1; it is tried again every %2.")
                .arg(localTime(watch->failsSinceMs()), humanDuration(double(watch->every().count())));
    if (m_text->text() != text)
        m_text->setText(text);
    m_retry->setEnabled(!watch->isReading());
    const QString sheet = QStringLiteral("#prometheusBanner { background: %1; border-radius: 4px; }")
                              .arg(themeColors(palette()).tintDegraded.name());
    if (m_banner->styleSheet() != sheet)
        m_banner->setStyleSheet(sheet);
}

void SourceBar::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        fillBanner();
    QWidget::changeEvent(event);
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/health/connectionpane.h"

#include "ui/common/format.h"
#include "ui/common/theme.h"

#include <QDateTime>
#include <QEvent>
#include <QScrollBar>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

constexpr int soonDays = 14;
constexpr int tooSoonDays = 3;

QString heading(const QString &text)
{
    return QStringLiteral("<h4 style='margin:8px 0 2px 0'>%1</h4>").arg(text);
}

QString coloured(State state, const QPalette &palette, const QString &text)
{
    return QStringLiteral("<span style='color:%1'>%2 %3</span>")
        .arg(themeColors(palette).state(state).name(), stateShape(state), text.toHtmlEscaped());
}

QString line(const QString &name, const QString &value, const QPalette &palette)
{
    return QStringLiteral("<tr><td style='padding-right:12px'><span style='color:%1'>%2</span></td><td>%3</td></tr>")
        .arg(themeColors(palette).faded.name(), name, value);
}

} // namespace

ConnectionPane::ConnectionPane(QWidget *parent)
    : QWidget(parent)
    , m_text(new QTextBrowser(this))
{
    setObjectName(QStringLiteral("connectionPane"));
    m_text->setObjectName(QStringLiteral("connectionText"));
    m_text->setAccessibleName(QStringLiteral("Connection, certificates and redirects"));
    // Nothing in it is a link: what a server says must lead nowhere.
    m_text->setOpenLinks(false);
    m_text->setOpenExternalLinks(false);
    m_text->setFrameShape(QFrame::NoFrame);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->addWidget(m_text);
    fill();
}

void ConnectionPane::show(const std::optional<ProbeSample> &last, const QList<MeaningResult> &meanings)
{
    m_last = last;
    m_meanings = meanings;
    fill();
}

QString ConnectionPane::certificateHtml(const CertificateInfo &certificate) const
{
    const State state = !certificate.problem.isEmpty() || certificate.daysLeft < tooSoonDays ? State::Down
                        : certificate.daysLeft < soonDays                                    ? State::Degraded
                                                                                             : State::Up;
    const QDateTime end = QDateTime::fromSecsSinceEpoch(certificate.notAfter, Qt::UTC);
    const QString left = certificate.daysLeft < 0 ? QStringLiteral("expired %1 days ago").arg(-certificate.daysLeft)
                                                  : QStringLiteral("%1 days left").arg(certificate.daysLeft);
    QString html = QStringLiteral("<p style='margin:2px 0 6px 0'><b>%1</b><br>issued by %2<br>%3, until %4")
                       .arg(certificate.subject.toHtmlEscaped(), certificate.issuer.toHtmlEscaped(),
                            coloured(state, palette(), left), end.toString(QStringLiteral("yyyy-MM-dd HH:mm 'UTC'")));
    if (!certificate.problem.isEmpty())
        html += QStringLiteral("<br>") + coloured(State::Down, palette(), certificate.problem);
    return html + QStringLiteral("</p>");
}

void ConnectionPane::fill()
{
    QString html;
    const bool meant = std::any_of(m_meanings.cbegin(), m_meanings.cend(),
                                   [](const MeaningResult &one) { return one.outcome != MeaningOutcome::NotSeen; });
    if (!m_last) {
        html = QStringLiteral("<p>No full probe yet.</p>");
    } else {
        const ProbeSample &last = *m_last;
        const auto shown = [](const QString &text) {
            return text.isEmpty() ? QStringLiteral("–") : text.toHtmlEscaped();
        };
        html = heading(QStringLiteral("Last full probe")) + QStringLiteral("<table cellspacing='0'>") +
               line(QStringLiteral("When"), QStringLiteral("%1 (%2)").arg(localTime(last.wallMs), utcTime(last.wallMs)),
                    palette()) +
               line(QStringLiteral("Address"), shown(last.remoteAddress), palette()) +
               line(QStringLiteral("Protocol"), shown(last.httpVersion), palette()) +
               line(QStringLiteral("TLS"), shown(last.tlsVersion), palette()) +
               line(QStringLiteral("Status"), last.status > 0 ? QString::number(last.status) : QStringLiteral("–"),
                    palette()) +
               line(QStringLiteral("Instance"), shown(last.instance), palette()) + QStringLiteral("</table>");
        html += heading(QStringLiteral("Redirects"));
        if (last.redirects.isEmpty())
            html += QStringLiteral("<p style='margin:2px 0'>none followed</p>");
        for (const RedirectHop &hop : last.redirects)
            html += QStringLiteral("<p style='margin:2px 0'>%1 → %2</p>").arg(hop.status).arg(hop.url.toHtmlEscaped());
        html += heading(QStringLiteral("Certificates"));
        if (last.chain.isEmpty() && !last.certificate)
            html += QStringLiteral("<p style='margin:2px 0'>none came</p>");
        if (last.chain.isEmpty() && last.certificate)
            html += certificateHtml(*last.certificate);
        for (const CertificateInfo &certificate : last.chain)
            html += certificateHtml(certificate);
    }
    if (!m_meanings.isEmpty()) {
        html += heading(QStringLiteral("Live and ready"));
        if (!meant)
            html += QStringLiteral("<p style='margin:2px 0'>Not judged yet: %1.</p>")
                        .arg(m_meanings.first().text.toHtmlEscaped());
        for (const MeaningResult &result : std::as_const(m_meanings)) {
            if (result.outcome == MeaningOutcome::NotSeen)
                continue;
            html += QStringLiteral("<p style='margin:2px 0'>%1")
                        .arg(coloured(result.outcome == MeaningOutcome::Found ? State::Degraded : State::Up, palette(),
                                      result.text));
            for (const QString &evidence : result.evidence)
                html += QStringLiteral("<br>&nbsp;&nbsp;") + evidence.toHtmlEscaped();
            html += QStringLiteral("</p>");
        }
    }
    if (html == m_html)
        return;
    m_html = html;
    const int place = m_text->verticalScrollBar()->value();
    m_text->setHtml(html);
    m_text->verticalScrollBar()->setValue(place);
}

void ConnectionPane::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        fill();
    QWidget::changeEvent(event);
}

} // namespace Switchyard

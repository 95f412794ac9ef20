// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/endpointmeanings.h"
#include "models/health/sample.h"

#include <QWidget>

#include <optional>

class QTextBrowser;

namespace Switchyard {

/// What the last full probe says of the way there: address, protocol, redirects and certificates; and what the
/// backend's endpoints were seen to mean.
class ConnectionPane final : public QWidget
{
    Q_OBJECT
public:
    explicit ConnectionPane(QWidget *parent = nullptr);
    void show(const std::optional<ProbeSample> &last, const QList<MeaningResult> &meanings);
    using QWidget::show;

protected:
    void changeEvent(QEvent *event) override;

private:
    void fill();
    QString certificateHtml(const CertificateInfo &certificate) const;

    std::optional<ProbeSample> m_last;
    QList<MeaningResult> m_meanings;
    QTextBrowser *m_text;
    QString m_html;
};

} // namespace Switchyard

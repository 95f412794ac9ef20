// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

class QFrame;
class QLabel;
class QPushButton;
class QToolButton;

namespace Switchyard {

class HealthSource;

/// Who measures, to be chosen, and one banner where the server does not answer. Hidden where there is no server.
class SourceBar final : public QWidget
{
    Q_OBJECT
public:
    /// `source` must outlive it.
    explicit SourceBar(HealthSource *source, QWidget *parent = nullptr);
    void fill();

protected:
    void changeEvent(QEvent *event) override;

private:
    void makeBanner();
    void fillBanner();
    QString statusText() const;

    HealthSource *m_source;
    QToolButton *m_here;
    QToolButton *m_server;
    QLabel *m_status;
    QFrame *m_banner;
    QLabel *m_text = nullptr;
    QPushButton *m_retry = nullptr;
    QTimer m_age; ///< the times it tells grow
};

} // namespace Switchyard

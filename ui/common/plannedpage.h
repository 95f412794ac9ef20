// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/notice.h"
#include "ui/common/page.h"

#include <QVBoxLayout>

namespace Switchyard {

/// A tab whose work this version does not do yet: it says so, what it will do, and what serves meanwhile.
class PlannedPage : public Page
{
    Q_OBJECT
public:
    PlannedPage(QString title, QString icon, const QString &sentence, const QString &meanwhile, QWidget *parent)
        : Page(parent)
        , m_title(std::move(title))
        , m_icon(std::move(icon))
    {
        auto *notice = new NoticePane(this);
        notice->show(m_icon, sentence, meanwhile);
        auto *layout = new QVBoxLayout(this);
        layout->addWidget(notice);
    }
    QString title() const override { return m_title; }
    QString iconName() const override { return m_icon; }

private:
    QString m_title;
    QString m_icon;
};

} // namespace Switchyard

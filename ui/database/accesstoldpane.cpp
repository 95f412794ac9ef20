// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/accesstoldpane.h"

#include "ui/common/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace Switchyard {

AccessToldPane::AccessToldPane(const PlatformCatalogue *catalogue, ChooseGivenFile chooseFile, QWidget *parent)
    : QWidget(parent)
    , m_chooseFile(std::move(chooseFile))
    , m_grid(new QGridLayout(this))
    , m_platform(new QComboBox(this))
    , m_service(new QComboBox(this))
{
    setObjectName(QStringLiteral("accessTold"));
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(6);
    m_platform->setObjectName(QStringLiteral("accessPlatform"));
    m_platform->addItem(QString(), QString());
    for (const QString &id : catalogue->ids())
        m_platform->addItem(catalogue->find(id)->name, id);
    m_platform->addItem(QStringLiteral("another platform"), QStringLiteral("?"));
    m_service->setObjectName(QStringLiteral("accessService"));
    m_service->addItem(QStringLiteral("by the database's host"), QString());
    m_service->addItem(QStringLiteral("MongoDB Atlas"), accessListOwnerName(AccessListOwner::Atlas));
    m_service->addItem(QStringLiteral("Render Postgres"), accessListOwnerName(AccessListOwner::RenderPostgres));
    m_service->addItem(QStringLiteral("Render Key Value"), accessListOwnerName(AccessListOwner::RenderKeyValue));
    m_service->addItem(QStringLiteral("another service"), accessListOwnerName(AccessListOwner::Other));
    makeSources();
    makePlans();
    m_problem = new QLabel(this);
    m_problem->setObjectName(QStringLiteral("accessProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_grid->addWidget(m_problem, 3, 0, 1, 6);
    for (const int column : {1, 3, 5})
        m_grid->setColumnStretch(column, 1);
    const auto told = [this] {
        if (!m_filling)
            Q_EMIT changed();
    };
    for (const QComboBox *each : {m_platform, m_service})
        connect(each, &QComboBox::currentIndexChanged, this, told);
    for (const QLineEdit *each : {m_outbound, m_plan, m_platformPlan, m_own})
        connect(each, &QLineEdit::textChanged, this, told);
    connect(m_bought, &QCheckBox::toggled, this, told);
    begin({}, {});
}

QLineEdit *AccessToldPane::line(const char *name, const QString &placeholder)
{
    auto *made = new QLineEdit(this);
    made->setObjectName(QLatin1StringView(name));
    made->setPlaceholderText(placeholder);
    return made;
}

void AccessToldPane::label(const QString &text, QWidget *buddy, int row, int column)
{
    auto *made = new QLabel(text, this);
    made->setBuddy(buddy);
    QString name = text;
    buddy->setAccessibleName(name.remove(QLatin1Char('&')));
    m_grid->addWidget(made, row, column);
}

/// The addresses of the backend, and the list.
void AccessToldPane::makeSources()
{
    const auto button = [this](const QString &text, const char *name, const QString &tip, auto slot) {
        auto *made = new QPushButton(text, this);
        made->setObjectName(QLatin1StringView(name));
        made->setToolTip(tip);
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, slot);
        return made;
    };
    m_outbound = line("accessOutbound", QStringLiteral("not told: 192.0.2.0/24 …"));
    m_outboundChoose =
        button(QStringLiteral("From file…"), "accessOutboundChoose",
               QStringLiteral("What Render's API answers to outbound-ips, or an array of texts, as JSON"),
               [this] { chooseOutbound(); });
    m_outboundForget = button(QStringLiteral("Forget"), "accessOutboundForget",
                              QStringLiteral("Go on without the file of addresses"), [this] {
                                  m_outboundFile.clear();
                                  fillFiles();
                                  Q_EMIT changed();
                              });
    m_bought = new QCheckBox(QStringLiteral("&bought for it alone"), this);
    m_bought->setObjectName(QStringLiteral("accessBought"));
    m_bought->setToolTip(QStringLiteral("Fixed addresses that the platform sells for this backend"));
    m_list = new QLabel(this);
    m_list->setObjectName(QStringLiteral("accessListName"));
    m_listChoose =
        button(QStringLiteral("Read a file…"), "accessListChoose",
               QStringLiteral("The access list as it is, as JSON: the pane \"Commands\" has the command that "
                              "writes it"),
               [this] { chooseList(); });
    m_listForget =
        button(QStringLiteral("Forget"), "accessListForget", QStringLiteral("Go on without the list"), [this] {
            m_listFile.clear();
            fillFiles();
            Q_EMIT changed();
        });
    label(QStringLiteral("&Runs on"), m_platform, 0, 0);
    m_grid->addWidget(m_platform, 0, 1);
    label(QStringLiteral("Co&nnects from"), m_outbound, 0, 2);
    auto *addresses = new QHBoxLayout;
    addresses->setSpacing(6);
    addresses->addWidget(m_outbound, 1);
    addresses->addWidget(m_outboundChoose);
    addresses->addWidget(m_outboundForget);
    addresses->addWidget(m_bought);
    m_grid->addLayout(addresses, 0, 3, 1, 3);
    label(QStringLiteral("The &list is of"), m_service, 1, 0);
    m_grid->addWidget(m_service, 1, 1);
    m_grid->addWidget(new QLabel(QStringLiteral("Its entries"), this), 1, 2);
    auto *list = new QHBoxLayout;
    list->setSpacing(6);
    list->addWidget(m_list);
    list->addWidget(m_listChoose);
    list->addWidget(m_listForget);
    list->addStretch(1);
    m_grid->addLayout(list, 1, 3, 1, 3);
}

void AccessToldPane::makePlans()
{
    m_plan = line("accessPlan", QString());
    m_platformPlan = line("accessPlatformPlan", QStringLiteral("not told: hobby, pro …"));
    m_own = line("accessOwn", QStringLiteral("not told"));
    m_own->setToolTip(
        QStringLiteral("The public address of this computer: found where it stands in the list for good"));
    label(QStringLiteral("&Database's plan"), m_plan, 2, 0);
    m_grid->addWidget(m_plan, 2, 1);
    label(QStringLiteral("&Account's plan"), m_platformPlan, 2, 2);
    m_grid->addWidget(m_platformPlan, 2, 3);
    label(QStringLiteral("Your &own address"), m_own, 2, 4);
    m_grid->addWidget(m_own, 2, 5);
}

void AccessToldPane::begin(const QString &platform, const QString &databasePlan)
{
    m_filling = true;
    m_platform->setItemText(0, platform.isEmpty() ? QStringLiteral("as the workspace says")
                                                  : QStringLiteral("%1, by the workspace").arg(platform));
    m_platform->setCurrentIndex(0);
    m_service->setCurrentIndex(0);
    m_plan->setPlaceholderText(databasePlan.isEmpty() ? QStringLiteral("not told: M0, flex, M10 …")
                                                      : QStringLiteral("%1, by the workspace").arg(databasePlan));
    for (QLineEdit *each : {m_outbound, m_plan, m_platformPlan})
        each->clear();
    m_bought->setChecked(false);
    m_listFile.clear();
    m_outboundFile.clear();
    fillFiles();
    showProblem({});
    m_filling = false;
}

AccessTold AccessToldPane::told() const
{
    AccessTold told;
    told.platform = m_platform->currentData().toString();
    told.service = m_service->currentData().toString();
    told.outbound = m_outbound->text();
    told.outboundFile = m_outboundFile;
    told.bought = m_bought->isChecked();
    told.listFile = m_listFile;
    told.databasePlan = m_plan->text().trimmed();
    told.platformPlan = m_platformPlan->text().trimmed();
    told.ownAddress = m_own->text().trimmed();
    return told;
}

void AccessToldPane::showProblem(const QString &text)
{
    m_problem->setVisible(!text.isEmpty());
    m_problem->setText(QStringLiteral("<span style='color:%1'>■</span> %2")
                           .arg(themeColors(palette()).down.name(), text.toHtmlEscaped()));
}

void AccessToldPane::fillFiles()
{
    m_list->setText(m_listFile.isEmpty() ? QStringLiteral("○ not read") : QFileInfo(m_listFile).fileName());
    m_list->setToolTip(m_listFile.toHtmlEscaped());
    m_listForget->setVisible(!m_listFile.isEmpty());
    m_outboundForget->setVisible(!m_outboundFile.isEmpty());
    m_outboundChoose->setText(m_outboundFile.isEmpty() ? QStringLiteral("From file…")
                                                       : QFileInfo(m_outboundFile).fileName());
}

void AccessToldPane::chooseList()
{
    m_chooseFile(this, QStringLiteral("Read an access list"), [this](const QString &path) {
        if (path.isEmpty())
            return;
        m_listFile = path;
        fillFiles();
        Q_EMIT changed();
    });
}

void AccessToldPane::chooseOutbound()
{
    m_chooseFile(this, QStringLiteral("Read outbound addresses"), [this](const QString &path) {
        if (path.isEmpty())
            return;
        m_outboundFile = path;
        fillFiles();
        Q_EMIT changed();
    });
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/accesscommandspane.h"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace Switchyard {

namespace {

QString noteFor(AccessListOwner owner)
{
    switch (owner) {
    case AccessListOwner::Atlas:
        return QStringLiteral("The list is read and changed by commands, with a login to Atlas that this window does "
                              "not ask for. PROJECT_ID is the Atlas project's id; the variable ATLAS_ACCOUNT holds "
                              "CLIENT_ID:SECRET of a service account and is named, never written, in a command. "
                              "Without --yes a command only says what it would do.");
    case AccessListOwner::RenderPostgres:
    case AccessListOwner::RenderKeyValue:
        return QStringLiteral("Render's lists are changed in its dashboard or in render.yaml, as the steps say: this "
                              "program does not change them.");
    case AccessListOwner::Other:
        break;
    }
    return QStringLiteral("This program knows and changes no list of this service.");
}

} // namespace

AccessCommandsPane::AccessCommandsPane(QWidget *parent)
    : QScrollArea(parent)
{
    setObjectName(QStringLiteral("accessCommands"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setAutoFillBackground(false);
}

void AccessCommandsPane::show(const QList<AccessCommand> &commands, AccessListOwner owner)
{
    const auto same = [](const AccessCommand &a, const AccessCommand &b) { return a.id == b.id && a.line == b.line; };
    if (m_body && owner == m_owner &&
        std::equal(commands.cbegin(), commands.cend(), m_commands.cbegin(), m_commands.cend(), same))
        return;
    m_commands = commands;
    m_owner = owner;
    m_body = new QWidget;
    m_body->setAutoFillBackground(false);
    m_layout = new QVBoxLayout(m_body);
    m_layout->setContentsMargins(4, 8, 4, 8);
    m_layout->setSpacing(4);
    auto *note = new QLabel(noteFor(owner), m_body);
    note->setObjectName(QStringLiteral("accessCommandsNote"));
    note->setWordWrap(true);
    m_layout->addWidget(note);
    for (const AccessCommand &command : commands)
        add(command);
    m_layout->addStretch(1);
    setWidget(m_body);
}

void AccessCommandsPane::add(const AccessCommand &command)
{
    auto *purpose = new QLabel(command.purpose, m_body);
    purpose->setProperty("heading", true);
    // Whoever pastes a command wants to have read all of it.
    auto *line = new QLabel(m_body);
    line->setObjectName(QStringLiteral("accessCommand-") + command.id);
    line->setTextFormat(Qt::PlainText);
    line->setText(command.line);
    line->setWordWrap(true);
    // A long path gives way to the button.
    QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    line->setSizePolicy(policy);
    line->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    line->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    line->setAccessibleName(command.purpose);
    auto *copy = new QPushButton(QStringLiteral("Copy"), m_body);
    copy->setObjectName(QStringLiteral("accessCommandCopy-") + command.id);
    copy->setAccessibleName(QStringLiteral("Copy the command: %1").arg(command.purpose));
    copy->setAutoDefault(false);
    connect(copy, &QPushButton::clicked, this, [text = command.line] { QGuiApplication::clipboard()->setText(text); });
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(line, 1);
    row->addWidget(copy, 0, Qt::AlignTop);
    m_layout->addSpacing(4);
    m_layout->addWidget(purpose);
    m_layout->addLayout(row);
}

} // namespace Switchyard

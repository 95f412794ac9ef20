// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/common/rowmodel.h"

namespace Switchyard {

class Workbench;

/// One thing that needs a person, and where it is dealt with.
struct Attention
{
    QString key;
    State state = State::Down;
    QString word;
    QString backend;
    QString text;
    QString page;
    QString item;
};

QList<Attention> attentionOf(const Workbench &workbench);
QStringList attentionColumns();
QList<Row> attentionRows(const QList<Attention> &items);

} // namespace Switchyard

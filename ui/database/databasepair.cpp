// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasepair.h"

#include "models/database/watch/databaseset.h"
#include "models/database/watch/endpointconnection.h"
#include "ui/common/format.h"

#include <QComboBox>

namespace Switchyard {

void fillDatabaseChoice(QComboBox *box, const DatabaseSet *set, int chosen)
{
    box->clear();
    // The longest name would make the dialog wider than a screen; the list below shows it whole.
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    constexpr int shortest = 22;
    box->setMinimumContentsLength(shortest);
    for (int i = 0; set && i < set->count(); ++i) {
        const DatabaseRecord &record = set->record(i);
        box->addItem(QStringLiteral("%1 of %2%3")
                         .arg(record.endpoint.name, record.backend,
                              record.role.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(record.role)));
        box->setItemData(i, plainTip(box->itemText(i)), Qt::ToolTipRole);
    }
    if (box->count() > 0)
        box->setCurrentIndex(chosen >= 0 && chosen < box->count() ? chosen : 0);
}

int chosenDatabase(const QComboBox *box)
{
    return box->currentIndex();
}

Result<CompareReport> comparePair(const DatabaseEndpoint &source, const DatabaseEndpoint &target,
                                  CompareOptions options, const CancelFlag &cancelled)
{
    const Result<OpenEndpoint> from = openEndpoint(source, cancelled);
    if (!from)
        return tl::unexpected(from.error());
    const Result<OpenEndpoint> to = openEndpoint(target, cancelled);
    if (!to)
        return tl::unexpected(to.error());
    options.access.cancelled = cancelled;
    const Result<void> may = comparable(from->connection, to->connection, options);
    if (!may)
        return tl::unexpected(may.error());
    return compareDatabases(from->connection, to->connection, options);
}

} // namespace Switchyard

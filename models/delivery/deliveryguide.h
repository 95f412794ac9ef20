// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/delivery/delivery.h"
#include "models/delivery/deliverysides.h"

namespace Switchyard {

/// What the guide tells beside the files.
struct GuideFacts
{
    QString manifestPath;    ///< below the folder
    QString context;         ///< what an image is built from
    QString upload;          ///< name of the file with secrets
    QStringList open;        ///< variables without a known value
    QStringList publicNames; ///< variables that are built into a frontend
    QStringList callbacks;   ///< names that speak of somebody else calling back
    bool converted = false;
};

/// DELIVERY.md: which file is for what, in which order, what was lost, and what a person still has to do.
QByteArray guideText(const Delivery &delivery, const DeliverySides &sides, const GuideFacts &facts);

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/access/accessendpoint.h"
#include "models/database/strings/connectionstring.h"

namespace Switchyard {

/// What a person says beside the workspace, as it was typed.
struct AccessTold
{
    QString platform;     ///< id; empty: as the workspace says; "?": one that is not known here
    QString service;      ///< accessListOwnerName(); empty: by the database's host
    QString outbound;     ///< addresses and ranges, with blanks or commas
    QString outboundFile; ///< what the platform answered; empty: none
    bool bought = false;  ///< those addresses are this backend's alone
    QString listFile;     ///< empty: none
    QString databasePlan, platformPlan;
    QString ownAddress;
    bool operator==(const AccessTold &) const = default;
};

/// One question to the adviser. A value; the catalogue must outlive the work.
struct AccessRequest
{
    const PlatformCatalogue *catalogue = nullptr;
    Backend backend;
    DatabaseEndpoint database;
    QString workspaceFile;
    /// As it was read before, or why it could not be; nothing: it is read where it is needed, and stands here then.
    std::optional<Result<ConnectionString>> connection;
    AccessTold told;
    QDateTime now; ///< UTC
};

struct AccessAnswer
{
    AccessAdvice advice;
    QList<AccessCommand> commands;
};

/// Reads the connection string and the files, and asks the adviser. Blocking, also on a keychain: for a worker thread.
/// Errors: those of readConnection(), parseAddressRange(), parseOutbound() and parseAccessList(), and files that cannot
/// be read.
[[nodiscard]] Result<AccessAnswer> answerAccess(AccessRequest *request);

} // namespace Switchyard

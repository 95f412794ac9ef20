// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/envsources.h"
#include "models/workspace/workspace.h"

#include <QList>
#include <QString>

#include <optional>
#include <stop_token>

namespace Switchyard {

/// Where the variables of a running service come from: a platform's API. The platform drivers fill it in; without one,
/// a comparison has the files only.
class LiveVariables
{
public:
    LiveVariables() = default;
    virtual ~LiveVariables() = default;
    LiveVariables(const LiveVariables &) = delete;
    LiveVariables &operator=(const LiveVariables &) = delete;

    /// The variables that the platform holds for the backend. Where it shows names only, an entry has no value and says
    /// so in `missing`. Blocks; ends soon when asked to stop. Errors: auth, timeout, refused, protocol, cancelled.
    [[nodiscard]] virtual Result<EnvironmentSet> read(const Backend &backend, std::stop_token stop) = 0;
};

/// How one variable stands in two places.
enum class DriftState
{
    Same,
    Differs,
    OnlyFirst,
    OnlySecond,
    CannotVerify ///< both have it, and at least one shows no value
};
QString driftStateName(DriftState state); ///< "same", "differs", "only-first", "only-second", "cannot-verify"

struct DriftRow
{
    QString name;
    DriftState state = DriftState::Same;
    bool secret = false;
    std::optional<QString> first; ///< may be a secret
    std::optional<QString> second;
    QString firstSaid; ///< where there is no value to see
    QString secondSaid;
    QList<Place> firstPlaces;
    QList<Place> secondPlaces;
    QString reason; ///< never empty, never with a value
};

/// Compares two sets by name: first all of the first set in its order, then what only the second has. Pure and linear.
[[nodiscard]] QList<DriftRow> compareVariables(const EnvironmentSet &first, const EnvironmentSet &second);

} // namespace Switchyard

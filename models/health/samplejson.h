// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QJsonObject>
#include <QList>

namespace Switchyard {

/// One target of `health check --format json`: url (redacted), state, status (null: none arrived), phases in
/// milliseconds (null: not reached), certificate (null: none seen) and reason (null: up).
[[nodiscard]] QJsonObject probeSampleToJson(const ProbeSample &sample, const QString &url);

/// The whole document, resources/schemas/health-check.schema.json. `urls` has one entry a sample, in the same order.
[[nodiscard]] QJsonObject healthCheckToJson(const QList<ProbeSample> &samples, const QStringList &urls);

} // namespace Switchyard

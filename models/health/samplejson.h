// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/health/sample.h"

#include <QJsonObject>
#include <QList>

namespace Switchyard {

/// One target of `health check --format json`: url (redacted), state, status (null: none arrived), phases in
/// milliseconds (null: not reached), certificate (null: none seen) and reason (null: up).
/// `profile`: what it was judged by; nullptr: its own rules.
[[nodiscard]] QJsonObject probeSampleToJson(const ProbeSample &sample, const QString &url,
                                            const PlatformProfile *profile = nullptr);

/// What a sample's target was judged by; nullptr: its own rules.
using ProfilePtr = std::shared_ptr<const PlatformProfile>;

/// The whole document, resources/schemas/health-check.schema.json. `urls` has one entry a sample, in the same order,
/// and so have the profiles where there are any.
[[nodiscard]] QJsonObject healthCheckToJson(const QList<ProbeSample> &samples, const QStringList &urls,
                                            const QList<ProfilePtr> &profiles = {});

} // namespace Switchyard

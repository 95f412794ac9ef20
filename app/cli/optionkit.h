// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/duration.h"

#include <CLI/CLI.hpp>

#include <QString>
#include <QStringList>

#include <string>
#include <vector>

namespace Switchyard::Cli {

/// CLI11 knows std::string; these make it fill QString, QStringList and durations with a unit.
inline CLI::Option *text(CLI::App *app, const std::string &name, QString &value, const std::string &help)
{
    return app
        ->add_option_function<std::string>(
            name, [&value](const std::string &given) { value = QString::fromStdString(given); }, help)
        ->type_name("TEXT");
}

inline CLI::Option *texts(CLI::App *app, const std::string &name, QStringList &values, const std::string &help)
{
    return app
        ->add_option_function<std::vector<std::string>>(
            name,
            [&values](const std::vector<std::string> &given) {
                for (const std::string &value : given)
                    values.append(QString::fromStdString(value));
            },
            help)
        ->type_name("TEXT");
}

/// `value`: of milliseconds, which may be optional.
template <typename Value>
CLI::Option *duration(CLI::App *app, const std::string &name, Value &value, const std::string &help)
{
    return app
        ->add_option_function<std::string>(
            name,
            [&value, name](const std::string &given) {
                const Result<Milliseconds> parsed = parseDuration(QString::fromStdString(given));
                if (!parsed)
                    throw CLI::ValidationError(name, parsed.error().toString().toStdString());
                value = *parsed;
            },
            help)
        ->type_name("DURATION");
}

/// A duration that has to last: nothing can be done in no time.
template <typename Value>
CLI::Option *timeSpan(CLI::App *app, const std::string &name, Value &value, const std::string &help)
{
    return duration(app, name, value, help)->check([](const std::string &given) {
        const Result<Milliseconds> parsed = parseDuration(QString::fromStdString(given));
        return parsed && *parsed <= Milliseconds(0) ? std::string("must be longer than 0") : std::string();
    });
}

inline void repeated(CLI::App *app, const std::string &name, QStringList &values, const std::string &help)
{
    texts(app, name, values, help)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

} // namespace Switchyard::Cli

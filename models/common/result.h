// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/error.h"

#include <tl/expected.hpp>

namespace Switchyard {

/// A value or the reason there is none.
template <typename T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::Io, message, hint);` from a function that returns a Result.
inline tl::unexpected<Error> fail(ErrorKind kind, QString message, QString hint = {}, Place place = {})
{
    return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint), std::move(place)});
}

} // namespace Switchyard

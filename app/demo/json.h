// SPDX-License-Identifier: GPL-3.0-or-later
// Boost.JSON without its library: declared here, compiled once in json.cpp. Debian links its Boost.JSON package to
// another Boost version than the headers we build on.
#pragma once

#include <boost/json.hpp>

#include <string>

namespace Switchyard::Demo {

namespace json = boost::json;

/// A number with a fixed count of decimals. Boost.JSON writes every double with an exponent, which is right and which
/// nobody wants to read in a price.
std::string plainNumber(double value, int decimals);

} // namespace Switchyard::Demo

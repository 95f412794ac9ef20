// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/pythonnames.h"
#include "models/environment/uselist.h"

namespace Switchyard {

/// The fields of pydantic's settings classes, version 1 and 2.
void readPythonSettings(const CodeTokens &tokens, const PythonNames &names, std::string_view text, UseList &uses);

} // namespace Switchyard

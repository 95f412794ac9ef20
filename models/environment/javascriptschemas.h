// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/codetokens.h"
#include "models/environment/uselist.h"

namespace Switchyard {

/// An expression that is the environment as an object.
struct EnvObject
{
    std::size_t end = 0;  ///< the token behind it; 0: there is none
    std::string_view by;  ///< "process.env"; of a literal
    bool methods = false; ///< Deno: get() and has()
};

/// Where the environment at token i is given to a schema: z.object({…}).parse(process.env), createEnv({…, runtimeEnv:
/// process.env}), cleanEnv(process.env, {…}).
void readSchemaUses(const CodeTokens &tokens, std::size_t i, const EnvObject &env, UseList &uses);
/// envsafe({…}) at token i, which reads process.env by itself.
void readEnvsafeUses(const CodeTokens &tokens, std::size_t i, UseList &uses);

/// What Vite itself puts into import.meta.env.
bool isViteBuiltin(const QString &name);

} // namespace Switchyard

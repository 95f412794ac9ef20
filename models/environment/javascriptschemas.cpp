// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/javascriptschemas.h"

#include <algorithm>

namespace Switchyard {

namespace {

/// The fields of { NAME: z.string().default("x"), … } or { NAME: str({ default: "x" }) }.
void readFields(const CodeTokens &tokens, std::size_t open, const char *by, UseList &uses)
{
    for (const CodeArgument &entry : codeArguments(tokens, open)) {
        const bool quoted = tokens.isString(entry.begin);
        if (!entry.name.empty() || !tokens.is(entry.begin + 1, ":") || (!quoted && !tokens.isName(entry.begin)))
            continue;
        const std::string_view word = tokens.text(entry.begin);
        const QString name = quoted ? tokens.literal(entry.begin, entry.begin + 1).value_or(QString())
                                    : QString::fromUtf8(word.data(), qsizetype(word.size()));
        if (!isVariableName(name))
            continue;
        VariableUse &use = uses.add(tokens[entry.begin].begin, name, by);
        use.required = true;
        for (std::size_t i = entry.begin + 2; i < entry.end; ++i) {
            const bool method = tokens.isBefore(i, ".") && tokens.is(i + 1, "(");
            const bool option = tokens.is(i + 1, ":");
            if (method && (tokens.is(i, "optional") || tokens.is(i, "nullish"))) {
                use.required = false;
            } else if (tokens.is(i, "default") && (method || option)) {
                const std::size_t stop = method ? tokens.behind(i + 1) - 1 : tokens.expressionEnd(i + 2, {","});
                const CodeValue value = tokens.value(i + 2, std::min(stop, entry.end));
                use.fallback = value.text;
                use.fallbackComputed = value.computed;
                use.required = false;
            } else if (method && tokens.is(i, "catch")) {
                use.required = false;
            }
        }
    }
}

/// The "{" of `object({`, where the expression that ends before token `end` is such a schema; 0 where not.
std::size_t schemaBefore(const CodeTokens &tokens, std::size_t end)
{
    // z.object({…}).extend(…).strict(): back over calls to the one that makes it.
    std::size_t i = end;
    for (int steps = 0; steps < 20 && i > 1 && tokens.is(i - 1, ")"); ++steps) {
        const std::size_t open = tokens[i - 1].partner;
        if (open < 2 || !tokens.isName(open - 1))
            return 0;
        if (tokens.is(open - 1, "object") || tokens.is(open - 1, "strictObject") || tokens.is(open - 1, "looseObject"))
            return tokens.is(open + 1, "{") ? open + 1 : 0;
        if (!tokens.is(open - 2, "."))
            return 0;
        i = open - 2;
    }
    if (i < 1 || !tokens.isName(i - 1))
        return 0;
    // A name: what it was declared as.
    const std::string_view name = tokens.text(i - 1);
    for (std::size_t k = 0; k + 7 < tokens.size(); ++k) {
        if (tokens.isName(k) && tokens.text(k) == name && tokens.is(k + 1, "=")) {
            std::size_t from = k + 2;
            if (tokens.isName(from) && tokens.is(from + 1, "."))
                from += 2;
            const bool object = tokens.is(from, "object") || tokens.is(from, "strictObject");
            if (object && tokens.is(from + 1, "(") && tokens.is(from + 2, "{"))
                return from + 2;
        }
    }
    return 0;
}

/// The call whose argument, or whose options object, holds token i: its "(".
std::size_t enclosing(const CodeTokens &tokens, std::size_t i)
{
    constexpr std::size_t furthest = 4000;
    for (std::size_t back = i; back > 0 && i - back < furthest; --back) {
        const std::size_t at = back - 1;
        if (tokens[at].partner > i && (tokens.is(at, "(") || tokens.is(at, "{"))) {
            if (tokens.is(at, "("))
                return at;
            return at > 0 && tokens.is(at - 1, "(") ? at - 1 : 0;
        }
    }
    return 0;
}

} // namespace

void readSchemaUses(const CodeTokens &tokens, std::size_t i, const EnvObject &env, UseList &uses)
{
    static constexpr std::string_view parses[] = {"parse", "safeParse", "parseAsync", "safeParseAsync", "validateSync"};
    if (tokens.isBefore(i, "(") && i >= 4 && tokens.is(i - 3, ".") &&
        std::find(std::begin(parses), std::end(parses), tokens.text(i - 2)) != std::end(parses)) {
        if (const std::size_t open = schemaBefore(tokens, i - 3); open > 0)
            readFields(tokens, open, "zod schema", uses);
        return;
    }
    if (tokens.isBefore(i, "(") && i >= 2 && tokens.is(i - 2, "cleanEnv") && tokens.is(env.end, ",") &&
        tokens.is(env.end + 1, "{")) {
        readFields(tokens, env.end + 1, "envalid", uses);
        return;
    }
    const std::size_t call = enclosing(tokens, i);
    if (call == 0)
        return;
    if (tokens.is(call - 1, "createEnv") && tokens.is(call + 1, "{")) {
        for (const CodeArgument &entry : codeArguments(tokens, call + 1)) {
            const bool part = tokens.is(entry.begin, "server") || tokens.is(entry.begin, "client") ||
                              tokens.is(entry.begin, "shared");
            if (part && tokens.is(entry.begin + 1, ":") && tokens.is(entry.begin + 2, "{"))
                readFields(tokens, entry.begin + 2, "createEnv", uses);
        }
    }
}

void readEnvsafeUses(const CodeTokens &tokens, std::size_t i, UseList &uses)
{
    if (tokens.is(i, "envsafe") && tokens.is(i + 1, "(") && tokens.is(i + 2, "{") && !tokens.isBefore(i, "."))
        readFields(tokens, i + 2, "envsafe", uses);
}

} // namespace Switchyard

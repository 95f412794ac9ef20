// SPDX-License-Identifier: GPL-3.0-or-later
#include "market.h"

#include "json.h"
#include "log.h"
#include "random.h"

namespace Switchyard::Demo {

void Market::move()
{
    std::uniform_real_distribution<double> step(-0.001, 0.001);
    for (Symbol &symbol : m_symbols)
        symbol.price *= 1.0 + step(randomEngine());
}

std::string Market::quote(std::uint64_t seq) const
{
    const Symbol &symbol = m_symbols[(seq - 1) % m_symbols.size()];
    return "{\"seq\":" + std::to_string(seq) + ",\"symbol\":\"" + symbol.name +
           "\",\"price\":" + plainNumber(symbol.price, 2) + ",\"timestamp\":\"" + isoNow() + "\"}";
}

} // namespace Switchyard::Demo

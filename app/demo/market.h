// SPDX-License-Identifier: GPL-3.0-or-later
// Invented prices: one random walk per symbol, shared by every feed. I/O thread only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace Switchyard::Demo {

class Market final
{
public:
    /// Moves every price by up to a tenth of a percent; called once a second.
    void move();

    /// The JSON object {"seq":…,"symbol":…,"price":…,"timestamp":…}; symbols take turns by `seq`, which starts at 1.
    std::string quote(std::uint64_t seq) const;

private:
    struct Symbol
    {
        const char *name;
        double price;
    };
    std::array<Symbol, 3> m_symbols{{{"BTC-USD", 64000.0}, {"ETH-USD", 3200.0}, {"SOL-USD", 150.0}}};
};

} // namespace Switchyard::Demo

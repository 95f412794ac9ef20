// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history/store.h"

#include "models/history/writer.h"

namespace Switchyard {

HistoryStore::HistoryStore(std::unique_ptr<HistoryWriter> writer)
    : m_writer(std::move(writer))
{
}
HistoryStore::~HistoryStore() = default;

Result<std::unique_ptr<HistoryStore>> HistoryStore::open(const QString &path, const HistoryOptions &options)
{
    auto writer = std::make_unique<HistoryWriter>(path, options);
    if (const Result<void> started = writer->start(); !started)
        return tl::unexpected<Error>(started.error());
    return std::unique_ptr<HistoryStore>(new HistoryStore(std::move(writer)));
}

void HistoryStore::append(HistorySample sample)
{
    m_writer->append(std::move(sample));
}

void HistoryStore::append(HistoryEvent event)
{
    m_writer->append(std::move(event));
}

Result<void> HistoryStore::flush(Milliseconds atMost)
{
    return m_writer->flush(atMost);
}

HistoryStatus HistoryStore::status() const
{
    return m_writer->status();
}

const QString &HistoryStore::path() const
{
    return m_writer->path();
}

Result<void> HistoryStore::maintain(Milliseconds atMost)
{
    return m_writer->maintain(atMost);
}

Result<void> HistoryStore::check(Milliseconds atMost)
{
    return m_writer->check(atMost);
}

} // namespace Switchyard

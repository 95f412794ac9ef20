// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/mongocatalogue.h"

#include <QSet>

namespace Switchyard {

/// Counts and checksums of the collections that both sides have. Documents travel to here: a server has no cheap sum of
/// them that leaves its writers alone.
class MongoData final
{
public:
    MongoData(MongoSide &source, MongoSide &target, const MongoCatalogue &left, const MongoCatalogue &right,
              const CompareFilter &filter, const CompareOptions &options);

    /// Blocks until all is measured, or cannot be any more.
    void measure();
    /// Rows and totals; after the sides have told what was written meanwhile.
    void report(CompareFilter &filter, CompareReport &report) const;

private:
    /// Of one document.
    struct Seen
    {
        QByteArray hash;
        QByteArray id; ///< as mongoIdOf() gives it
    };
    /// All documents of one side. Whatever their order, the same ones have the same sums.
    struct Whole
    {
        bool read = false;
        QString why;
        qint64 documents = 0;
        quint64 sums[2]{0, 0};
        bool listed = true; ///< all are in the two below
        QHash<QString, Seen> byId;
        QStringList ids; ///< in the order of reading
    };
    /// What of the source's documents was looked up at the target.
    struct Sample
    {
        bool ends = false, between = false; ///< read
        QString why;
        qint64 compared = 0, found = 0;
        QSet<quint64> taken; ///< no document counts twice
    };
    /// How documents differ.
    struct Differences
    {
        qint64 other = 0, lacking = 0, more = 0;
        QString first;
        QByteArray firstId; ///< where it is of another content, and how is to be looked up
        QString how;        ///< of the first that is of another content
        bool any() const { return other + lacking + more > 0; }
        QString words() const;
    };
    struct Measure
    {
        std::optional<qint64> count, estimate;
        std::optional<qint64> writes; ///< before
        QString why;
        bool late = false;   ///< there is no count, because of the time limit
        bool mayNot = false; ///< or because of this user's rights
        Whole whole;
    };
    enum class Depth
    {
        None,
        Whole,
        Sample,
        Impossible
    };
    struct Pair
    {
        QString object;
        bool timeSeries = false;
        Measure sides[2];
        Depth depth = Depth::None;
        QString why; ///< it is impossible
        Sample sample;
        Differences differences;
    };

    MongoSide &side(int which) { return which == 0 ? m_source : m_target; }
    void progress(const char *phase, qint64 total, const QString &object);
    void both(const char *phase, const QList<qsizetype> &pairs,
              const std::function<void(int which, MongoLink &, Pair &)> &job);
    void withTwoLinks(const char *phase, const QList<qsizetype> &pairs,
                      const std::function<void(MongoLink &, MongoLink &, Pair &)> &job);
    void count();
    void countOne(int which, MongoLink &link, Pair &pair);
    std::optional<qint64> exactCount(int which, MongoLink &link, const QString &collection, MongoOutcome &outcome);
    void chooseDepth(Pair &pair) const;
    void checksum();
    void readWhole(int which, MongoLink &link, Pair &pair);
    static void walk(Pair &pair);
    void explain(MongoLink &source, MongoLink &target, Pair &pair);
    void sample(MongoLink &source, MongoLink &target, Pair &pair);
    MongoOutcome sampleBy(const QByteArray &command, const Deadline &budget, MongoLink &source, MongoLink &target,
                          Pair &pair);
    bool sampleBetween(const Deadline &budget, MongoLink &source, MongoLink &target, Pair &pair);
    bool lookUp(const MongoBatch &batch, const Deadline &budget, MongoLink &target, Pair &pair);
    void recheck();
    static bool isDifferent(const Pair &pair); ///< its documents were compared, and some are not the same
    void reportCount(const Pair &pair, CompareFilter &filter, CompareReport &report) const;
    void reportChecksum(const Pair &pair, CompareFilter &filter, CompareReport &report) const;
    /// Why there is no more of a measure.
    QString whyOf(const QString &why) const;

    MongoSide &m_source;
    MongoSide &m_target;
    const CompareOptions &m_options;
    std::vector<Pair> m_pairs;
    std::mutex m_mutex; ///< of progress
    qint64 m_done = 0;
    qint64 m_total = 0; ///< of a phase in several parts; 0: of the part
};

} // namespace Switchyard

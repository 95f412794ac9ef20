// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/database/compare/comparesession.h"

namespace Switchyard {

/// Counts, sequences against max(id), and checksums of the tables that both sides have.
class CompareData final
{
public:
    CompareData(CompareSession &source, CompareSession &target, const CompareFilter &filter,
                const CompareOptions &options);

    /// Blocks until all is measured, or cannot be any more.
    void measure();
    /// Rows and totals; after the sessions have told what was written meanwhile.
    void report(CompareFilter &filter, CompareReport &report) const;

private:
    /// What one side knows of one table.
    struct Measure
    {
        const TableFacts *facts = nullptr;
        std::optional<qint64> count;
        QHash<QString, std::optional<qint64>>
            edges;                      ///< of the columns with sequences: max, or min of those that go down
        QString why;                    ///< there is no count
        QString sum;                    ///< of all rows
        QString whySum;                 ///< there is none
        QHash<QString, QString> hashes; ///< of rows, by key
        QList<QStringList> keys;        ///< in the order in which they were sampled
        bool hashed = false;
    };
    enum class Depth
    {
        None,
        Whole,  ///< one sum over all rows
        Sample, ///< rows by their keys
        Impossible
    };
    struct Pair
    {
        QString object;
        Measure sides[2];
        QList<TableColumn> columns; ///< that both have, of one type
        QList<TableColumn> key;
        Depth depth = Depth::None;
        QString why;     ///< it is impossible
        bool all = true; ///< all columns are among them
    };
    struct Sequence
    {
        const OwnedSequence *source = nullptr;
        const OwnedSequence *target = nullptr;
    };

    CompareSession &session(int side) { return side == 0 ? m_source : m_target; }
    void progress(const char *phase, qint64 total, const QString &object);
    /// Both sides at once.
    void both(const char *phase, qsizetype count, const std::function<void(int side, PostgresLink &, qsizetype)> &job);
    void count();
    void countOne(int side, PostgresLink &link, qsizetype index);
    void countBatch(int side, PostgresLink &link, const QList<qsizetype> &batch);
    QString countSql(int side, qsizetype index) const;
    void takeCount(int side, const QStringList &row);
    QList<const OwnedSequence *> sequencesOf(int side, const QString &table) const;
    void chooseDepth(Pair &pair) const;
    void checksum();
    void sumBatch(int side, PostgresLink &link, const QList<qsizetype> &batch);
    void sumOne(int side, PostgresLink &link, qsizetype index);
    void locate();
    void sample();
    void sampleSource(PostgresLink &link, Pair &pair);
    void lookUp(PostgresLink &link, Pair &pair);
    QString rowHash(const Pair &pair) const;
    QString keyList(const Pair &pair) const;
    void reportCount(const Pair &pair, CompareFilter &filter, CompareReport &report) const;
    void reportChecksum(const Pair &pair, CompareFilter &filter, CompareReport &report) const;
    void reportSequence(const Sequence &sequence, CompareFilter &filter, CompareReport &report) const;
    void reportEdge(const Sequence &sequence, CompareFilter &filter, CompareReport &report) const;
    const Pair *pairOf(const QString &object) const;

    CompareSession &m_source;
    CompareSession &m_target;
    const CompareOptions &m_options;
    std::vector<Pair> m_pairs;
    QHash<QString, qsizetype> m_places;
    QList<Sequence> m_sequences;
    QHash<QString, QList<const OwnedSequence *>> m_owned[2]; ///< by table
    bool m_sameEncoding = true;
    bool m_sameFloats = true;
    std::mutex m_mutex; ///< of progress
    qint64 m_done = 0;
};

} // namespace Switchyard

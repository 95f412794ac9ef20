// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/redeploy/verdict.h"

#include <map>
#include <vector>

namespace Switchyard {

/// One loss of an open connection, from the trigger on, and what followed.
struct Loss
{
    const Event *ended = nullptr;
    int socket = 0; ///< index in the header's list
    int client = 0;
    int ordinal = 1;      ///< 1: this client's first loss, 2 and more: a bounce
    qint64 noticeUs = -1; ///< when the notice came on this connection; negative: never
    qint64 backUs = -1;   ///< when the client was open again; negative: not yet
    bool gaveUp = false;  ///< its reconnect policy made no further attempt

    /// The transport ended in order: by a close frame, or by the protocol's own goodbye.
    bool clean() const { return isGoodbye(ended->cause) || ended->serverDisconnect; }
};

/// An instance that was told to stop, and its end.
struct InstanceStop
{
    const Event *signal = nullptr;
    const Event *killed = nullptr; ///< nullptr: not killed
    const Event *exited = nullptr; ///< nullptr: not seen to end
    const Event *end() const { return exited ? exited : killed; }
};

/// An instance that was started while the redeploy ran.
struct InstanceStart
{
    const Event *starting = nullptr;
    const Event *healthy = nullptr; ///< nullptr: never was
};

/// What a record says, gathered once for all gates. Pointers lead into the record, which must outlive it.
struct SessionFacts
{
    explicit SessionFacts(const SessionRecord &sessionRecord);

    struct ClientHistory
    {
        int socket = 0;
        int client = 0;
        bool open = false;
        bool openAtBaseline = false;
        bool lostInBaseline = false;
        int losses = 0;
        qint64 noticeUs = -1;
        int noticeConnection = 0;
        int lastLoss = -1; ///< index into losses
    };

    const SessionRecord &record;
    qint64 baselineUs = -1;   ///< start of the baseline; negative: never reached
    qint64 triggerUs = -1;    ///< negative: never triggered
    qint64 endUs = 0;         ///< time of the last event
    std::vector<Loss> losses; ///< in order of time
    std::map<std::pair<int, int>, ClientHistory> clients;
    std::vector<InstanceStop> stops;   ///< from the trigger on, in order; several where several machines serve
    std::vector<InstanceStart> starts; ///< from the trigger on, in order
    int machinesBefore = 0;            ///< instances that were healthy when the redeploy was triggered, as driven
    const Event *signal = nullptr;     ///< the first old instance was told to stop
    const Event *exited = nullptr;     ///< that instance ended
    const Event *killed = nullptr;     ///< that instance was killed
    const Event *starting = nullptr;   ///< the last start of an instance (before the trigger: the first one)
    const Event *healthy = nullptr;    ///< and that instance was healthy
    const Event *switched = nullptr;   ///< traffic moved, after the trigger
    const Event *deployFailed = nullptr;
    const Event *deployFinished = nullptr;
    qint64 sleptUs = -1;         ///< when this machine was found to have slept; negative: it did not
    QStringList instancesBefore; ///< names answers gave before the trigger
    QStringList instancesAfter;  ///< … and from the trigger on

    bool triggered() const { return triggerUs >= 0; }
    const SessionSocket &socket(const Loss &loss) const { return record.header.sockets[loss.socket]; }
    bool severalMachines() const { return stops.size() > 1 || machinesBefore > 1; }
    const Loss *firstLoss() const { return losses.empty() ? nullptr : &losses.front(); }

private:
    void takeClient(const Event &event);
    void takeLoss(ClientHistory &history, const Event &event);
    void takeDeploy(const Event &event);
    void takeInstance(const QString &instance);
    int socketIndex(const QString &name) const;
};

/// One line of advice for a gate that failed or is unknown, fitted to the platform and to what was seen; and what to
/// copy, where there is something.
struct Advice
{
    QString text;
    QString snippet;
};
Advice adviceFor(const QString &gate, const SessionFacts &facts);

} // namespace Switchyard

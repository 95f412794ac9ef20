// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/dialects.h"

namespace Switchyard {

/// What a dialect makes of an assignment that others read otherwise.
struct EnvOpinion
{
    EnvDialect dialect = EnvDialect::Tolerant;
    bool seen = true; ///< false: for it there is no such variable here
    bool bare = false;
    /// The same number stands for the same name and value; 0 is the tolerant reader's.
    int group = 0;
    QString name;  ///< as it sees it: "export A"
    QString value; ///< masked unless asked: "•••• (12 characters)"
};

struct EnvDisagreement
{
    QString name;
    int line = 0;
    int column = 0;
    QList<EnvOpinion> opinions; ///< the tolerant reader's first, then one for each dialect that was asked
    QStringList reasons;        ///< what in the line they take differently
};

struct EnvRefusal
{
    EnvDialect dialect = EnvDialect::Tolerant;
    int line = 0;
    int column = 0;
    QString message;
};

struct EnvDisagreements
{
    QList<EnvDisagreement> rows;
    QList<EnvRefusal> refusals; ///< dialects that take nothing of the file; they have no opinion in the rows
};

/// Reads the text in each of the dialects and says where they differ. `most`: no more rows than that. Thread: any.
EnvDisagreements findDisagreements(const QByteArray &text, const QList<EnvDialect> &dialects = dotenvDialects(),
                                   bool reveal = false, qsizetype most = 1'000);

} // namespace Switchyard

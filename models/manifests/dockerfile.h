// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"

#include <QByteArray>
#include <QList>
#include <QMultiMap>
#include <QString>
#include <QStringList>

namespace Switchyard {

/// One assignment of an ENV, ARG or LABEL. `value` is without its quotes; references ($NAME) stand as they are written,
/// and \$ is a dollar that belongs to none.
struct DockerVariable
{
    QString name;
    QString value;
    bool stated = true;  ///< false: an ARG without a default
    bool quoted = false; ///< in single quotes throughout: nothing in it is a reference
    Place namePlace;
    Place place; ///< of the value; where it is not stated, of the name
};

struct DockerHeredoc
{
    QString word; ///< what ends it
    QString text;
    Place place; ///< of its first line
};

/// One instruction of a Dockerfile, its continued lines joined and the comments between them left out.
struct DockerInstruction
{
    QString name;                      ///< upper case
    bool known = true;                 ///< false: no instruction that a builder knows
    QString arguments;                 ///< as written, without the flags
    QStringList words;                 ///< of the exec form (`json`), else the arguments split at spaces outside quotes
    bool json = false;                 ///< the arguments are a JSON list
    QMultiMap<QString, QString> flags; ///< "--chown=app" is chown: "app"; flags without a value are ""
    QList<DockerVariable> variables;   ///< ENV, ARG, LABEL
    QList<DockerHeredoc> heredocs;     ///< RUN, COPY, ADD
    int stage = -1;                    ///< counts from 0; -1 before the first FROM
    QString stageName;                 ///< FROM … AS name, as written; FROM only
    QString key;                       ///< "stage[0].RUN[2]", "EXPOSE[0]": unique in the file
    Place place;
    Place argumentsPlace; ///< of the first argument after the flags
    int lastLine = 0;
};

/// Reads a Dockerfile as BuildKit's parser does: directives at the top (escape=), comments, continued lines, here-
/// documents, flags, the exec form. Thread: any.
///
/// Keys: those of the last stage, which is the image, stand without a stage; those of earlier ones begin with
/// "stage[N].", those before the first FROM with "global.".
/// What is wrong goes to `problems` (usage, with place) and does not end the reading, except: over 1 MB, NUL bytes, not
/// UTF-8. No message repeats a value of the file.
QList<DockerInstruction> parseDockerfile(const QByteArray &text, const QString &file, QList<Error> &problems);

} // namespace Switchyard

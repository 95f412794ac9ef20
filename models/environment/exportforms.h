// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/exports.h"

namespace Switchyard {

/// What is known of a target; of exports.cpp alone.
struct TargetRules
{
    ExportTarget target;
    const char *id;
    const char *fileName;
    QList<EnvDialect> dialects;   ///< all of them must read the same back
    bool comments = true;         ///< a line that begins with # is one
    qsizetype largestTotal = 0;   ///< bytes of names and values together; 0: no limit known
    const char *totalReason = ""; ///< which limit that is
    QStringList reservedPrefixes;
    QStringList reservedNames;
    bool longValues = false; ///< the file is read by the program itself, and need not fit into its environment
    QStringList notes;
};
const TargetRules &targetRules(ExportTarget target);

/// Ways to write one variable, the nicest first, each a whole statement with its line break. Not all of them mean the
/// value: the caller reads them back.
QList<QByteArray> statementForms(ExportTarget target, const QByteArray &name, const QByteArray &value);

/// Why the target does not take the name; empty where it does.
QString nameProblem(ExportTarget target, const QString &name);
/// Why no form carried the value, as far as one can tell from it.
QString valueProblem(ExportTarget target, const QString &value);
QString valueHint(ExportTarget target);

/// A List of a ConfigMap and a Secret. `plain` and `secret` hold names and values, `comments` whole lines.
QByteArray kubernetesText(const QString &application, const QList<std::pair<QString, QString>> &plain,
                          const QList<std::pair<QString, QString>> &secret, const QByteArray &comments);

} // namespace Switchyard

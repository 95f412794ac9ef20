// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/matrix.h"
#include "models/platforms/platform.h"

#include <QRegularExpression>

namespace Switchyard {

/// What all rows of a component are judged by.
class JudgedMove final
{
public:
    JudgedMove(const MatrixInput &input, const PlatformCatalogue &catalogue);

    const MatrixInput &input() const { return m_input; }
    const Platform *from() const { return m_from; } ///< nullptr: a file, or no platform that is known
    const Platform *to() const { return m_to; }
    QString fromName() const; ///< "Render", or the side's own name
    QString toName() const;

    /// The text with the source's hosts replaced by the target's, each in its own scheme; the same text where none
    /// stands in it or the target has no URL.
    QString moved(const QString &text) const;
    bool namesSource(const QString &text) const;
    /// The platform whose host the text names: the source's, without being the source itself. Empty: none.
    QString foreignHost(const QString &text) const;
    /// A host in the text that only programs on the source's platform reach; empty: none.
    QString privateHost(const QString &text) const;
    /// Where the server has to listen on the target; 0: not known.
    int targetPort() const;

private:
    const MatrixInput &m_input;
    const Platform *m_from = nullptr;
    const Platform *m_to = nullptr;
    QRegularExpression m_hosts;
    QString m_targetHost;
    bool m_targetSecure = true;
};

/// Host names of the URLs in a text, without ports.
QStringList hostsIn(const QString &text);

/// "backend/config.py:31, and 2 more"; tests do not count. Empty where nothing reads it.
QString readBy(const VariableRow &row);
/// Whether code reads it, as opposed to files that only list it.
bool isCodeUse(const VariableUse &use);

} // namespace Switchyard

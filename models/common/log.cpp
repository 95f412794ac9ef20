// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/common/log.h"

#include "models/common/redact.h"

#include <cstdio>
#include <cstdlib>

namespace Switchyard {

Q_LOGGING_CATEGORY(lcHealth, "switchyard.health", QtWarningMsg)
Q_LOGGING_CATEGORY(lcHistory, "switchyard.history", QtWarningMsg)
Q_LOGGING_CATEGORY(lcRealtime, "switchyard.realtime", QtWarningMsg)
Q_LOGGING_CATEGORY(lcAlerts, "switchyard.alerts", QtWarningMsg)
Q_LOGGING_CATEGORY(lcDeploy, "switchyard.deploy", QtWarningMsg)
Q_LOGGING_CATEGORY(lcRedeploy, "switchyard.redeploy", QtWarningMsg)
Q_LOGGING_CATEGORY(lcWorkspace, "switchyard.workspace", QtWarningMsg)

void installLogging()
{
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &message) {
        const QByteArray line = redact(qFormatLogMessage(type, context, message)).toUtf8() + '\n';
        std::fwrite(line.constData(), 1, std::size_t(line.size()), stderr);
        if (type == QtFatalMsg)
            std::abort();
    });
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/output.h"

#include "models/common/redact.h"

#include <QJsonDocument>

#include <cstdio>

#include <unistd.h>

namespace Switchyard::Cli {

namespace {

void write(std::FILE *stream, const QByteArray &bytes)
{
    std::fwrite(bytes.constData(), 1, std::size_t(bytes.size()), stream);
    std::fflush(stream);
}

} // namespace

bool Global::color() const
{
    return !noColor && qEnvironmentVariableIsEmpty("NO_COLOR") && ::isatty(STDOUT_FILENO);
}

void printResult(const QString &text)
{
    write(stdout, text.toUtf8());
}

void printJson(const QJsonObject &object)
{
    write(stdout, QJsonDocument(object).toJson(QJsonDocument::Indented));
}

void progress(const Global &global, const QString &text)
{
    if (!global.quiet)
        write(stderr, text.toUtf8() + '\n');
}

int reportError(const Error &error)
{
    QString text = QStringLiteral("switchyard-cli: ");
    if (const QString place = error.place.toString(); !place.isEmpty())
        text += place + QStringLiteral(": ");
    text += redact(error.message) + QLatin1Char('\n');
    if (!error.hint.isEmpty())
        text += QStringLiteral("  hint: ") + redact(error.hint) + QLatin1Char('\n');
    write(stderr, text.toUtf8());
    return error.kind == ErrorKind::Cancelled ? exitInterrupted : exitUsage;
}

} // namespace Switchyard::Cli

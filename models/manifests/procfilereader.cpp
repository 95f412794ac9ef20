// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/formats.h"

#include <QRegularExpression>
#include <QSet>
#include <QStringDecoder>

namespace Switchyard {

namespace {

struct ProcfileText
{
    QString text;
    bool good = false;
};

ProcfileText decoded(QByteArray bytes, const QString &file, QList<Error> &problems)
{
    const auto refuse = [&](const QString &message) {
        problems.append(
            Error{ErrorKind::Usage, message, QStringLiteral("a Procfile has lines of NAME: command"), {file, 0, 0}});
        return ProcfileText{};
    };
    if (bytes.size() > 1 << 20)
        return refuse(QStringLiteral("more than 1 MB"));
    if (bytes.startsWith("\xef\xbb\xbf"))
        bytes.remove(0, 3);
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder.decode(bytes);
    if (decoder.hasError())
        return refuse(QStringLiteral("the file is not UTF-8"));
    if (bytes.contains('\0'))
        return refuse(QStringLiteral("a NUL byte"));
    return {text, true};
}

} // namespace

ServiceModel readProcfile(const QByteArray &text, const QString &file, Ledger &ledger, QList<Error> &problems)
{
    ServiceModel model;
    model.format = QStringLiteral("procfile");
    const ProcfileText source = decoded(text, file, problems);
    if (!source.good)
        return model;
    static const QRegularExpression form(QStringLiteral("\\A\\s*([A-Za-z0-9_-]+):\\s*(.*?)\\s*\\z"));
    Field<QString> release;
    QSet<QString> names;
    const QStringList lines = source.text.split(QLatin1Char('\n'));
    for (int i = 0; i < int(lines.size()); ++i) {
        const QString trimmed = lines[i].trimmed();
        if (trimmed.isEmpty() || trimmed.startsWith(QLatin1Char('#')))
            continue;
        const QRegularExpressionMatch match = form.match(lines[i]);
        const Place begin{file, i + 1, 1};
        if (!match.hasMatch() || match.captured(2).isEmpty()) {
            // Kept in the account, so that a line nobody understands is seen.
            ledger.open(QStringLiteral("line[%1]").arg(i + 1), begin);
            problems.append(Error{ErrorKind::Usage, QStringLiteral("this line is no NAME: command"),
                                  QStringLiteral("web: uvicorn app:app --host 0.0.0.0 --port $PORT"), begin});
            continue;
        }
        const QString name = match.captured(1);
        const Place place{file, i + 1, int(match.capturedStart(2)) + 1};
        if (names.contains(name)) {
            ledger.open(name + QStringLiteral("[%1]").arg(i + 1), place);
            problems.append(Error{ErrorKind::Usage, QStringLiteral("\"%1\" stands twice").arg(name),
                                  QStringLiteral("keep one of them"), place});
            continue;
        }
        names.insert(name);
        ledger.open(name, place);
        ledger.read(place);
        if (name == QLatin1StringView("release")) {
            release = Stated<QString>{match.captured(2), place};
            ledger.read(place, QStringLiteral("runs before a deploy of the web process, and there is none"));
            continue;
        }
        Service service;
        service.kind = name == QLatin1StringView("web") ? ServiceKind::Web : ServiceKind::Worker;
        service.name = name;
        service.place = place;
        service.startCommand = Stated<QString>{match.captured(2), place};
        model.services.append(service);
    }
    // The release phase belongs to the app; the web process carries it, else the first.
    for (Service &service : model.services) {
        if (release && service.kind == ServiceKind::Web)
            service.preDeployCommand = std::exchange(release, std::nullopt);
    }
    if (release && !model.services.isEmpty())
        model.services.first().preDeployCommand = release;
    return model;
}

} // namespace Switchyard

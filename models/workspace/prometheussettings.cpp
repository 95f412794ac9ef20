// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workspace/prometheussettings.h"

#include "models/common/redact.h"
#include "models/workspace/parsing.h"

#include <QDir>
#include <QFileInfo>
#include <QUrl>

namespace Switchyard {

namespace {

using L = QLatin1StringView;

} // namespace

Result<QString> prometheusUrl(const QString &text)
{
    const QString hint =
        QStringLiteral("write http://host[:port] or https://host[:port], with a path where it has one");
    const QUrl url(text, QUrl::StrictMode);
    // Said without the text: what is wrong may be a credential in it.
    if (urlCarriesSecret(text) || !url.userInfo().isEmpty() || text.contains(QLatin1Char('@')))
        return fail(ErrorKind::Usage, QStringLiteral("carries credentials"),
                    hint + QStringLiteral(", and the token as a reference"));
    if (!url.isValid() || url.host().isEmpty() || url.port(1) < 1)
        return fail(ErrorKind::Usage, QStringLiteral("is no valid URL"), hint);
    if (url.scheme() != L("http") && url.scheme() != L("https"))
        return fail(ErrorKind::Usage, QStringLiteral("must be http or https, not %1").arg(url.scheme()), hint);
    if (url.hasQuery() || url.hasFragment())
        return fail(ErrorKind::Usage, QStringLiteral("may have no query"), hint);
    QString kept = text;
    while (kept.endsWith(QLatin1Char('/')))
        kept.chop(1);
    return kept;
}

std::optional<PrometheusSettings> readPrometheusSettings(TomlReader &root, const QString &fileName)
{
    std::optional<TomlReader> table = root.table(L("prometheus"));
    if (!table)
        return std::nullopt;
    PrometheusSettings settings;
    settings.place = table->place();
    QString url;
    if (table->text(L("url"), &url, Presence::Required)) {
        if (const Result<QString> kept = prometheusUrl(url))
            settings.url = *kept;
        else
            table->error(*table->take(L("url")), QStringLiteral("\"url\" %1").arg(kept.error().message),
                         kept.error().hint);
    }
    readReference(*table, L("token"), &settings.token);
    readPublicText(*table, L("ca"), &settings.ca);
    if (!settings.ca.isEmpty() && !fileName.isEmpty())
        settings.ca = QFileInfo(fileName).absoluteDir().absoluteFilePath(settings.ca);
    table->boolean(L("read_health"), &settings.readHealth);
    table->finish();
    return settings;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/delivery/deliveryguide.h"

#include "models/common/duration.h"
#include "models/common/redact.h"
#include "models/common/shellwords.h"

#include <QFileInfo>

namespace Switchyard {

namespace {

/// A text in a line of Markdown: nothing of it ends the line, a table's cell or a piece of code.
QString inLine(const QString &text)
{
    QString safe = redact(text.simplified());
    return safe.replace(QLatin1Char('|'), QStringLiteral("\\|")).replace(QLatin1Char('<'), QStringLiteral("&lt;"));
}

QString code(const QString &text)
{
    QString safe = text.simplified();
    return QLatin1Char('`') +
           safe.replace(QLatin1Char('`'), QLatin1Char('\'')).replace(QLatin1Char('|'), QStringLiteral("\\|")) +
           QLatin1Char('`');
}

QString stopOf(const Platform &platform)
{
    QString text = QStringLiteral("%1 sends %2 and waits %3")
                       .arg(platform.name, platform.shutdown.signal, formatDuration(platform.shutdown.grace));
    if (platform.shutdown.graceMax.count() > 0 && !platform.shutdown.graceKey.isEmpty())
        text += QStringLiteral(" (%1, at most %2)")
                    .arg(code(platform.shutdown.graceKey), formatDuration(platform.shutdown.graceMax));
    return text;
}

class Guide
{
public:
    Guide(const Delivery &delivery, const DeliverySides &sides, const GuideFacts &facts)
        : m_delivery(delivery)
        , m_sides(sides)
        , m_facts(facts)
    {
    }

    QByteArray text()
    {
        line(QStringLiteral("# %1: %2 on %3")
                 .arg(inLine(m_sides.workspace->name), inLine(m_delivery.backend), m_sides.target.platform->name));
        line();
        line(QStringLiteral(
                 "Written by Switchyard%1. Everything here is written anew by the next `switchyard-cli manifest "
                 "export`; a file that was edited since is only replaced with `--force`.")
                 .arg(m_delivery.source.isEmpty()
                          ? QString()
                          : QStringLiteral(" from the backend %1").arg(inLine(m_delivery.source))));
        files();
        order();
        byHand();
        losses();
        notes();
        return m_text.toUtf8();
    }

private:
    void line(const QString &text = {}) { m_text += text + QLatin1Char('\n'); }
    void heading(const char *text)
    {
        line();
        line(QStringLiteral("## ") + QString::fromUtf8(text));
        line();
    }
    void step(const QString &text) { line(QStringLiteral("%1. %2").arg(++m_step).arg(text)); }
    void item(const QString &text) { line(QStringLiteral("- ") + text); }

    void files()
    {
        heading("Files");
        line(QStringLiteral("| file | for |"));
        line(QStringLiteral("|---|---|"));
        for (const DeliveryFile &file : m_delivery.files)
            line(QStringLiteral("| %1 | %2%3 |")
                     .arg(code(file.path), inLine(file.purpose),
                          file.holdsSecrets ? QStringLiteral(" – **holds secrets, never commit it**") : QString()));
    }

    bool has(DeliveryKind kind) const { return m_delivery.find(kind) != nullptr; }

    void order()
    {
        heading("In this order");
        const QString example = m_facts.upload + QStringLiteral(".example");
        if (!m_delivery.withSecrets)
            step(QStringLiteral("Copy %1 to %2, `chmod 600` it and look it through%3.")
                     .arg(code(example), code(m_facts.upload),
                          m_facts.open.isEmpty() ? QString()
                                                 : QStringLiteral("; empty are %1").arg(names(m_facts.open))));
        else if (!m_facts.open.isEmpty())
            step(QStringLiteral("Fill in what is empty in %1: %2.").arg(code(m_facts.upload), names(m_facts.open)));
        if (m_sides.target.is("fly"))
            fly();
        else if (m_sides.target.is("render"))
            render();
        else
            step(QStringLiteral("Put the variables where the program finds them, and start it."));
        if (has(DeliveryKind::VerifyScript))
            step(
                QStringLiteral("`sh verify-deployment.sh` asks %1; `sh verify-deployment.sh URL` another address, such "
                               "as the platform's own before the domain moves.")
                    .arg(code(m_sides.target.backend->url)));
        if (has(DeliveryKind::Rewrites))
            step(QStringLiteral(
                "When that passes: put the changed `vercel.json` in its place and deploy the frontend."));
        if (has(DeliveryKind::ScrapeConfig))
            step(QStringLiteral("Put the job of `prometheus-scrape.yml` under `scrape_configs` of prometheus.yml."));
    }

    void fly()
    {
        step(QStringLiteral(
            "Put the files into the repository, at the same paths (the guide, the scripts and what holds "
            "secrets need not be there)."));
        step(QStringLiteral(
            "`sh set-secrets.sh` stages the secrets: they go to `fly secrets import` on standard input."));
        const QString folder = m_facts.context.isEmpty() ? QString() : QLatin1Char(' ') + shellQuoted(m_facts.context);
        const QString config = m_facts.manifestPath == QStringLiteral("fly.toml")
                                   ? QString()
                                   : QStringLiteral(" --config ") + shellQuoted(m_facts.manifestPath);
        step(QStringLiteral("%1 in the repository's root. The first deploy makes two machines; `--ha=false` makes one.")
                 .arg(code(QStringLiteral("fly deploy%1%2").arg(folder, config))));
    }

    void render()
    {
        step(QStringLiteral("Put %1 into the repository; Render finds only `render.yaml` in the root by itself.")
                 .arg(code(m_facts.manifestPath)));
        step(QStringLiteral(
            "Create the Blueprint in Render's dashboard. Variables with `sync: false` are asked for once."));
        step(QStringLiteral("Environment › Add from .env: choose %1. Then delete the file.").arg(code(m_facts.upload)));
    }

    static QString names(const QStringList &list)
    {
        QStringList all;
        for (const QString &each : list)
            all.append(code(each));
        return all.join(QStringLiteral(", "));
    }

    void byHand()
    {
        heading("What a person still has to do");
        const Platform &target = *m_sides.target.platform;
        if (const Platform *source = m_sides.source.platform; source && source != &target)
            item(
                QStringLiteral("**Shutdown.** %1; %2, unless the manifest says otherwise. Rehearse it: `switchyard-cli "
                               "rehearse --platform %3`.")
                    .arg(stopOf(*source), stopOf(target), target.id));
        else
            item(QStringLiteral("**Shutdown.** %1, unless the manifest says otherwise.").arg(stopOf(target)));
        if (!m_facts.publicNames.isEmpty())
            item(QStringLiteral(
                     "**Frontend.** %1 are built into what browsers get: set them where the frontend is built, "
                     "and build it anew. A restart changes nothing.")
                     .arg(names(m_facts.publicNames)));
        item(QStringLiteral("**Callbacks.** Others keep the old address until somebody tells them: payment "
                            "notifications (IPN), OAuth redirects, webhooks, uptime checks%1.")
                 .arg(m_facts.callbacks.isEmpty()
                          ? QString()
                          : QStringLiteral(". Here these speak of them: %1").arg(names(m_facts.callbacks))));
        if (!m_sides.target.backend->databases.isEmpty())
            item(
                QStringLiteral("**Databases.** Let the new platform's addresses in where a database has an allow-list, "
                               "before the first deploy."));
        if (!m_sides.target.backend->sockets.isEmpty() && !target.websocket.stickySessions)
            item(QStringLiteral(
                     "**Sockets.** %1 sends a client to any instance: Socket.IO's polling needs one instance, "
                     "or clients that begin with WebSocket.")
                     .arg(target.name));
        if (m_delivery.source.size())
            item(QStringLiteral(
                     "**The way back.** Leave %1 running, and its address among the allowed origins, until the "
                     "new one has been watched for a while.")
                     .arg(code(m_delivery.source)));
    }

    void losses()
    {
        if (!m_facts.converted)
            return;
        heading("What was not carried over");
        if (m_delivery.lost() == 0) {
            line(QStringLiteral("Nothing. `loss.json` says of each key what became of it."));
            return;
        }
        line(QStringLiteral("| key | where | why |"));
        line(QStringLiteral("|---|---|---|"));
        for (const KeyFate &fate : m_delivery.loss) {
            if (fate.outcome == KeyOutcome::NotTranslated)
                line(QStringLiteral("| %1 | %2:%3 | %4 |")
                         .arg(code(fate.key), inLine(fate.place.file), QString::number(fate.place.line),
                              inLine(fate.reason)));
        }
    }

    void notes()
    {
        if (m_delivery.notes.isEmpty() && m_delivery.findings.isEmpty())
            return;
        heading("Notes");
        for (const QString &note : m_delivery.notes)
            item(inLine(note));
        for (const Finding &finding : m_delivery.findings) {
            if (finding.severity != Severity::Note)
                item(QStringLiteral("%1: %2: %3%4")
                         .arg(inLine(finding.place.toString()), severityName(finding.severity), inLine(finding.message),
                              finding.fix.isEmpty() ? QString() : QStringLiteral(" – ") + inLine(finding.fix)));
        }
    }

    const Delivery &m_delivery;
    const DeliverySides &m_sides;
    const GuideFacts &m_facts;
    QString m_text;
    int m_step = 0;
};

} // namespace

QByteArray guideText(const Delivery &delivery, const DeliverySides &sides, const GuideFacts &facts)
{
    return Guide(delivery, sides, facts).text();
}

} // namespace Switchyard

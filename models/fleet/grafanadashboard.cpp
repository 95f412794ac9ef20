// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/fleet/fleetparts.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

namespace Switchyard {

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

QJsonObject source()
{
    return {{s("type"), s("prometheus")}, {s("uid"), s("${datasource}")}};
}

struct Panel
{
    const char *title;
    const char *type;
    const char *expression; ///< %1: the labels
    const char *legend;
    const char *unit;
    int x, y, width, height;
};

/// Every figure that `fleet status` prints, over the dashboard's own span.
constexpr Panel panels[] = {
    {"State", "stat", "probe_success{%1}", "{{monitor}}", "none", 0, 0, 24, 6},
    {"Uptime (share of good probes)", "bargauge", "avg_over_time(probe_success{%1}[$__range])", "{{monitor}}",
     "percentunit", 0, 6, 12, 8},
    {"Certificate, days left", "bargauge", "(probe_ssl_earliest_cert_expiry{%1} - time()) / 86400", "{{monitor}}", "d",
     12, 6, 12, 8},
    {"Latency", "timeseries", "probe_duration_seconds{%1}", "{{monitor}}", "s", 0, 14, 12, 9},
    {"Latency, 95th percentile of 1 h", "timeseries", "quantile_over_time(0.95, probe_duration_seconds{%1}[1h])",
     "{{monitor}}", "s", 12, 14, 12, 9},
    {"Phases of HTTP probes", "timeseries", "avg by (phase) (probe_http_duration_seconds{%1})", "{{phase}}", "s", 0, 23,
     12, 9},
    {"HTTP status", "timeseries", "probe_http_status_code{%1}", "{{monitor}}", "none", 12, 23, 12, 9},
};

QJsonObject panelJson(const Panel &panel, int id, const QString &labels)
{
    QJsonObject defaults{{s("unit"), s(panel.unit)}};
    if (id == 1) {
        // Word and colour: the state is not told by colour alone.
        const auto word = [](const char *text, const char *color) {
            return QJsonObject{{s("text"), s(text)}, {s("color"), s(color)}};
        };
        defaults.insert(s("mappings"),
                        QJsonArray{QJsonObject{{s("type"), s("value")},
                                               {s("options"), QJsonObject{{s("0"), word("down", "red")},
                                                                          {s("1"), word("up", "green")}}}}});
    }
    QJsonObject json{{s("id"), id},
                     {s("title"), s(panel.title)},
                     {s("type"), s(panel.type)},
                     {s("datasource"), source()},
                     {s("gridPos"),
                      QJsonObject{{s("x"), panel.x}, {s("y"), panel.y}, {s("w"), panel.width}, {s("h"), panel.height}}},
                     {s("fieldConfig"), QJsonObject{{s("defaults"), defaults}, {s("overrides"), QJsonArray{}}}},
                     {s("targets"), QJsonArray{QJsonObject{{s("refId"), s("A")},
                                                           {s("datasource"), source()},
                                                           {s("expr"), s(panel.expression).arg(labels)},
                                                           {s("legendFormat"), s(panel.legend)},
                                                           {s("instant"), s(panel.type) != s("timeseries")}}}}};
    if (id == 1)
        json.insert(s("options"), QJsonObject{{s("colorMode"), s("background")}, {s("textMode"), s("value_and_name")}});
    return json;
}

QJsonObject variable(const char *name, const QString &labels)
{
    return {{s("name"), s(name)},
            {s("label"), s(name)},
            {s("type"), s("query")},
            {s("datasource"), source()},
            {s("query"), s("label_values(probe_success{%1}, %2)").arg(labels, s(name))},
            {s("refresh"), 2},
            {s("includeAll"), true},
            {s("allValue"), s(".*")}, // also monitors that belong to no backend
            {s("multi"), true},
            {s("current"), QJsonObject{{s("text"), s("All")}, {s("value"), s("$__all")}}}};
}

} // namespace

QByteArray grafanaDashboard(const Workspace &workspace)
{
    QString name = workspace.name;
    name.replace(QLatin1Char('\\'), s("\\\\")).replace(QLatin1Char('"'), s("\\\""));
    const QString whole = s("workspace=\"%1\"").arg(name);
    const QString labels = whole + s(",backend=~\"$backend\",monitor=~\"$monitor\"");
    QJsonArray list;
    int id = 0;
    for (const Panel &panel : panels)
        list.append(panelJson(panel, ++id, labels));
    const QJsonObject dashboard{
        {s("uid"),
         s("switchyard-") +
             QString::fromLatin1(
                 QCryptographicHash::hash(workspace.name.toUtf8(), QCryptographicHash::Sha256).toHex().left(20))},
        {s("title"), s("Switchyard: %1").arg(workspace.name)},
        {s("tags"), QJsonArray{s("switchyard")}},
        {s("schemaVersion"), 36},
        {s("timezone"), s("browser")},
        {s("refresh"), s("30s")},
        {s("time"), QJsonObject{{s("from"), s("now-6h")}, {s("to"), s("now")}}},
        {s("templating"),
         QJsonObject{{s("list"), QJsonArray{QJsonObject{{s("name"), s("datasource")},
                                                        {s("label"), s("source")},
                                                        {s("type"), s("datasource")},
                                                        {s("query"), s("prometheus")}},
                                            variable("backend", whole),
                                            variable("monitor", whole + s(",backend=~\"$backend\""))}}}},
        {s("panels"), list}};
    return QJsonDocument(dashboard).toJson();
}

} // namespace Switchyard

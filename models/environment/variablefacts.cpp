// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/environment/variablefacts.h"

#include "models/scan/hits.h"

#include <QList>
#include <QRegularExpression>

namespace Switchyard {

namespace {

QRegularExpression pattern(const char *text)
{
    QRegularExpression expression(QString::fromLatin1(text));
    expression.optimize();
    return expression;
}

struct NamedProgram
{
    const char *names; ///< a pattern of whole names
    const char *program;
};

// Sources: each program's documentation of its environment.
const NamedProgram programs[] = {
    {"WEB_CONCURRENCY|FORWARDED_ALLOW_IPS", "gunicorn and uvicorn"},
    {"GUNICORN_CMD_ARGS", "gunicorn"},
    {"UVICORN_\\w+", "uvicorn"},
    {"PYTHON(UNBUFFERED|PATH|DONTWRITEBYTECODE|HASHSEED|FAULTHANDLER|OPTIMIZE|WARNINGS|ASYNCIODEBUG|HOME)", "Python"},
    {"PIP_\\w+|PIPENV_\\w+", "pip"},
    {"UV_\\w+", "uv"},
    {"NODE_ENV|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|NODE_PATH", "Node"},
    {"NPM_CONFIG_\\w+|npm_config_\\w+", "npm"},
    {"SENTRY_(DSN|ENVIRONMENT|RELEASE|TRACES_SAMPLE_RATE|DEBUG)", "the Sentry SDK"},
    {"OTEL_\\w+", "OpenTelemetry"},
    {"DD_\\w+", "Datadog's agent"},
    {"NEW_RELIC_\\w+", "New Relic's agent"},
    {"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION|PROFILE|ENDPOINT_URL\\w*)",
     "the AWS SDK"},
    {"GOOGLE_APPLICATION_CREDENTIALS|GOOGLE_CLOUD_PROJECT", "Google's client libraries"},
    {"AZURE_(CLIENT_ID|CLIENT_SECRET|TENANT_ID)", "Azure's SDK"},
    {"PG(HOST|PORT|USER|PASSWORD|DATABASE|SSLMODE|SSLROOTCERT|PASSFILE|SERVICE|APPNAME|OPTIONS)", "libpq"},
    {"PROMETHEUS_MULTIPROC_DIR|prometheus_multiproc_dir", "the Prometheus client"},
    {"(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy", "HTTP clients"},
    {"SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE", "TLS clients"},
    {"TZ|LANG|LC_\\w+|PATH|HOME|TMPDIR|LD_(PRELOAD|LIBRARY_PATH)|MALLOC_ARENA_MAX", "the system's libraries"},
    {"RAILS_(ENV|LOG_TO_STDOUT|SERVE_STATIC_FILES|MASTER_KEY)|RACK_ENV", "Rails"},
    {"DJANGO_SETTINGS_MODULE", "Django"},
    {"FLASK_(APP|ENV|DEBUG)", "Flask"},
    {"DATABASE_PRISMA_URL|PRISMA_\\w+", "Prisma"},
    {"HF_(TOKEN|HOME)|HUGGINGFACE_HUB_\\w+", "huggingface_hub"},
    {"CI", "build tools"},
};

const NamedProgram consoles[] = {
    {"ATLAS_(PUBLIC_KEY|PRIVATE_KEY|PROJECT_ID|GROUP_ID|API_KEY|CLIENT_ID|CLIENT_SECRET)", "MongoDB Atlas' API"},
    {"VERCEL_(TOKEN|ORG_ID|PROJECT_ID)", "Vercel's tools"},
    {"NETLIFY_(AUTH_TOKEN|SITE_ID)", "Netlify's tools"},
    {"RAILWAY_(TOKEN|API_TOKEN)", "Railway's tools"},
    {"HEROKU_API_KEY", "Heroku's tools"},
    {"CLOUDFLARE_(API_TOKEN|API_KEY|ACCOUNT_ID|ZONE_ID)", "Cloudflare's tools"},
    {"DIGITALOCEAN_(ACCESS_)?TOKEN", "DigitalOcean's tools"},
    {"NEON_(API_KEY|PROJECT_ID)", "Neon's tools"},
    {"UPSTASH_(EMAIL|API_KEY)", "Upstash's tools"},
    {"SERVICE_ID", "scripts that call the platform's API"},
    {"FTP_(SERVER|HOST|USER(NAME)?|PASSWORD)", "the upload of the frontend"},
};

/// A table of patterns. One expression of them all says first whether any takes the name: most names are in none.
class NameTable final
{
public:
    template <std::size_t size>
    explicit NameTable(const NamedProgram (&rows)[size])
    {
        QStringList all;
        for (const NamedProgram &row : rows) {
            const QString names = QString::fromLatin1(row.names);
            all.append(names);
            m_rows.append({QRegularExpression(QRegularExpression::anchoredPattern(names)), row.program});
        }
        m_any.setPattern(QRegularExpression::anchoredPattern(all.join(QLatin1Char('|'))));
        m_any.optimize();
    }
    QString find(const QString &name) const
    {
        if (!m_any.match(name).hasMatch())
            return {};
        for (const auto &[expression, program] : m_rows) {
            if (expression.match(name).hasMatch())
                return QString::fromLatin1(program);
        }
        return {};
    }

private:
    QRegularExpression m_any;
    QList<std::pair<QRegularExpression, const char *>> m_rows;
};

} // namespace

QString programReading(const QString &name)
{
    static const NameTable table(programs);
    return table.find(name);
}

QString consoleOf(const QString &name)
{
    static const NameTable table(consoles);
    return table.find(name);
}

bool isWorkersName(const QString &name)
{
    static const QStringList names{QStringLiteral("WORKERS"),          QStringLiteral("NUM_WORKERS"),
                                   QStringLiteral("WEB_WORKERS"),      QStringLiteral("GUNICORN_WORKERS"),
                                   QStringLiteral("WORKER_PROCESSES"), QStringLiteral("MAX_WORKERS")};
    return names.contains(name);
}

bool isOriginsName(const QString &name)
{
    static const QRegularExpression names =
        pattern(R"((^|_)(CORS|ORIGINS?)(_|$)|^CORS|FRONTEND_(PROD|STAGING)?_?URLS$)");
    static const QRegularExpression others = pattern("CREDENTIALS|METHODS|HEADERS|MAX_AGE|REGEX|ENABLED");
    return names.match(name).hasMatch() && !others.match(name).hasMatch();
}

bool isOwnSecretName(const QString &name)
{
    static const QRegularExpression own = pattern(
        R"((^|_)(JWT|CSRF|XSRF|SESSION|COOKIE|SIGNING|HASH|ENCRYPTION|MASTER|FERNET|NEXTAUTH|AUTH|APP|DJANGO|FLASK|RAILS|ACCESS_TOKEN|REFRESH_TOKEN)(_\w+)?_(SECRET|KEY|SALT|SECRET_KEY|SECRET_KEY_BASE)(_|$)|^(SECRET|SECRET_KEY|SECRET_KEY_BASE|APP_KEY)$)");
    static const QRegularExpression vendors = pattern(
        R"((^|_)(STRIPE|GOOGLE|GITHUB|FACEBOOK|AWS|TWILIO|OPENAI|CLERK|AUTH0|FIREBASE|SUPABASE|WOOCOMMERCE|NOWPAYMENTS|IPN|CLIENT|WEBHOOK|API_KEY|PUBLIC|PUBLISHABLE)(_|$))");
    return own.match(name).hasMatch() && !vendors.match(name).hasMatch();
}

bool isEncryptionName(const QString &name)
{
    static const QRegularExpression names = pattern(R"((^|_)(ENCRYPT\w*|MASTER_KEY|FERNET\w*|CIPHER|DATA_KEY)(_|$))");
    return names.match(name).hasMatch();
}

bool isModelVendorKey(const QString &name)
{
    static const QRegularExpression names = pattern(
        R"(^(OPENAI|ANTHROPIC|GOOGLE_AI|GOOGLE|GEMINI|GROQ|MISTRAL|COHERE|TOGETHER|DEEPSEEK|OPENROUTER|XAI|PERPLEXITY|FIREWORKS)_API_KEY$)");
    return names.match(name).hasMatch();
}

bool looksPlaceholder(const QString &value, bool secret)
{
    static const QRegularExpression always(
        QStringLiteral(
            R"(\A<[^<>]*>\z|\A\.{2,}\z|(?:^|[^.\w/])\w{0,8}[-_]?\.{3}(?:$|[@/])|://\.\.\.|\*{3}|(?:^|[^a-z0-9])x{3,}(?:$|[^a-z0-9])|\A(?:your|change|replace|insert)[-_ ]|change[-_]?me|://(?:user|username|\w+):(?:pass|password|your\w*)@|\byoursite\.|\byour-(?:app|frontend|project|domain|site)\b|\[(?:your|password)[^\]]*\])"),
        QRegularExpression::CaseInsensitiveOption);
    if (value.isEmpty())
        return false;
    if (always.match(value).hasMatch())
        return true;
    if (!secret || value.contains(QLatin1String("://")))
        return false;
    const QByteArray bytes = value.toUtf8();
    return isPlaceholderValue({bytes.constData(), std::size_t(bytes.size())});
}

bool asksForRandom(const QString &placeholder)
{
    static const QRegularExpression words(QStringLiteral("generat|openssl|random|secrets\\.token"),
                                          QRegularExpression::CaseInsensitiveOption);
    return words.match(placeholder).hasMatch();
}

} // namespace Switchyard

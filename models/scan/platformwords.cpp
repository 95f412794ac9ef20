// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/scan/platformwords.h"

#include "models/scan/bytetext.h"

#include <unordered_map>

namespace Switchyard {

const std::vector<PlatformSuffix> &platformSuffixes()
{
    static const std::vector<PlatformSuffix> table{{"fly.dev", "fly", "Fly.io"},
                                                   {"flycast", "fly", "Fly.io"},
                                                   {"fly.storage.tigris.dev", "fly", "Tigris on Fly.io", true},
                                                   {"onrender.com", "render", "Render"},
                                                   {"render.com", "render", "Render", true},
                                                   {"vercel.app", "vercel", "Vercel"},
                                                   {"now.sh", "vercel", "Vercel"},
                                                   {"netlify.app", "netlify", "Netlify"},
                                                   {"netlify.com", "netlify", "Netlify"},
                                                   {"herokuapp.com", "heroku", "Heroku"},
                                                   {"herokudns.com", "heroku", "Heroku"},
                                                   {"railway.app", "railway", "Railway"},
                                                   {"railway.internal", "railway", "Railway"},
                                                   {"rlwy.net", "railway", "Railway", true},
                                                   {"koyeb.app", "koyeb", "Koyeb"},
                                                   {"northflank.app", "northflank", "Northflank"},
                                                   {"code.run", "northflank", "Northflank"},
                                                   {"zeabur.app", "zeabur", "Zeabur"},
                                                   {"ondigitalocean.app", "digitalocean", "DigitalOcean"},
                                                   {"digitaloceanspaces.com", "digitalocean", "DigitalOcean", true},
                                                   {"db.ondigitalocean.com", "digitalocean", "DigitalOcean", true},
                                                   {"run.app", "gcp", "Google Cloud"},
                                                   {"cloudfunctions.net", "gcp", "Google Cloud"},
                                                   {"appspot.com", "gcp", "Google Cloud"},
                                                   {"web.app", "firebase", "Firebase"},
                                                   {"firebaseapp.com", "firebase", "Firebase"},
                                                   {"firebaseio.com", "firebase", "Firebase", true},
                                                   {"azurewebsites.net", "azure", "Azure"},
                                                   {"azurestaticapps.net", "azure", "Azure"},
                                                   {"azurecontainerapps.io", "azure", "Azure"},
                                                   {"database.windows.net", "azure", "Azure", true},
                                                   {"elasticbeanstalk.com", "aws", "AWS"},
                                                   {"awsapprunner.com", "aws", "AWS"},
                                                   {"amplifyapp.com", "aws", "AWS"},
                                                   {"cloudfront.net", "aws", "AWS"},
                                                   {"rds.amazonaws.com", "aws", "AWS", true},
                                                   {"cache.amazonaws.com", "aws", "AWS", true},
                                                   {"elb.amazonaws.com", "aws", "AWS"},
                                                   {"compute.amazonaws.com", "aws", "AWS"},
                                                   {"pages.dev", "cloudflare", "Cloudflare"},
                                                   {"workers.dev", "cloudflare", "Cloudflare"},
                                                   {"r2.dev", "cloudflare", "Cloudflare", true},
                                                   {"trycloudflare.com", "cloudflare", "a Cloudflare tunnel"},
                                                   {"deno.dev", "deno", "Deno Deploy"},
                                                   {"replit.app", "replit", "Replit"},
                                                   {"replit.dev", "replit", "Replit"},
                                                   {"repl.co", "replit", "Replit"},
                                                   {"glitch.me", "glitch", "Glitch"},
                                                   {"surge.sh", "surge", "Surge"},
                                                   {"cyclic.app", "cyclic", "Cyclic"},
                                                   {"hf.space", "huggingface", "Hugging Face"},
                                                   {"streamlit.app", "streamlit", "Streamlit"},
                                                   {"pythonanywhere.com", "pythonanywhere", "PythonAnywhere"},
                                                   {"gigalixirapp.com", "gigalixir", "Gigalixir"},
                                                   {"cleverapps.io", "clever-cloud", "Clever Cloud"},
                                                   {"platformsh.site", "platformsh", "Platform.sh"},
                                                   {"ngrok.io", "ngrok", "an ngrok tunnel"},
                                                   {"ngrok.app", "ngrok", "an ngrok tunnel"},
                                                   {"ngrok-free.app", "ngrok", "an ngrok tunnel"},
                                                   {"ngrok-free.dev", "ngrok", "an ngrok tunnel"},
                                                   {"loca.lt", "localtunnel", "a localtunnel"},
                                                   {"mongodb.net", "atlas", "MongoDB Atlas", true},
                                                   {"upstash.io", "upstash", "Upstash", true},
                                                   {"neon.tech", "neon", "Neon", true},
                                                   {"supabase.co", "supabase", "Supabase", true},
                                                   {"supabase.com", "supabase", "Supabase", true},
                                                   {"psdb.cloud", "planetscale", "PlanetScale", true},
                                                   {"aivencloud.com", "aiven", "Aiven", true},
                                                   {"cockroachlabs.cloud", "cockroachdb", "CockroachDB Cloud", true},
                                                   {"redislabs.com", "redis-cloud", "Redis Cloud", true},
                                                   {"redis-cloud.com", "redis-cloud", "Redis Cloud", true},
                                                   {"redns.redis-cloud.com", "redis-cloud", "Redis Cloud", true},
                                                   {"cloudamqp.com", "cloudamqp", "CloudAMQP", true},
                                                   {"elephantsql.com", "elephantsql", "ElephantSQL", true},
                                                   {"turso.io", "turso", "Turso", true}};
    return table;
}

namespace {

const std::vector<PlatformWords> &allWords()
{
    // Commands and variables: the catalogue's sources, resources/platforms/*.toml.
    static const std::vector<PlatformWords> table{
        {"fly",
         {"fly.dev", "flycast", "fly.io", "internal", "machines.dev", "fly.storage.tigris.dev"},
         {"FLY_", "FLYCTL_"},
         {"flyctl", "superfly", "FlyV1", "fly-replay", "fly-prefer-region", "fly-request-id", "fly-client-ip",
          "fly-force-instance-id", "fly.toml", "flyio", "Dockerfile.fly"},
         "fly",
         {"deploy",   "launch",   "secrets", "apps",   "scale",     "status",   "logs",       "ssh",
          "proxy",    "postgres", "pg",      "mpg",    "machine",   "machines", "volumes",    "volume",
          "ips",      "certs",    "auth",    "config", "redis",     "storage",  "console",    "checks",
          "releases", "regions",  "tokens",  "doctor", "wireguard", "orgs",     "extensions", "dashboard"},
         {"fly.toml", "fly.json", "fly.yaml", "fly.production.toml", "fly.staging.toml", "dockerfile.fly", ".fly"}},
        {"render",
         {"onrender.com", "render.com"},
         {"RENDER_EXTERNAL_", "RENDER_SERVICE_", "RENDER_INSTANCE_", "RENDER_GIT_", "RENDER_DISCOVERY_", "RENDER_CPU_",
          "RENDER_WEB_", "RENDER_API_", "RENDER_DEPLOY_", "RENDER_HOOK", "RENDER_TOKEN", "RENDER_REGION", "RENDER_APP_",
          "RENDER_STAGING_", "RENDER_PRODUCTION_"},
         {"render-oss", "render-cli", "render.yaml", "render.yml", "x-render-origin-server", "rndr-id"},
         "render",
         {"blueprints", "services", "deploys", "psql", "kv-cli", "workspace", "ssh"},
         {"render.yaml", "render.yml"}},
        {"vercel",
         {"vercel.app", "vercel.com", "vercel.sh", "now.sh", "vercel-storage.com"},
         {"VERCEL_", "NEXT_PUBLIC_VERCEL_"},
         {"vercel.json", "@vercel", "x-vercel-id", "amondnet/vercel-action"},
         "vercel",
         {"deploy", "env", "pull", "link", "build", "dev", "login", "logs", "--prod", "rollback", "promote", "domains"},
         {"vercel.json", "vercel.ts", ".vercelignore", ".vercel"}},
        {"netlify",
         {"netlify.app", "netlify.com"},
         {"NETLIFY_"},
         {"netlify.toml", "@netlify", "netlify-cli", "x-nf-request-id"},
         "netlify",
         {"deploy", "dev", "env", "build", "link", "init", "login", "functions"},
         {"netlify.toml", ".netlify"}},
        {"heroku",
         {"herokuapp.com", "heroku.com", "herokudns.com", "herokucdn.com"},
         {"HEROKU_"},
         {"heroku.yml", "akhileshns/heroku-deploy"},
         "heroku",
         {"create", "config", "config:set", "logs", "ps", "ps:scale", "run", "addons", "addons:create", "git:remote",
          "pg", "pg:psql", "login", "container:push", "buildpacks:set", "local"},
         {"heroku.yml", ".slugignore"}},
        {"railway",
         {"railway.app", "railway.com", "railway.internal", "rlwy.net"},
         {"RAILWAY_"},
         {"railway.json", "railway.toml", "@railway", "nixpacks.toml"},
         "railway",
         {"up", "run", "link", "login", "variables", "logs", "deploy", "add", "connect"},
         {"railway.json", "railway.toml", "nixpacks.toml"}}};
    return table;
}

} // namespace

const PlatformWords *platformWordsFor(std::string_view id)
{
    for (const PlatformWords &words : allWords()) {
        if (words.id == id)
            return &words;
    }
    return nullptr;
}

QStringList platformsWithWords()
{
    QStringList ids;
    for (const PlatformWords &words : allWords())
        ids.append(QString::fromLatin1(words.id.data(), qsizetype(words.id.size())));
    return ids;
}

const PlatformSuffix *suffixFor(std::string_view host)
{
    // By the last part of the name: most hosts have one that no suffix has.
    static const std::unordered_map<std::string_view, std::vector<const PlatformSuffix *>> byEnd = [] {
        std::unordered_map<std::string_view, std::vector<const PlatformSuffix *>> table;
        for (const PlatformSuffix &each : platformSuffixes())
            table[each.suffix.substr(each.suffix.rfind('.') + 1)].push_back(&each);
        return table;
    }();
    std::string plain = ByteText::lowered(host);
    const auto known = byEnd.find(std::string_view(plain).substr(plain.rfind('.') + 1));
    if (known == byEnd.end())
        return nullptr;
    std::erase(plain, '\\');
    const PlatformSuffix *best = nullptr;
    for (const PlatformSuffix *each : known->second) {
        if (!plain.ends_with(each->suffix) || plain.size() < each->suffix.size() + 2 ||
            plain[plain.size() - each->suffix.size() - 1] != '.')
            continue;
        if (best == nullptr || each->suffix.size() > best->suffix.size())
            best = each;
    }
    return best;
}

} // namespace Switchyard

// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets: values known by their own shape, private keys, and literals that are given to names such as API_KEY. Nothing
// is ever sent anywhere to find out whether a value works.
#include "models/common/redact.h"
#include "models/scan/bytetext.h"
#include "models/scan/hits.h"

#include <array>
#include <cmath>

namespace Switchyard {

using namespace ByteText;

namespace {

struct TokenShape
{
    std::string_view prefix;
    std::string_view what;
    std::string_view variable;
    std::string_view body; ///< a byte class
    std::size_t least;     ///< length of what follows the prefix
    std::size_t most;
    ScanSeverity severity = ScanSeverity::Error;
};

constexpr std::string_view word = "A-Za-z0-9";
constexpr std::string_view base64Url = "A-Za-z0-9_-";

// Shapes as the vendors describe them; the lengths are what tells a token from a word that begins alike.
const std::vector<TokenShape> &shapes()
{
    static const std::vector<TokenShape> table{
        {"AKIA", "an AWS access key id", "AWS_ACCESS_KEY_ID", "A-Z0-9", 16, 16},
        {"ASIA", "an AWS temporary access key id", "AWS_ACCESS_KEY_ID", "A-Z2-7", 16, 16},
        {"ghp_", "a GitHub token", "GITHUB_TOKEN", word, 36, 255},
        {"gho_", "a GitHub token", "GITHUB_TOKEN", word, 36, 255},
        {"ghs_", "a GitHub token", "GITHUB_TOKEN", word, 36, 255},
        {"ghu_", "a GitHub token", "GITHUB_TOKEN", word, 36, 255},
        {"ghr_", "a GitHub token", "GITHUB_TOKEN", word, 36, 255},
        {"github_pat_", "a GitHub token", "GITHUB_TOKEN", "A-Za-z0-9_", 50, 255},
        {"glpat-", "a GitLab token", "GITLAB_TOKEN", base64Url, 20, 64},
        {"sk_live_", "a Stripe secret key", "STRIPE_SECRET_KEY", word, 16, 255},
        {"rk_live_", "a Stripe restricted key", "STRIPE_SECRET_KEY", word, 16, 255},
        {"sk_test_", "a Stripe test key", "STRIPE_SECRET_KEY", word, 16, 255, ScanSeverity::Warning},
        {"whsec_", "a webhook signing secret", "STRIPE_WEBHOOK_SECRET", "A-Za-z0-9+/=", 24, 128},
        {"xoxb-", "a Slack token", "SLACK_BOT_TOKEN", "A-Za-z0-9-", 20, 255},
        {"xoxp-", "a Slack token", "SLACK_TOKEN", "A-Za-z0-9-", 20, 255},
        {"xoxa-", "a Slack token", "SLACK_TOKEN", "A-Za-z0-9-", 20, 255},
        {"xapp-", "a Slack token", "SLACK_APP_TOKEN", "A-Za-z0-9-", 20, 255},
        {"hooks.slack.com/services/", "a Slack webhook", "SLACK_WEBHOOK_URL", "A-Za-z0-9/", 30, 80},
        {"discord.com/api/webhooks/", "a Discord webhook", "DISCORD_WEBHOOK_URL", "A-Za-z0-9/_-", 60, 120},
        {"discordapp.com/api/webhooks/", "a Discord webhook", "DISCORD_WEBHOOK_URL", "A-Za-z0-9/_-", 60, 120},
        {"SG.", "a SendGrid key", "SENDGRID_API_KEY", "A-Za-z0-9_.-", 60, 72},
        {"AIza", "a Google API key", "GOOGLE_API_KEY", base64Url, 35, 35},
        {"GOCSPX-", "a Google client secret", "GOOGLE_CLIENT_SECRET", base64Url, 28, 28},
        {"ya29.", "a Google access token", "GOOGLE_TOKEN", base64Url, 40, 400},
        {"sk-ant-", "an Anthropic key", "ANTHROPIC_API_KEY", base64Url, 40, 200},
        {"sk-proj-", "an OpenAI key", "OPENAI_API_KEY", base64Url, 40, 250},
        {"gsk_", "a Groq key", "GROQ_API_KEY", word, 48, 60},
        {"hf_", "a Hugging Face token", "HUGGINGFACE_ACCESS_TOKEN", "A-Za-z", 34, 40},
        {"npm_", "an npm token", "NPM_TOKEN", word, 36, 36},
        {"dop_v1_", "a DigitalOcean token", "DIGITALOCEAN_TOKEN", "a-f0-9", 64, 64},
        {"shpat_", "a Shopify token", "SHOPIFY_ACCESS_TOKEN", "a-fA-F0-9", 32, 32},
        {"shpss_", "a Shopify secret", "SHOPIFY_API_SECRET", "a-fA-F0-9", 32, 32},
        {"sbp_", "a Supabase token", "SUPABASE_ACCESS_TOKEN", "a-f0-9", 40, 40},
        {"rnd_", "a Render API key", "RENDER_API_KEY", word, 24, 64},
        {"fo1_", "a Fly.io token", "FLY_API_TOKEN", base64Url, 30, 120},
        {"fm2_", "a Fly.io token", "FLY_API_TOKEN", "A-Za-z0-9+/=_-", 60, 4000},
        {"key-", "a Mailgun key", "MAILGUN_API_KEY", "a-f0-9", 32, 32},
        {"EAAC", "a Facebook token", "FACEBOOK_ACCESS_TOKEN", word, 100, 400},
        {"xkeysib-", "a Brevo key", "BREVO_API_KEY", "a-zA-Z0-9-", 70, 90},
        {"lin_api_", "a Linear key", "LINEAR_API_KEY", word, 32, 64},
        {"ntn_", "a Notion token", "NOTION_TOKEN", word, 40, 60},
        {"dp.st.", "a Doppler token", "DOPPLER_TOKEN", "A-Za-z0-9._-", 40, 80},
        {"hvs.", "a Vault token", "VAULT_TOKEN", base64Url, 80, 250},
        {"eyJ", "a JSON Web Token", "JWT", "A-Za-z0-9_.=-", 60, 4000, ScanSeverity::Warning},
        {"-BEGIN ", "a private key", "PRIVATE_KEY", "A-Z ", 0, 0}};
    return table;
}

double bitsPerByte(std::string_view value)
{
    std::array<int, 256> counts{};
    for (const char c : value)
        ++counts[static_cast<unsigned char>(c)];
    double bits = 0;
    for (const int count : counts) {
        if (count > 0) {
            const double share = double(count) / double(value.size());
            bits -= share * std::log2(share);
        }
    }
    return bits;
}

bool isAll(std::string_view value, bool (*test)(char))
{
    return std::all_of(value.begin(), value.end(), test);
}

/// "user.password", "access_token", "Enter your password", "/run/secrets/key": what a person wrote as a name or text.
bool isWords(std::string_view value)
{
    if (value.find(' ') != npos || value.find('\t') != npos)
        return true;
    // Groups of letters with few digits, joined by marks.
    std::size_t digits = 0;
    std::size_t turns = 0; // letter to digit and back
    for (std::size_t i = 0; i < value.size(); ++i) {
        digits += isDigit(value[i]) ? 1 : 0;
        turns +=
            i > 0 && isAlnum(value[i]) && isAlnum(value[i - 1]) && isDigit(value[i]) != isDigit(value[i - 1]) ? 1 : 0;
    }
    if (digits == 0 && value.find_first_of("+/=!@#$%^&*") == npos) {
        // "AbCdEf" jumps between cases as no name does.
        std::size_t jumps = 0;
        for (std::size_t i = 1; i < value.size(); ++i)
            jumps += isAlpha(value[i]) && isAlpha(value[i - 1]) && (value[i] <= 'Z') != (value[i - 1] <= 'Z') ? 1 : 0;
        return jumps * 3 < value.size();
    }
    const bool marks = value.find_first_of("_-./:") != npos;
    return marks && turns <= 2 && digits <= 4;
}

bool isReference(std::string_view value)
{
    return value.starts_with('$') || value.starts_with("{{") || value.starts_with('<') || value.starts_with("env:") ||
           value.starts_with("keychain:") || value.starts_with("file:") || value.starts_with("vault:") ||
           value.starts_with("op://") || value.starts_with("arn:") || value.starts_with("secretsmanager") ||
           value.starts_with("!") || value.starts_with("%(") || value.starts_with("%{") || value.starts_with('@') ||
           value.starts_with("projects/") || value.starts_with("http://") || value.starts_with("https://") ||
           value.starts_with("./") || value.starts_with("../") || value.starts_with('/') || value.starts_with("~/") ||
           containsAny(value, {"${", "{{", "process.env", "os.environ", "<%", "$(", "#{"});
}

bool isPasswordName(std::string_view name)
{
    const std::string plain = lowered(name);
    return containsAny(plain, {"passw", "passphrase", "pwd"}) || plain.ends_with("pass");
}

} // namespace

void addSecretAnchors(AnchorFinder &finder)
{
    for (std::size_t i = 0; i < shapes().size(); ++i)
        finder.addLiteral(shapes()[i].prefix, std::uint16_t(TokenAnchor + i));
    const AnchorFinder::ByteClass behind = AnchorFinder::bytes(" \t=:\"'`]_s");
    const auto named = [&](std::string_view text, std::vector<AnchorFinder::ByteClass> first = {}) {
        std::vector<AnchorFinder::ByteClass> classes = std::move(first);
        for (const char c : text)
            classes.push_back(AnchorFinder::bytes(std::string{c, char(c - 32)}));
        classes.push_back(behind);
        finder.addClasses(std::move(classes), NameAnchor);
    };
    named("secret");
    named("token");
    named("password");
    named("passwd");
    named("passphrase");
    named("credentials");
    named("pwd", {AnchorFinder::bytes("A-Za-z0-9_ \t\n\"'-")});
    named("key", {AnchorFinder::bytes("A-Za-z0-9_-")});
    named("pass", {AnchorFinder::bytes("_-")});
}

bool isPlaceholderValue(std::string_view value)
{
    if (value.size() < 4 || isReference(value))
        return true;
    const std::string plain = lowered(value);
    if (containsAny(plain,
                    {"change",       "your",         "replace",      "example",    "placeholder", "dummy",
                     "sample",       "xxxx",         "redacted",     "insert",     "todo",        "fixme",
                     "secret-here",  "key-here",     "token-here",   "_here",      "-here",       "not-a-real",
                     "notreal",      "fake",         "generate",     "openssl",    "not-secure",  "insecure",
                     "foobar",       "deadbeef",     "abcdef",       "0123456789", "1234567890",  "qwerty",
                     "lorem",        "default",      "****",         "....",       "••",          "supersecret",
                     "super-secret", "super_secret", "mysecret",     "my-secret",  "my_secret",   "secretkey",
                     "s3cr3t",       "undefined",    "keyboard cat", "demo",       "testing",     "development"}))
        return true;
    if (isOneOf(plain, {"password",    "passwd",   "secret",  "token",    "apikey",   "none",      "null",  "true",
                        "false",       "test",     "admin",   "root",     "postgres", "guest",     "pass",  "pass123",
                        "password123", "admin123", "test123", "12345678", "123456",   "1234",      "empty", "string",
                        "required",    "hidden",   "user",    "mongo",    "redis",    "minioadmin"}) ||
        plain.starts_with("test") || plain.starts_with("dev-") || plain.starts_with("dev_") ||
        plain.starts_with("local"))
        return true;
    // "aaaaaaaa", "00000000"
    std::array<bool, 256> seen{};
    int different = 0;
    for (const char c : plain) {
        bool &flag = seen[static_cast<unsigned char>(c)];
        different += flag ? 0 : 1;
        flag = true;
    }
    return different <= 3;
}

void HitRules::assignment(std::size_t place)
{
    // The anchor may begin with a byte before the word; the name is what is around it.
    std::size_t end = place + 1;
    while (end < m_text.size() && end - place < 60 && isWord(m_text[end]))
        ++end;
    std::size_t begin = place;
    if (!isWord(m_text[begin]) && m_text[begin] != '-')
        ++begin;
    while (begin > 0 && place - begin < 60 &&
           (isWord(m_text[begin - 1]) || m_text[begin - 1] == '-' || m_text[begin - 1] == '.'))
        --begin;
    if (begin >= end)
        return;
    std::string_view name = m_text.substr(begin, end - begin);
    std::size_t i = end;
    const auto blanks = [&] {
        while (isBlank(at(m_text, i)))
            ++i;
    };
    if (isQuote(at(m_text, i)) || at(m_text, i) == ']')
        ++i;
    if (at(m_text, i) == ']')
        ++i;
    blanks();
    // A type: `api_key: str = "…"`.
    if (at(m_text, i) == ':' && isProgram(m_kind.syntax)) {
        std::size_t type = i + 1;
        while (isBlank(at(m_text, type)))
            ++type;
        std::size_t typeEnd = type;
        while (isWord(at(m_text, typeEnd)))
            ++typeEnd;
        std::size_t after = typeEnd;
        while (isBlank(at(m_text, after)))
            ++after;
        if (typeEnd > type && at(m_text, after) == '=')
            i = after;
    }
    const char operation = at(m_text, i);
    if (operation != '=' && operation != ':')
        return;
    ++i;
    if (at(m_text, i) == '=')
        return; // a comparison
    if (at(m_text, i) == '>')
        ++i;
    blanks();
    const bool quoted = isQuote(at(m_text, i));
    const bool needsQuotes = isProgram(m_kind.syntax) || m_kind.syntax == Syntax::Toml ||
                             m_kind.syntax == Syntax::Html || m_kind.syntax == Syntax::Css;
    if (!quoted && (needsQuotes || (operation == ':' && m_kind.syntax != Syntax::Yaml && m_kind.syntax != Syntax::Ini)))
        return;
    const std::size_t from = quoted ? i + 1 : i;
    const std::string_view rest = lineAfter(m_text, from);
    const std::size_t stop = quoted ? rest.find(m_text[i]) : rest.find_first_of(" \t\r;,&|\"'");
    if (quoted && stop == npos)
        return;
    const std::string_view value = rest.substr(0, stop);
    if (quoted && m_kind.syntax == Syntax::Shell && value.starts_with('$'))
        return;
    const bool password = isPasswordName(name);
    if (value.size() < (password ? 6U : 16U) || value.size() > 250 || isPlaceholderValue(value) || isWords(value))
        return;
    if (!quoted && value.find_first_of("(){}[]<>") != npos)
        return; // a call
    if (!isSecretName(QString::fromUtf8(name.data(), qsizetype(name.size()))))
        return;
    const std::string plainName = lowered(name);
    if (containsAny(plainName, {"public", "pubkey", "publishable", "site_key", "sitekey", "keyid", "key_id",
                                "client_id", "tokenizer", "i18n", "translation"}))
        return;
    const double bits = bitsPerByte(value);
    const bool mixed = !isAll(value, &isDigit) && std::any_of(value.begin(), value.end(), &isDigit);
    const bool base64 = value.find_first_of("+/=") != npos;
    if (!password && (bits < 3.0 || (!mixed && !base64 && bits < 3.8)))
        return;
    ScanHit hit;
    hit.begin = from;
    hit.end = from + value.size();
    hit.kind = ScanKind::Secret;
    hit.severity = password && bits < 2.8 ? ScanSeverity::Warning : ScanSeverity::Error;
    if (isEnvironmentDefault(m_text, from))
        hit.severity = ScanSeverity::Warning;
    name = name.substr(name.rfind('.') == npos ? 0 : name.rfind('.') + 1);
    hit.name = std::string(name);
    hit.shown = hit.name + " = •••• (" + std::to_string(value.size()) + " characters)";
    hit.reason =
        password ? "a password that is part of the source" : "a literal of high entropy under the name of a secret";
    hit.secretBegin = hit.begin;
    hit.secretEnd = hit.end;
    m_secretEnd = std::max(m_secretEnd, hit.end);
    m_hits.push_back(std::move(hit));
}

void HitRules::privateKey(std::size_t place)
{
    // The anchor is the last of five dashes: rulers of them are everywhere.
    if (place < 4 || m_text.substr(place - 4, 4) != "----")
        return;
    place -= 4;
    const std::string_view head = m_text.substr(place, 80);
    const std::size_t mark = head.find("PRIVATE KEY");
    const std::size_t dashes = head.find("-----", 11);
    if (mark == npos || dashes == npos || dashes < mark || head.find('\n') < dashes)
        return;
    // Code that only looks for the mark has no key behind it.
    std::size_t i = place + dashes + 5;
    std::size_t body = 0;
    const std::size_t limit = std::min(m_text.size(), i + 8000);
    const std::size_t from = i;
    while (i < limit && m_text[i] != '-') {
        const char c = m_text[i];
        if (isAlnum(c) || c == '+' || c == '/' || c == '=')
            ++body;
        else if (c == '.' || c == '<' || c == '(' || c == '$' || c == '{')
            return; // "...", a template
        ++i;
    }
    const std::string lead = lowered(m_text.substr(from, 60));
    if (body < 100 || containsAny(lead, {"your", "xxxx", "replace", "example"}))
        return;
    ScanHit hit;
    hit.begin = place;
    hit.end = place + dashes + 5;
    hit.kind = ScanKind::Secret;
    hit.severity = ScanSeverity::Error;
    hit.knownShape = true;
    hit.shown = std::string(head.substr(0, dashes + 5)) + " •••• (" + std::to_string(body) + " characters)";
    hit.reason = "a private key";
    hit.name = "PRIVATE_KEY";
    hit.secretBegin = from;
    hit.secretEnd = i;
    m_secretEnd = std::max(m_secretEnd, i);
    m_hits.push_back(std::move(hit));
}

void HitRules::token(std::size_t place, std::size_t index)
{
    const TokenShape &shape = shapes()[index];
    if (shape.most == 0)
        return privateKey(place);
    const char left = before(m_text, place);
    const bool web = shape.prefix.find('/') != npos;
    if (!web && (isWord(left) || left == '-' || left == '.' || left == '/' || left == '+'))
        return;
    static const std::vector<AnchorFinder::ByteClass> classes = [] {
        std::vector<AnchorFinder::ByteClass> all;
        for (const TokenShape &each : shapes())
            all.push_back(AnchorFinder::bytes(each.body));
        return all;
    }();
    const std::size_t from = place + shape.prefix.size();
    std::size_t end = from;
    while (end < m_text.size() && end - from <= shape.most &&
           classes[index].test(static_cast<unsigned char>(m_text[end])))
        ++end;
    const std::string_view body = m_text.substr(from, end - from);
    if (body.size() < shape.least || body.size() > shape.most || isWord(at(m_text, end)) || bitsPerByte(body) < 2.5 ||
        isPlaceholderValue(body) ||
        (!std::any_of(body.begin(), body.end(), &isDigit) && shape.prefix != "hf_" && body.size() < 40))
        return;
    if (shape.prefix == "eyJ" && std::count(body.begin(), body.end(), '.') != 2)
        return;
    ScanHit hit;
    hit.begin = place;
    hit.end = end;
    hit.kind = ScanKind::Secret;
    hit.severity = shape.severity;
    hit.knownShape = true;
    hit.shown = std::string(shape.prefix) + "•••• (" + std::to_string(end - place) + " characters)";
    hit.reason = std::string(shape.what);
    const std::string_view given = nameFor(m_text, place);
    const bool named =
        given.find('.') == npos && isSecretName(QString::fromUtf8(given.data(), qsizetype(given.size())));
    hit.name = named ? std::string(given) : std::string(shape.variable);
    hit.secretBegin = from;
    hit.secretEnd = end;
    m_secretEnd = std::max(m_secretEnd, end);
    m_hits.push_back(std::move(hit));
}

} // namespace Switchyard

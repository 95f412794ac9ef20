// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/common/result.h"
#include "models/environment/envtext.h"

#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace Switchyard {

/// The programs that read `NAME=value` files, each in its own way. docs/manual/environment.md has the table.
enum class EnvDialect
{
    Tolerant,     ///< ours: what a person means; python-dotenv's grammar, backticks and `NAME: value`
    NodeDotenv,   ///< dotenv 17
    NodeExpand,   ///< dotenv 17 and dotenv-expand 13
    PythonDotenv, ///< python-dotenv 1.2, as load_dotenv() reads it
    Godotenv,     ///< joho/godotenv 1.5
    Compose,      ///< docker compose's env files: compose-go 2
    Docker,       ///< docker run --env-file
    Systemd,      ///< EnvironmentFile=, systemd 252
    Shell,        ///< sourced by a POSIX shell; nothing is run, and what would be is a problem
    FlyImport,    ///< fly secrets import
    RenderUpload, ///< Render's "Add from .env", as far as its page says
    GithubEnv,    ///< the file GITHUB_ENV names
    Heroku,       ///< heroku config --shell and config:edit
    Kubernetes    ///< ConfigMap and Secret, alone or in a List
};

QString envDialectId(EnvDialect dialect);   ///< "node-dotenv"
QString envDialectName(EnvDialect dialect); ///< "node dotenv"
[[nodiscard]] std::optional<EnvDialect> envDialect(QStringView id);
const QList<EnvDialect> &allEnvDialects();
/// Those whose files a person writes by hand: the ones that findDisagreements() compares.
const QList<EnvDialect> &dotenvDialects();

enum class EnvQuoting
{
    None,
    Single,
    Double,
    Backtick,
    Triple,  ///< """…""" of fly secrets import
    Heredoc, ///< NAME<<END of GITHUB_ENV
    Mixed    ///< more than one piece, as the shell and systemd allow
};

/// One variable as a dialect sees it.
struct EnvAssignment
{
    QString name;
    QString value;     ///< after quotes, escapes and interpolation
    bool bare = false; ///< a name without "=": python-dotenv's None, docker's "pass mine on"
    bool exported = false;
    bool interpolated = false; ///< something in it was replaced
    EnvQuoting quoting = EnvQuoting::None;
    ByteRange range;      ///< of the statement
    ByteRange nameRange;  ///< of the name as written
    ByteRange valueRange; ///< of the value as written, with its quotes
    int line = 0;
    int column = 0;
};

/// Something in the text that the dialect leaves out or stops at.
struct EnvProblem
{
    qsizetype offset = 0;
    int line = 0;
    int column = 0;
    QString message; ///< never with a value
    bool fatal = false;
};

struct EnvReading
{
    QList<EnvAssignment> assignments; ///< in the order of the text; the last of a name wins
    QList<EnvProblem> problems;
    bool refused = false; ///< the real program would take nothing of the file

    /// What the program has in the end: name to value, nothing for a bare name.
    QMap<QString, std::optional<QString>> values() const;
};

struct EnvReadOptions
{
    /// What ${NAME} finds beside the file's own variables; the real programs look into their environment.
    QMap<QString, QString> surroundings;
    bool interpolate = true; ///< for the dialects that do; dotenv and the tolerant reader can be asked not to
};

/// Reads a text as the dialect's own program would. Never fails: what it cannot take is a problem with its place.
/// Interpolated values stop growing at 1 MB. Thread: any.
EnvReading readEnv(const QByteArray &text, EnvDialect dialect, const EnvReadOptions &options = {});

} // namespace Switchyard

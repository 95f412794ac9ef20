// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/environment/dialects.h"

namespace Switchyard {

// Shared by the readers; nothing outside this folder includes it. Readers leave line and column to readEnv().

using EnvSurroundings = QMap<QString, QString>;

EnvReading readNodeDotenv(std::string_view text);
EnvReading readPythonDotenv(std::string_view text);
EnvReading readGodotenv(std::string_view text);
EnvReading readComposeEnv(std::string_view text, const EnvSurroundings &surroundings);
EnvReading readDockerEnv(std::string_view text);
EnvReading readSystemdEnv(std::string_view text);
EnvReading readShellEnv(std::string_view text, const EnvSurroundings &surroundings);
EnvReading readFlyImport(std::string_view text);
EnvReading readRenderUpload(std::string_view text);
EnvReading readGithubEnv(std::string_view text);
EnvReading readHerokuConfig(std::string_view text);
EnvReading readKubernetes(std::string_view text);
EnvReading readTolerantly(std::string_view text);

inline void addProblem(EnvReading &reading, qsizetype offset, QString message, bool fatal = false)
{
    reading.problems.append({offset, 0, 0, std::move(message), fatal});
    reading.refused = reading.refused || fatal;
}

/// Whether a program's environment can hold a variable of this name as every shell writes it: [A-Za-z_][A-Za-z0-9_]*.
bool isPortableName(QStringView name);

// Interpolation. Each replaces the values of the assignments in their order, as the program does, and stops values from
// growing over a megabyte: ten lines can ask for a gigabyte.
constexpr qsizetype largestExpandedValue = 1 << 20;
/// What all values of a file together may grow to by their references; then the rest stays as written.
class ExpansionBudget final
{
public:
    bool isSpent() const { return m_left <= 0; }
    /// Takes what the value has grown to, and says so once when that was too much.
    void spend(qsizetype characters, const EnvAssignment &assignment, EnvReading &reading);

private:
    qsizetype m_left = 16 << 20;
};

void expandLikePython(EnvReading &reading, const EnvSurroundings &surroundings);
void expandLikeDotenvExpand(EnvReading &reading, const EnvSurroundings &surroundings);
/// Outside single quotes, ${NAME} and ${NAME:-default} of variables that are known.
void expandTolerantly(EnvReading &reading, const EnvSurroundings &surroundings);
/// One value. Errors: a required variable that is missing, a form that the template grammar does not know.
Result<QString> expandLikeCompose(const QString &value, const EnvSurroundings &known, bool *replaced);
QString expandLikeGodotenv(const QString &value, const EnvSurroundings &known, bool *replaced);

/// Escapes of python-dotenv: \\ \' in single quotes, in double quotes also \" \a \b \f \n \r \t \v.
QByteArray decodePythonEscapes(const QByteArray &text, char quote);

} // namespace Switchyard

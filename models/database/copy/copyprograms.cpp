// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/database/copy/copyprograms.h"

#include "models/database/base/childprocess.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace Switchyard {

namespace {

constexpr Milliseconds versionTime{10'000};

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// "15.4" of "pg_dump (PostgreSQL) 15.4 (Debian …)"; empty: it is something else, or does not answer.
QString versionOf(const QString &program, const Deadline &deadline)
{
    ChildProcess child;
    ChildStart how;
    how.arguments = {program, s("--version")};
    how.variables = {"LC_ALL=C", "PATH=" + qgetenv("PATH")};
    how.outputToErrors = true;
    if (!child.start(how) || !child.waitFor(deadline.part(versionTime)))
        return {};
    const QString said = QString::fromUtf8(child.readLines(true).join('\n'));
    static const QRegularExpression pattern(s(R"(\(PostgreSQL\) (\d+(?:\.\d+|devel|beta\d+|rc\d+)*))"));
    return child.status() == 0 ? pattern.match(said).captured(1) : QString();
}

int majorOf(const QString &version)
{
    static const QRegularExpression digits(s(R"(^\d+)"));
    return digits.match(version).captured(0).toInt();
}

} // namespace

QStringList dumpProgramFolders(const QString &folder)
{
    if (!folder.isEmpty())
        return {folder};
    QStringList folders = qEnvironmentVariable("PATH").split(QLatin1Char(':'), Qt::SkipEmptyParts);
    folders.removeIf([](const QString &each) {
        const QString real = QFileInfo(each + s("/pg_dump")).canonicalFilePath();
        return real.isEmpty() || real.endsWith(s("/pg_wrapper"));
    });
    const QDir versions(s("/usr/lib/postgresql"));
    for (const QString &name : versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString bin = versions.filePath(name + s("/bin"));
        if (!folders.contains(bin))
            folders.append(bin);
    }
    return folders;
}

Result<QList<DumpPrograms>> findDumpPrograms(const QString &folder, const Deadline &deadline)
{
    QList<DumpPrograms> found;
    for (const QString &each : dumpProgramFolders(folder)) {
        DumpPrograms programs;
        programs.dump = each + s("/pg_dump");
        programs.restore = each + s("/pg_restore");
        if (!QFileInfo(programs.dump).isExecutable() || !QFileInfo(programs.restore).isExecutable())
            continue;
        programs.version = versionOf(programs.dump, deadline);
        const int restore = majorOf(versionOf(programs.restore, deadline));
        programs.major = std::min(majorOf(programs.version), restore);
        if (programs.major > 0)
            found.append(programs);
    }
    if (deadline.isCancelled())
        return fail(ErrorKind::Cancelled, s("cancelled"));
    if (found.isEmpty() && !folder.isEmpty())
        return fail(ErrorKind::Usage, s("%1 has no pg_dump and pg_restore that tell their version").arg(folder),
                    s("the folder that both lie in, such as /usr/lib/postgresql/15/bin"));
    std::stable_sort(found.begin(), found.end(),
                     [](const DumpPrograms &a, const DumpPrograms &b) { return a.major > b.major; });
    return found;
}

Result<ProgramChoice> chooseDumpPrograms(const QList<DumpPrograms> &found, int sourceMajor, int targetMajor)
{
    const QString install = s("install postgresql-client-%1 (apt.postgresql.org has every version), or name the folder "
                              "of newer ones with --programs")
                                .arg(sourceMajor);
    if (found.isEmpty())
        return fail(ErrorKind::Usage, s("there is no pg_dump and pg_restore on this computer"), install);
    const auto fits = [&](const DumpPrograms &each) { return each.major >= sourceMajor; };
    const auto best = std::find_if(found.cbegin(), found.cend(),
                                   [&](const DumpPrograms &each) { return fits(each) && each.major <= targetMajor; });
    if (best != found.cend())
        return ProgramChoice{*best, {}};
    const auto least = std::find_if(found.crbegin(), found.crend(), fits);
    if (least == found.crend())
        return fail(ErrorKind::Usage,
                    s("pg_dump %1 is older than the source's server (%2) and cannot read it")
                        .arg(found.first().version)
                        .arg(sourceMajor),
                    install);
    return ProgramChoice{*least,
                         s("pg_restore %1 is newer than the target's server (%2): it may set what that does not know")
                             .arg(least->version)
                             .arg(targetMajor)};
}

} // namespace Switchyard

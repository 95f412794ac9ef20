// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what reading, linting and converting manifests costs: per file, for all real ones at once, and for a Blueprint of
// 5,000 lines, which the window lints anew while somebody types. Beside them yamllint on the same files, where it is
// installed: it looks at the grammar alone. Asserts nothing but that there was something to measure.
#include "models/common/files.h"
#include "models/manifests/convert.h"
#include "models/manifests/manifestset.h"

#include <QDirIterator>
#include <QElapsedTimer>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <numeric>

using namespace Switchyard;

namespace {

struct Times
{
    QList<double> read;
    QList<double> lint;
    QList<double> convert;
};

double milliseconds(const QElapsedTimer &timer)
{
    return double(timer.nsecsElapsed()) / 1e6;
}

double percentile(QList<double> values, double share)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? 0 : values[qsizetype(share * double(values.size() - 1))];
}

void print(const char *what, const QList<double> &values)
{
    std::printf("%-28s %6d files   p50 %7.3f ms   p99 %7.3f ms   all %8.1f ms\n", what, int(values.size()),
                percentile(values, 0.5), percentile(values, 0.99),
                std::accumulate(values.begin(), values.end(), 0.0));
}

/// A Blueprint as a large product has it, about as many lines as asked for.
QByteArray largeBlueprint(int lines)
{
    QByteArray text = "services:\n";
    for (int service = 0, written = 1; written < lines; ++service) {
        const QByteArray name = "service-" + QByteArray::number(service);
        text += "  - type: " + QByteArray(service % 4 == 0 ? "worker" : "web") + "\n    name: " + name +
                "\n    runtime: python\n    region: frankfurt\n    plan: standard\n    buildCommand: pip install -r "
                "requirements.txt\n    startCommand: uvicorn app:app --host 0.0.0.0 --port $PORT\n    healthCheckPath: "
                "/health\n    envVars:\n";
        written += 9;
        for (int i = 0; i < 20; ++i, written += 2)
            text += "      - key: VARIABLE_" + QByteArray::number(i) + "\n        value: some text " +
                    QByteArray::number(i) + "\n";
    }
    return text;
}

} // namespace

class ManifestBenchmark final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void realFiles();
    void largeFile();
};

void ManifestBenchmark::realFiles()
{
    const QString data = QStringLiteral(SOURCE_DIR "/../shared/data/");
    QStringList files;
    QStringList yaml;
    for (const char *folder : {"corpus/render", "corpus/fly", "fly/appconfig-testdata", "corpus/fly-fixtures",
                               "corpus/vercel", "corpus/vercel-fixtures", "corpus/dockerfile"}) {
        QDirIterator it(data + QLatin1StringView(folder), QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext()) {
            files.append(it.next());
            if (files.last().endsWith(QStringLiteral(".yaml")))
                yaml.append(files.last());
        }
    }
    if (files.isEmpty())
        QSKIP("the reference data beside the repository is not there");
    Times times;
    QElapsedTimer timer;
    for (const QString &file : std::as_const(files)) {
        const Result<QByteArray> text = readFile(file);
        if (!text)
            continue;
        timer.start();
        const Result<LintSubject> subject = readManifestText(file, *text);
        times.read.append(milliseconds(timer));
        if (!subject)
            continue;
        timer.start();
        lintManifests({*subject});
        times.lint.append(milliseconds(timer));
        timer.start();
        convertManifests({*subject}, file.contains(QStringLiteral("/fly")) ? ConvertTarget::Render
                                                                             : ConvertTarget::Fly);
        times.convert.append(milliseconds(timer));
    }
    print("read", times.read);
    print("lint", times.lint);
    print("convert", times.convert);
    timer.start();
    const ManifestSet all = readManifestSetForLint(files);
    const qsizetype findings = lintManifests(all.subjects).size();
    std::printf("all %d files in one run, from disk, with git's modes: %.0f ms, %d findings\n", int(files.size()),
                milliseconds(timer), int(findings));
    QVERIFY(!times.convert.isEmpty());
    if (QStandardPaths::findExecutable(QStringLiteral("yamllint")).isEmpty())
        return (void)std::printf("yamllint is not installed\n");
    timer.start();
    QProcess::execute(QStringLiteral("yamllint"), QStringList{QStringLiteral("-d"), QStringLiteral("relaxed"),
                                                              QStringLiteral("-f"), QStringLiteral("parsable")} + yaml);
    const double peer = milliseconds(timer);
    timer.start();
    const ManifestSet same = readManifestSetForLint(yaml);
    lintManifests(same.subjects);
    std::printf("%d Blueprints: yamllint %.0f ms with its start, here %.0f ms\n", int(yaml.size()), peer,
                milliseconds(timer));
}

void ManifestBenchmark::largeFile()
{
    const QByteArray text = largeBlueprint(5'000);
    Times times;
    for (int i = 0; i < 10; ++i) {
        QElapsedTimer timer;
        timer.start();
        const Result<LintSubject> subject = readManifestText(QStringLiteral("render.yaml"), text);
        times.read.append(milliseconds(timer));
        QVERIFY(subject.has_value());
        timer.start();
        QVERIFY(!lintManifests({*subject}).isEmpty());
        times.lint.append(milliseconds(timer));
        timer.start();
        convertManifests({*subject}, ConvertTarget::Fly);
        times.convert.append(milliseconds(timer));
    }
    std::printf("a Blueprint of %d lines: read %.1f ms, lint %.1f ms, convert %.1f ms (medians of 10)\n",
                int(text.count('\n')), percentile(times.read, 0.5), percentile(times.lint, 0.5),
                percentile(times.convert, 0.5));
}

QTEST_GUILESS_MAIN(ManifestBenchmark)
#include "tst_bench_manifests.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The scanner beside ripgrep over the same generated tree with the same patterns, in the same run. Size by
// SWITCHYARD_SCAN_MB (default 64; 1000 for the figures of the record). Asserts the aim only on trees that are large
// enough for the start of a program not to count.
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <random>

namespace {

/// What a person would give ripgrep to look for the same things.
const char patterns[] = R"re((https?|wss?|postgres(ql)?(\+\w+)?|mysql|mongodb(\+srv)?|rediss?|amqps?)://[^\s"'`<>]+
[\w.-]+\.(fly\.dev|flycast|onrender\.com|vercel\.app|now\.sh|netlify\.app|herokuapp\.com|railway\.app|rlwy\.net|koyeb\.app|run\.app|web\.app|firebaseapp\.com|azurewebsites\.net|elasticbeanstalk\.com|pages\.dev|workers\.dev|ngrok\.io|mongodb\.net|upstash\.io|neon\.tech|supabase\.co|psdb\.cloud|cloudamqp\.com)
\b[Ll]ocalhost\b
\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b
\b[23fF][0-9a-fA-F]{3}:[0-9a-fA-F:]+
(?i:\b\w*port["'\s]*[=:(]+\s*["']?\d{2,5})
(?i:--port[ =]\d+|--bind[ =]\S+|\bexpose \d+|\.listen\(\d+)
(?i:\w*(secret|token|password|passwd|passphrase|credentials|[_-]key|[a-z]key|[_-]pass|pwd)\w*["'\]\s]*[=:]+\s*["']?[^\s"']{6,})
AKIA[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{50}|sk_live_\w{16}|xox[abp]-[\w-]{20}|SG\.[\w.-]{60}|AIza[\w-]{35}|eyJ[\w.-]{60}|-----BEGIN [A-Z ]*PRIVATE KEY
)re";

/// Lines as repositories have them, with a finding in about 5 KB of text: real trees have one in 8.
class Writer final
{
public:
    QByteArray file(int bytes, const char *suffix)
    {
        QByteArray text;
        text.reserve(bytes + 200);
        const QByteArray comment = QByteArray(suffix) == "py" || QByteArray(suffix) == "yaml" ? "# " : "// ";
        while (text.size() < bytes)
            text += line(comment);
        return text;
    }

private:
    QByteArray word()
    {
        static const char *const words[] = {"request",  "handler",  "session", "import",    "export",  "value",
                                            "index",    "return",   "config",  "user",      "support", "viewport",
                                            "tokenize", "keyboard", "state",   "response",  "update",  "account",
                                            "price",    "monkey",   "render",  "component", "service", "controller",
                                            "async",    "await",    "const",   "self"};
        return words[m_random() % std::size(words)];
    }
    QByteArray line(const QByteArray &comment)
    {
        const auto number = [this](int limit) { return QByteArray::number(int(m_random() % unsigned(limit))); };
        switch (m_random() % 300) {
        case 0:
            return "    url = \"https://" + word() + ".fly.dev/api/" + word() + "\"\n";
        case 1:
            return comment + "see https://docs.python.org/3/library/" + word() + ".html\n";
        case 2:
            return "    version = \"" + number(9) + "." + number(20) + "." + number(30) + "\"\n";
        case 3:
            return "    const port = process.env.PORT || " + number(60'000) + ";\n";
        case 4:
            return "    " + word() + "Token = " + word() + "." + word() + "(key);\n";
        case 5:
        case 6:
            return "\n";
        case 7:
            return comment + word() + " " + word() + " the " + word() + " of " + word() + " before " + word() + "\n";
        case 8:
            return "    " + word() + " = " + number(100) + "." + number(1000) + " * std::" + word() + "(0x" +
                   number(9999) + ")\n";
        default:
            return QByteArray(int(m_random() % 4) * 4, ' ') + word() + "." + word() + "(" + word() + ", \"" + word() +
                   " " + word() + "\", " + word() + "[" + number(90) + "]);\n";
        }
    }
    std::mt19937 m_random{7};
};

struct Run
{
    double seconds = 0;
    double cpu = 0;
    int status = -1;
    qint64 output = 0;
};

double childCpu()
{
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

Run run(const QString &program, const QStringList &arguments, const QString &output)
{
    QProcess process;
    process.setStandardOutputFile(output);
    const double before = childCpu();
    QElapsedTimer clock;
    clock.start();
    process.start(program, arguments);
    Run result;
    if (!process.waitForFinished(200'000))
        return result;
    result.seconds = double(clock.nsecsElapsed()) / 1e9;
    result.cpu = childCpu() - before;
    result.status = process.exitCode();
    result.output = QFile(output).size();
    return result;
}

} // namespace

class ScanBenchmark final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void besideRipgrep();
};

void ScanBenchmark::besideRipgrep()
{
    const QString ripgrep = QStandardPaths::findExecutable(QStringLiteral("rg"));
    if (ripgrep.isEmpty())
        QSKIP("ripgrep is needed (ripgrep)");
    bool given = false;
    const int megabytes = std::max(1, qEnvironmentVariableIntValue("SWITCHYARD_SCAN_MB", &given));
    const qint64 size = (given ? megabytes : 64) * qint64(1'000'000);
    const QTemporaryDir folder;
    const QTemporaryDir out;
    Writer writer;
    static const char *const suffixes[] = {"py", "js", "ts", "yaml", "go", "json"};
    qint64 written = 0;
    for (int i = 0; written < size; ++i) {
        // Mostly small files, now and then a bundle.
        const char *suffix = suffixes[i % 6];
        const QByteArray text = writer.file(i % 200 == 199 ? 2'000'000 : 4'000 + (i * 7919) % 30'000, suffix);
        const QString path =
            folder.filePath(QStringLiteral("d%1/f%2.%3").arg(i / 100).arg(i).arg(QLatin1StringView(suffix)));
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        written += text.size();
    }
    const QString patternFile = out.filePath(QStringLiteral("patterns"));
    QFile list(patternFile);
    QVERIFY(list.open(QIODevice::WriteOnly));
    list.write(QByteArray(patterns).trimmed() + '\n');
    list.close();
    const QStringList scanArguments{QStringLiteral("scan"), folder.path(), QStringLiteral("--quiet")};
    const QStringList rgArguments{QStringLiteral("--no-messages"),
                                  QStringLiteral("-n"),
                                  QStringLiteral("--no-heading"),
                                  QStringLiteral("-o"),
                                  QStringLiteral("-f"),
                                  patternFile,
                                  folder.path()};
    Run best[2];
    best[0].seconds = best[1].seconds = 1e9;
    // In turns, the quickest of three each: both find the files in the page cache.
    for (int round = 0; round < 3; ++round) {
        const Run scan =
            run(QStringLiteral(BINARY_DIR "/switchyard-cli"), scanArguments, out.filePath(QStringLiteral("scan")));
        const Run rg = run(ripgrep, rgArguments, out.filePath(QStringLiteral("rg")));
        QCOMPARE(scan.status, 1);
        QCOMPARE(rg.status, 0);
        QVERIFY(scan.output > 1000 && rg.output > 1000);
        if (scan.seconds < best[0].seconds)
            best[0] = scan;
        if (rg.seconds < best[1].seconds)
            best[1] = rg;
    }
    const double mb = double(written) / 1e6;
    std::printf("tree     %.0f MB\n", mb);
    std::printf("scan     %.2f s  %.0f MB/s  %.2f s of CPU\n", best[0].seconds, mb / best[0].seconds, best[0].cpu);
    std::printf("ripgrep  %.2f s  %.0f MB/s  %.2f s of CPU\n", best[1].seconds, mb / best[1].seconds, best[1].cpu);
    std::printf("scan takes %.2f of ripgrep's time\n", best[0].seconds / best[1].seconds);
}

QTEST_GUILESS_MAIN(ScanBenchmark)
#include "tst_bench_scan.moc"

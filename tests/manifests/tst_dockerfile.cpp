// SPDX-License-Identifier: GPL-3.0-or-later
// Dockerfiles and Procfiles: what the parser sees, what comes of it in the model, and that every instruction is in the
// account. The corpus lies beside the repository.
#include "models/manifests/dockerfile.h"
#include "models/manifests/formats.h"

#include <QDir>
#include <QElapsedTimer>
#include <QSet>
#include <QTest>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

struct Read
{
    ServiceModel model;
    Ledger ledger;
    QList<Error> problems;
};

Read readDocker(const QByteArray &text, const QString &file = s("api/Dockerfile"))
{
    Read read;
    read.model = readDockerfile(text, file, read.ledger, read.problems);
    return read;
}

QList<DockerInstruction> parse(const QByteArray &text, QList<Error> *problems = nullptr)
{
    QList<Error> own;
    return parseDockerfile(text, s("Dockerfile"), problems ? *problems : own);
}

QString messages(const QList<Error> &problems)
{
    QStringList lines;
    for (const Error &problem : problems)
        lines.append(problem.toString());
    return lines.join(QLatin1Char('\n'));
}

QStringList keysOf(const Ledger &ledger)
{
    QStringList keys;
    for (const KeyFate &fate : ledger.fates())
        keys.append(fate.key);
    return keys;
}

} // namespace

class DockerfileTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void continuedLines();
    void escapeDirective();
    void forms_data();
    void forms();
    void heredocs();
    void stages();
    void variables();
    void flags();
    void keys();
    void model();
    void startCommand_data();
    void startCommand();
    void inherited();
    void environment();
    void check();
    void names_data();
    void names();
    void badInput_data();
    void badInput();
    void noValueInMessages();
    void large();
    void corpus();
    void procfile();
    void procfileBad();
};

void DockerfileTest::continuedLines()
{
    QList<Error> problems;
    const auto all = parse("\xef\xbb\xbf# first\r\nFROM alpine\r\n"
                           "  run apk add \\  \n\n  # between\n    curl \\\n    git\nUSER app",
                           &problems);
    QVERIFY2(problems.isEmpty(), qPrintable(messages(problems)));
    QCOMPARE(all.size(), 3);
    QCOMPARE(all[1].name, s("RUN"));
    QCOMPARE(all[1].words, (QStringList{s("apk"), s("add"), s("curl"), s("git")}));
    QCOMPARE(all[1].place, (Place{s("Dockerfile"), 3, 3}));
    QCOMPARE(all[1].lastLine, 7);
    QCOMPARE(all[2].place.line, 8);
    QCOMPARE(all[2].argumentsPlace.column, 6);
}

void DockerfileTest::escapeDirective()
{
    const auto all =
        parse("# syntax=docker/dockerfile:1\n# escape=`\nFROM win\nCOPY a `\n  c:\\\\\nRUN dir c:\\\nUSER x");
    QCOMPARE(all.size(), 4);
    QCOMPARE(all[1].words, (QStringList{s("a"), s("c:\\\\")}));
    QCOMPARE(all[2].arguments, s("dir c:\\"));
    // Below anything else it is a comment.
    const auto late = parse("# a comment\n# escape=`\nFROM a\nRUN a \\\n b");
    QCOMPARE(late.size(), 2);
    QList<Error> problems;
    parse("# escape=x\nFROM a", &problems);
    QCOMPARE(problems.size(), 1);
}

void DockerfileTest::forms_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<bool>("json");
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("problems");
    QTest::newRow("exec") << QByteArray(R"(CMD ["a", "b c", "d\"e"])") << true
                          << QStringList{s("a"), s("b c"), s("d\"e")} << 0;
    QTest::newRow("empty list") << QByteArray("ENTRYPOINT []") << true << QStringList{} << 0;
    QTest::newRow("shell") << QByteArray(R"(CMD a "b c" d)") << false << QStringList{s("a"), s("b c"), s("d")} << 0;
    QTest::newRow("test") << QByteArray("RUN [ -f x ] && y") << false
                          << QStringList{s("["), s("-f"), s("x"), s("]"), s("&&"), s("y")} << 0;
    QTest::newRow("single quotes") << QByteArray("CMD ['a', 'b']") << false << QStringList{s("[a,"), s("b]")} << 1;
    QTest::newRow("unterminated") << QByteArray(R"(CMD ["a", "b")") << false << QStringList{s("[a,"), s("b")} << 1;
    QTest::newRow("number in it") << QByteArray(R"(CMD ["a", 1])") << false << QStringList{s("[a,"), s("1]")} << 1;
    QTest::newRow("shell instruction") << QByteArray("SHELL bash") << false << QStringList{s("bash")} << 1;
    QTest::newRow("volume") << QByteArray(R"(VOLUME ["/a","/b"])") << true << QStringList{s("/a"), s("/b")} << 0;
    QTest::newRow("check") << QByteArray(R"(HEALTHCHECK CMD ["a", "b"])") << true << QStringList{s("a"), s("b")} << 0;
    QTest::newRow("no arguments") << QByteArray("CMD") << false << QStringList{} << 1;
    QTest::newRow("over lines") << QByteArray("CMD [\"a\", \\\n  \"b\"]") << true << QStringList{s("a"), s("b")} << 0;
}

void DockerfileTest::forms()
{
    QFETCH(QByteArray, line);
    QFETCH(bool, json);
    QFETCH(QStringList, words);
    QFETCH(int, problems);
    QList<Error> found;
    const auto all = parse("FROM a\n" + line + "\n", &found);
    QCOMPARE(all.size(), 2);
    QCOMPARE(all[1].json, json);
    QCOMPARE(all[1].words, words);
    QVERIFY2(found.size() == problems, qPrintable(messages(found)));
    for (const Error &error : found) {
        QCOMPARE(error.kind, ErrorKind::Usage);
        QCOMPARE(error.place.line, 2);
    }
}

void DockerfileTest::heredocs()
{
    QList<Error> problems;
    const auto all =
        parse("FROM a\nRUN <<EOF\nFROM not\nEOF\nCOPY <<-\"A\" <<B /dst\n\tone\n\tA\ntwo\nB\nUSER x\n", &problems);
    QVERIFY2(problems.isEmpty(), qPrintable(messages(problems)));
    QCOMPARE(all.size(), 4);
    QCOMPARE(all[1].heredocs.size(), 1);
    QCOMPARE(all[1].heredocs[0].text, s("FROM not"));
    QCOMPARE(all[1].heredocs[0].place.line, 3);
    QCOMPARE(all[1].lastLine, 4);
    QCOMPARE(all[2].heredocs.size(), 2);
    QCOMPARE(all[2].heredocs[0].text, s("one"));
    QCOMPARE(all[2].heredocs[1].text, s("two"));
    // Not one: CMD has none, <<< is a here-string, an arithmetic shift no word of its own.
    QCOMPARE(parse("FROM a\nRUN cat <<<X && echo $((1<<2))\nCMD cat <<EOF\nUSER b").size(), 4);
    // BuildKit wants no space before the word; a shell would not mind.
    problems.clear();
    const auto spaced = parse("FROM a\nRUN cat > /x << 'EOF'\n[unit]\nkey=secret\nEOF\nUSER b", &problems);
    QCOMPARE(spaced.size(), 3);
    QCOMPARE(problems.size(), 1);
    QCOMPARE(problems[0].place.line, 2);
    problems.clear();
    parse("FROM a\nRUN <<EOF\nline\n", &problems);
    QVERIFY(messages(problems).contains(s("never ends")));
}

void DockerfileTest::stages()
{
    QList<Error> problems;
    const auto all =
        parse("ARG V=1\nFROM --platform=linux/amd64 a:$V as Build\nRUN x\nfrom build AS run\nFROM c d\n", &problems);
    QCOMPARE(all[0].stage, -1);
    QCOMPARE(all[1].stage, 0);
    QCOMPARE(all[1].stageName, s("Build"));
    QCOMPARE(all[1].flags.value(s("platform")), s("linux/amd64"));
    QCOMPARE(all[1].words.first(), s("a:$V"));
    QCOMPARE(all[2].stage, 0);
    QCOMPARE(all[3].stage, 1);
    QCOMPARE(problems.size(), 1);
    QCOMPARE(problems[0].place.line, 5);
    problems.clear();
    parse("RUN x\nFROM a\n", &problems);
    QVERIFY(messages(problems).contains(s("before the first FROM")));
}

void DockerfileTest::variables()
{
    QList<Error> problems;
    const auto all =
        parse("FROM a\nENV A=1 B=\"two words\" C='$X' D=e\\ f \\\n    E=\nENV OLD has all the rest\nARG X\nARG Y=2 Z\n"
              "LABEL a.b=\"c\"\n",
              &problems);
    QVERIFY2(problems.isEmpty(), qPrintable(messages(problems)));
    const auto &env = all[1].variables;
    QCOMPARE(env.size(), 5);
    QCOMPARE(env[0].name, s("A"));
    QCOMPARE(env[0].value, s("1"));
    QCOMPARE(env[0].place, (Place{s("Dockerfile"), 2, 7}));
    QCOMPARE(env[1].value, s("two words"));
    QCOMPARE(env[2].value, s("$X"));
    QVERIFY(env[2].quoted);
    QCOMPARE(env[3].value, s("e f"));
    QCOMPARE(env[4].value, QString());
    QVERIFY(env[4].stated);
    QCOMPARE(env[4].namePlace, (Place{s("Dockerfile"), 3, 5}));
    QCOMPARE(all[2].variables[0].value, s("has all the rest"));
    QVERIFY(!all[3].variables[0].stated);
    QCOMPARE(all[4].variables.size(), 2);
    QCOMPARE(all[5].variables[0].name, s("a.b"));
    parse("FROM a\nENV A=1 two\nENV ALONE\n", &problems);
    QCOMPARE(problems.size(), 2);
}

void DockerfileTest::flags()
{
    const auto all = parse("FROM a\nCOPY --chown=app:app --from=build --link /a /b\n"
                           "RUN --mount=type=cache,target=/x --mount=type=secret,id=\"a b\" make --jobs=2\n"
                           "CMD --not a flag\n");
    QCOMPARE(all[1].flags.value(s("chown")), s("app:app"));
    QCOMPARE(all[1].flags.value(s("from")), s("build"));
    QVERIFY(all[1].flags.contains(s("link")));
    QCOMPARE(all[1].words, (QStringList{s("/a"), s("/b")}));
    QCOMPARE(all[2].flags.values(s("mount")).size(), 2);
    QCOMPARE(all[2].arguments, s("make --jobs=2"));
    QVERIFY(all[3].flags.isEmpty());
}

void DockerfileTest::keys()
{
    const Read read =
        readDocker("ARG V=1\nFROM a AS b\nRUN 1\nRUN 2\nENV A=1\nFROM c\nENV A=1 B=2\nENV A=3\nEXPOSE 80\nFOO x\n");
    QCOMPARE(keysOf(read.ledger), (QStringList{s("global.ARG.V"), s("stage[0].FROM"), s("stage[0].RUN[0]"),
                                               s("stage[0].RUN[1]"), s("stage[0].ENV.A"), s("FROM"), s("ENV.A"),
                                               s("ENV.B"), s("ENV.A[1]"), s("EXPOSE[0]"), s("FOO[0]")}));
    for (const KeyFate &fate : read.ledger.fates()) {
        QVERIFY2(!fate.reason.isEmpty(), qPrintable(fate.key));
        QCOMPARE(fate.reason.contains(s("unknown")), fate.key == s("FOO[0]"));
    }
}

void DockerfileTest::model()
{
    const Read read =
        readDocker("FROM python:3.12 AS base\nFROM base\nENV PORT=8001\nEXPOSE ${PORT} 9000/udp\nEXPOSE 9100\n"
                   "STOPSIGNAL 2\nCMD [\"uvicorn\", \"app:app\"]\n");
    QVERIFY2(read.problems.isEmpty(), qPrintable(messages(read.problems)));
    QCOMPARE(read.model.format, s("dockerfile"));
    QCOMPARE(read.model.services.size(), 1);
    const Service &service = read.model.services.first();
    QCOMPARE(service.name, s("api"));
    QCOMPARE(service.runtime->value, s("docker"));
    QCOMPARE(service.dockerfile->value, s("api/Dockerfile"));
    QCOMPARE(service.dockerfile->place.line, 2);
    QCOMPARE(service.port->value, 8001);
    QCOMPARE(service.port->place.line, 4);
    QCOMPARE(service.ports.size(), 2);
    QCOMPARE(service.ports[0].protocol->value, s("udp"));
    QCOMPARE(service.ports[1].internal->value, 9100);
    QCOMPARE(service.stopSignal->value, s("SIGINT"));
    QCOMPARE(service.startCommand->value, s("uvicorn app:app"));
    QCOMPARE(service.environment.size(), 1);
}

void DockerfileTest::startCommand_data()
{
    QTest::addColumn<QByteArray>("lines");
    QTest::addColumn<QString>("command");
    QTest::newRow("cmd shell") << QByteArray("CMD a --port $PORT") << s("a --port $PORT");
    QTest::newRow("cmd exec") << QByteArray(R"(CMD ["a", "b c", "it's"])") << s(R"(a 'b c' 'it'\''s')");
    QTest::newRow("sh -c") << QByteArray(R"(CMD ["sh", "-c", "a && b"])") << s("a && b");
    QTest::newRow("both exec") << QByteArray("ENTRYPOINT [\"tini\", \"--\"]\nCMD [\"a\"]") << s("tini -- a");
    QTest::newRow("entry exec, cmd shell")
        << QByteArray("CMD a && b\nENTRYPOINT [\"tini\"]") << s("tini /bin/sh -c 'a && b'");
    QTest::newRow("entry shell") << QByteArray("ENTRYPOINT exec a\nCMD [\"b\"]") << s("exec a");
    QTest::newRow("last one") << QByteArray("CMD a\nCMD b") << s("b");
    QTest::newRow("other shell") << QByteArray("SHELL [\"/bin/bash\", \"-lc\"]\nCMD a b") << s("/bin/bash -lc 'a b'");
    QTest::newRow("only entry") << QByteArray("ENTRYPOINT [\"a\"]") << s("a");
}

void DockerfileTest::startCommand()
{
    QFETCH(QByteArray, lines);
    QFETCH(QString, command);
    const Read read = readDocker("FROM x\n" + lines + "\n");
    QVERIFY(read.model.services.first().startCommand);
    QCOMPARE(read.model.services.first().startCommand->value, command);
}

void DockerfileTest::inherited()
{
    // What an earlier stage of the file sets holds for the last one where it is built upon, and only there.
    const Read read = readDocker("FROM a AS base\nENV A=1\nEXPOSE 80\nCMD [\"old\"]\nFROM b AS other\nENV X=1\nCMD z\n"
                                 "FROM Base\nENTRYPOINT [\"new\"]\n");
    const Service &service = read.model.services.first();
    QCOMPARE(service.environment.size(), 1);
    QCOMPARE(service.environment[0].name, s("A"));
    QCOMPARE(service.port->value, 80);
    // A new entrypoint drops the command that came from below.
    QCOMPARE(service.startCommand->value, s("new"));
    const Read cycle = readDocker("FROM x AS x\nCMD a\nFROM x AS x\n");
    QCOMPARE(cycle.model.services.first().startCommand->value, s("a"));
}

void DockerfileTest::environment()
{
    const Read read = readDocker("ARG G=g\nFROM a\nARG G\nARG N=1\nENV A=x B=$A C=\"$PATH:/x\" D=${N} E='$A' F=\\$A\n"
                                 "ENV H=$A-${Q:-d} I=${A:+set}\nENV A=y\n");
    QMap<QString, QString> values;
    for (const EnvironmentEntry &entry : read.model.services.first().environment)
        values.insert(entry.name, entry.value);
    // Not B: within one instruction the variables of it do not hold yet. Not C and D: the file does not state them.
    QCOMPARE(values.keys(), (QStringList{s("A"), s("E"), s("F"), s("H"), s("I")}));
    QCOMPARE(values[s("A")], s("y"));
    QCOMPARE(values[s("E")], s("$A"));
    QCOMPARE(values[s("H")], s("x-d"));
    QCOMPARE(values[s("I")], s("set"));
    for (const KeyFate &fate : read.ledger.fates()) {
        if (fate.key == s("ENV.D"))
            QVERIFY2(fate.reason.contains(s("argument of the build")), qPrintable(fate.reason));
        if (fate.key == s("ENV.C"))
            QVERIFY2(fate.reason.contains(s("does not state")), qPrintable(fate.reason));
    }
}

void DockerfileTest::check()
{
    const Read read = readDocker("FROM a\nHEALTHCHECK --interval=1m30s --timeout=10s --start-period=5s --retries=4 \\\n"
                                 "  CMD curl -f http://localhost:8000/health || exit 1\n");
    QVERIFY2(read.problems.isEmpty(), qPrintable(messages(read.problems)));
    QCOMPARE(read.model.services.first().checks.size(), 1);
    const ServiceCheck &check = read.model.services.first().checks.first();
    QCOMPARE(check.command->value, s("curl -f http://localhost:8000/health || exit 1"));
    QCOMPARE(check.interval->value, Milliseconds(90'000));
    QCOMPARE(check.timeout->value, Milliseconds(10'000));
    QCOMPARE(check.grace->value, Milliseconds(5'000));
    QCOMPARE(check.retries->value, 4);
    QCOMPARE(check.path->value, s("/health"));
    QCOMPARE(check.port->value, 8000);
    QVERIFY(!check.moves);
    QVERIFY(!read.model.services.first().deployCheck());
    QVERIFY(readDocker("FROM a\nHEALTHCHECK CMD x\nHEALTHCHECK none\n").model.services.first().checks.isEmpty());
    QCOMPARE(readDocker("FROM a\nHEALTHCHECK --interval=5 CMD x\nHEALTHCHECK --nope=1 CMD x\nHEALTHCHECK x\n")
                 .problems.size(),
             3);
    const Read noPath = readDocker("FROM a\nHEALTHCHECK CMD [\"curl\", \"http://127.0.0.1:$PORT/up\"]\n");
    QVERIFY(!noPath.model.services.first().checks.first().path);
}

void DockerfileTest::names_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("name");
    QTest::newRow("folder") << s("/x/My App/Dockerfile") << s("my-app");
    QTest::newRow("suffix") << s("docker/Dockerfile.worker") << s("worker");
    QTest::newRow("prefix") << s("web.Dockerfile") << s("web");
    QTest::newRow("nothing") << s("Dockerfile") << s("app");
}

void DockerfileTest::names()
{
    QFETCH(QString, file);
    QFETCH(QString, name);
    QCOMPARE(readDocker("FROM a\n", file).model.services.first().name, name);
}

void DockerfileTest::badInput_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("message");
    QTest::newRow("empty") << QByteArray() << s("no instructions");
    QTest::newRow("comments") << QByteArray("# a\n\n# b\n") << s("no instructions");
    QTest::newRow("NUL") << QByteArray("FROM a\nRUN \0x\n", 14) << s("NUL");
    QTest::newRow("not UTF-8") << QByteArray("FROM a\nRUN \xff\xfe\n") << s("UTF-8");
    QTest::newRow("too large") << QByteArray("FROM a\n") + QByteArray((1 << 20), '#') << s("1 MB");
    QTest::newRow("no FROM") << QByteArray("ARG A=1\n") << s("no FROM");
    QTest::newRow("unknown") << QByteArray("FROM a\nRUNN x\n") << s("no instruction RUNN");
    QTest::newRow("yaml") << QByteArray("services:\n  a:\n    image: b\n") << s("no instruction");
    QTest::newRow("port") << QByteArray("FROM a\nEXPOSE 99999\n") << s("65535");
    QTest::newRow("protocol") << QByteArray("FROM a\nEXPOSE 80/http\n") << s("65535");
    QTest::newRow("signal") << QByteArray("FROM a\nSTOPSIGNAL 99 x\n") << s("signal");
    QTest::newRow("ends in an escape") << QByteArray("FROM a\nRUN x \\") << QString();
    QTest::newRow("only FROM") << QByteArray("FROM") << s("FROM without arguments");
}

void DockerfileTest::badInput()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, message);
    const Read read = readDocker(text);
    if (message.isEmpty())
        QVERIFY2(read.problems.isEmpty(), qPrintable(messages(read.problems)));
    else
        QVERIFY2(messages(read.problems).contains(message), qPrintable(messages(read.problems)));
    for (const Error &problem : read.problems) {
        QCOMPARE(problem.kind, ErrorKind::Usage);
        QCOMPARE(problem.place.file, s("api/Dockerfile"));
    }
}

void DockerfileTest::noValueInMessages()
{
    const Read read =
        readDocker("FROM a\nAPI_KEY=hunter2\nhunter2-x y\nENV A=1 hunter2\nCMD [\"hunter2\nEXPOSE hunter2\n"
                   "STOPSIGNAL hunter2x!\nHEALTHCHECK --interval=hunter2 CMD hunter2\nENV TOKEN=hunter2 T=$hunter2\n");
    QVERIFY(read.problems.size() >= 6);
    QVERIFY2(!messages(read.problems).contains(s("hunter2"), Qt::CaseInsensitive), qPrintable(messages(read.problems)));
    for (const KeyFate &fate : read.ledger.fates())
        QVERIFY2(!(fate.key + fate.reason).contains(s("hunter2"), Qt::CaseInsensitive), qPrintable(fate.key));
}

void DockerfileTest::large()
{
    // What grows faster than the file: many here-documents without an end, variables on one line, values that double.
    QElapsedTimer clock;
    clock.start();
    QByteArray text("FROM a\n");
    for (int i = 0; i < 60'000; ++i)
        text += "RUN <<E" + QByteArray::number(i) + "\n";
    readDocker(text.left(1'000'000));
    text = "FROM a\nENV";
    for (int i = 0; i < 70'000; ++i)
        text += " A" + QByteArray::number(i) + "=b";
    readDocker(text);
    text = "FROM a\nENV A=xxxxxxxxxxxxxxxx\n";
    for (int i = 0; i < 1000; ++i)
        text += "ENV A=$A$A$A$A\n";
    text += "ENV B=";
    for (int i = 0; i < 200'000; ++i)
        text += "$A";
    QVERIFY(!readDocker(text).model.services.isEmpty());
    QVERIFY2(clock.elapsed() < 20'000, qPrintable(QString::number(clock.elapsed())));
}

void DockerfileTest::corpus()
{
    const QDir folder(s(SOURCE_DIR "/../shared/data/corpus/dockerfile"));
    if (!folder.exists())
        QSKIP("the corpus of Dockerfiles is not beside the repository");
    const QStringList files = folder.entryList(QDir::Files);
    QVERIFY(!files.isEmpty());
    int instructions = 0, services = 0, flawed = 0, images = 0;
    for (const QString &name : files) {
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        const Read read = readDocker(text, name);
        QSet<QString> places;
        for (const KeyFate &fate : read.ledger.fates()) {
            QVERIFY2(!fate.reason.isEmpty(), qPrintable(name + fate.key));
            places.insert(fate.place.toString());
        }
        QList<Error> problems;
        const auto all = parseDockerfile(text, name, problems);
        // One file of the corpus is no Dockerfile but a list of files to leave out.
        const bool image =
            std::any_of(all.cbegin(), all.cend(), [](const DockerInstruction &one) { return one.name == s("FROM"); });
        images += image ? 1 : 0;
        QVERIFY2(image || !read.problems.isEmpty(), qPrintable(name));
        QSet<QString> keys;
        for (const DockerInstruction &instruction : all) {
            QVERIFY2(instruction.known || !image, qPrintable(name + s(" ") + instruction.place.toString()));
            QVERIFY2(!keys.contains(instruction.key), qPrintable(name + instruction.key));
            keys.insert(instruction.key);
            if (instruction.variables.isEmpty())
                QVERIFY2(places.contains(instruction.place.toString()), qPrintable(instruction.place.toString()));
            for (const DockerVariable &variable : instruction.variables)
                QVERIFY2(places.contains(variable.place.toString()), qPrintable(variable.place.toString()));
        }
        instructions += int(all.size());
        services += int(read.model.services.size());
        flawed += read.problems.isEmpty() ? 0 : 1;
        if (!read.problems.isEmpty() && image)
            qInfo("%s", qPrintable(messages(read.problems)));
    }
    qInfo("%d files, %d instructions, %d services, %d with problems", int(files.size()), instructions, services,
          flawed);
    QCOMPARE(services, images);
    QVERIFY(images >= int(files.size()) - 1);
}

void DockerfileTest::procfile()
{
    Ledger ledger;
    QList<Error> problems;
    const ServiceModel model = readProcfile(
        "# processes\nweb: uvicorn a:b --port $PORT\r\nworker:   celery -A x\n\nrelease: alembic upgrade head\n",
        s("Procfile"), ledger, problems);
    QVERIFY2(problems.isEmpty(), qPrintable(messages(problems)));
    QCOMPARE(model.services.size(), 2);
    QCOMPARE(model.services[0].kind, ServiceKind::Web);
    QCOMPARE(model.services[0].startCommand->value, s("uvicorn a:b --port $PORT"));
    QCOMPARE(model.services[0].startCommand->place, (Place{s("Procfile"), 2, 6}));
    QCOMPARE(model.services[0].preDeployCommand->value, s("alembic upgrade head"));
    QCOMPARE(model.services[1].kind, ServiceKind::Worker);
    QCOMPARE(keysOf(ledger), (QStringList{s("web"), s("worker"), s("release")}));
    Ledger other;
    const ServiceModel worker = readProcfile("release: a\nworker: b\n", s("Procfile"), other, problems);
    QVERIFY(worker.services.first().preDeployCommand);
}

void DockerfileTest::procfileBad()
{
    Ledger ledger;
    QList<Error> problems;
    const ServiceModel model = readProcfile("web: a\nhunter2\nweb: b\nempty:\n", s("Procfile"), ledger, problems);
    QCOMPARE(model.services.size(), 1);
    QCOMPARE(problems.size(), 3);
    QVERIFY(!messages(problems).contains(s("hunter2")));
    QCOMPARE(ledger.fates().size(), 4);
    for (const QByteArray &text : {QByteArray("web: \xff"), QByteArray("web: a\0b", 8), QByteArray(2 << 20, 'a')}) {
        problems.clear();
        QVERIFY(readProcfile(text, s("Procfile"), ledger, problems).services.isEmpty());
        QCOMPARE(problems.size(), 1);
    }
}

QTEST_GUILESS_MAIN(DockerfileTest)
#include "tst_dockerfile.moc"

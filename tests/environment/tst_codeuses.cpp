// SPDX-License-Identifier: GPL-3.0-or-later
// What code reads of its environment: tables for each language, folders, bad input, and real trees beside Python's own
// parser and acorn.
#include "models/environment/codeuses.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSet>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>

#include <sys/stat.h>
#include <unistd.h>

using namespace Switchyard;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

/// "3 NAME! =default ~computed |OTHER (by)": line, required, fallback, any-of.
QString shown(const VariableUse &use)
{
    QString text = QStringLiteral("%1 %2").arg(use.place.line).arg(use.name);
    if (use.required)
        text += u'!';
    if (use.fallback)
        text += (use.fallbackComputed ? s(" ~") : s(" =")) + *use.fallback;
    for (const QString &other : use.anyOf)
        text += s(" |") + other;
    return text;
}

QStringList shown(const QByteArray &text, const char *path)
{
    QStringList result;
    for (const VariableUse &use : variablesUsed(text, s(path)))
        result.append(shown(use));
    return result;
}

void row(const char *title, const char *path, const QByteArray &text, const QStringList &expected)
{
    QTest::newRow(title) << s(path) << text << expected;
}

QStringList lines(const char *text)
{
    return s(text).split(u'\n', Qt::SkipEmptyParts);
}

bool put(const QString &path, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

} // namespace

class CodeUsesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void python_data();
    void python() { compare(); }
    void settings_data();
    void settings() { compare(); }
    void javaScript_data();
    void javaScript() { compare(); }
    void shell_data();
    void shell() { compare(); }
    void declared_data();
    void declared() { compare(); }
    void details();
    void seeds();
    void folder();
    void badInput_data();
    void badInput();
    void largeInput_data();
    void largeInput();
    void cancelled();
    void againstPython();
    void againstAcorn();

private:
    static void compare()
    {
        QFETCH(QString, path);
        QFETCH(QByteArray, text);
        QFETCH(QStringList, expected);
        QCOMPARE(shown(text, path.toUtf8().constData()), expected);
    }
    static void columns()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("expected");
    }
};

void CodeUsesTest::python_data()
{
    columns();
    row("environ", "a.py",
        "import os\na = os.environ['A']\nb = os.environ.get('B', 'x')\nc = os.getenv(\"C\", \"5\")\n",
        lines("2 A!\n3 B =x\n4 C =5"));
    row("no default", "a.py", "import os\nos.getenv('A')\nos.environ.get('B')\nos.environ.get('C', None)\n",
        lines("2 A\n3 B\n4 C"));
    row("names", "a.py",
        "import os\nos.getenv(key='A', default='d')\nos.environ.pop('P')\nos.environ.setdefault('S','v')\n",
        lines("2 A =d\n3 P!\n4 S =v"));
    row("from", "a.py",
        "from os import environ, getenv as g\nenviron['A']\ng('B', '1')\nenviron.get(\n  'C',\n  'd',\n)\n",
        lines("2 A!\n3 B =1\n5 C =d"));
    row("from in brackets", "a.py",
        "from os import (\n  path,\n  environ as e,  # c\n  getenv,\n)\ne['A']\ngetenv('B')\n", lines("6 A!\n7 B"));
    row("alias", "a.py", "import sys, os as o\no.environ['A']\no.getenv('B')\n", lines("2 A!\n3 B"));
    row("assigned", "a.py", "import os\nenv = os.environ\nget = os.environ.get\nenv['A']\nget('B')\n",
        lines("4 A!\n5 B"));
    row("assigned in a function", "a.py",
        "import os\ndef f():\n    env = os.environ\n    return env['A']\ndef g(env):\n    return env['B']\n",
        lines("4 A!"));
    row("assigned in a block", "a.py",
        "import os\ndef f(env=None):\n    if env is None:\n        env = os.environ\n    return env.get('A')\ndef "
        "g(env):\n    return env['B']\n",
        lines("5 A"));
    row("another system's", "a.py", "if win:\n    from os import environ\nelse:\n    environ = {}\nenviron['A']\n",
        lines("5 A!"));
    row("copies are others", "a.py", "import os\nenv = os.environ.copy()\nenv['A']\nenv.get('B')\n", {});
    row("several lines", "a.py", "import os\nx = os.environ.get(\n    # which\n    'A',\n    'b'\n    'c',\n)\n",
        lines("4 A =bc"));
    row("continued", "a.py", "import os\nx = os \\\n  .environ \\\n  ['A']\n", lines("4 A!"));
    row("strings and comments", "a.py",
        "import os\n# os.getenv('A')\n\"\"\"os.getenv('B')\nos.environ['C']\"\"\"\nx = 'os.getenv(\"D\")'\ny = "
        "r'''\nos.environ['E']\n'''\n",
        {});
    row("docstring", "a.py", "import os\ndef f():\n    '''Uses os.environ['A'].'''\n    return os.environ['B']\n",
        lines("4 B!"));
    row("in", "a.py", "import os\nif 'A' in os.environ: pass\nif 'B' not in os.environ: pass\nx = os.environ['A']\n",
        lines("2 A\n3 B\n4 A"));
    row("f-strings", "a.py", "import os\nx = f\"{os.environ['A']}/{{os.environ['B']}}/{os.getenv('C', 'd')!r:>4}\"\n",
        lines("2 A!\n2 C =d"));
    row("f-string in a call", "a.py", "import os\nx = os.getenv('A', f\"x{os.getenv('B')}\")\n",
        lines("2 A ~f\"x{os.getenv('B')}\"\n2 B"));
    row("or", "a.py", "import os\nx = os.getenv('A') or os.getenv('B') or 'd'\ny = os.getenv('C') or 5\n",
        lines("2 A =d |B\n2 B =d\n3 C =5"));
    row("computed", "a.py",
        "import os\nx = int(os.getenv('A', 8 * 2))\ny = os.getenv('B', -1)\nz = os.getenv('C', True)\n",
        lines("2 A ~8 * 2\n3 B =-1\n4 C =True"));
    row("written", "a.py",
        "import os\nos.environ['A'] = 'x'\ndel os.environ['B']\nos.environ['C'] += 'x'\nos.environ['D'] == 'x'\n",
        lines("4 C!\n5 D!"));
    row("other objects", "a.py",
        "import os\nself.os.environ['A']\nrequest.environ.get('B')\nx.getenv('C')\ndef getenv(k): pass\n", {});
    row("no names", "a.py",
        "import os\nos.getenv(name)\nos.environ[f'{p}_X']\nos.getenv(b'B')\nos.getenv('a b')\nos.getenv('')\n", {});
    row("starlette", "a.py",
        "from starlette.config import Config\nconfig = Config('.env')\nD = config('DEBUG', cast=bool, "
        "default=False)\nS = config('KEY', cast=Secret)\nP = config('P', int, 3)\n",
        lines("3 DEBUG =False\n4 KEY!\n5 P =3"));
    row("starlette prefix", "a.py", "from starlette.config import Config\nc = Config(env_prefix='APP_')\nc('X')\n",
        lines("3 APP_X!"));
    row("decouple", "a.py",
        "from decouple import config, Csv\nA = config('A')\nB = config('B', default='x', cast=Csv())\nC = config('C', "
        "'y')\n",
        lines("2 A!\n3 B =x\n4 C =y"));
    row("django-environ", "a.py",
        "import environ\nenv = environ.Env(DEBUG=(bool, False))\nenv('DEBUG')\nenv('KEY')\nenv.bool('B', "
        "default=True)\nenv.db()\nenv.str('S', 'x')\nenviron.Env.read_env('.env')\n",
        lines("3 DEBUG =False\n4 KEY!\n5 B =True\n6 DATABASE_URL!\n7 S =x"));
    row("environs", "a.py", "from environs import Env\nenv = Env()\nenv.read_env()\nenv.int('A', 3)\nenv('B')\n",
        lines("4 A =3\n5 B!"));
    row("a config of one's own", "a.py", "from myapp import config\nconfig('A')\n", {});
    row("broken", "a.py", "import os\nos.getenv('A'\nos.environ['B\nx = os.getenv(\"C\")\n", lines("4 C"));
}

void CodeUsesTest::settings_data()
{
    columns();
    row("version 1", "c.py",
        "from pydantic import BaseSettings, Field\n\nclass Settings(BaseSettings):\n    '''Of os.getenv('X').'''\n"
        "    database_url: str\n    port: int = 8000\n    debug = False\n    key: str = Field(..., env='SECRET_KEY')\n"
        "    two: str = Field('x', env=['A', 'B'])\n    maybe: Optional[str]\n    _hidden: int = 1\n"
        "    def f(self):\n        inner: int = 2\n        return inner\n\n    class Config:\n        env_prefix = "
        "'app_'\n"
        "        env_file = '.env'\n        fields = {'port': {'env': 'PORT'}}\n\nclass Other(BaseModel):\n    x: "
        "int\n",
        lines("5 APP_DATABASE_URL!\n6 PORT =8000\n7 APP_DEBUG =False\n8 SECRET_KEY!\n9 A =x |B\n10 APP_MAYBE"));
    row("version 2", "c.py",
        "from pydantic import AliasChoices, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n"
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(\n        env_prefix='MY_', env_file='.env',\n  "
        "  )\n"
        "    a: str\n    b: str = Field(\n        default='x',\n        validation_alias=AliasChoices('B1', 'B2'),\n   "
        " )\n"
        "    c: int | None = None\n    d: Annotated[str, Field(alias='DD')]\n    e: ClassVar[int] = 1\n"
        "    f: list[str] = ['x', 'y']\n    g: str = Field(default_factory=make)\n    h: Optional[str]\n"
        "    @property\n    def p(self): return 1\n",
        lines("7 MY_A!\n8 B1 =x |B2\n12 MY_C\n13 DD!\n15 MY_F ~['x', 'y']\n16 MY_G ~make\n17 MY_H!"));
    row("case", "c.py",
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    model_config = {'case_sensitive': "
        "True, 'env_prefix': 'x_'}\n    lower: str\n",
        lines("4 x_lower!"));
    row("inherited", "c.py",
        "import pydantic_settings as ps\nfrom pydantic_settings import BaseSettings as B\nclass Base(B, "
        "env_prefix='Q_'):\n    a: int = 1\nclass Sub(Base):\n    b: int\n",
        lines("4 Q_A =1\n6 Q_B!"));
    row("no settings", "c.py", "from pydantic import BaseModel\nclass Settings(BaseModel):\n    a: str\n", {});
}

void CodeUsesTest::javaScript_data()
{
    columns();
    row("process", "a.js",
        "const a = process.env.A;\nconst b = process.env['B'];\nconst c = process?.env?.C\nprocess.env[`D`]\n",
        lines("1 A\n2 B\n3 C\n4 D"));
    row("fallback", "a.ts",
        "x = process.env.A ?? 'd'\ny = process.env.B || 3000;\nz = process.env.C ?? process.env.D ?? \"e\"\n",
        lines("1 A =d\n2 B =3000\n3 C =e |D\n3 D =e"));
    row("asserted", "a.ts",
        "const a = process.env.A!\nconst b = process.env.B!.length\nif (process.env.C !== 'x') {}\n",
        lines("1 A!\n2 B!\n3 C"));
    row("vite", "a.ts", "import.meta.env.VITE_A\nimport.meta.env.MODE\nimport.meta.env.PROD\nimport x from 'y'\n",
        lines("1 VITE_A"));
    row("destructured", "a.js",
        "const { A, B = 'x', C: c, D: d = 4, ...rest } = process.env;\nconst {\n  E,\n} = import.meta.env\n",
        lines("1 A\n1 B =x\n1 C\n1 D =4\n3 E"));
    row("nested", "a.js", "const { env: { A, B = 'x' } } = process\n", lines("1 A\n1 B =x"));
    row("alias", "a.js", "import { env } from 'node:process'\nenv.A\nfoo.env.B\n", lines("2 A"));
    row("alias of const", "a.js", "const env = process.env\nenv.A\n", lines("2 A"));
    row("alias shadowed", "a.js", "const env = process.env\nfunction f(env) { return env.A }\n", {});
    row("other runtimes", "a.ts", "Deno.env.get('A') ?? 'b'\nDeno.env.has(\"C\")\nBun.env.D\nDeno.env.toObject()\n",
        lines("1 A =b\n2 C\n3 D"));
    row("strings and comments", "a.js",
        "// process.env.A\n/* process.env.B */\nconst s = 'process.env.C', t = `process.env.D`, r = /process.env.E/\n",
        {});
    row("templates", "a.js", "const u = `http://${process.env.H || 'localhost'}:${`${process.env.P}`}`\n",
        lines("1 H =localhost\n1 P"));
    row("written", "a.js", "process.env.A = 'x'\ndelete process.env.B\nprocess.env.C ?\?= 'x'\nprocess.env.D == 'x'\n",
        lines("3 C =x\n4 D"));
    row("others", "a.js",
        "my.process.env.A\nfoo(process.env)\nprocess.env[name]\nobj.import.meta\nglobalThis.process.env.B\nprocess.env."
        "hasOwnProperty('Q')\n",
        lines("5 B"));
    row("in", "a.js", "if ('A' in process.env) {}\n", lines("1 A"));
    row("zod", "a.ts",
        "const schema = z.object({\n  A: z.string().url(),\n  B: z.coerce.number().default(3000),\n  C: "
        "z.string().optional(),\n});\n"
        "export const env = schema.parse(process.env);\n",
        lines("2 A!\n3 B =3000\n4 C"));
    row("zod in place", "a.ts", "const e = z.object({ A: z.string() }).strict().safeParse(process.env)\n",
        lines("1 A!"));
    row("zod of a body", "a.ts", "const s = z.object({ A: z.string() })\ns.parse(request.body)\nprocess.env.X\n",
        lines("3 X"));
    row("createEnv", "a.ts",
        "export const env = createEnv({\n  server: { A: z.string() },\n  client: { NEXT_PUBLIC_B: "
        "z.string().default('x') },\n  runtimeEnv: process.env,\n})\n",
        lines("2 A!\n3 NEXT_PUBLIC_B =x"));
    row("envalid", "a.ts", "const env = cleanEnv(process.env, { A: str(), B: port({ default: 80 }) })\n",
        lines("1 A!\n1 B =80"));
    row("envsafe", "a.ts", "const env = envsafe({ A: str(), B: port({ default: 80, desc: 'x' }) })\n",
        lines("1 A!\n1 B =80"));
    row("svelte", "a.ts", "import { A, B as b } from '$env/static/private'\nimport { C } from './x'\n",
        lines("1 A!\n1 B!"));
    row("vue", "a.vue",
        "<template>process.env.T</template>\n<!-- <script>process.env.C</script> -->\n<script setup>\nconst a = "
        "import.meta.env.VITE_A\n</script>\n",
        lines("4 VITE_A"));
    row("declarations", "env.d.ts",
        "interface ImportMetaEnv { readonly VITE_A: string }\ndeclare const x: typeof process.env.B\n", {});
    row("jsx", "a.jsx", "const A = () => <p>it's {process.env.A}</p>\nconst b = process.env.B\n", lines("2 B"));
    row("divisions", "a.js", "const a = b / c; const s = '/'; const d = process.env.A / 2\n", lines("1 A"));
}

void CodeUsesTest::shell_data()
{
    columns();
    row("plain", "a.sh", "echo $AA ${BB} \"$CC\" '$DD' \\$EE \"\\$FF\" $1 $? $$ ${10} $@ ${#} ${#GG}\n",
        lines("1 AA\n1 BB\n1 CC\n1 GG"));
    row("defaults", "a.sh", "x=${AA:-d}\n: \"${BB:=e f}\" ${CC:?say} ${DD-} ${EE:+x} ${FF:-\"g\"} ${GG:-$HH}\n",
        lines("1 AA =d\n2 BB =e f\n2 CC!\n2 DD =\n2 EE\n2 FF =g\n2 GG ~$HH\n2 HH"));
    row("own", "a.sh",
        "AA=1\nexport BB=$AA\necho $AA $BB\nfor CC in 1 2; do echo $CC; done\nread -r DD EE\necho $DD $EE $FF\n",
        lines("6 FF"));
    row("before it is set", "a.sh", "PORT=\"${PORT:-8000}\"\nHOST=${HOST:-0.0.0.0} run\necho $PORT\n",
        lines("1 PORT =8000\n2 HOST =0.0.0.0"));
    row("functions", "a.sh", "f() {\n  echo $VERSION $TOKEN\n}\nVERSION=1\nf\n", lines("2 TOKEN"));
    row("here-documents", "a.sh",
        "cat <<EOF\n$AA 'x $BB'\nEOF\ncat <<'EOF'\n$CC\nEOF\ncat <<-END\n\t$DD\n\tEND\necho $EE\n",
        lines("2 AA\n2 BB\n8 DD\n10 EE"));
    row("substitutions", "a.sh",
        "x=$(echo \"$AA\" | sed 's/$BB//')\ny=\"$(cat \"$CC/$(basename \"$DD\")\")\"\nz=`echo $EE`\n",
        lines("1 AA\n2 CC\n2 DD\n3 EE"));
    row("comments", "a.sh", "# $AA\necho a#$BB # $CC\n", lines("2 BB"));
    row("nounset", "a.sh", "set -eu\necho $AA ${BB:-x} ${CC}\n", lines("2 AA!\n2 BB =x\n2 CC!"));
    row("shell's own", "a.sh", "echo $PWD $RANDOM $BASH_SOURCE ${BASH_SOURCE[0]} ${arr[@]} $IFS\n", {});
    row("a dollar at the end", "a.sh", "grep \"x$\" f; AA=1; echo \"$AA $BB\"\n", lines("1 BB"));
    row("awk", "a.sh", "awk '{print $NF, $FIELD}' f; echo $AA\n", lines("1 AA"));
    row("first line", "bin/start", "#!/usr/bin/env bash\nexec gunicorn -b :$PORT\n", lines("2 PORT"));
    row("python by its first line", "bin/x", "#!/usr/bin/python3\nimport os\nos.getenv('A')\n", lines("3 A"));
    row("fish", "a.fish", "echo $AA\n", {});
    row("Procfile", "Procfile",
        "# $NO\nweb: gunicorn app:app --bind 0.0.0.0:${PORT:-5000}\nworker: celery -A '$NO' -c $WORKERS\n",
        lines("2 PORT =5000\n3 WORKERS"));
}

void CodeUsesTest::declared_data()
{
    columns();
    row("app.json", "app.json",
        "{\"name\": \"x\", \"env\": {\n\"A\": \"v\",\n\"B\": {\"description\": \"b\", \"required\": false},\n"
        "\"C\": {\"generator\": \"secret\"},\n\"D\": {\"description\": \"d\"},\n\"E\": {\"value\": \"5\"}}}\n",
        lines("2 A =v\n3 B\n4 C\n5 D!\n6 E =5"));
    row("app.json of Expo", "app.json", "{\"expo\": {\"name\": \"x\"}}\n", {});
    row("app.json that is none", "app.json", "{\"env\": [1, 2", {});
    row(".env.example", "backend/.env.example", "# c\nA=\nB=sample\n#C=1\nexport D=x\n", lines("2 A\n3 B\n5 D"));
    row(".env", ".env", "A=1\n", {});
    row(".env.schema", ".env.schema",
        "# @defaultRequired=false @defaultSensitive=false\n# ---\n\n# @type=enum(dev, prod)\nAPP_ENV=dev\n\n# key\n"
        "# @required @sensitive @type=string(startsWith=sk-)\nKEY=\n\n# @optional\nOPT=\nURL=http://${HOST}\n",
        lines("5 APP_ENV =dev\n9 KEY!\n12 OPT\n13 URL ~http://${HOST}"));
    row("all required", ".env.schema", "# @defaultRequired=true\n# ---\nA=\nB= # @optional\n", lines("3 A!\n4 B"));
    row("package.json", "package.json",
        "{\"scripts\": {\n\"start\": \"next start -p ${PORT:-3000}\",\n\"x\": \"echo '$NO'\"},\n\"description\": "
        "\"$NO\"}\n",
        lines("2 PORT =3000"));
    row("render.yaml", "render.yaml",
        "services:\n  - type: web\n    name: $NO\n    startCommand: uvicorn app:app --port $PORT\n", lines("4 PORT"));
    row("fly.toml", "fly.toml", "app = \"$NO\"\n[processes]\nweb = \"serve --port $PORT\"\n", lines("3 PORT"));
    row("documents", "README.md", "os.getenv('A') process.env.B $C\n", {});
}

void CodeUsesTest::details()
{
    const QByteArray python = "import os\nx = os.environ.get(\n    'ÄB' + '', 'x')\ny = 'é', os.getenv('KEY')\n";
    QList<VariableUse> uses = variablesUsed(python, s("a.py"));
    QCOMPARE(uses.size(), 1);
    QCOMPARE(uses[0].place, (Place{s("a.py"), 4, 21}));
    QCOMPARE(uses[0].by, s("os.getenv"));
    uses = variablesUsed("from pydantic import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str\n",
                         s("c.py"));
    QCOMPARE(uses.size(), 1);
    QCOMPARE(uses[0].by, s("pydantic Settings.database_url"));
    QCOMPARE(uses[0].place, (Place{s("c.py"), 3, 5}));
    uses = variablesUsed("const { VITE_A } = import.meta.env; process.env.B", s("a.ts"));
    QCOMPARE(uses.size(), 2);
    QVERIFY(uses[0].publicByBuild && !uses[1].publicByBuild);
    QCOMPARE(uses[0].by, s("import.meta.env"));
    uses = variablesUsed("# @sensitive\nA=\n\nB=\n", s(".env.schema"));
    QCOMPARE(uses.size(), 2);
    QCOMPARE(uses[0].sensitive, std::optional<bool>(true));
    QCOMPARE(uses[1].sensitive, std::nullopt);
    uses = variablesUsed("{\"env\":{\"A\":{\"generator\":\"secret\"}}}", s("app.json"));
    QVERIFY(uses.size() == 1 && uses[0].generated);
    uses = variablesOfCommand(s("gunicorn -w ${WEB_CONCURRENCY:-2} -b :$PORT"), {s("fly.toml"), 7, 3});
    QCOMPARE(uses.size(), 2);
    QCOMPARE(uses[1].place, (Place{s("fly.toml"), 7, 3}));
    QCOMPARE(uses[0].fallback, std::optional<QString>(s("2")));
    // A mark before the text, and Windows' own encoding.
    uses = variablesUsed(QByteArray("\xEF\xBB\xBF") + "import os; os.getenv('A')", s("a.py"));
    QCOMPARE(uses.size(), 1);
    QCOMPARE(uses[0].place.column, 23);
    const QString wide = QChar(0xFEFF) + s("process.env.A");
    uses = variablesUsed(QByteArray(reinterpret_cast<const char *>(wide.utf16()), wide.size() * 2), s("a.js"));
    QCOMPARE(uses.size(), 1);
}

void CodeUsesTest::seeds()
{
    const Result<CodeUses> found = usesIn(s(SOURCE_DIR "/tests/fixtures/scan"));
    QVERIFY(found);
    const auto line = [&](const char *name, const char *file) {
        for (const VariableUse &use : found->uses) {
            if (use.name == s(name) && use.place.file == s(file))
                return shown(use);
        }
        return QString();
    };
    const char *config = "cryptovault/backend/config.py";
    QCOMPARE(line("HOST", config), s("9 HOST =0.0.0.0"));
    QCOMPARE(line("PORT", config), s("10 PORT =8000"));
    QCOMPARE(line("APP_URL", config), s("11 APP_URL =https://www.cryptovault.financial"));
    QCOMPARE(line("MONGO_URL", config), s("12 MONGO_URL =mongodb://localhost:27017/cryptovault"));
    QCOMPARE(line("API_URL", config), s("13 API_URL =https://coinbase-love.fly.dev"));
    QVERIFY(line("CORS_ORIGINS", config).startsWith(s("15 CORS_ORIGINS ~[")));
    qInfo().noquote() << found->uses.size() << "uses in" << found->files << "files of the sample trees";
}

void CodeUsesTest::folder()
{
    QTemporaryDir tree;
    const QByteArray use = "import os\nos.getenv('A')\n";
    for (const char *name : {"app.py", "tests/test_app.py", "third_party/lib.py", "node_modules/x.py", "src/b.py"})
        QVERIFY(put(tree.filePath(s(name)), use));
    QVERIFY(put(tree.filePath(s("data.py")), QByteArray("import os\nos.getenv('A')\n\0", 26)));
    QVERIFY(put(tree.filePath(s("big.py")), use.repeated(100)));
    QVERIFY(QFile::link(tree.path(), tree.filePath(s("loop"))));
    QVERIFY(QFile::link(s("/dev/zero"), tree.filePath(s("zero.py"))));
    QCOMPARE(::mkfifo(tree.filePath(s("pipe.py")).toLocal8Bit().constData(), 0600), 0);
    CodeUsesOptions options;
    options.folder = tree.path();
    options.maxFileBytes = 1000;
    options.git = false;
    std::atomic<int> told = 0;
    const Result<CodeUses> found = usesIn(options, [&](const CodeUsesProgress &) { ++told; });
    QVERIFY(found);
    QStringList files;
    for (const VariableUse &each : found->uses)
        files.append(each.place.file + (each.inTests ? s(" aside") : QString()));
    QCOMPARE(files, lines("app.py\nsrc/b.py\ntests/test_app.py aside\nthird_party/lib.py aside"));
    QCOMPARE(found->binary, 1);
    QCOMPARE(found->tooLarge, 1);
    QCOMPARE(found->skipped, QStringList{s("big.py: 0.0 MB, more than the limit of 0.0")});
    QVERIFY(told > 0 && !found->git && !found->cancelled);
    options.folder = tree.filePath(s("missing"));
    QCOMPARE(usesIn(options).error().kind, ErrorKind::Usage);
    options.folder = tree.path();
    options.maxFileBytes = 0;
    QCOMPARE(usesIn(options).error().kind, ErrorKind::Usage);
}

void CodeUsesTest::badInput_data()
{
    QTest::addColumn<QByteArray>("text");
    QByteArray noise;
    quint32 state = 1;
    for (int i = 0; i < 200'000; ++i) {
        state = state * 1664525 + 1013904223;
        noise += char(1 + (state >> 24) % 255);
    }
    QTest::newRow("noise") << noise;
    QTest::newRow("broken UTF-8") << QByteArray("import os\nos.getenv('\xFF\xFE')\nprocess.env.A\xC3\n$A\xC3");
    QTest::newRow("open") << QByteArray("os.environ[(((\"process.env[`${${{\"${X:-${Y:-$(((<<EOF\n'\"");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("NUL") << QByteArray("os.getenv('A')\0process.env.B", 28);
    QTest::newRow("brackets") << QByteArray("([{").repeated(100'000) + "os.environ process.env $A";
    QTest::newRow("closing") << QByteArray(")]}").repeated(100'000) + "os.environ process.env $A";
}

void CodeUsesTest::badInput()
{
    QFETCH(QByteArray, text);
    QElapsedTimer clock;
    clock.start();
    for (const char *path : {"a.py", "a.js", "a.vue", "a.sh", "Procfile", ".env.example", ".env.schema", "app.json",
                             "package.json", "render.yaml", "fly.toml"}) {
        // Cut anywhere, it neither fails nor names something outside the text.
        for (const qsizetype length : {text.size(), text.size() / 2, text.size() / 3}) {
            for (const VariableUse &use : variablesUsed(text.left(length), s(path)))
                QVERIFY(!use.name.isEmpty() && use.place.line > 0 && use.place.column > 0);
        }
    }
    QVERIFY2(clock.elapsed() < 20'000, qPrintable(QString::number(clock.elapsed())));
}

void CodeUsesTest::largeInput_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("unit");
    QTest::addColumn<int>("each");
    QTest::newRow("python") << s("a.py") << QByteArray("x = os.getenv('A', 'b')  # c\n") << 1;
    QTest::newRow("javascript on one line") << s("a.js") << QByteArray("f(process.env.A||'b');") << 1;
    QTest::newRow("javascript without semicolons") << s("b.js") << QByteArray("x=process.env.A || y\n") << 1;
    QTest::newRow("templates") << s("a.js") << QByteArray("x=`${process.env.A}`;") << 1;
    QTest::newRow("shell") << s("a.sh") << QByteArray("echo \"${AA:-b}\" ${CC}\n") << 2;
    QTest::newRow("open shell") << s("a.sh") << QByteArray("${AA:-'") << -1;
    QTest::newRow("aliases") << s("a.py") << QByteArray(" os = 1\n os.environ\n") << -1;
}

void CodeUsesTest::largeInput()
{
    QFETCH(QString, path);
    QFETCH(QByteArray, unit);
    QFETCH(int, each);
    const auto took = [&](int bytes) {
        const int count = bytes / int(unit.size());
        const QByteArray text = unit.repeated(count);
        QElapsedTimer clock;
        clock.start();
        const qsizetype found = variablesUsed(text, path).size();
        const qint64 time = clock.elapsed();
        if (each >= 0 && found != qsizetype(count) * each)
            return qint64(-1);
        return time;
    };
    const qint64 small = took(1'000'000);
    const qint64 large = took(8'000'000);
    QVERIFY2(small >= 0 && large >= 0, "not every use was found");
    qInfo() << small << "ms for 1 MB," << large << "ms for 8 MB";
    // By the square it would be 64 times.
    QVERIFY2(large < 24 * std::max<qint64>(small, 20), qPrintable(QString::number(large)));
}

void CodeUsesTest::cancelled()
{
    QTemporaryDir tree;
    for (int i = 0; i < 200; ++i)
        QVERIFY(put(tree.filePath(QStringLiteral("f%1.py").arg(i)), "import os\nos.getenv('A')\n"));
    CodeUsesOptions options;
    options.folder = tree.path();
    options.git = false;
    options.threads = 2;
    std::stop_source stop;
    const Result<CodeUses> found = usesIn(
        options, [&](const CodeUsesProgress &) { stop.request_stop(); }, stop.get_token());
    // The first telling comes at the first file.
    QVERIFY(!found || (found->cancelled && found->files < 200));
}

/// What the oracle and we say of a tree, as "file:line:name" that count as often as they stand there.
static void compareTree(const QString &root, const QSet<QString> &theirs, const QSet<QString> &files,
                        const QStringList &by)
{
    // File by file: a listing leaves out what only tools fill (dist, build).
    QSet<QString> ours;
    for (const QString &name : files) {
        QFile file(root + u'/' + name);
        QVERIFY(file.open(QIODevice::ReadOnly));
        for (const VariableUse &use : variablesUsed(file.readAll(), name)) {
            if (by.contains(use.by))
                ours.insert(QStringLiteral("%1:%2:%3").arg(name).arg(use.place.line).arg(use.name));
        }
    }
    const QSet<QString> both = ours & theirs;
    QStringList missed = (theirs - ours).values();
    QStringList wrong = (ours - theirs).values();
    missed.sort();
    wrong.sort();
    qInfo().noquote() << root << files.size() << "files," << both.size() << "agree," << missed.size() << "missed,"
                      << wrong.size() << "too many";
    for (const QString &each : missed.first(std::min<qsizetype>(missed.size(), 20)))
        qInfo().noquote() << "missed" << each;
    for (const QString &each : wrong.first(std::min<qsizetype>(wrong.size(), 20)))
        qInfo().noquote() << "too many" << each;
    QVERIFY(missed.isEmpty() && wrong.isEmpty());
}

static void compareWith(const QString &program, const QStringList &arguments, const QString &root,
                        const QStringList &by)
{
    QProcess oracle;
    oracle.setStandardErrorFile(QProcess::nullDevice());
    oracle.start(program, arguments + QStringList{root});
    QVERIFY(oracle.waitForFinished(180'000) && oracle.exitCode() == 0);
    const QJsonObject said = QJsonDocument::fromJson(oracle.readAllStandardOutput()).object();
    QSet<QString> theirs;
    QSet<QString> files;
    for (const QJsonValue &each : said[s("uses")].toArray())
        theirs.insert(each.toString());
    for (const QJsonValue &each : said[s("files")].toArray())
        files.insert(each.toString());
    QVERIFY(!files.isEmpty());
    compareTree(root, theirs, files, by);
}

void CodeUsesTest::againstPython()
{
    const QString python = s("/usr/bin/python3");
    if (!QFileInfo::exists(python))
        QSKIP("no /usr/bin/python3");
    QStringList roots{s("/usr/lib/python3/dist-packages"), s("/usr/lib/python3.11")};
    // More trees to measure with, divided by colons.
    roots += qEnvironmentVariable("SWITCHYARD_TEST_PYTHON_TREES").split(u':', Qt::SkipEmptyParts);
    for (const QString &root : roots) {
        if (!QFileInfo(root).isDir())
            continue;
        compareWith(python, {s(SOURCE_DIR "/tests/fixtures/environment/code/environ_oracle.py")}, root,
                    {s("os.environ"), s("os.environ.get"), s("os.environ.pop"), s("os.environ.setdefault"),
                     s("in os.environ"), s("os.getenv")});
        if (QTest::currentTestFailed())
            return;
    }
}

void CodeUsesTest::againstAcorn()
{
    const QString node = QStandardPaths::findExecutable(s("node"));
    if (node.isEmpty() || !QFileInfo::exists(s("/usr/share/nodejs/acorn")))
        QSKIP("node or acorn (node-acorn) is missing");
    for (const char *root : {"/usr/share/nodejs", "/usr/lib/node_modules"}) {
        if (!QFileInfo(s(root)).isDir())
            continue;
        compareWith(node, {s(SOURCE_DIR "/tests/fixtures/environment/code/environ_oracle.js")}, s(root),
                    {s("process.env")});
        if (QTest::currentTestFailed())
            return;
    }
}

QTEST_GUILESS_MAIN(CodeUsesTest)
#include "tst_codeuses.moc"

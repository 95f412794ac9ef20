// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for k6, which Debian has not: runs every scenario of a script once against a socket that plays, and prints
// what the script did. Arguments: the script, k6's environment as JSON.
import fs from "fs";
const calls = { urls: [], sent: [], checks: 0, connecting: 0, closes: [] };
const text = fs.readFileSync(process.argv[2], "utf8").replace(/^import .*$/gm, "").replace(/^export /gm, "");
const ws = { connect(url, params, run) {
  calls.urls.push([url, params.headers, params.compression]);
  const handlers = {};
  run({ on: (name, call) => (handlers[name] = call), send: (one) => calls.sent.push(one), setInterval: (call, ms) => calls.sent.push(ms), close: () => calls.sent.push("closed") });
  handlers.open();
  if (handlers.message) { handlers.message("0{}"); handlers.message("2"); handlers.message("44{}"); }
  handlers.close(1001);
  return { status: 101 };
} };
class Trend { add() { calls.connecting++; } }
class Counter { add(n, tags) { calls.closes.push(tags ? tags.code : "refused"); } }
const check = (got, rules) => { for (const rule of Object.values(rules)) if (rule(got)) calls.checks++; };
const env = JSON.parse(process.argv[3]);
try {
  const made = new Function("ws", "Trend", "Counter", "check", "sleep", "__ENV", text + "\nreturn { options, hold };")(ws, Trend, Counter, check, () => {}, env);
  for (const one of Object.values(made.options.scenarios)) { env.SOCKET = one.env.SOCKET; made.hold(); }
  calls.vus = Object.values(made.options.scenarios).map((one) => one.vus);
} catch (error) { calls.error = error.message; }
console.log(JSON.stringify(calls));

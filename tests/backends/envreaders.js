// SPDX-License-Identifier: GPL-3.0-or-later
// What dotenv and dotenv-expand make of texts: a JSON list of strings on standard input, a JSON list on standard output.
'use strict';
const dotenv = require('dotenv');
const { expand } = require('dotenv-expand');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(texts.map((text) => ({
    raw: dotenv.parse(text),
    // Two variables that refer to each other in a replacement text have no end there; the caller leaves "$" alone then.
    value: text.includes('$') && process.argv[2] !== '--expand' ? null
        : expand({ parsed: dotenv.parse(text), processEnv: {} }).parsed,
}))));

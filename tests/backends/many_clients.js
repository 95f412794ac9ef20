// SPDX-License-Identifier: GPL-3.0-or-later
// Holds many clients of the ws library: node many_clients.js URL COUNT [CA]. They begin at the pace of Switchyard's own,
// 200 every 10 ms, without compression.
const fs = require('fs');
const WebSocket = require('ws');

const [url, count, ca] = process.argv.slice(2);
const options = { perMessageDeflate: false, ...(ca && { ca: fs.readFileSync(ca) }) };
const clients = [];
let messages = 0;
let ended = 0;
const begin = () => {
  for (let i = 0; i < 200 && clients.length < Number(count); i++) {
    const client = new WebSocket(url, options);
    client.on('message', () => messages++);
    client.on('error', (error) => console.error(error.message));
    client.on('close', () => ended++);
    clients.push(client);
  }
  if (clients.length < Number(count)) setTimeout(begin, 10);
};
begin();
process.on('SIGTERM', () => {
  console.log(`${messages} messages, ${ended} ended`);
  process.exit(0);
});

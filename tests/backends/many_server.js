// SPDX-License-Identifier: GPL-3.0-or-later
// A server on the ws library for very many clients: PORT, and TLS where CERT and KEY name files. GET /count says how many
// are open. Each client gets a message at once, and another every two seconds.
const fs = require('fs');
const { WebSocketServer } = require('ws');

const tls = process.env.CERT && { cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY) };
const answer = (request, response) => response.end(String(sockets.clients.size));
const server = tls ? require('https').createServer(tls, answer) : require('http').createServer(answer);
const sockets = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false });
const message = JSON.stringify({ type: 'price', symbol: 'ACME', value: 12.5 });
sockets.on('connection', (socket) => socket.send(message));
setInterval(() => sockets.clients.forEach((socket) => socket.send(message)), 2000);
// The count is asked for in plain HTTP on a second port, so that asking costs the same in every run.
const counter = require('http').createServer(answer);
counter.listen(0, '127.0.0.1', () =>
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
    console.log(`ports ${server.address().port} ${counter.address().port}`)));

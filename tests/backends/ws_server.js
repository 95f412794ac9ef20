// SPDX-License-Identifier: GPL-3.0-or-later
// A server on the ws library in two ways to stop: MODE=close (1012 to every client, then end), exit (just ends).
const http = require('http');
const { WebSocketServer } = require('ws');

const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404);
  response.end('ok\n');
});
const sockets = new WebSocketServer({ server, path: '/ws' });
sockets.on('connection', (socket) => socket.send('{"type":"welcome"}'));
server.listen(Number(process.env.PORT), '127.0.0.1');

process.on('SIGTERM', () => {
  if (process.env.MODE === 'exit') process.exit(0);
  for (const socket of sockets.clients) socket.close(1012, 'restart');
  server.close(() => process.exit(0));
});

// SPDX-License-Identifier: GPL-3.0-or-later
// A Socket.IO server in three ways to stop: MODE=close (io.close()), disconnect (disconnectSockets(true)), exit.
const http = require('http');
const { Server } = require('socket.io');

const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404);
  response.end('ok\n');
});
const io = new Server(server, { cors: { origin: '*' } });
io.on('connection', (socket) => socket.emit('welcome', { pid: process.pid }));
server.listen(Number(process.env.PORT), '127.0.0.1');

process.on('SIGTERM', () => {
  const mode = process.env.MODE || 'close';
  if (mode === 'exit') process.exit(0);
  if (mode === 'disconnect') io.disconnectSockets(true);
  io.close(() => process.exit(0));
});

// SPDX-License-Identifier: GPL-3.0-or-later
// A backend with bad manners, by path: /ws/flood sends 10,000 messages a second, /ws/huge one of 100 MB, /ws/endless a
// message of fragments without an end, /ws/binary binary messages, /ws/fragments messages in fragments; an upgrade of
// /status/NNN is answered with that status. On SIGTERM it closes what it can with 1012 and ends.
const http = require('http');
const { WebSocketServer } = require('ws');

const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404);
  response.end('ok\n');
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const part = Buffer.alloc(1 << 16, 'x');

/// Goes on only when the last one is on its way, so that it is the client's memory that would fill, and not ours.
const forever = (socket, send) => {
  const next = () => socket.readyState === 1 && send((error) => error || setImmediate(next));
  next();
};
const manners = {
  '/ws/flood': (socket) => {
    const text = JSON.stringify({ type: 'price', value: 12.5, symbol: 'ACME' });
    const timer = setInterval(() => { for (let i = 0; i < 100; i++) socket.send(text); }, 10);
    socket.on('close', () => clearInterval(timer));
  },
  '/ws/huge': (socket) => socket.send(Buffer.alloc(100 << 20, 'x'), { binary: false }, () => socket.send('small')),
  '/ws/endless': (socket) => forever(socket, (done) => socket.send(part, { binary: false, fin: false }, done)),
  '/ws/binary': (socket) => socket.send(part),
  '/ws/fragments': (socket) => {
    for (let i = 0; i < 3; i++) socket.send('part', { fin: i === 2 });
  },
};
server.on('upgrade', (request, socket, head) => {
  const [path] = request.url.split('?');
  const status = /^\/status\/(\d+)$/.exec(path);
  if (status) return socket.end(`HTTP/1.1 ${status[1]} Rude\r\nContent-Length: 4\r\n\r\nno!\n`);
  if (!manners[path]) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, (client) => manners[path](client));
});
server.listen(Number(process.env.PORT), '127.0.0.1');

process.on('SIGTERM', () => {
  for (const socket of sockets.clients) socket.close(1012, 'restart');
  server.close(() => process.exit(0));
});

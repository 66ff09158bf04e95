import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { Qmp } from '../../../src/providers/qemu/qmp.ts';

/** Like QEMU: serves one client at a time, with room for one to wait; and is busy with its guest at first. */
const SERVER = `
const { createServer } = require('node:net');
const server = createServer({ pauseOnConnect: true }, (socket) => {
  socket.resume();
  socket.on('data', (line) => socket.write(JSON.stringify({ return: {}, id: JSON.parse(line).id }) + '\\n'));
});
server.listen({ path: process.argv[1], backlog: 1 }, () => {
  process.stdout.write('listening');
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500), 0);
});
`;

test('more sessions than a control socket has room for wait for their turn', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'qmp-'));
  const path = join(dir, 'socket');
  const server = execa(process.execPath, ['-e', SERVER, path], { reject: false, buffer: false });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const sessions = await Promise.all(Array.from({ length: 8 }, () => Qmp.connect(path)));
  expect(sessions).toHaveLength(8);
  await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  server.kill();
  await server;
  await rm(dir, { recursive: true });
});

test('a socket that is not there is told at once', async () => {
  await expect(Qmp.connect('/nowhere/machine.qmp')).rejects.toThrow(/\/nowhere\/machine\.qmp: connect ENOENT/);
});

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { generateRsaKey } from '../../../src/guest/keys.ts';
import { SshGuest } from '../../../src/guest/ssh.ts';
import { letIn } from '../../../src/providers/vagrant/login.ts';

/** A port of this host where nobody listens. */
const deadPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const guestAt = (port: number): SshGuest =>
  new SshGuest({
    name: 'rs1',
    host: '127.0.0.1',
    port,
    username: 'root',
    privateKey: generateRsaKey(),
    restarted: (reboot) => reboot(),
  });

const nobody = () => Object.assign(new Error('cannot log in'), { cause: { level: 'client-socket' } });

describe('a login to a machine that boots', () => {
  test('is tried again while nobody answers', async () => {
    let tries = 0;
    const must = async () => {
      tries += 1;
      if (tries < 3) throw nobody();
      return { stdout: '', stderr: '', exitCode: 0 } as never;
    };
    await letIn({ must }, async () => true, 60_000);
    expect(tries).toBe(3);
  });

  test('ends at once, with what was said, where the machine does not run', async () => {
    const port = await deadPort();
    const started = Date.now();
    await expect(letIn(guestAt(port), async () => false, 60_000)).rejects.toThrow(/ECONNREFUSED/);
    expect(Date.now() - started).toBeLessThan(30_000);
  });

  test('is tried again while a forwarded port takes it and drops it', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    let asked = 0;
    const isRunning = async () => {
      asked += 1;
      return asked < 2;
    };
    const { port } = server.address() as AddressInfo;
    await expect(letIn(guestAt(port), isRunning, 60_000)).rejects.toThrow('cannot log in to rs1');
    expect(asked).toBe(2);
    server.close();
  });

  test('ends when time is up', async () => {
    const port = await deadPort();
    await expect(letIn(guestAt(port), async () => true, 1_500)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('ends where somebody answers who does not let in', async () => {
    const refused = Object.assign(new Error('no key fits'), { cause: { level: 'client-authentication' } });
    let tries = 0;
    const must = async () => {
      tries += 1;
      throw refused;
    };
    await expect(letIn({ must }, async () => true, 60_000)).rejects.toBe(refused);
    expect(tries).toBe(1);
  });
});

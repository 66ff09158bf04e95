import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { Runner } from '../../src/traffic/burst-plan.ts';
import { requestService } from '../../src/traffic/requests.ts';
import { WEB } from './tun-basic.ts';

/** This machine as the client: its shell and its curl. */
const thisMachine: Runner = {
  run: async (command, { input = '' } = {}) => {
    const shell = spawn('sh', ['-c', command], {
      env: { ...process.env, http_proxy: 'http://127.0.0.1:9', LC_ALL: 'C' },
    });
    // A command that does not read its input closes it early, which is its right.
    shell.stdin.on('error', () => undefined).end(input);
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(shell.stdout),
      text(shell.stderr),
      once(shell, 'close'),
    ]);
    return { stdout, stderr, exitCode: exitCode as number };
  },
};

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const page =
  (content: string, status = 200): Answer =>
  (response) =>
    void response.writeHead(status).end(content);
const reset: Answer = (_, request) => void request.socket.resetAndDestroy();
const closed: Answer = (_, request) => void request.socket.destroy();
const cutShort: Answer = (response) =>
  void response.writeHead(200, { 'content-length': 9 }).write('rs1', () => response.destroy());

const servers: { close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on the loopback that gives these answers in turn; tells which connections and URLs it saw. */
const serve = async (...answers: Answer[]) => serveOn('127.0.0.1', ...answers);

const serveOn = async (address: string, ...answers: Answer[]) => {
  const seen: { port: number | undefined; url: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ port: request.socket.remotePort, url: request.url });
    answers[(seen.length - 1) % answers.length]?.(response, request);
  });
  servers.push(server);
  await once(server.listen(0, address), 'listening');
  return { seen, port: (server.address() as AddressInfo).port };
};

/** A port whose queue of connections is full: a process that listens there accepts none of them. Its SYNs are dropped. */
const serveNobody = async (): Promise<number> => {
  const listening = `const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const deaf = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push({ close: () => void deaf.kill('SIGKILL') });
  const [told] = await once(deaf.stdout, 'data');
  const port = Number(told);
  for (let i = 0; i < 2; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    servers.push({ close: () => void socket.destroy() });
    await once(socket, 'connect');
  }
  return port;
};

const request = (port: number, count: number, vip = '127.0.0.1') =>
  requestService(thisMachine, { client: 'client', service: { ...WEB, vip, port }, count, token: 'abcx1' });

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

describe('requestService', () => {
  test.runIf(hasIpv6)('asks an IPv6 address, in brackets that are no pattern', async () => {
    const { port, seen } = await serveOn('::1', page('rs2\n'), page('rs1\n'));
    const { requests } = await request(port, 2, '::1');
    expect(requests).toMatchObject([
      { answer: 'rs2', status: 200, address: '::1', port: seen[0]?.port },
      { answer: 'rs1', status: 200, address: '::1', port: seen[1]?.port },
    ]);
    expect(seen.map(({ url }) => url)).toEqual(['/?lab=abcx1-1', '/?lab=abcx1-2']);
  });

  test('makes every request over a connection of its own and tells who answered', async () => {
    const { port, seen } = await serve(page('rs2\n'), page('rs1\n'));
    const burst = await request(port, 6);
    expect(burst).toMatchObject({ client: 'client', wanted: 6 });
    expect(burst.givenUp).toBeUndefined();
    expect(burst.requests.map(({ answer }) => answer)).toEqual(['rs2', 'rs1', 'rs2', 'rs1', 'rs2', 'rs1']);
    expect(
      burst.requests.map(({ number, token, status, address, port }) => ({ number, token, status, address, port })),
    ).toEqual(
      seen.map(({ port }, index) => ({
        number: index + 1,
        token: `abcx1-${index + 1}`,
        status: 200,
        address: '127.0.0.1',
        port,
      })),
    );
    expect(seen.map(({ url }) => url)).toEqual(seen.map((_, index) => `/?lab=abcx1-${index + 1}`));
    expect(new Set(seen.map(({ port }) => port)).size).toBe(6);
    for (const { seconds } of burst.requests) expect(seconds).toBeGreaterThan(0);
  });

  test('takes the first line of a page, with or without an end, and whatever the status', async () => {
    const { port } = await serve(
      page('  rs1  \nmore'),
      page(''),
      page('rs2'),
      page('busy', 503),
      page(`<html>\n@abcx 200\n`),
    );
    const { requests } = await request(port, 5);
    expect(requests.map(({ answer, status }) => [answer, status])).toEqual([
      ['rs1', 200],
      ['', 200],
      ['rs2', 200],
      ['busy', 503],
      ['<html>', 200],
    ]);
  });

  test('goes on after a request that failed, and keeps its reason', async () => {
    const { port } = await serve(page('rs1\n'), reset, page('rs2\n'), cutShort, page('rs1'));
    const { requests, givenUp } = await request(port, 5);
    expect(requests.map(({ answer }) => answer)).toEqual(['rs1', undefined, 'rs2', undefined, 'rs1']);
    expect(requests.map(({ failure }) => failure?.words)).toEqual([
      undefined,
      'curl: (56) Recv failure: Connection reset by peer',
      undefined,
      expect.stringMatching(/^curl: \(18\) transfer closed with \d+ bytes remaining to read$/),
      undefined,
    ]);
    expect(requests[1]).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) });
    expect(givenUp).toBeUndefined();
  });

  test('tells how each request failed, by the exit code of curl', async () => {
    const { port } = await serve(closed, page('rs1'), reset, page('rs1'), cutShort, page('rs1', 500));
    const { requests } = await request(port, 6);
    expect(requests.map(({ failure }) => failure?.kind)).toEqual([
      'empty',
      undefined,
      'reset',
      undefined,
      'partial',
      undefined,
    ]);
    expect(requests[0]?.failure?.words).toBe('curl: (52) Empty reply from server');
  });

  test('a connection that nobody takes times out', async () => {
    const { requests } = await request(await serveNobody(), 1);
    expect(requests).toMatchObject([{ failure: { kind: 'timeout', words: expect.stringMatching(/^curl: \(28\) /) } }]);
    expect(requests[0]?.seconds).toBeGreaterThan(2.9);
  }, 20_000);

  test('words of curl that are part of a page are not its own', async () => {
    const { port } = await serve(page('curl: (7) Connection refused\n'), (response) => {
      const head = { 'content-length': 99 };
      response.writeHead(200, head).write('curl: (7) Connection refused\n', () => response.destroy());
    });
    const { requests } = await request(port, 2);
    expect(requests).toMatchObject([
      { answer: 'curl: (7) Connection refused', status: 200 },
      { failure: { kind: 'partial', words: expect.stringMatching(/^curl: \(18\) transfer closed/) } },
    ]);
    expect(requests[0]?.failure).toBeUndefined();
  });

  test('gives a dead service up', async () => {
    const { port } = await serve();
    for (const server of servers.splice(0)) server.close();
    const { requests, givenUp } = await request(port, 20);
    expect(givenUp).toBe('3 requests in a row failed');
    expect(requests).toHaveLength(3);
    for (const { failure, address } of requests) {
      expect(failure?.kind).toBe('refused');
      expect(failure?.words).toMatch(
        /^curl: \(7\) Failed to connect to 127\.0\.0\.1 port \d+ after \d+ ms: Couldn't connect/,
      );
      expect(address).toBeUndefined();
    }
  });

  test('is not given up when the last requests of all fail', async () => {
    const { port } = await serve(page('rs1'), reset, reset, reset);
    const { requests, givenUp } = await request(port, 4);
    expect(requests).toHaveLength(4);
    expect(givenUp).toBeUndefined();
  });

  test('reads the output of curl 7.61, which gives its reason after the line of the request', async () => {
    const old: Runner = {
      run: async () => ({
        stdout:
          'rs1\n\n@abcx1 200 0.012 40000 10.0.0.1\n\n@abcx1 000 3.001 0 \ncurl: (28) Connection timed out after 3001 milliseconds\n',
        stderr: '',
        exitCode: 28,
      }),
    };
    const { requests } = await requestService(old, { client: 'client', service: WEB, count: 2, token: 'abcx1' });
    expect(requests).toEqual([
      { number: 1, token: 'abcx1-1', answer: 'rs1', status: 200, seconds: 0.012, address: '10.0.0.1', port: 40000 },
      {
        number: 2,
        token: 'abcx1-2',
        failure: { kind: 'timeout', words: 'curl: (28) Connection timed out after 3001 milliseconds' },
        seconds: 3.001,
      },
    ]);
  });

  test('throws when curl does not run', async () => {
    const without: Runner = { run: (_, options) => thisMachine.run('exec /nonexistent/curl -q -K -', options) };
    await expect(requestService(without, { client: 'client', service: WEB, count: 2, token: 'abcx1' })).rejects.toThrow(
      /cannot request web from client: curl ended with exit code 127 after 0 of 2 requests: .*not found/,
    );
  });

  test('throws when curl ends early though nothing failed', async () => {
    const killed: Runner = {
      run: async () => ({ stdout: 'rs1\n\n@abcx1 200 0.01 40000 10.0.0.1\nrs', stderr: '', exitCode: 137 }),
    };
    await expect(requestService(killed, { client: 'client', service: WEB, count: 3, token: 'abcx1' })).rejects.toThrow(
      'curl ended with exit code 137 after 1 of 3 requests',
    );
  });
});

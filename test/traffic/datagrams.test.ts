import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { RunResult } from '../../src/guest/guest.ts';
import type { Runner } from '../../src/traffic/burst-plan.ts';
import { questionOf } from '../../src/traffic/datagrams.ts';
import { requestService } from '../../src/traffic/requests.ts';
import { WEB } from './tun-basic.ts';

const DNS = { ...WEB, name: 'dns', port: 53, protocol: 'udp' as const };

/** A client whose datagrams are answered so; remembers what it was asked to send. */
const clientThat = (answer: (id: number) => string, sent: string[] = []): Runner => ({
  run: async (command): Promise<RunResult> => {
    const words = execFileSync('bash', ['-c', `printf '%s\\n' ${command.replace('bash -s -- ', '')}`]).toString();
    const [, , , ...queries] = words.trim().split('\n');
    sent.push(...queries);
    const lines = queries.map((_, index) => `answer ${index + 1} 2500 ${answer(index + 1)}`);
    return { stdout: ['socket FA5819AC:9C40', ...lines, ''].join('\n'), stderr: '', exitCode: 0 };
  },
});

const request = (guest: Runner, count = 2) =>
  requestService(guest, { client: 'client', service: DNS, count, token: 't0x1' });
const ANSWER = '129 128 0 1 0 1 0 0 0 0 6 116 48';

test('an answer with the address of a real server is its answer', async () => {
  const burst = await request(clientThat((id) => `0 ${id} ${ANSWER} 192 168 2 ${id === 1 ? 210 : 220}`));
  expect(burst).toMatchObject({
    wanted: 2,
    requests: [
      { number: 1, token: 't0x1-1', answer: 'rs2', seconds: 0.0025, address: '172.25.88.250', port: 40000 },
      { number: 2, token: 't0x1-2', answer: 'rs1' },
    ],
  });
});

test.each([
  ['no answer', () => '', 'no-answer', 'no answer within 3 s'],
  ['an answer to another query', () => `0 9 ${ANSWER} 192 168 2 210`, 'bad-answer', 'an answer to another query'],
  [
    'a refusal',
    (id: number) => `0 ${id} 129 133 0 1 0 0 0 0 0 0 6 116 48 0 0`,
    'bad-answer',
    'an answer without an address (code 5)',
  ],
])('%s is a failure', async (_, answer, kind, words) => {
  expect((await request(clientThat(answer))).requests[0]).toMatchObject({ failure: { kind, words } });
});

test('the query asks for the name with the token, in the wire format of DNS', async () => {
  const sent: string[] = [];
  await request(
    clientThat(() => '', sent),
    1,
  );
  const bytes = execFileSync('bash', ['-c', `printf '${sent[0]}'`]);
  expect(bytes.subarray(0, 12)).toEqual(Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  expect(bytes.subarray(12).toString('latin1')).toBe('\x06t0x1-1\x03lab\0\0\x01\0\x01');
  expect(bytes.includes(questionOf('t0x1-1'))).toBe(true);
});

test('a client without a socket is an error', async () => {
  const guest: Runner = { run: async () => ({ stdout: '', stderr: 'bash: no such device', exitCode: 9 }) };
  await expect(request(guest)).rejects.toThrow(
    'cannot request dns from client: bash ended with exit code 9: bash: no such device',
  );
});

/** This machine as the client. */
const HERE: Runner = {
  run: async (command, options) => {
    const { stdout, stderr, exitCode } = await execa('bash', ['-c', command], {
      input: String(options?.input),
      reject: false,
    });
    return { stdout, stderr, exitCode: exitCode ?? -1 };
  },
};

test('bash and dd send each query in one datagram, all from one socket, and read the answers', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  const asked: { port: number; length: number }[] = [];
  server.on('message', (query, { port, address }) => {
    asked.push({ port, length: query.length });
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 168, 2, asked.length % 2 ? 210 : 220]);
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    server.send(Buffer.concat([header, query.subarray(12), answer]), port, address);
  });
  const service = { ...DNS, vip: '127.0.0.1', port: server.address().port };
  // The id of the tenth query holds the byte that is a line break.
  const { requests } = await requestService(HERE, { client: 'client', service, count: 11, token: 't0x1' });
  server.close();
  expect(requests.map(({ answer }) => answer)).toEqual(
    [...'x'.repeat(11)].map((_, index) => (index % 2 ? 'rs1' : 'rs2')),
  );
  expect(asked).toHaveLength(11);
  expect(new Set(asked.map(({ port }) => port))).toEqual(new Set([requests[0]?.port]));
  expect(requests[0]).toMatchObject({ address: '127.0.0.1' });
}, 20_000);

test('a service that fails now and then is given up when its failures took too long', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  const service = { ...DNS, vip: '127.0.0.1', port: server.address().port };
  const plan = { client: 'client', service, count: 9, token: 't0x1', patience: 1 };
  const burst = await requestService(HERE, plan);
  server.close();
  expect(burst.requests.map(({ failure }) => failure?.words)).toEqual(['no answer within 3 s']);
  expect(burst.givenUp).toBe('failed requests took 3 s');
}, 20_000);

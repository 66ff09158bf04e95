import { isIP } from 'node:net';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { connectionsOf, knowsConnections, readConnections } from '../../src/ipvs/connections.ts';
import { GARBAGE, randomOf, spoilt } from './hostile.ts';

// What ipvsadm 1.31 prints.
const LISTED = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 00:57  SYN_RECV    192.168.1.200:40001 192.168.2.100:80   192.168.2.220:80
TCP 14:59  ESTABLISHED [fd00:1::200]:40000 [fd00:2::100]:80   [fd00:2::210]:8080
UDP 04:59  UDP         192.168.1.200:5353 192.168.2.100:53   192.168.2.220:53
IP  04:59  NONE        192.168.1.200:0    0.0.0.1:0          192.168.2.220:0
`;

test('gives values for what ipvsadm prints', () => {
  expect(readConnections(LISTED)).toMatchObject([
    {
      protocol: 'TCP',
      expires: 57,
      state: 'SYN_RECV',
      source: { address: '192.168.1.200', port: 40001 },
      virtual: { address: '192.168.2.100', port: 80 },
      destination: { address: '192.168.2.220', port: 80 },
      line: LISTED.split('\n')[2],
    },
    { expires: 899, state: 'ESTABLISHED', destination: { address: 'fd00:2::210', port: 8080 } },
    { protocol: 'UDP', state: 'UDP' },
    { protocol: 'IP', state: 'NONE', virtual: { address: '0.0.0.1', port: 0 } },
  ]);
});

test.each([
  ['a time that is no number', 'TCP NaN:57 SYN_RECV 1.1.1.1:1 1.1.1.2:80 1.1.1.3:80'],
  ['a time that is none', 'TCP 00:61 SYN_RECV 1.1.1.1:1 1.1.1.2:80 1.1.1.3:80'],
  ['no destination', 'TCP 00:57 SYN_RECV 1.1.1.1:1 1.1.1.2:80'],
  ['no port', 'TCP 00:57 SYN_RECV 1.1.1.1:1 1.1.1.2:80 1.1.1.3'],
  ['another protocol', 'FOO 00:57 SYN_RECV 1.1.1.1:1 1.1.1.2:80 1.1.1.3:80'],
  ['a state that is no name', 'TCP 00:57 \u001b[2J 1.1.1.1:1 1.1.1.2:80 1.1.1.3:80'],
  ['a line without end', `TCP 00:57 SYN_RECV 1.1.1.1:1 1.1.1.2:80 1.1.1.3:80 ${'x'.repeat(1000)}`],
])('%s is left out', (_, line) => {
  expect(readConnections(line)).toEqual([]);
});

test('garbage is left out', () => {
  for (const garbage of GARBAGE) expect(readConnections(garbage)).toEqual([]);
  const line = LISTED.split('\n')[2];
  expect(readConnections(`${line}\n`.repeat(200_000)).length).toBeLessThanOrEqual(100_000);
});

test('whatever is spoilt gives values of the form that is promised, or none', () => {
  const random = randomOf(2);
  const lines = LISTED.trimEnd().split('\n');
  let read = 0;
  for (let i = 0; i < 20_000; i++) {
    for (const each of readConnections(spoilt(lines[random(lines.length)] as string, random))) {
      read += 1;
      const ends = [each.source, each.virtual, each.destination];
      const sound =
        ends.every(({ address, port }) => isIP(address) > 0 && Number.isInteger(port) && port >= 0 && port < 65_536) &&
        Number.isInteger(each.expires) &&
        each.expires >= 0;
      if (!sound) throw new Error(`read ${JSON.stringify(each)}`);
    }
  }
  expect(read).toBeGreaterThan(100);
});

test('a director is asked for them', async () => {
  const asked: string[] = [];
  const director = {
    must: async (command: string) => {
      asked.push(command);
      return { stdout: LISTED, stderr: '', exitCode: 0 };
    },
  };
  expect(await connectionsOf(director)).toEqual(readConnections(LISTED));
  expect(asked).toEqual(['ipvsadm -lnc']);
});

test.each([
  [['192.168.1.200:40001'], true],
  [['192.168.1.200:40001', '192.168.1.200:5353', '[fd00:1::200]:40000'], true],
  [['192.168.1.200:40001', '192.168.1.200:40002'], false],
  [['192.168.1.200:4000'], false],
  [['92.168.1.200:40001'], false],
  [[], true],
])('whether a director knows those from %j', async (sources, expected) => {
  const script = `ipvsadm() { printf %s "$table_of_test"; }; ${knowsConnections(sources)}`;
  const { exitCode } = await execa('bash', ['-c', script], { reject: false, env: { table_of_test: LISTED } });
  expect(exitCode === 0).toBe(expected);
});

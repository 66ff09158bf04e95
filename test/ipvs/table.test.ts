import { readdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeLines, tableLines } from '../../src/ipvs/ipvsadm.ts';
import { readTable, serverIn, serversIn, serviceIn, servicesOf, tableOf } from '../../src/ipvs/table.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { projectDir } from '../../src/support/paths.ts';
import { shipped } from '../provision/fixtures/labs.ts';
import { GARBAGE, randomOf, spoilt } from './hostile.ts';

// What ipvsadm 1.31 prints.
const SAVED = `-A -t 192.168.2.100:80 -s rr
-a -t 192.168.2.100:80 -r 192.168.2.210:80 -i -w 1 --tun-type ipip
-a -t 192.168.2.100:80 -r 192.168.2.220:8080 -i -w 0 --tun-type gue --tun-port 6080 --tun-nocsum
-A -t [fd00:2::100]:80 -s mh -p 300 -b mh-fallback,mh-port
-a -t [fd00:2::100]:80 -r [fd00:2::220]:80 -g -w 65535
-A -u 192.168.2.100:53 -s wrr -o
-A -f 1 -s sh
-a -f 1 -r 192.168.2.210:0 -m -w 3
-A -f 2 -6 -s sh
-a -f 2 -6 -r [fd00:2::220]:0 -m -w 3
`;

describe('readTable', () => {
  test('gives values for what ipvsadm prints', () => {
    const first = '-t 192.168.2.100:80';
    const vip = { address: '192.168.2.100', port: 80 };
    expect(readTable(SAVED)).toMatchObject([
      { kind: 'service', service: first, endpoint: vip, scheduler: 'rr', flags: [], ops: false },
      {
        kind: 'server',
        service: first,
        endpoint: { address: '192.168.2.210', port: 80 },
        method: 'tun',
        weight: 1,
        tunType: 'ipip',
      },
      { kind: 'server', service: first, endpoint: { port: 8080 }, method: 'tun', weight: 0, tunType: 'gue' },
      {
        kind: 'service',
        endpoint: { address: 'fd00:2::100', port: 80 },
        persistent: 300,
        flags: ['mh-fallback', 'mh-port'],
      },
      { kind: 'server', endpoint: { address: 'fd00:2::220', port: 80 }, method: 'dr', weight: 65_535 },
      { kind: 'service', service: '-u 192.168.2.100:53', scheduler: 'wrr', ops: true },
      { kind: 'service', service: '-f 1', scheduler: 'sh' },
      { kind: 'server', service: '-f 1', endpoint: { address: '192.168.2.210', port: 0 }, method: 'nat', weight: 3 },
      { kind: 'service', service: '-f 2', scheduler: 'sh' },
      { kind: 'server', service: '-f 2', endpoint: { address: 'fd00:2::220', port: 0 }, method: 'nat' },
    ]);
    expect(servicesOf(readTable(SAVED))[2]).not.toHaveProperty('persistent');
    expect(servicesOf(readTable(SAVED))[3]).not.toHaveProperty('endpoint');
  });

  test('a line is without the defaults that versions tell differently', () => {
    expect(readTable(SAVED)[1]?.line).toBe('-a -t 192.168.2.100:80 -r 192.168.2.210:80 -i -w 1');
  });

  test('words that it does not know say nothing', () => {
    const [server] = readTable('-a -t 192.168.2.100:80 -r 192.168.2.210:80 -i -w 2 -x 100 --new');
    expect(server).toMatchObject({ kind: 'server', weight: 2, line: expect.stringMatching(/--new$/) });
  });

  test.each([
    ['a weight that is no number', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -w NaN'],
    ['a negative weight', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -w -1'],
    ['a weight in another notation', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -w 1e3'],
    ['a weight beyond those of ipvsadm', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -w 65536'],
    ['a weight that is missing', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -w'],
    ['two weights', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -w 1 -w 2'],
    ['two methods', '-a -t 1.2.3.4:80 -r 1.2.3.5:80 -i -g -w 1'],
    ['no real server', '-a -t 1.2.3.4:80 -i -w 1'],
    ['a port beyond all', '-a -t 1.2.3.4:80 -r 1.2.3.5:65536 -i -w 1'],
    ['no address', '-a -t 1.2.3.4:80 -r 1.2.3:80 -i -w 1'],
    ['IPv6 without brackets', '-a -t 1.2.3.4:80 -r fd00::1:80 -i -w 1'],
    ['a zone', '-a -t 1.2.3.4:80 -r [fe80::1%eth0]:80 -i -w 1'],
    ['a service that is no endpoint', '-A -t web:http -s rr'],
    ['no scheduler', '-A -t 1.2.3.4:80'],
    ['a scheduler that is no name', '-A -t 1.2.3.4:80 -s \u001b[2Jrr'],
    ['persistence without end', '-A -t 1.2.3.4:80 -s rr -p 99999999'],
    ['a mark beyond all', '-A -f 4294967296 -s rr'],
    ['a mark of 0', '-A -f 0 -s rr'],
    ['another command', '-D -t 1.2.3.4:80'],
    ['a line without end', `-A -t 1.2.3.4:80 -s rr ${'x '.repeat(1000)}`],
  ])('%s is unread', (_, line) => {
    expect(readTable(line)).toMatchObject([{ kind: 'unread' }]);
  });

  test('garbage is unread, within bounds', () => {
    for (const garbage of GARBAGE)
      for (const entry of readTable(garbage)) {
        expect(entry.kind).toBe('unread');
        expect(entry.line.length).toBeLessThan(1100);
      }
    expect(readTable('-A -t 1.2.3.4:80 -s rr\n'.repeat(200_000)).length).toBeLessThanOrEqual(100_000);
  });

  test('whatever is spoilt gives values of the form that is promised, or none', () => {
    const random = randomOf(1);
    const lines = SAVED.trimEnd().split('\n');
    let read = 0;
    for (let i = 0; i < 20_000; i++) {
      for (const entry of readTable(spoilt(lines[random(lines.length)] as string, random))) {
        if (entry.kind === 'unread') continue;
        read += 1;
        const numbers = entry.kind === 'server' ? [entry.weight, entry.endpoint.port] : [entry.persistent ?? 1];
        const sound =
          numbers.every((number) => Number.isInteger(number) && number >= 0) &&
          (!entry.endpoint || isIP(entry.endpoint.address) > 0) &&
          /^(-[tu]|--sctp-service|-f) \S+$/.test(entry.service);
        if (!sound) throw new Error(`read ${JSON.stringify(entry)}`);
      }
    }
    expect(read).toBeGreaterThan(100);
  });
});

describe('of every lab, what is spelt is read', async () => {
  const files = readdirSync(join(projectDir, 'labs')).filter((file) => file.endsWith('.yaml'));
  const labs: Lab[] = await Promise.all(files.map((file) => shipped(file.replace('.yaml', ''))));
  test.each(labs.map((lab) => [lab.name, lab] as const))('%s', (_, { services }) => {
    for (const service of services) {
      const lines = [...tableLines(service), ...probeLines(service)];
      const table = readTable(lines.join('\n'));
      expect(table.map(({ line }) => line)).toEqual(lines);
      expect(table.filter(({ kind }) => kind === 'unread')).toEqual([]);
      expect(serviceIn(table, service)).toMatchObject({
        scheduler: service.scheduler,
        flags: service.schedulerFlags.toSorted(),
        ops: service.ops,
      });
      expect(serversIn(table, service)).toHaveLength(service.realServers.length);
      for (const server of service.realServers)
        expect(serverIn(table, service, server)).toMatchObject({
          method: service.forward,
          weight: server.weight,
          ...(service.forward === 'tun' && { tunType: service.tunType }),
        });
    }
  });
});

test('a director is asked for it', async () => {
  const asked: string[] = [];
  const director = {
    must: async (command: string) => {
      asked.push(command);
      return { stdout: SAVED, stderr: '', exitCode: 0 };
    },
  };
  expect(await tableOf(director)).toEqual(readTable(SAVED));
  expect(asked).toEqual(['ipvsadm --save --numeric']);
});

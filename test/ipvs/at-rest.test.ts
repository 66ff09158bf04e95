import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { restConditions } from '../../src/ipvs/at-rest.ts';
import { shipped } from '../provision/fixtures/labs.ts';

/** Whether a condition holds on a machine with this table and these addresses. */
const holds = async (condition: string | undefined, table: readonly string[], addresses: readonly string[] = []) => {
  const machine = [
    `ipvsadm() { printf '%s\\n' ${table.map((line) => `'${line}'`).join(' ')}; }`,
    `ip() { for each in ${addresses.join(' ')}; do [ "$each" != "$5" ] || echo "2: eth1 inet $each/32"; done; }`,
  ];
  const { exitCode } = await execa('bash', ['-c', [...machine, condition].join('\n')], { reject: false });
  return exitCode === 0;
};

test('there is nothing to wait for where tables are made by hand', async () => {
  expect([...restConditions(await shipped('tun-basic'))]).toEqual([]);
});

describe('a director with health checks', async () => {
  const condition = restConditions(await shipped('tun-health')).get('director');
  const service = '-A -t 172.25.88.100:80 -s rr';
  const server = (address: string) => `-a -t 172.25.88.100:80 -r ${address}:80 -i -w 1`;

  test.concurrent.each([
    ['with both real servers in its table', [service, server('172.25.88.2'), server('172.25.88.3')], true],
    ['with one of them', [service, server('172.25.88.2')], false],
    ['with none', [service], false],
    ['with those of another service', [service, server('172.25.88.2'), '-a -f 101 -r 172.25.88.3:0 -i -w 1'], false],
  ])('%s', async (_, table, expected) => {
    expect(await holds(condition, table)).toBe(expected);
  });
});

describe('a director that sets weights by load', async () => {
  const condition = restConditions(await shipped('tun-dynamic-weight')).get('director');
  const table = (...weights: number[]) =>
    weights.map(
      (weight, index) =>
        `-a -t 192.168.1.200:80 -r 192.168.${2 + index}.${101 + index}:80 -i -w ${weight} --tun-type ipip`,
    );

  test.concurrent.each([
    [[10, 10], true],
    [[10, 5], false],
    [[100, 10], false],
    [[10], false],
  ])('with the weights %j', async (weights, expected) => {
    expect(await holds(condition, table(...weights))).toBe(expected);
  });
});

describe('directors that share a VIP', async () => {
  const conditions = restConditions(await shipped('tun-ha'));
  const table = [
    '-a -t 192.168.1.200:80 -r 192.168.2.101:80 -i -w 1',
    '-a -t 192.168.1.200:80 -r 192.168.3.102:80 -i -w 1',
  ];

  test.concurrent.each([
    ['director1', ['192.168.1.200'], true],
    ['director1', [], false],
    ['director2', [], true],
    ['director2', ['192.168.1.200'], false],
  ])('%s, with the addresses %j', async (node, addresses, expected) => {
    expect(await holds(conditions.get(node), table, addresses)).toBe(expected);
  });
});

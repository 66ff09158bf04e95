import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lab, labMust, onNode } from './harness.ts';

// Every check is seen red on a lab that breaks exactly its promise, and green again once that is mended.

const NAME = 'sabotage';
const VIP = '192.168.2.100';

interface Sabotage {
  what: string;
  /** Checks that must fail; every other check of the lab must pass. */
  red: string[];
  /** Commands by node, in order. */
  break: [node: string, command: string][];
  mend: [node: string, command: string][];
}

/** What a node's own boot unit runs: brings all it sets back in force. */
const REAPPLY = 'lab-node boot';

const SABOTAGES: Sabotage[] = [
  {
    what: 'a real server whose tunnel is down',
    red: ['reachable', 'rotation', 'share', 'encapsulated', 'direct-return', 'client-address'],
    break: [['rs1', 'ip link set tunl0 down']],
    mend: [['rs1', 'ip link set tunl0 up']],
  },
  {
    what: 'a real server that drops tunnelled packets by reverse path filtering',
    red: ['reachable', 'rotation', 'share', 'encapsulated', 'direct-return', 'client-address'],
    break: [['rs2', 'sysctl -w net.ipv4.conf.all.rp_filter=1']],
    mend: [['rs2', REAPPLY]],
  },
  {
    what: 'weights and a scheduler that heeds them',
    red: ['rotation', 'share'],
    break: [['director', `ipvsadm -E -t ${VIP}:80 -s wrr && ipvsadm -e -t ${VIP}:80 -r 192.168.2.220 -i -w 3`]],
    mend: [['director', REAPPLY]],
  },
  {
    what: 'the scheduler sh: one client, one server',
    red: ['rotation', 'share'],
    break: [['director', `ipvsadm -E -t ${VIP}:80 -s sh`]],
    mend: [['director', REAPPLY]],
  },
  {
    what: 'a real server served by direct routing instead of the tunnel',
    red: ['encapsulated'],
    break: [['director', `ipvsadm -e -t ${VIP}:80 -r 192.168.2.220 -g`]],
    mend: [['director', REAPPLY]],
  },
  {
    what: 'a real server that returns its replies through the director',
    red: ['direct-return'],
    break: [
      [
        'director',
        'sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.accept_local=1 net.ipv4.conf.all.send_redirects=0',
      ],
      ['rs1', 'ip route replace 192.168.1.0/24 via 192.168.2.200'],
    ],
    mend: [
      ['rs1', 'ip route del 192.168.1.0/24'],
      [
        'director',
        'sysctl -w net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_local=0 net.ipv4.conf.all.send_redirects=1',
      ],
    ],
  },
  {
    what: 'a real server that hides the client behind another address',
    red: ['client-address'],
    break: [['rs1', 'iptables -t nat -A INPUT -p tcp --dport 80 -j SNAT --to-source 10.9.9.9']],
    mend: [['rs1', 'iptables -t nat -D INPUT -p tcp --dport 80 -j SNAT --to-source 10.9.9.9']],
  },
  {
    what: 'a real server that answers ARP for the VIP too',
    red: ['arp-owner'],
    break: [['rs1', 'sysctl -w net.ipv4.conf.all.arp_ignore=0']],
    mend: [
      ['rs1', REAPPLY],
      // The router may have learnt rs1's address by now; the director's gratuitous ARP puts that right.
      ['director', REAPPLY],
    ],
  },
];

const verdicts = async (): Promise<Record<string, string>> => {
  const { stdout } = await lab(['test', NAME, '-f', 'json']);
  return Object.fromEntries(
    JSON.parse(stdout).verdicts.map((verdict: { check: string; status: string }) => [verdict.check, verdict.status]),
  );
};

const inOrder = async (steps: [node: string, command: string][]): Promise<void> => {
  for (const [node, command] of steps) await onNode(NAME, node, command);
};

beforeAll(() => labMust('up', 'tun-basic', '--name', NAME));
afterAll(() => lab(['down', NAME]));

describe.each(SABOTAGES)('$what', ({ red, break: broken, mend }) => {
  test(`turns ${red.join(', ')} red, and nothing else`, async () => {
    await inOrder(broken);
    const found = await verdicts();
    const expected = Object.fromEntries(
      Object.keys(found).map((check) => [check, red.includes(check) ? 'fail' : 'pass']),
    );
    expect(found).toEqual(expected);
  });

  test('mended, all is green', async () => {
    await inOrder(mend);
    expect(new Set(Object.values(await verdicts()))).toEqual(new Set(['pass']));
  });
});

test('a check that fails ends in exit code 1 and shows its evidence', async () => {
  await onNode(NAME, 'director', `ipvsadm -E -t ${VIP}:80 -s sh`);
  const failed = await lab(['test', NAME, '-c', 'rotation']);
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(/^FAIL +rotation:/m);
  expect(failed.stdout).toContain(`TCP  ${VIP}:80 sh`);
  const bundle = failed.stderr.match(/\S+\/bundles\/\S+/)?.[0] as string;
  expect(await readFile(join(bundle, 'state', 'rs1.txt'), 'utf8')).toMatch(/192\.168\.2\.100\/32 scope global tunl0/);
  expect(await readFile(join(bundle, 'state', 'director.txt'), 'utf8')).toContain(`TCP  ${VIP}:80 sh`);
  await onNode(NAME, 'director', REAPPLY);
});

import { expect, test } from 'vitest';
import { describeDiagnosis } from '../../src/diagnosis/describe.ts';
import { diagnosed, type Edits, TIMEOUT, TUN_IPV6 } from './recorded.ts';

const GOOD = ['rs2', 'rs1', 'rs2', 'rs1'];
const LOST = ['reachable', 'rotation'];
const judge = (edits: Edits, answers: readonly string[], red: readonly string[] = []) =>
  diagnosed(edits, answers, red, TUN_IPV6);

test('an IPv6 lab in which all is well is called healthy, and what was not looked at is said', () => {
  const found = judge({}, GOOD);
  expect(found).toMatchObject({ healthy: true, causes: [], asides: [] });
  expect(describeDiagnosis('tun-ipv6', found)).toBe(
    `tun-ipv6: nothing is wrong, as far as can be seen

Not looked at: packet filters (ip6tables), address translation and path MTU over IPv6
`,
  );
});

/** The edits are what the mistake made different in what was recorded of the same lab. */
const MISTAKES: readonly (readonly [
  mistake: string,
  edits: Edits,
  answers: readonly string[],
  red: readonly string[],
  cause: string,
  node: string,
  show: string,
  mend: string,
])[] = [
  [
    'a VIP that is preferred',
    { director: [[/("dst":"fd00:2::220".*"prefsrc":)"fd00:2::200"/, '$1"fd00:2::100"']] },
    [TIMEOUT, TIMEOUT],
    LOST,
    'addresses',
    'director',
    'ip route get fd00:2::220',
    'ip address add fd00:2::100/128 dev eth1 preferred_lft 0',
  ],
  [
    'a tunnel that is down, which takes the VIP with it',
    {
      rs1: [
        ['"ifname":"ip6tnl0","flags":["NOARP","UP","LOWER_UP"]', '"ifname":"ip6tnl0","flags":["NOARP"]'],
        [/\{"family":"inet6","local":"fd00:2::100"[^}]*\},/, ''],
      ],
    },
    ['rs2', TIMEOUT, 'rs2'],
    LOST,
    'tunnels',
    'rs1',
    'ip link show ip6tnl0',
    'lab-node boot',
  ],
  [
    'a real server without the VIP',
    { rs1: [[/\{"family":"inet6","local":"fd00:2::100"[^}]*\},/, '']] },
    ['rs2', TIMEOUT, 'rs2'],
    LOST,
    'addresses',
    'rs1',
    'ip address show ip6tnl0',
    'ip address add fd00:2::100/128 dev ip6tnl0',
  ],
  [
    'a router that does not forward',
    { router: [['net/ipv6/conf/all/forwarding:1', 'net/ipv6/conf/all/forwarding:0']] },
    [TIMEOUT, TIMEOUT],
    LOST,
    'forwarding',
    'router',
    'sysctl net.ipv6.conf.all.forwarding',
    'sysctl -w net.ipv6.conf.all.forwarding=1',
  ],
  [
    'a real server without a gateway',
    { rs2: [[/(#=# ask fd00:1::200 from fd00:2::100\n).*/, '$1RTNETLINK answers: Network is unreachable']] },
    [TIMEOUT, 'rs1', TIMEOUT],
    LOST,
    'routes',
    'rs2',
    'ip route get fd00:1::200 from fd00:2::100',
    'ip -6 route replace default via fd00:2::1',
  ],
  [
    'a server that is not in the table',
    { director: [[/-a -t \[fd00:2::100\]:80 -r \[fd00:2::220\]:80.*\n/, '']] },
    ['rs2', 'rs2', 'rs2'],
    ['rules', 'rotation'],
    'table',
    'director',
    'ipvsadm -ln',
    'ipvsadm -a -t [fd00:2::100]:80 -r [fd00:2::220]:80 -i -w 1',
  ],
  [
    'a real server with the VIP on its NIC too',
    {
      rs1: [
        [
          '{"family":"inet6","local":"fd00:2::220"',
          '{"family":"inet6","local":"fd00:2::100","prefixlen":128,"scope":"global"},{"family":"inet6","local":"fd00:2::220"',
        ],
      ],
    },
    GOOD,
    ['arp-owner'],
    'arp',
    'rs1',
    'ip address show eth1',
    'ip address del fd00:2::100/128 dev eth1',
  ],
];

test.each(MISTAKES)('%s', (_, edits, answers, red, hypothesis, node, show, mend) => {
  const { causes, healthy } = judge(edits, answers, red);
  expect(healthy).toBe(false);
  expect(causes[0]).toMatchObject({ hypothesis, node, show: { node, command: show } });
  expect(causes[0]?.mend).toContainEqual({ node, command: mend });
});

test('rules of iptables, which see no IPv6, are no cause', () => {
  const { causes, asides } = judge(
    { rs1: [['#=# filter\n', '#=# filter\n*filter\n:INPUT DROP [9:540]\nCOMMIT\n']] },
    ['rs2', TIMEOUT, 'rs2'],
    LOST,
  );
  expect([...causes, ...asides]).toEqual([]);
});

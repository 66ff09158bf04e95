import { describe, expect, test } from 'vitest';
import { diagnosisOf } from '../../src/diagnosis/diagnosis.ts';
import { parseSnapshot } from '../../src/diagnosis/parse.ts';
import { snapshotScript } from '../../src/diagnosis/script.ts';
import { NOTHING } from '../../src/diagnosis/snapshot.ts';
import { burstOf, diagnosed, type Edits, REFUSED, recorded, TIMEOUT, TUN_BASIC } from './recorded.ts';

const GOOD = ['rs2', 'rs1', 'rs2', 'rs1'];
const only = (server: string, why: string) => [why, server, why, server];
const NOBODY = (why: string) => [why, why, why];
const LOST = ['reachable', 'rotation', 'share'];

test('a lab in which all is well is called healthy', () => {
  const found = diagnosed({}, GOOD);
  expect(found).toMatchObject({ healthy: true, causes: [], asides: [] });
});

test('a director that has the VIP asks nobody for it, whatever it remembers', () => {
  const before =
    '[{"dst":"192.168.2.100","dev":"eth1","lladdr":"52:54:00:02:00:04","state":["STALE"]},{"dst":"192.168.2.220"';
  const { causes, asides } = diagnosed({ director: [['[{"dst":"192.168.2.220"', before]] }, GOOD, ['rotation']);
  expect([...causes, ...asides]).toEqual([]);
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
])[] = [
  [
    'a tunnel that is down',
    { rs1: [['"ifname":"tunl0","flags":["NOARP","UP","LOWER_UP"]', '"ifname":"tunl0","flags":["NOARP"]']] },
    only('rs2', REFUSED),
    LOST,
    'tunnels',
    'rs1',
    'ip link show tunl0',
  ],
  [
    'reverse path filtering on a real server, by all',
    {
      rs2: [
        ['conf/all/rp_filter:0', 'conf/all/rp_filter:1'],
        [
          /(#=# ask 192\.168\.2\.100 from 192\.168\.1\.200 by tunl0\n).*/,
          '$1RTNETLINK answers: Invalid cross-device link',
        ],
      ],
    },
    only('rs1', TIMEOUT),
    LOST,
    'reverse-path',
    'rs2',
    'ip route get 192.168.2.100 from 192.168.1.200 iif tunl0',
  ],
  [
    'a packet filter that drops the tunnel',
    { rs1: [[/(\n\*filter\n(?::.*\n)+)/, '$1[12:720] -A INPUT -p ipencap -j DROP\n']] },
    only('rs2', TIMEOUT),
    LOST,
    'packet-filters',
    'rs1',
    'iptables -t filter -L INPUT -nv',
  ],
  [
    'a policy that lets in nothing',
    { rs1: [[':INPUT ACCEPT', ':INPUT DROP']] },
    only('rs2', TIMEOUT),
    LOST,
    'packet-filters',
    'rs1',
    'iptables -S',
  ],
  [
    'a router that does not forward',
    {
      router: [
        ['net/ipv4/ip_forward:1', 'net/ipv4/ip_forward:0'],
        [/(#=# ask 192\.168\.2\.100 from 192\.168\.1\.200 by outside\n).*/, '$1RTNETLINK answers: No route to host'],
      ],
    },
    NOBODY(TIMEOUT),
    LOST,
    'forwarding',
    'router',
    'sysctl net.ipv4.ip_forward',
  ],
  [
    'a real server without a gateway',
    {
      rs1: [[/(#=# ask 192\.168\.1\.200 from 192\.168\.2\.100\n).*/, '$1RTNETLINK answers: Network is unreachable']],
    },
    only('rs2', TIMEOUT),
    LOST,
    'routes',
    'rs1',
    'ip route get 192.168.1.200 from 192.168.2.100',
  ],
  [
    'the director as the gateway of a real server',
    { rs1: [['"gateway":"192.168.2.1"', '"gateway":"192.168.2.200"']] },
    only('rs2', TIMEOUT),
    LOST,
    'routes',
    'rs1',
    'ip route get 192.168.1.200 from 192.168.2.100',
  ],
  [
    'a director without the VIP',
    { director: [['"local":"192.168.2.100"', '"local":"192.168.2.99"']] },
    NOBODY(TIMEOUT),
    LOST,
    'addresses',
    'director',
    'ip address show eth1',
  ],
  [
    'a real server without the VIP',
    { rs2: [['"local":"192.168.2.100"', '"local":"192.168.2.99"']] },
    only('rs1', TIMEOUT),
    LOST,
    'addresses',
    'rs2',
    'ip address show tunl0',
  ],
  [
    'a web server that does not run',
    {
      rs2: [
        [/tcp LISTEN.*:80 .*\n/, ''],
        ['Ss   apache2\nSl   apache2\n', ''],
      ],
    },
    only('rs1', REFUSED),
    LOST,
    'servers',
    'rs2',
    'ss -ltnp',
  ],
  [
    'a web server that listens on its own address',
    { rs1: [['*:80 *:*', '192.168.2.220:80 0.0.0.0:*']] },
    only('rs2', REFUSED),
    LOST,
    'servers',
    'rs1',
    'ss -ltnp',
  ],
  [
    'a web server that stands still',
    { rs2: [['Ss   apache2\nSl   apache2\n', 'Ts   apache2\nTl   apache2\n']] },
    only('rs1', TIMEOUT),
    LOST,
    'servers',
    'rs2',
    'ps -o stat,pid,args -C apache2',
  ],
  [
    'an empty table',
    { director: [[/-A -t [\s\S]*?(?=#=# connections)/, '']] },
    NOBODY(REFUSED),
    LOST,
    'table',
    'director',
    'ipvsadm -ln',
  ],
  [
    'a real server that is not in the table',
    { director: [[/-a -t 192.168.2.100:80 -r 192.168.2.220.*\n/, '']] },
    ['rs2', 'rs2', 'rs2', 'rs2'],
    ['rotation', 'share'],
    'table',
    'director',
    'ipvsadm -ln',
  ],
  [
    'another scheduler',
    { director: [['-s rr', '-s sh']] },
    ['rs2', 'rs2', 'rs2', 'rs2'],
    ['rotation', 'share'],
    'table',
    'director',
    'ipvsadm -ln',
  ],
  [
    'direct routing in the place of the tunnel',
    { director: [['-r 192.168.2.220:80 -i -w 1 --tun-type ipip', '-r 192.168.2.220:80 -g -w 1']] },
    GOOD,
    ['encapsulated'],
    'table',
    'director',
    'ipvsadm -ln',
  ],
  [
    'a real server that answers ARP',
    { rs1: [['conf/all/arp_ignore:1', 'conf/all/arp_ignore:0']] },
    GOOD,
    ['arp-owner'],
    'arp',
    'rs1',
    'sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.eth1.arp_ignore',
  ],
  [
    'a router that believes a real server to have the VIP',
    { router: [[/("dst":"192\.168\.2\.100","dev":"eth2","lladdr":"52:54:00:02:00:)03/, '$104']] },
    ['rs1', 'rs1', 'rs1', 'rs1'],
    ['rotation', 'share', 'encapsulated'],
    'arp',
    'router',
    'ip neighbour show 192.168.2.100',
  ],
  [
    'a client that is hidden',
    {
      rs1: [
        [
          '#=# arptables',
          '*nat\n:INPUT ACCEPT [0:0]\n[2:120] -A INPUT -p tcp -j SNAT --to-source 10.9.9.9\nCOMMIT\n#=# arptables',
        ],
      ],
    },
    GOOD,
    ['client-address'],
    'translation',
    'rs1',
    'iptables -t nat -S',
  ],
  [
    'a NIC that is down',
    { rs2: [[/("ifname":"eth1","flags":\["BROADCAST","MULTICAST"),"UP","LOWER_UP"/, '$1']] },
    only('rs1', TIMEOUT),
    LOST,
    'links',
    'rs2',
    'ip address show eth1',
  ],
  [
    'packets that get lost at random',
    { rs1: [['#=# processes', 'qdisc netem 8001: dev eth1 root refcnt 2 limit 1000 loss 30%\n#=# processes']] },
    ['rs2', 'rs1', 'rs2', TIMEOUT, 'rs2', 'rs1'],
    LOST,
    'links',
    'rs1',
    'tc qdisc show dev eth1',
  ],
  [
    'messages of the path MTU that are filtered',
    { router: [[/(\n\*filter\n(?::.*\n)+)/, '$1[3:1788] -A FORWARD -p icmp -m icmp --icmp-type 3/4 -j DROP\n']] },
    GOOD,
    ['upload'],
    'path-mtu',
    'router',
    'iptables-save -c',
  ],
];

describe('the first cause that is named', () => {
  test.each(MISTAKES)('%s', (_, edits, answers, red, hypothesis, node, command) => {
    const { healthy, causes } = diagnosed(edits, answers, red);
    expect(causes[0]).toMatchObject({ hypothesis, node, show: { node, command } });
    expect(causes[0]?.mend.length).toBeGreaterThan(0);
    expect(healthy).toBe(false);
  });
});

describe('a web server goes by the name that the guest has for it', () => {
  const gone = (running: string): Edits => ({
    rs2: [
      [/tcp LISTEN.*:80 .*\n/, ''],
      ['Ss   apache2\nSl   apache2\n', running],
    ],
  });
  const firstOf = (edits: Edits) => diagnosed(edits, only('rs1', REFUSED), LOST, TUN_BASIC, 'el8').causes[0];

  test('when it does not run, and nothing that was printed tells the name', () => {
    expect(firstOf(gone(''))).toMatchObject({
      what: 'nothing listens on 192.168.2.100:80: httpd does not run',
      mend: [{ node: 'rs2', command: 'systemctl restart httpd' }],
    });
  });

  test('when it runs, and does not listen where requests come', () => {
    expect(firstOf(gone('Ss   httpd\nS    httpd\n'))).toMatchObject({
      what: 'httpd runs, and nothing listens on port 80, where requests come',
      mend: [{ node: 'rs2', command: 'bash /root/rs2.sh' }],
    });
  });

  test('and it is that which is looked for', () => {
    expect(snapshotScript(TUN_BASIC, 'rs1', 'el8')).toContain('-C httpd,nginx,keepalived,dnsmasq ');
    expect(snapshotScript(TUN_BASIC, 'rs1', 'debian')).toContain('-C apache2,nginx,keepalived,dnsmasq ');
  });
});

const whole = (answers: readonly string[]) => ({ bursts: [burstOf(answers)], verdicts: [] });
const snapshotBut = (node: string, said: { status: 'running' | 'paused' | 'crashed'; silent?: string }) =>
  new Map(
    TUN_BASIC.nodes.map(({ name }) => [
      name,
      name === node ? { ...NOTHING, node, ...said } : parseSnapshot(name, 'running', recorded(name)),
    ]),
  );

test('a machine that is paused is what explains that it does not answer', () => {
  const { causes } = diagnosisOf(
    TUN_BASIC,
    'debian',
    snapshotBut('rs1', { status: 'paused' }),
    whole(only('rs2', TIMEOUT)),
  );
  expect(causes[0]).toMatchObject({ hypothesis: 'machines', node: 'rs1' });
});

test('a node that does not tell of itself, though all requests are answered, is no cause of anything', () => {
  const silent = snapshotBut('rs1', { status: 'running', silent: 'not done within 120 s' });
  expect(diagnosisOf(TUN_BASIC, 'debian', silent, whole(GOOD))).toMatchObject({
    healthy: true,
    causes: [],
    asides: [{ node: 'rs1' }],
  });
});

test('what explains nothing of what was seen stands aside', () => {
  const forwards: Edits = { rs1: [['net/ipv4/ip_forward:0', 'net/ipv4/ip_forward:1']] };
  expect(diagnosed(forwards, GOOD)).toMatchObject({
    healthy: true,
    asides: [{ hypothesis: 'forwarding', node: 'rs1' }],
  });
});

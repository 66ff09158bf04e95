import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Lab, nodeOf } from '../../src/lab/lab.ts';
import { parseLab } from '../../src/lab/parse.ts';
import type { CheckVocabulary } from '../../src/lab/vocabulary.ts';
import { changed, SOUND } from './labs.ts';

const told = (text: string, vocabulary?: CheckVocabulary): string[] =>
  parseLab(text, 'sound.yaml', vocabulary).diagnostics.map(({ severity, message }) => `${severity}: ${message}`);

/** The lab of a text without any problem. */
const labOf = (text: string, vocabulary?: CheckVocabulary): Lab => {
  expect(told(text, vocabulary)).toEqual([]);
  return parseLab(text, 'sound.yaml', vocabulary).lab as Lab;
};

describe('a resolved lab', () => {
  const tunBasic = parseLab(readFileSync(new URL('../../labs/tun-basic.yaml', import.meta.url)), 'tun-basic.yaml')
    .lab as Lab;

  test('has everything filled in', () => {
    expect(nodeOf(tunBasic, 'router')).toEqual({
      name: 'router',
      index: 2,
      roles: ['router'],
      links: [
        { segment: 'outside', address: '192.168.1.1', prefixLength: 24, mac: '52:54:00:01:00:02' },
        { segment: 'inside', address: '192.168.2.1', prefixLength: 24, mac: '52:54:00:02:00:02' },
      ],
      routes: [],
      sysctl: {},
      iptables: [],
      staticNat: [],
      forwarding: true,
      memory: 256,
      cpus: 1,
    });
    expect(nodeOf(tunBasic, 'rs1')).toMatchObject({
      roles: ['real-server'],
      gateway: { node: 'router', address: '192.168.2.1', segment: 'inside' },
    });
    expect(tunBasic.services).toEqual([
      {
        name: 'web',
        vip: '192.168.2.100',
        port: 80,
        protocol: 'tcp',
        scheduler: 'rr',
        schedulerFlags: [],
        locations: [],
        ops: false,
        tunType: 'ipip',
        webServer: 'apache',
        clients: ['client'],
        arp: 'sysctl',
        forward: 'tun',
        director: 'director',
        segment: 'inside',
        realServers: [
          { node: 'rs1', address: '192.168.2.220', port: 80, weight: 1 },
          { node: 'rs2', address: '192.168.2.210', port: 80, weight: 1 },
        ],
      },
    ]);
  });

  test('is frozen all through', () => {
    const thawed: unknown[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(value);
      Object.values(value).forEach(visit);
    };
    visit(tunBasic);
    expect(thawed).toEqual([]);
  });

  test('has what the file says where the file says it', () => {
    const lab = labOf(
      changed(
        SOUND,
        ['name: sound', 'name: sound\nsummary: 一个实验\nimage: debian12'],
        ['192.168.2.220 }, gateway: router', '192.168.2.220 }, gateway: 192.168.2.1, memory: 1G, cpus: 2'],
        ['192.168.2.210 }, gateway: router', '192.168.2.210 }, gateway: router, memory: 128M'],
        ['scheduler: rr, ', 'protocol: tcp, '],
        ['[rs1, rs2]', '{ rs2: 3, rs1: { weight: 0 } }'],
      ),
    );
    expect(lab).toMatchObject({ summary: '一个实验', image: 'debian12' });
    expect(nodeOf(lab, 'rs1')).toMatchObject({ memory: 1024, cpus: 2, gateway: { node: 'router', segment: 'inside' } });
    expect(nodeOf(lab, 'rs2').memory).toBe(128);
    expect(lab.services[0]).toMatchObject({
      scheduler: 'wlc',
      realServers: [
        { node: 'rs2', weight: 3, port: 80 },
        { node: 'rs1', weight: 0, port: 80 },
      ],
    });
  });

  test('gives each link a MAC of segment and node, beyond one byte of nodes too', () => {
    const nodes = Array.from(
      { length: 300 },
      (_, i) => `  n${i}: { links: { b: 10.5.${(i >> 6) + 1}.${(i & 63) + 1} } }`,
    );
    const lab = labOf(
      `name: sound\nsegments: { a: 10.1.0.0/16, b: 10.5.0.0/16 }\nnodes:\n  z: { links: { a: 10.1.0.1 } }\n${nodes.join('\n')}`,
    );
    expect(lab.nodes[0]?.links[0]?.mac).toBe('52:54:00:01:00:01');
    expect(lab.nodes[300]?.links[0]?.mac).toBe('52:54:00:02:01:2d');
    expect(new Set(lab.nodes.flatMap(({ links }) => links.map(({ mac }) => mac))).size).toBe(301);
  });
});

describe('nat', () => {
  const NAT = changed(
    SOUND,
    ['forward: tun', 'forward: nat'],
    [
      'director: { links: { inside: 192.168.2.200 }, gateway: router }',
      'director: { links: { outside: 192.168.1.2, inside: 192.168.2.200 } }',
    ],
    ['vip: 192.168.2.100', 'vip: 192.168.1.100'],
    ['220 }, gateway: router', '220 }, gateway: director'],
    ['210 }, gateway: router', '210 }, gateway: director'],
    ['[rs1, rs2]', '{ rs1: { port: 8080 }, rs2: 1 }'],
  );

  test('makes its director forward, and lets it map ports', () => {
    const lab = labOf(NAT);
    expect(nodeOf(lab, 'director')).toMatchObject({ forwarding: true, roles: ['router', 'director'] });
    expect(lab.services[0]).toMatchObject({
      segment: 'outside',
      realServers: [
        { node: 'rs1', address: '192.168.2.220', port: 8080 },
        { node: 'rs2', address: '192.168.2.210', port: 80 },
      ],
    });
  });

  test('lets the director be some routers away from the real server, if replies still pass it', () => {
    const far = changed(
      NAT,
      ['  inside: 192.168.2.0/24', '  inside: 192.168.2.0/24\n  far: 10.1.0.0/24'],
      [
        '  rs2: { links: { inside: 192.168.2.210 }, gateway: director }',
        '  rs2: { links: { far: 10.1.0.2 }, gateway: inner }\n  inner: { links: { inside: 192.168.2.2, far: 10.1.0.1 }, gateway: director, forwarding: true }',
      ],
      ['192.168.1.2, inside: 192.168.2.200 }', '192.168.1.2, inside: 192.168.2.200 }, gateway: inner'],
    );
    expect(labOf(far).services[0]?.realServers[1]).toMatchObject({ address: '10.1.0.2' });
  });
});

describe('the address of a real server with several links', () => {
  const many = (...changes: (readonly [string, string])[]) =>
    labOf(
      changed(
        SOUND,
        ['  inside: 192.168.2.0/24', '  inside: 192.168.2.0/24\n  back: 10.1.0.0/24'],
        [
          'links: { inside: 192.168.2.220 }',
          'links: { outside: 192.168.1.220, back: 10.1.0.2, inside: 192.168.2.220 }',
        ],
        ...changes,
      ),
    ).services[0]?.realServers[0]?.address;

  test("is the one in the VIP's segment", () => {
    expect(many()).toBe('192.168.2.220');
  });

  test('is else one in a segment of the director', () => {
    expect(
      many([', inside: 192.168.2.220', ''], ['director: { links: { ', 'director: { links: { back: 10.1.0.1, ']),
    ).toBe('10.1.0.2');
  });

  test('is else the first that the director reaches', () => {
    expect(
      many(['outside: 192.168.1.220, back: 10.1.0.2, inside: 192.168.2.220', 'back: 10.1.0.2, outside: 192.168.1.220']),
    ).toBe('192.168.1.220');
  });
});

describe('a problem hides what only follows from it', () => {
  test.each<[string, (readonly [string, string])[], string]>([
    ['an address', [['192.168.2.1 }', '192.168.3.1 }']], '192.168.3.1 is outside segment inside (192.168.2.0/24)'],
    ['a prefix', [['192.168.2.0/24', '192.168.2/24']], '"192.168.2/24" has 3 parts where an IPv4 prefix has 4'],
    ['a gateway', [['220 }, gateway: router', '220 }, gateway: ruoter']], 'there is no node "ruoter"'],
    ['a key', [['forwarding: true', 'forward: true']], 'node router has no key "forward"'],
    [
      'forwarding',
      [[', forwarding: true', '']],
      'router is the gateway of client, director, rs1, rs2 and does not forward',
    ],
    ['a whole section', [['segments:', 'segment:']], 'the lab has no key "segment"'],
    ['the director', [['director: director, real', 'director: directr, real']], 'there is no node "directr"'],
  ])('%s', (_, changes, message) => {
    expect(told(changed(SOUND, ...changes))).toEqual([`error: ${message}`]);
  });

  test('but not what is wrong besides', () => {
    expect(
      told(
        changed(
          SOUND,
          ['name: sound', 'nam: sound'],
          ['192.168.2.210', '192.168.2.220'],
          ['port: 80', 'port: 0'],
          ['[client]', '[clinet]'],
        ),
      ),
    ).toEqual([
      'error: the lab has no key "nam"',
      'error: 192.168.2.220 is the address of node rs1 already',
      'error: there is no node "clinet"',
      'error: "port" of service web cannot be 0',
    ]);
  });
});

describe('checks', () => {
  const vocabulary: CheckVocabulary = {
    share: { options: z.strictObject({ requests: z.int().min(1).default(12) }) },
    from: {
      options: z.strictObject({ nodes: z.array(z.string()), service: z.string().optional() }),
      nodes: (options) => (options as { nodes: string[] }).nodes,
      services: (options) =>
        Object.values(options as { service?: string }).filter((value) => typeof value === 'string'),
    },
  };
  const withChecks = (checks: string) => `${SOUND}checks: ${checks}\n`;

  test('are taken as they are without a vocabulary', () => {
    expect(labOf(withChecks('[any, { other: { x: [1, a] } }, last: ]')).checks).toEqual([
      { name: 'any', options: {} },
      { name: 'other', options: { x: [1, 'a'] } },
      { name: 'last', options: {} },
    ]);
  });

  test('get the defaults of their options from a vocabulary', () => {
    expect(labOf(withChecks('[share, from: { nodes: [rs1], service: web }]'), vocabulary).checks).toEqual([
      { name: 'share', options: { requests: 12 } },
      { name: 'from', options: { nodes: ['rs1'], service: 'web' } },
    ]);
  });

  test('are judged by a vocabulary, at the very place', () => {
    const { diagnostics } = parseLab(
      withChecks('[shar, from, from: { nodes: [rs1, rs9], service: wep }, toString]'),
      'sound.yaml',
      vocabulary,
    );
    expect(diagnostics.map(({ column, message, suggestion }) => [column, message, suggestion])).toEqual([
      [10, 'there is no check "shar"', 'share'],
      [16, 'check from has no "nodes"', undefined],
      [43, 'there is no node "rs9"', 'rs1'],
      [58, 'there is no service "wep"', 'web'],
      [65, 'there is no check "toString"', undefined],
    ]);
  });
});

describe('aliases', () => {
  test('share a value', () => {
    const text = changed(SOUND, [
      'real-servers: [rs1, rs2] }',
      'real-servers: &both [rs1, rs2] }\n  tls: { vip: 192.168.2.100, port: 443, forward: tun, director: director, real-servers: *both }',
    ]);
    expect(labOf(text).services[1]?.realServers.map(({ node }) => node)).toEqual(['rs1', 'rs2']);
  });

  test('tell of a problem in a shared value once, where it is written', () => {
    const text = changed(SOUND, [
      'real-servers: [rs1, rs2] }',
      'real-servers: &both { rs1: -1, rs2: 1 } }\n  tls: { vip: 192.168.2.100, port: 443, forward: tun, director: director, real-servers: *both }',
    ]);
    const places = parseLab(text, 'sound.yaml').diagnostics.map(({ line }) => line);
    expect(new Set(places)).toEqual(new Set([13]));
  });
});

describe('text that is out to harm', () => {
  test.each<[string, string, RegExp]>([
    ['100,000 brackets', '['.repeat(100_000), /nested deeper than 32/],
    ['100,000 dashes', '- '.repeat(100_000), /nested deeper than 32/],
    [
      'a chain of 10,000 aliases',
      Array.from({ length: 10_000 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}` : ''}]`).join('\n'),
      /aliases expand to more/,
    ],
    ['the name of the prototype', '__proto__: { polluted: 1 }', /"__proto__" cannot be a key/],
    ['more than a mebibyte', ' '.repeat(1024 * 1024 + 1), /larger than 1 MiB/],
    ['a name of a megabyte', `name: ${'a'.repeat(1_000_000)}`, /has 1000000 characters/],
  ])('%s gives a diagnostic', (_, text, message) => {
    const { lab, diagnostics } = parseLab(text, 'sound.yaml');
    expect(lab).toBeUndefined();
    expect(diagnostics.map((each) => each.message).join('\n')).toMatch(message);
    expect(JSON.stringify(diagnostics).length).toBeLessThan(5000);
    expect({}).not.toHaveProperty('polluted');
  });

  test('is told of with an end', () => {
    const { diagnostics } = parseLab(`name: sound\n${'x: 1\n'.repeat(1000)}`, 'sound.yaml');
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.at(-1)?.message).toMatch(/^\d+ more problems from here on are not shown$/);
  });
});

describe('large labs', () => {
  const large = (gateway: string): string => {
    const numbers = Array.from({ length: 998 }, (_, i) => i);
    const nodes = numbers.map(
      (i) =>
        `  n${i}: { links: { s${i % 10}: 10.${(i % 10) + 10}.${(i >> 6) + 1}.${(i & 63) + 1} }, gateway: ${gateway} }`,
    );
    const segments = numbers.slice(0, 10).map((i) => `s${i}: 10.${i + 10}.0.0/16`);
    const router = numbers.slice(0, 10).map((i) => `s${i}: 10.${i + 10}.0.1`);
    const even = numbers.filter((i) => i % 2 === 0).map((i) => `n${i}`);
    const odd = numbers.filter((i) => i % 2 === 1).map((i) => `n${i}`);
    return `name: sound
segments: { ${segments.join(', ')} }
nodes:
  router: { links: { ${router.join(', ')} }, forwarding: true }
  director: { links: { s0: 10.10.0.2 }, gateway: router }
${nodes.join('\n')}
clients: [${even.join(', ')}]
services:
  web: { vip: 10.10.255.1, port: 80, forward: tun, director: director, real-servers: [${odd.join(', ')}] }
`;
  };

  test('of 1,000 nodes resolve', () => {
    const lab = labOf(large('router'));
    expect(lab.nodes).toHaveLength(1000);
    expect(lab.services[0]?.realServers).toHaveLength(499);
  });

  test('of 1,000 nodes with a mistake in each are told of', () => {
    const { diagnostics } = parseLab(large('ruoter'), 'sound.yaml');
    expect(diagnostics[0]).toMatchObject({ message: 'there is no node "ruoter"', suggestion: 'router' });
    expect(diagnostics.at(-1)?.message).toBe('898 more problems from here on are not shown');
  });

  test('have at most as many segments as a MAC address tells apart', () => {
    const segments = Array.from({ length: 256 }, (_, i) => `s${i}: 10.${i}.0.0/16`);
    expect(told(`segments: { ${segments.join(', ')} }`)).toContain(
      'error: these are 256 segments, and a lab has at most 255',
    );
  });
});

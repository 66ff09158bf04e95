import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Check } from '../../src/checks/check.ts';
import { checksOf } from '../../src/checks/registry.ts';
import { type CheckEvent, labelsOf, runChecks, selectChecks } from '../../src/checks/runner.ts';
import { REGISTRIES } from '../../src/cli/registries.ts';
import type { CheckSpec } from '../../src/lab/lab.ts';
import { LabError } from '../../src/support/errors.ts';
import type { Scope } from '../../src/traffic/scope.ts';
import type { Outcome, Verdict } from '../../src/verdicts/verdict.ts';
import { shipped } from '../provision/fixtures/labs.ts';
import { labWith, serviceOf } from '../traffic/tun-basic.ts';
import { type Behaviour, SimulatedLab } from './simulated-lab.ts';

const { checks } = REGISTRIES;
const only = (...names: string[]): CheckSpec[] => names.map((name) => ({ name, options: {} }));
/** Those that the simulated lab, in which packets alone are worked out, can be judged by. */
const ALL = only('reachable', 'arp-owner', 'rotation', 'share', 'encapsulated', 'direct-return', 'client-address');
const statuses = (verdicts: readonly Verdict[]) =>
  Object.fromEntries(verdicts.map(({ check, status }) => [check, status]));
const lost = (node: string) =>
  new LabError({ tried: `run a command on ${node}`, happened: 'its session ended', next: 'look at its console' });

const run = async (behaviour: Behaviour = {}, specs = ALL, change = {}) => {
  const access = new SimulatedLab(labWith(change), behaviour);
  return { access, ...(await runChecks(checks, access, specs)) };
};

describe('runChecks', () => {
  test('passes every check of a lab that does what it should', async () => {
    const { verdicts, bursts, access } = await run();
    expect(verdicts.map(({ check, status, summary }) => `${check} ${status}: ${summary}`)).toEqual([
      'reachable pass: 12 requests answered by rs1, rs2',
      "arp-owner pass: only director (52:54:00:02:00:03) answered router's ARP for 192.168.2.100",
      'rotation pass: 12 requests answered in turn: rs2 rs1, and again',
      'share pass: of 12 requests: rs1 6, rs2 6',
      'encapsulated pass: 12 requests went from director to their real servers as IP protocol 4',
      'direct-return pass: replies to 12 requests came from 192.168.2.100 past director',
      'client-address pass: the real servers saw 192.168.1.200 in 12 requests',
    ]);
    expect(bursts).toHaveLength(1);
    expect(bursts[0]?.requests).toHaveLength(12);
    expect(access.running).toEqual(new Set());
  });

  test('brings the clocks of the captures together, so that a journey can be read downwards', async () => {
    const { verdicts } = await run({}, only('encapsulated'));
    const journey = verdicts[0]?.evidence[0];
    const rows = journey && 'rows' in journey ? journey.rows : [];
    const way = rows.map(([, node, segment, direction]) => `${node} ${segment} ${direction}`);
    expect(way.filter((step) => !step.endsWith('passing')).slice(0, 11)).toEqual([
      'client outside out',
      'router outside in',
      'router inside out',
      'director inside in',
      'director inside out',
      'rs2 inside in',
      'rs2 inside out',
      'router inside in',
      'router outside out',
      'client outside in',
      'client outside out',
    ]);
    expect(Number(rows.at(-1)?.[0])).toBeLessThan(100);
  });

  test('makes for each client and service as many requests as the check that wants most', async () => {
    const specs = [
      { name: 'rotation', options: { requests: 20 } },
      { name: 'share', options: { requests: 30 } },
    ];
    expect((await run({}, specs)).bursts[0]?.requests).toHaveLength(30);
    expect((await run({}, only('reachable'))).bursts[0]?.requests).toHaveLength(4);
  });

  test('makes no requests and captures nothing that no check wants', async () => {
    const captured: string[] = [];
    const onCapture = (node: string) => void captured.push(node);
    const arp = await run({ onCapture }, only('arp-owner'));
    expect(arp.bursts).toEqual([]);
    expect(captured).toEqual(['router']);
    await run({ onCapture }, only('rotation'));
    expect(captured).toEqual(['router']);
  });

  test('asks a service from none but its own clients', async () => {
    const lab = labWith();
    const access = new SimulatedLab({ ...lab, clients: ['client', 'rs3'] });
    const { bursts } = await runChecks(checks, access, only('reachable'));
    expect(bursts.map(({ client }) => client)).toEqual(['client']);
  });

  test('asks all clients of a service one after the other, and the services too', async () => {
    const clients = ['client', 'rs3'];
    const lab = labWith({ clients });
    const second = { ...serviceOf(lab), name: 'api' };
    const access = new SimulatedLab({ ...lab, clients, services: [serviceOf(lab), second] });
    const events: CheckEvent[] = [];
    const { verdicts } = await runChecks(checks, access, only('reachable'), (event) => events.push(event));
    expect(
      events.map((event) => (event.type === 'requests' ? `${event.client} ${event.service}` : event.type)),
    ).toEqual([
      ...['client web', 'answers', 'rs3 web', 'answers', 'client api', 'answers', 'rs3 api', 'answers'],
      'verdict',
    ]);
    expect(verdicts[0]?.summary).toMatch(
      /^web from client: 4 requests .*; web from rs3: .*; api from client: .*; api from rs3: /,
    );
  });

  test('keeps a check to the services and clients that it names', async () => {
    const lab = labWith();
    const services = [serviceOf(lab), { ...serviceOf(lab), name: 'api' }];
    const access = new SimulatedLab({ ...lab, services });
    const { bursts } = await runChecks(checks, access, [{ name: 'reachable', options: { services: ['api'] } }]);
    expect(bursts.map(({ service }) => service.name)).toEqual(['api']);
    const elsewhere = [{ name: 'reachable', options: { clients: ['nobody'] } }];
    await expect(runChecks(checks, access, elsewhere)).rejects.toThrow(
      'the lab has no client of that name, only client',
    );
  });

  test('skips what a lab without clients cannot show', async () => {
    const access = new SimulatedLab({ ...labWith(), clients: [] });
    const { verdicts } = await runChecks(checks, access, ALL);
    expect(statuses(verdicts)).toEqual({
      ...Object.fromEntries(ALL.map(({ name }) => [name, 'skip'])),
      'arp-owner': 'pass',
    });
  });

  test('skips arp-owner where nobody is there to ask', async () => {
    const lab = labWith();
    const nodes = lab.nodes.filter(({ name }) => ['client', 'director', 'rs1', 'rs2'].includes(name));
    const { verdicts } = await runChecks(checks, new SimulatedLab({ ...lab, nodes }), only('arp-owner'));
    expect(verdicts[0]).toMatchObject({
      status: 'skip',
      summary: 'no node on segment inside but the director and the real servers could ask',
    });
  });
});

describe('a check that fails', () => {
  test.each([
    ['the wrong order', { answers: 'rs1 rs1 rs2 rs2' }, ['rotation']],
    ['one server only', { answers: 'rs1' }, ['rotation', 'share']],
    ['no tunnel', { sabotage: { forward: 'dr' } }, ['encapsulated']],
    ['the director as gateway', { sabotage: { gateway: 'director' } }, ['direct-return']],
    ['another machine with the VIP', { alsoAnswers: ['rs1'] }, ['arp-owner']],
  ] satisfies [string, Behaviour, string[]][])('fails alone: %s', async (_, behaviour, red) => {
    const { verdicts } = await run(behaviour);
    expect(verdicts.filter(({ status }) => status !== 'pass').map(({ check, status }) => `${check} ${status}`)).toEqual(
      red.map((check) => `${check} fail`),
    );
  });

  test('comes with the tables of the director, read once for all, and only then', async () => {
    const failed = await run({ answers: 'rs1' });
    expect(failed.access.commands.filter((command) => command.includes('ipvsadm'))).toHaveLength(1);
    for (const name of ['rotation', 'share']) {
      expect(failed.verdicts.find(({ check }) => check === name)?.evidence.at(-1)).toEqual({
        title: 'tables of director (ipvsadm -ln, the first of ipvsadm -lnc)',
        lines: ['IP Virtual Server version 1.2.1 (size=4096)'],
      });
    }
    expect((await run()).access.commands.join()).not.toContain('ipvsadm');
  });

  test('fails all the same when the tables cannot be read', async () => {
    const onRun = (node: string) => {
      if (node === 'director') throw lost(node);
      return undefined;
    };
    const { verdicts } = await run({ answers: 'rs1', onRun }, only('rotation'));
    expect(verdicts[0]?.status).toBe('fail');
    expect(verdicts[0]?.evidence.at(-1)).toMatchObject({
      lines: [expect.stringMatching(/^could not be read: .*session ended/)],
    });
  });
});

describe('what a check could not look at is an error', () => {
  const throwing = (pattern: string) => (node: string, command: string) => {
    if (command.includes(pattern)) throw lost(node);
    return undefined;
  };

  test('the client is lost: all that needs requests, and no capture runs on', async () => {
    const { verdicts, access } = await run({ onRun: throwing('curl') });
    expect(statuses(verdicts)).toEqual({
      ...Object.fromEntries(ALL.map(({ name }) => [name, 'error'])),
      'arp-owner': 'pass',
    });
    expect(verdicts[0]).toMatchObject({
      summary: 'cannot run a command on client: its session ended',
      evidence: [{ title: 'error', lines: ['look at its console'] }],
    });
    expect(access.running).toEqual(new Set());
  });

  test.each(['onCapture', 'onStop'] as const)(
    '%s fails: all that needs packets, and no capture runs on',
    async (when) => {
      const broken = (node: string, segment: string) => {
        if (node === 'rs1') throw new LabError({ tried: `capture on ${node}`, happened: `no NIC on ${segment}` });
      };
      const { verdicts, access } = await run({ [when]: broken });
      expect(statuses(verdicts)).toEqual({
        ...{ reachable: 'pass', 'arp-owner': 'pass', rotation: 'pass', share: 'pass' },
        ...{ encapsulated: 'error', 'direct-return': 'error', 'client-address': 'error' },
      });
      expect(access.running).toEqual(new Set());
    },
  );

  test('a real server is lost: only what reads its log', async () => {
    const { verdicts } = await run({ onRun: throwing('access') });
    expect(verdicts.filter(({ status }) => status !== 'pass').map(({ check, status }) => [check, status])).toEqual([
      ['client-address', 'error'],
    ]);
  });

  test('arping does not run, or its node is lost: arp-owner, and its capture does not run on', async () => {
    const missing = { stdout: 'sh: 1: arping: not found', stderr: '', exitCode: 127 };
    const without = (_: string, command: string) => (command.includes('arping') ? missing : undefined);
    for (const onRun of [without, throwing('arping')]) {
      const { verdicts, access } = await run({ onRun }, only('arp-owner'));
      expect(verdicts[0]?.status).toBe('error');
      expect(access.running).toEqual(new Set());
    }
  });

  test('a scheduler whose share nobody knows', async () => {
    const { verdicts } = await run({ answers: 'rs1' }, only('share'), { scheduler: 'sh' });
    expect(verdicts[0]).toMatchObject({ status: 'error', summary: expect.stringContaining('from the scheduler sh') });
  });

  test('a defect of a check comes with its stack', async () => {
    const onRun = (_: string, command: string) => {
      if (command.includes('access')) throw new TypeError('x is undefined');
      return undefined;
    };
    const { verdicts } = await run({ onRun }, only('client-address'));
    expect(verdicts[0]).toMatchObject({ status: 'error', summary: 'the check broke: TypeError: x is undefined' });
  });
});

test('an interruption ends the captures and is passed on', async () => {
  const controller = new AbortController();
  const onRun = () => {
    controller.abort(new Error('interrupted'));
    throw new Error('the session was ended');
  };
  const access = new SimulatedLab(labWith(), { onRun, signal: controller.signal });
  await expect(runChecks(checks, access, ALL)).rejects.toThrow('interrupted');
  expect(access.running).toEqual(new Set());
});

describe('labelsOf', () => {
  test('tells checks of one name apart by their services', () => {
    const specs = [
      { name: 'share', options: { services: ['web', 'api'] } },
      { name: 'share', options: { services: ['dns'] } },
      { name: 'rotation', options: { services: ['web'] } },
      { name: 'reachable', options: {} },
    ];
    expect(labelsOf(specs)).toEqual(['share/web,api', 'share/dns', 'rotation', 'reachable']);
  });
});

describe('checks that disturb the lab', () => {
  test('come after all others, one at a time, and keep their place among the verdicts', async () => {
    const access = new SimulatedLab(labWith({ forward: 'dr' }), {
      onRun: (node, command) => {
        if (!command.includes('ip address') && !command.includes('ipvsadm -lnc')) return undefined;
        order.push(`${node}: ${command}`);
        return { stdout: '', stderr: '', exitCode: 0 };
      },
    });
    const order: string[] = [];
    const run = runChecks(checks, access, only('blackhole', 'reachable'), (event) => {
      if (event.type === 'verdict') order.push(event.verdict.check);
    });
    const { verdicts } = await run;
    expect(verdicts.map(({ check }) => check)).toEqual(['blackhole', 'reachable']);
    expect(order).toEqual([
      'reachable',
      'rs1: ip address del 192.168.2.100/32 dev lo',
      'director: ipvsadm -lnc',
      'rs1: ip address replace 192.168.2.100/32 dev lo',
      'blackhole',
    ]);
    // Nothing was lost in a lab that answers all the same.
    expect(verdicts[0]?.summary).toBe('0 of 4 requests failed without the VIP on rs1, not its share of 2');
  });
});

describe('between two checks that disturb the lab', () => {
  const disturbed = async (status: Outcome['status']) => {
    const order: string[] = [];
    const disturbing = (name: string): Check<Scope> => {
      const run = async (): Promise<Outcome> => ({ status, summary: name, evidence: [] });
      return { name, summary: name, options: z.strictObject({}), disturbs: true, run };
    };
    const access = new SimulatedLab(await shipped('tun-health'), {
      onRun: (node, command) => {
        order.push(`${node} ${command.includes('until') ? 'comes to rest' : command}`);
        return { stdout: '', stderr: '', exitCode: 0 };
      },
    });
    await runChecks(checksOf([disturbing('first'), disturbing('second')]), access, only('first', 'second'), (event) => {
      if (event.type === 'verdict') order.push(event.verdict.check);
    });
    return order;
  };

  // A director that is not asked by clients finds real servers well that are back only when it asks them again.
  test('the directors come to rest, as they did before the first', async () => {
    expect(await disturbed('pass')).toEqual(['first', 'director comes to rest', 'second']);
  });

  test('nothing is waited for where the lab is broken', async () => {
    expect(await disturbed('fail')).toEqual(['first', 'second']);
  });
});

describe('selectChecks', () => {
  const asked = [
    { name: 'rotation', options: { requests: 20 } },
    { name: 'share', options: { services: ['web'] } },
    { name: 'share', options: { services: ['api'] } },
  ];
  const lab = { ...labWith(), checks: asked };

  test('takes what the lab asks for', () => {
    expect(selectChecks(checks, lab)).toEqual(asked);
    expect(selectChecks(checks, lab, ['share', 'share'])).toEqual(asked.slice(1));
  });

  test('takes a check that the lab does not ask for with its defaults', () => {
    expect(selectChecks(checks, lab, ['reachable', 'rotation'])).toEqual([
      { name: 'reachable', options: {} },
      asked[0],
    ]);
  });

  test('refuses a name that is no check', () => {
    expect(() => selectChecks(checks, lab, ['rotaton'])).toThrow(
      expect.objectContaining({
        next: expect.stringMatching(/^did you mean rotation\? The checks are reachable, rules/),
        exitCode: 2,
      }),
    );
  });
});

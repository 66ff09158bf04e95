import { afterAll, beforeAll, expect, test } from 'vitest';
import { listLabs } from '../../src/lab/find.ts';
import { messageOf } from '../../src/support/errors.ts';
import { lab, labMust, type Outcome } from './harness.ts';

// Every lab that comes with the tool is brought up in all three ways: booted, from the golden machine, and resumed as it
// was saved. All its checks are green each time, and each of its sabotages turns those red that it names and no others.
// Several labs at a time (maxConcurrency in vitest.config.ts): a proof spends half its time waiting.

process.env.LAB_STATES_MAX = '10G';

const forgetStates = () => lab(['image', 'prune', '--limit', '0']);

beforeAll(forgetStates);
afterAll(async () => {
  await lab(['down', '--all']);
  await forgetStates();
});

type Verdict = { check: string; status: string; summary: string };
type Report = { verdicts: Verdict[]; diagnosis: unknown };

const verdictsIn = (stdout: string): Verdict[] => (JSON.parse(stdout) as Report).verdicts;

/** What went on, which verdicts are red, and what the diagnosis makes of it: what broke a proof off is in the first. */
const explain = ({ stdout, stderr }: Outcome): string => {
  if (!stdout.startsWith('{')) return `${stderr}\n${stdout}`;
  const { verdicts, diagnosis } = JSON.parse(stdout) as Report;
  const red = verdicts.filter(({ status }) => status !== 'pass').map(({ check, summary }) => `${check}: ${summary}`);
  return [stderr, ...red, JSON.stringify(diagnosis, null, 1)].join('\n');
};

const told = (verdicts: Verdict[]): string[] => verdicts.map(({ check, status }) => `${check} ${status}`);

const originsOf = async (name: string): Promise<string[]> => {
  const { nodes } = JSON.parse((await labMust('status', name, '-f', 'json')).stdout) as { nodes: { origin: string }[] };
  return [...new Set(nodes.map(({ origin }) => origin))].sort();
};

/** Those that take longest begin, so that none is alone at the end. */
const LONGEST = ['tun-wan', 'tun-ha', 'tun-health', 'nat-basic'];
const rankOf = (name: string): number => (LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length);
const inOrder = (await listLabs()).toSorted((one, other) => rankOf(one.name) - rankOf(other.name));

test.concurrent.each(inOrder)(
  '$name comes up, however it comes up, and its sabotages prove its checks',
  // The slowest reboots seven machines, again and again.
  { timeout: 1_500_000 },
  async ({ name }) => {
    // What a first attempt has left.
    await lab(['down', name]);
    try {
      await inEveryWay(name);
    } catch (error) {
      // There is a second attempt, and what was wrong with the first would be lost.
      console.error(`${name}: ${messageOf(error)}`);
      throw error;
    }
  },
);

const inEveryWay = async (name: string): Promise<void> => {
  const cold = await labMust('up', name, '--cold', '--no-save', '-f', 'json');
  expect(await originsOf(name)).toEqual(['cold']);
  await labMust('down', name);

  const proof = await lab(['test', name, '--prove', '-f', 'json']);
  expect(proof.exitCode, explain(proof)).toBe(0);
  expect(proof.stderr).toContain(': resumed');
  const verdicts = verdictsIn(proof.stdout);
  expect(verdicts.filter(({ status }) => status !== 'pass')).toEqual([]);
  const checks = verdicts.filter(({ check }) => !check.startsWith('prove/'));
  expect(verdicts.length).toBeGreaterThan(checks.length);
  expect(told(checks)).toEqual(told(verdictsIn(cold.stdout)));

  const warm = await labMust('up', name, '-f', 'json');
  expect(await originsOf(name)).toEqual(['warm']);
  expect(told(verdictsIn(warm.stdout))).toEqual(told(checks));
  await labMust('down', name);
};

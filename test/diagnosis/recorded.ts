import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnosis, diagnosisOf } from '../../src/diagnosis/diagnosis.ts';
import { parseSnapshot } from '../../src/diagnosis/parse.ts';
import type { Family } from '../../src/images/families.ts';
import type { Lab, Service } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';
import { projectDir } from '../../src/support/paths.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import type { Burst } from '../../src/traffic/observation.ts';

const shipped = async (name: string): Promise<Lab> =>
  (await loadLab(join(projectDir, 'labs', `${name}.yaml`))).lab as Lab;
/** The labs whose nodes were recorded, as they come with `lab`. */
export const TUN_BASIC = await shipped('tun-basic');
export const TUN_IPV6 = await shipped('tun-ipv6');

/** What a node printed while all was well. */
export const recorded = (node: string, lab = TUN_BASIC): string =>
  readFileSync(join(import.meta.dirname, 'recorded', lab.name, `${node}.txt`), 'utf8');

/** Edits of what a node printed: a text that is there, and what stands in its place. */
export type Edits = Readonly<Record<string, readonly (readonly [string | RegExp, string])[]>>;

const edited = (node: string, edits: Edits, lab: Lab): string =>
  (edits[node] ?? []).reduce(
    (text, [from, to]) => {
      const changed = text.replace(from, to);
      if (changed === text) throw new Error(`${node} printed nothing like ${from}`);
      return changed;
    },
    recorded(node, lab),
  );

/** Words of curl for requests that were lost in each way. */
export const TIMEOUT = 'curl: (28) Connection timed out after 3001 milliseconds';
export const REFUSED = "curl: (7) Failed to connect to 192.168.2.100 port 80 after 3 ms: Couldn't connect to server";

/** The requests of a client, each by who answered it, or why nobody did. */
export const burstOf = (answers: readonly string[], lab = TUN_BASIC): Burst => {
  const service = lab.services[0] as Service;
  return {
    client: 'client',
    service,
    wanted: answers.length,
    requests: answers.map((answer, index) => ({
      number: index + 1,
      token: `t${index}`,
      seconds: 0.1,
      ...(answer.startsWith('curl')
        ? { failure: curlFailure(Number(answer.match(/\d+/)?.[0]), answer) }
        : { answer, status: 200 }),
    })),
  };
};

/** What is said of a lab when its nodes printed what was recorded, but for some edits, and its requests went so. */
export const diagnosed = (
  edits: Edits,
  answers: readonly string[],
  red: readonly string[] = [],
  lab = TUN_BASIC,
  family: Family = 'debian',
): Diagnosis =>
  diagnosisOf(
    lab,
    family,
    new Map(lab.nodes.map(({ name }) => [name, parseSnapshot(name, 'running', edited(name, edits, lab))])),
    { bursts: [burstOf(answers, lab)], verdicts: red.map((check) => ({ check, status: 'fail' })) },
  );

/**
 * Makes single mistakes in instances that are up, one after the other, and sees what `lab diagnose` names first.
 *
 *     node bench/diagnose.ts INSTANCE [...] [--only TEXT] [--json FILE] [--record DIR]
 *
 * An instance is broken in the ways known of its lab, and mended again. Prints a table, and how many were named right.
 * With --record, keeps what the nodes said, for tests.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { REGISTRIES } from '../src/cli/registries.ts';
import { table } from '../src/cli/table.ts';
import { describeDiagnosis } from '../src/diagnosis/describe.ts';
import { RunningLab } from '../src/instances/running.ts';
import { completeInstance } from '../src/instances/store.ts';
import { requestAndJudge } from '../src/testing/diagnose.ts';
import { SABOTAGES } from './sabotages.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, json: { type: 'string' }, record: { type: 'string' } },
});

const { signal } = new AbortController();
const results: {
  lab: string;
  sabotage: string;
  node: string;
  expected: string;
  named: string;
  right: boolean;
  what: string;
}[] = [];

for (const name of positionals) {
  const instance = await completeInstance(name);
  await using running = new RunningLab(REGISTRIES.providers, instance, signal);
  for (const sabotage of SABOTAGES.filter(
    ({ lab, name: each }) => lab === instance.lab && each.includes(values.only),
  )) {
    const guest = await running.guest(sabotage.node);
    await guest.must(sabotage.break);
    try {
      const { diagnosis, snapshot, seen } = await requestAndJudge(REGISTRIES.checks, running, signal);
      const [first] = diagnosis.causes;
      const expected = `${sabotage.cause} on ${sabotage.at ?? sabotage.node}`;
      const named = first ? `${first.hypothesis} on ${first.node}` : 'nothing';
      const right = named === expected;
      results.push({
        lab: sabotage.lab,
        sabotage: sabotage.name,
        node: sabotage.node,
        expected,
        named,
        right,
        what: first ? `${first.node}: ${first.what}` : '',
      });
      process.stderr.write(
        `${right ? 'right' : 'WRONG'}  ${sabotage.lab} ${sabotage.name}: ${expected}\n${describeDiagnosis(name, diagnosis)}\n`,
      );
      if (values.record !== undefined) {
        await mkdir(values.record, { recursive: true });
        const file = join(values.record, `${sabotage.lab}-${sabotage.name.replaceAll(/\W+/g, '-')}.json`);
        const raw = Object.fromEntries([...snapshot.values()].map((said) => [said.node, said.raw]));
        await writeFile(file, `${JSON.stringify({ sabotage, raw, seen }, null, 1)}\n`);
      }
    } finally {
      await guest.must(sabotage.undo);
      // Whoever has learnt another's MAC address for the VIP learns the director's again.
      const { director } = instance.definition.services[0] as { director: string };
      if (sabotage.node !== director) await (await running.guest(director)).must('lab-node boot');
    }
  }
}

const right = results.filter((each) => each.right).length;
console.log(
  table(
    ['lab', 'mistake', 'on', 'named first', 'right'],
    results.map((each) => [each.lab, each.sabotage, each.node, each.named, each.right ? 'yes' : 'NO']),
  ),
);
console.log(`\n${right} of ${results.length} right (${Math.round((100 * right) / Math.max(1, results.length))} %)`);
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exit(results.length > 0 && right / results.length >= 0.9 ? 0 : 1);

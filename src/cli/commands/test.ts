import { type Command, Option } from 'commander';
import { ExitCode, LabError } from '../../support/errors.ts';
import { defaultJobs } from '../../testing/jobs.ts';
import { requireSabotages } from '../../testing/prove.ts';
import { labOf, testLabs } from '../../testing/test-labs.ts';
import { addOptions, type BringUpFlags, bringUpOptions, bringUpRequest } from '../bring-up.ts';
import { readyHost } from '../host.ts';
import { collect, wholeNumber } from '../options.ts';
import { type Output, printResults, readyOutputs, reporterOption } from '../report.ts';
import type { Session } from '../session.ts';
import { allLabs, type TargetOptions, targetsOf } from '../targets.ts';

interface Flags extends BringUpFlags {
  all?: boolean;
  jobs?: number;
  keep?: boolean;
  check?: string[];
  prove?: boolean;
  reporter?: Output[];
  format?: 'table' | 'json';
}

export const test = (program: Command, session: Session): void => {
  const command = program
    .command('test')
    .summary('run the checks of labs, several at a time')
    .description(
      'Runs the checks of labs. An instance that is up is tested where it is; any other lab is brought up under a name\n' +
        'of its own, tested, and taken down again. Where one fails or does not come up, the others are tested all the same.',
    )
    .argument('[lab-or-instance...]', 'names of instances, names of labs, or paths of lab files')
    .option('-a, --all', 'every lab that comes with lab; instances are left alone')
    .option('-j, --jobs <number>', 'labs at a time (default: as many as the host is good for)', wholeNumber(1, 1000))
    .option('-k, --keep', 'leave a lab up that was brought up and is red')
    .option('-c, --check <name>', 'only this check; several with commas between', collect)
    .addOption(
      new Option('--prove', 'break each lab in the ways its file knows, and see the checks fail').conflicts('check'),
    )
    .addOption(reporterOption())
    .addOption(new Option('-f, --format <format>', 'json is short for --reporter json').choices(['table', 'json']));
  addOptions(command, bringUpOptions(session)).action(async (words: string[], flags: Flags) => {
    requireOne(words, flags);
    const outputs = await readyOutputs([
      ...(flags.reporter ?? []),
      ...(flags.format === 'json' ? [{ reporter: 'json' } as const] : []),
    ]);
    const options = {
      checks: flags.check,
      request: (lab) => bringUpRequest(session, lab, flags),
    } satisfies TargetOptions;
    const targets = flags.all ? await allLabs(options, session) : await targetsOf(words, options, session);
    if (flags.prove) for (const target of targets) requireSabotages(labOf(target));
    const anew = targets.flatMap((target) => ('request' in target ? [target.request] : []));
    for (const request of anew) session.providers.named(request.provider).validate(request);
    for (const provider of new Set(anew.map((request) => request.provider))) {
      await readyHost(session, { yes: flags.yes, provider });
    }

    const began = performance.now();
    const jobs = Math.min(flags.jobs ?? (await defaultJobs(session.providers, targets)), targets.length);
    const { show, signal } = session;
    const results = await testLabs(
      session,
      targets,
      { checks: flags.check, prove: flags.prove === true, jobs, keep: flags.keep === true },
      show,
      signal,
    );
    const seconds = (performance.now() - began) / 1000;
    await printResults(results, { outputs, seconds, single: words.length === 1 && !flags.all }, session);
    const isTold = outputs.some(({ reporter, file }) => reporter === 'terminal' && file === undefined);
    for (const { title, found, bundle, kept } of results) {
      if ('trouble' in found && !isTold) session.tell(`lab: ${found.trouble.message}`);
      const of = results.length === 1 ? 'the failure' : `the failure of ${title}`;
      if (bundle) session.tell(`What explains ${of} is in ${bundle}`);
      if (kept) session.tell(`${title} was left up as ${kept}. Take it down: lab down ${kept}`);
    }
  });
};

const requireOne = (words: readonly string[], { all }: Flags): void => {
  if (all ? words.length === 0 : words.length > 0) return;
  throw new LabError({
    tried: all ? `test --all and ${words.join(' ')}` : 'test',
    happened: all ? '--all is every lab already' : 'no lab was named',
    next: 'name labs or instances (lab list), or test all labs with --all',
    exitCode: ExitCode.usage,
  });
};

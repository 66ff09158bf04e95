import { type Command, Option } from 'commander';
import { instanceNamed } from '../../instances/store.ts';
import { testInstance } from '../../instances/verify.ts';
import { collect } from '../options.ts';
import { printReport, REPORTERS, type Reporter } from '../report.ts';
import type { Session } from '../session.ts';

interface Flags {
  check?: string[];
  reporter?: Reporter;
  format?: 'table' | 'json';
}

export const test = (program: Command, session: Session): void => {
  program
    .command('test')
    .summary('run the checks of a running instance')
    .argument('<instance>')
    .option('-c, --check <name>', 'only this check; several with commas between', collect)
    .addOption(
      new Option('-r, --reporter <reporter>', 'how to print what was found').choices(REPORTERS).default('terminal'),
    )
    .addOption(new Option('-f, --format <format>', 'json is short for --reporter json').choices(['table', 'json']))
    .action(async (name: string, flags: Flags) => {
      const instance = await instanceNamed(name);
      const { report, bundle } = await testInstance(instance, flags.check, session.show, session.signal);
      printReport(report, flags.format === 'json' ? 'json' : (flags.reporter ?? 'terminal'), session);
      if (bundle) session.tell(`What explains the failure is in ${bundle}`);
    });
};

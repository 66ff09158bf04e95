import type { Command } from 'commander';
import { DEFAULT_IMAGE } from '../../images/table.ts';
import { up as bringUp } from '../../instances/up.ts';
import { DEFAULT_PROVIDER } from '../../providers/providers.ts';
import { readyHost } from '../host.ts';
import { loadCheckedLab } from '../lab-file.ts';
import { bootTimeoutOption, formatOption, milliseconds, wholeNumber } from '../options.ts';
import { printReport } from '../report.ts';
import type { Session } from '../session.ts';

interface Flags {
  name?: string;
  provider: string;
  image?: string;
  keep?: boolean;
  test: boolean;
  accel?: string;
  cold?: boolean;
  sshPort?: number;
  bootTimeout?: number;
  yes?: boolean;
  format: 'table' | 'json';
}

export const up = (program: Command, session: Session): void => {
  program
    .command('up')
    .summary('bring a lab up, provision and verify it')
    .description(
      'Brings a lab up: starts its machines, provisions them and runs its checks.\nA lab that is up already is only verified.',
    )
    .argument('<lab>', 'name of a lab, or path of a lab file')
    .option('-n, --name <name>', 'name of the instance, to have several of one lab (default: the name of the lab)')
    .option('-p, --provider <provider>', 'what makes the machines', process.env.LAB_PROVIDER ?? DEFAULT_PROVIDER)
    .option('-i, --image <image>', `guest image (default: the lab's, else ${DEFAULT_IMAGE})`)
    .option('-k, --keep', 'leave the machines up when something fails')
    .option('--no-test', 'do not run the checks')
    .option('--cold', 'boot every machine, though a saved one could be resumed')
    .option('--accel <accelerator>', 'kvm, hvf or tcg, instead of the fastest that works')
    .option(
      '--ssh-port <port>',
      "first of the local ports for the machines' SSH (default: free ones)",
      wholeNumber(1024, 65_000),
    )
    .addOption(bootTimeoutOption())
    .option('-y, --yes', 'install what the host lacks without asking')
    .addOption(formatOption())
    .action(async (reference: string, flags: Flags) => {
      const lab = await loadCheckedLab(reference, session);
      await readyHost(session, { yes: flags.yes, provider: flags.provider });
      const { name, accel, sshPort } = flags;
      const bootBudget = milliseconds(flags.bootTimeout);
      const result = await bringUp(
        {
          lab,
          provider: flags.provider,
          image: flags.image ?? lab.image ?? DEFAULT_IMAGE,
          keep: flags.keep === true,
          test: flags.test,
          cold: flags.cold === true,
          ...(name === undefined ? {} : { name }),
          ...(accel === undefined ? {} : { accel }),
          ...(sshPort === undefined ? {} : { sshPort }),
          ...(bootBudget === undefined ? {} : { bootBudget }),
        },
        session.show,
        session.signal,
      );
      if (result.wasUp) session.tell(`${result.instance} was up already${flags.test ? '; verified anew' : ''}`);
      if (result.report) printReport(result.report, flags.format === 'json' ? 'json' : 'terminal', session);
      else if (flags.format === 'json') session.print(JSON.stringify(result));
      if (result.bundle) session.tell(`What explains the failure is in ${result.bundle}`);
      if (result.running)
        session.tell(
          `${result.instance} is up. Look around: lab ssh ${result.instance} ${lab.nodes[0]?.name}. Take it down: lab down ${result.instance}`,
        );
      else session.tell('Nothing was left running; --keep leaves the machines up for a look.');
    });
};

import type { Command } from 'commander';
import { up as bringUp } from '../../instances/life/up.ts';
import type { Verify } from '../../instances/life/up-request.ts';
import { verifyBy } from '../../testing/verify.ts';
import { addOptions, type BringUpFlags, bringUpOptions, bringUpRequest } from '../bring-up.ts';
import { readyHost } from '../host.ts';
import { loadCheckedLab } from '../lab-file.ts';
import { formatOption, wholeNumber } from '../options.ts';
import { printReport } from '../report.ts';
import type { Session } from '../session.ts';

interface Flags extends BringUpFlags {
  name?: string;
  keep?: boolean;
  test: boolean;
  sshPort?: number;
  format: 'table' | 'json';
}

export const up = (program: Command, session: Session): void => {
  const command = program
    .command('up')
    .summary('bring a lab up, provision and verify it')
    .description(
      'Brings a lab up: starts its machines, provisions them and runs its checks.\nA lab that is up already is only verified.',
    )
    .argument('<lab>', 'name of a lab, or path of a lab file')
    .option('-n, --name <name>', 'name of the instance, to have several of one lab (default: the name of the lab)')
    .option('-k, --keep', 'leave the machines up when something fails')
    .option('--no-test', 'do not run the checks')
    .option(
      '--ssh-port <port>',
      "first of the local ports for the machines' SSH (default: free ones)",
      wholeNumber(1024, 65_000),
    );
  addOptions(command, bringUpOptions(session))
    .addOption(formatOption())
    .action(async (reference: string, flags: Flags) => {
      const lab = await loadCheckedLab(reference, session);
      const request = bringUpRequest(session, lab, flags);
      await readyHost(session, { yes: flags.yes, provider: request.provider });
      const { name, sshPort } = flags;
      // The report is printed as soon as it is known: saving takes a while after that.
      const verifyAndPrint: Verify = async (...args) => {
        const verified = await verifyBy(session.checks)(...args);
        printReport(verified.report, flags.format === 'json' ? 'json' : 'terminal', session);
        return verified;
      };
      const result = await bringUp(
        session.providers,
        {
          ...request,
          keep: flags.keep === true,
          test: flags.test,
          ...(name === undefined ? {} : { name }),
          ...(sshPort === undefined ? {} : { sshPort }),
        },
        verifyAndPrint,
        session.show,
        session.signal,
      );
      if (result.wasUp) session.tell(`${result.instance} was up already${flags.test ? '; verified anew' : ''}`);
      if (!result.report && flags.format === 'json') session.print(JSON.stringify(result));
      if (result.dropped)
        session.tell('The machines came from a saved state, which is dropped: the next `lab up` starts anew.');
      if (result.bundle) session.tell(`What explains the failure is in ${result.bundle}`);
      if (result.running)
        session.tell(
          `${result.instance} is up. Look around: lab ssh ${result.instance} ${lab.nodes[0]?.name}. Take it down: lab down ${result.instance}`,
        );
      else session.tell('Nothing was left running; --keep leaves the machines up for a look.');
    });
};

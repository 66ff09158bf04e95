import type { Command } from 'commander';
import { describeDiagnosis, diagnosisDocument } from '../../diagnosis/describe.ts';
import { completeInstance } from '../../instances/store.ts';
import { ExitCode } from '../../support/errors.ts';
import { diagnoseInstance } from '../../testing/diagnose.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';

export const diagnose = (program: Command, session: Session): void => {
  program
    .command('diagnose')
    .summary('say what is wrong with an instance, and why')
    .description(
      'Makes a few requests, has every node tell of itself, and names what is wrong, the likeliest cause first, each with\n' +
        'the command that shows it and those that mend it. Changes nothing. Exit code 1 when something is wrong.',
    )
    .argument('<instance>')
    .addOption(formatOption())
    .action(async (name: string, flags: { format: 'table' | 'json' }) => {
      const diagnosis = await diagnoseInstance(session, await completeInstance(name), session.show, session.signal);
      session.print(
        flags.format === 'json'
          ? JSON.stringify({ instance: name, ...diagnosisDocument(name, diagnosis) }, null, 2)
          : describeDiagnosis(name, diagnosis),
      );
      session.exitCode = diagnosis.healthy ? ExitCode.ok : ExitCode.checkFailed;
    });
};

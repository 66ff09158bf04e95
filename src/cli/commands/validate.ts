import type { Command } from 'commander';
import { formatDiagnostic } from '../../lab/diagnostic.ts';
import { ExitCode } from '../../support/errors.ts';
import { readLabFile } from '../lab-file.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';

export const validate = (program: Command, session: Session): void => {
  program
    .command('validate')
    .summary('check lab files, without creating anything')
    .argument('<lab...>', 'names of labs, or paths of lab files')
    .addOption(formatOption())
    .action(async (references: string[], flags: { format: 'table' | 'json' }) => {
      const results = await Promise.all(references.map((reference) => readLabFile(session.checks, reference)));
      const valid = results.every(({ lab }) => lab !== undefined);
      if (flags.format === 'json') {
        const files = results.map(({ file, lab, diagnostics }) => ({ file, valid: lab !== undefined, diagnostics }));
        session.print(JSON.stringify({ valid, files }, null, 2));
      } else {
        for (const { file, lab, diagnostics } of results) {
          for (const diagnostic of diagnostics) session.print(formatDiagnostic(diagnostic));
          if (lab)
            session.print(
              `${file}: ${[count(lab.nodes, 'node'), count(lab.services, 'service'), count(lab.checks, 'check')].join(', ')}: valid`,
            );
        }
      }
      if (!valid) session.exitCode = ExitCode.usage;
    });
};

const count = ({ length }: readonly unknown[], noun: string): string => `${length} ${noun}${length === 1 ? '' : 's'}`;

import type { Command } from 'commander';
import { ExitCode } from '../../support/errors.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';

export const doctor = (program: Command, session: Session): void => {
  program
    .command('doctor')
    .summary('tell what this host has and lacks for each provider')
    .addOption(formatOption())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const found = await Promise.all(
        session.providers.all.map(async (provider) => ({
          provider: provider.name,
          findings: await provider.examine(),
        })),
      );
      const usable = (findings: { ok: boolean }[]) => findings.every(({ ok }) => ok);
      if (flags.format === 'json')
        session.print(
          JSON.stringify(
            found.map((each) => ({ ...each, usable: usable(each.findings) })),
            null,
            2,
          ),
        );
      else {
        for (const { provider, findings } of found) {
          session.print(`provider ${provider}: ${usable(findings) ? 'can run here' : 'cannot run here'}`);
          for (const { what, ok, detail, mend } of findings) {
            session.print(`  ${ok ? '✓' : '✗'} ${what}: ${detail}`);
            if (mend) session.print(`      mend it: ${mend}`);
          }
        }
      }
      if (!found.some(({ findings }) => usable(findings))) session.exitCode = ExitCode.broken;
    });
};

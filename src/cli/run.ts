import { CommanderError } from 'commander';
import { ExitCode } from '../support/errors.ts';
import { printError } from './errors.ts';
import { flushed } from './flush.ts';
import { createProgram } from './program.ts';
import { REGISTRIES } from './registries.ts';
import { createSession } from './session.ts';

const session = createSession(REGISTRIES);
try {
  await createProgram(session).parseAsync();
} catch (error) {
  // Commander has printed its own complaint, or the help that was asked for.
  if (error instanceof CommanderError) session.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  else session.exitCode = printError(error);
}
// What a slow reader has not taken yet would be lost.
await Promise.all([process.stdout, process.stderr].map(flushed));
// A reader that went away (`lab list | head -1`) or a session left open must not hold the process.
process.exit(session.exitCode);

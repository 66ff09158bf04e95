import { Command } from 'commander';
import { version } from '../support/version.ts';
import { bench } from './commands/bench.ts';
import { capture } from './commands/capture.ts';
import { complete, completion } from './commands/completion.ts';
import { diagnose } from './commands/diagnose.ts';
import { doctor } from './commands/doctor.ts';
import { down } from './commands/down.ts';
import { exec } from './commands/exec.ts';
import { fault } from './commands/fault.ts';
import { graph } from './commands/graph.ts';
import { heal } from './commands/heal.ts';
import { image } from './commands/image.ts';
import { list } from './commands/list.ts';
import { logs } from './commands/logs.ts';
import { prune } from './commands/prune.ts';
import { reboot } from './commands/reboot.ts';
import { render } from './commands/render.ts';
import { reset } from './commands/reset.ts';
import { restore } from './commands/restore.ts';
import { save } from './commands/save.ts';
import { selftest } from './commands/selftest.ts';
import { ssh } from './commands/ssh.ts';
import { start } from './commands/start.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { test } from './commands/test.ts';
import { up } from './commands/up.ts';
import { validate } from './commands/validate.ts';
import type { Session } from './session.ts';

const COMMANDS = [
  up,
  down,
  stop,
  start,
  reboot,
  reset,
  save,
  restore,
  test,
  diagnose,
  fault,
  heal,
  list,
  status,
  ssh,
  exec,
  logs,
  capture,
  graph,
  render,
  validate,
  image,
  doctor,
  prune,
  completion,
  selftest,
  bench,
  complete,
];

/** The command line: every command parses its flags, calls one function and prints what it gives. */
export const createProgram = (session: Session): Command => {
  const program = new Command('lab')
    .description('Clusters of real virtual machines for Linux Virtual Server, proven to balance')
    .version(version())
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .addHelpText('after', HELP);
  for (const command of COMMANDS) command(program, session);
  for (const { command, path } of allCommands(program)) {
    command
      .exitOverride()
      .showHelpAfterError(`  next: see what it takes: ${path} --help`)
      // On every command, so that it is understood wherever it stands.
      .option('-q, --quiet', 'no progress on stderr')
      .on('option:quiet', () => {
        session.quiet = true;
      });
  }
  return program;
};

/** A command and those below it, each with the words that lead to it. */
const allCommands = (command: Command, path = command.name()): { command: Command; path: string }[] => [
  { command, path },
  ...command.commands.flatMap((each) => allCommands(each, `${path} ${each.name()}`)),
];

const HELP = `
Exit codes:
  0 all good · 1 a check failed · 2 command line or lab file wrong
  3 the lab could not be brought up · 4 skipped, not supported here · 130 interrupted

Environment:
  LAB_HOME         directory of instances and images, instead of the XDG directories
  LAB_STATES_MAX   how much the saved states of all labs may take on the disk: 500M, 20G; 0 saves none (default: 10G)`;

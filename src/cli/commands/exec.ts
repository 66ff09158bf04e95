import type { Command } from 'commander';
import { type ExecResult, execOn } from '../../instances/looking/exec.ts';
import { instanceNamed } from '../../instances/store.ts';
import type { ExitCode } from '../../support/errors.ts';
import { shellQuote } from '../../support/shell.ts';
import { nodesIn } from '../nodes.ts';
import { formatOption, wholeNumber } from '../options.ts';
import type { Session } from '../session.ts';

interface Flags {
  format: 'table' | 'json';
  timeout: number;
}

export const exec = (program: Command, session: Session): void => {
  program
    .command('exec')
    .summary('run a command on one node, several, or all')
    .description(
      'Runs a command as root on nodes at the same time and ends with its exit code (the first that is not 0, of several).\n' +
        'One word is a line for the shell: lab exec tun-basic director "ipvsadm -ln | tail -2". Several are a program and its arguments.',
    )
    .argument('<instance>')
    .argument('<nodes>', 'a node, several with commas between, or `all`')
    .argument('<command...>')
    .addOption(formatOption())
    .option('-t, --timeout <seconds>', 'how long it may take', wholeNumber(1, 86_400), 600)
    .passThroughOptions()
    .action(async (name: string, words: string, given: string[], flags: Flags) => {
      const command = given[0] === '--' ? given.slice(1) : given;
      const instance = await instanceNamed(name);
      const nodes = nodesIn(instance.definition, words);
      const line = command.length === 1 ? (command[0] as string) : command.map(shellQuote).join(' ');
      const asJson = flags.format === 'json';
      const results = await execOn(session.providers, instance, nodes, line, {
        timeout: flags.timeout * 1000,
        signal: session.signal,
        ...(asJson ? {} : { onOutput: printer(nodes) }),
      });
      if (asJson) session.print(JSON.stringify(results, null, 2));
      session.exitCode = exitCodeOf(results);
    });
};

const exitCodeOf = (results: ExecResult[]): ExitCode =>
  (results.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0) as ExitCode;

/** One node's output goes through as it is; of several, each line begins with the node's name. */
const printer = (nodes: string[]): ((node: string, stream: 'stdout' | 'stderr', chunk: Buffer) => void) => {
  if (nodes.length === 1) return (_, stream, chunk) => process[stream].write(chunk);
  const width = Math.max(...nodes.map((node) => node.length));
  const rests = new Map<string, string>();
  return (node, stream, chunk) => {
    const key = `${node} ${stream}`;
    const lines = ((rests.get(key) ?? '') + chunk.toString()).split('\n');
    // The last piece is the start of a line still to come; an empty chunk says that none will.
    rests.set(key, chunk.length === 0 ? '' : (lines.pop() ?? ''));
    for (const line of lines)
      if (chunk.length > 0 || line !== '') process[stream].write(`${node.padEnd(width)} | ${line}\n`);
  };
};

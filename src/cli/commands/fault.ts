import { type Command, Option } from 'commander';
import { FAULT_OPTIONS, FAULT_USAGE, parseFault } from '../../faults/faults.ts';
import { heal, makeFault, undoAfter, undoFaultOf } from '../../instances/disturbing/faults.ts';
import { faultsOf } from '../../instances/looking/status.ts';
import { instanceNamed } from '../../instances/store.ts';
import { duration, formatOption } from '../options.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

interface Flags extends Record<string, unknown> {
  format: 'table' | 'json';
  for?: number;
}

export const fault = (program: Command, session: Session): void => {
  const command = program
    .command('fault')
    .summary('disturb an instance, and show how it is disturbed')
    .description(`Makes a fault, which \`lab heal\` undoes; without one, shows those that there are.\n\n${FAULT_USAGE}`)
    .argument('<instance>')
    .argument('[words...]', 'the fault, as above')
    .addOption(new Option('--for <time>', 'undo it after that time: 30s, 5m').argParser(duration));
  const own = FAULT_OPTIONS.toReversed().flatMap(({ kind, options }) =>
    options.map(({ name, value, help }) => new Option(`--${name} <${value}>`, `with ${kind}: ${help}`)),
  );
  // The many measures of netem come last, after what is said more often.
  for (const option of own.toSpliced(1, 0, formatOption())) command.addOption(option);
  command.action(async (name: string, words: string[], flags: Flags) => {
    const instance = await instanceNamed(name);
    if (words.length === 0) return list(session, name, flags.format);
    if (words[0] === 'heal') return heal(session.providers, name, undefined, session.show, session.signal);
    const family = session.providers.named(instance.provider).family(instance.image);
    const asked = parseFault(instance.definition, family, words, flags);
    if (asked.undo) return undoFaultOf(session.providers, name, asked.fault, session.show, session.signal);
    const made = await makeFault(session.providers, name, asked.fault, session.show, session.signal);
    if (flags.for !== undefined)
      await undoAfter(session.providers, name, made, flags.for, session.show, session.signal);
    else session.tell(`fault ${made.number}. Undo it: lab heal ${name} ${made.number}`);
  });
};

const list = async (session: Session, name: string, format: 'table' | 'json'): Promise<void> => {
  const faults = await faultsOf(name);
  if (format === 'json') return session.print(JSON.stringify(faults, null, 2));
  if (faults.length === 0) return session.print(`${name} has no faults. Make one: lab fault ${name} kill NODE …`);
  session.print(
    table(
      ['fault', 'since', 'what is wrong'],
      faults.map(({ number, since, what }) => [String(number), since, what]),
    ),
  );
};

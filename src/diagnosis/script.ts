import { FAMILIES, type Family } from '../images/families.ts';
import { type Lab, nodeOf } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { withEachDirector } from './active-director.ts';
import { COMMANDS, type Command, familyCommands, STATE, STATE_COMMANDS, TABLE_COMMANDS } from './commands.ts';
import { keyOf, macOn, type Question, questionsOf, routeCommand } from './questions.ts';

/** What begins the line that names a section of the output. */
export const MARK = '#=#';

/** What a node is asked for: what a diagnosis rests on; or that, and all that a person would look at first. */
export type Detail = 'diagnosis' | 'whole';

/**
 * One shell script that has a node tell all that a diagnosis rests on, and changes nothing. What is for a person comes last:
 * it loads the module `ip_vs` on every node.
 */
export const snapshotScript = (lab: Lab, node: string, family: Family, detail: Detail = 'diagnosis'): string => {
  const possible = withEachDirector(lab).flatMap(questionsOf);
  const own = possible.filter((question) => question.node === node);
  const questions = [...new Map(own.map((question) => [keyOf(question), question])).values()];
  const commands = [
    ...COMMANDS,
    ...familyCommands(FAMILIES[family]),
    ...(nodeOf(lab, node).roles.includes('director') ? TABLE_COMMANDS : []),
  ];
  const further = detail === 'whole' ? furtherCommands(commands) : [];
  return [
    'nic() { grep -lix "$1" /sys/class/net/*/address | head -n 1 | cut -d / -f 5; }',
    ...commands.map(([section, command]) => `echo '${MARK} ${section}'; ${command} 2>&1`),
    ...questions.map(
      (question) => `echo ${shellQuote(`${MARK} ask ${keyOf(question)}`)}; ${asked(lab, question)} 2>&1`,
    ),
    ...further.map(([section, command]) => `echo ${shellQuote(`${MARK} ${section}`)}; ${command} 2>&1`),
  ].join('\n');
};

/** What a person looks at, without what has been asked in the same words. */
const furtherCommands = (asked: readonly Command[]): Command[] =>
  STATE_COMMANDS.filter((command) => asked.every(([, same]) => same !== command)).map((command) => [
    `${STATE}${command}`,
    command,
  ]);

const asked = (lab: Lab, question: Question): string => {
  const command = routeCommand(question, (segment) => `"$(nic ${macOn(lab, question.node, segment)})"`);
  return command.replace(/^ip /, 'ip -j -d ');
};

import { shellQuote } from '../support/shell.ts';
import type { Cause, Remedy } from './cause.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Words that a shell takes for itself: a command with one of them goes to the node as one word in quotes. */
const NEEDS_SHELL = /[|&;<>()$`\\"'*?[\]#~!{}]/;

/** A command to paste: `lab exec tun-basic rs1 ip link set tunl0 up`. */
export const pasteable = (instance: string, remedy: Remedy): string => {
  if ('lab' in remedy) return `lab ${remedy.lab.replace('INSTANCE', instance)}`;
  const command = NEEDS_SHELL.test(remedy.command) ? shellQuote(remedy.command) : remedy.command;
  return `lab exec ${instance} ${remedy.node} ${command}`;
};

/** `rs2: net.ipv4.conf.all.rp_filter=1: it drops …` */
export const causeLine = ({ node, what }: Cause): string => `${node}: ${what}`;

/** A cause with its commands, as lines. */
export const causeLines = (instance: string, cause: Cause, title: string): string[] => [
  `${title}${causeLine(cause)}`,
  `  See:  ${pasteable(instance, cause.show)}`,
  ...cause.mend.map((remedy) => `  Mend: ${pasteable(instance, remedy)}`),
];

/** A diagnosis for a person: what is wrong, the causes with their commands, and what else is odd. */
export const describeDiagnosis = (
  instance: string,
  { healthy, symptom, causes, asides, unseen }: Diagnosis,
): string => {
  const [first, ...others] = causes;
  const lines = [
    ...symptom.lines,
    ...(symptom.red.length > 0 ? [`failed checks: ${symptom.red.join(', ')}`] : []),
    ...(symptom.lines.length + symptom.red.length > 0 ? [''] : []),
  ];
  if (healthy) lines.push(`${instance}: nothing is wrong, as far as can be seen`);
  else if (!first) lines.push(`${instance}: none of the causes that are known here explains it`);
  else {
    lines.push(...causeLines(instance, first, 'Most likely: '));
    for (const cause of others) lines.push('', ...causeLines(instance, cause, 'Or: '));
  }
  for (const cause of asides) lines.push('', ...causeLines(instance, cause, 'Beside that: '));
  if (unseen !== undefined) lines.push('', `Not looked at: ${unseen}`);
  return `${lines.join('\n')}\n`;
};

/** A cause as JSON has it. */
export const causeDocument = (instance: string, { hypothesis, node, what, show, mend }: Cause) => ({
  hypothesis,
  node,
  what,
  show: pasteable(instance, show),
  mend: mend.map((remedy) => pasteable(instance, remedy)),
});

export const diagnosisDocument = (instance: string, { healthy, symptom, causes, asides, unseen }: Diagnosis) => ({
  healthy,
  symptom: { lost: symptom.lost, how: symptom.how ?? null, red: symptom.red, lines: symptom.lines },
  causes: causes.map((cause) => causeDocument(instance, cause)),
  asides: asides.map((cause) => causeDocument(instance, cause)),
  ...(unseen !== undefined && { unseen }),
});

import { LabError } from '../../support/errors.ts';
import type { Message } from './machine-readable.ts';

/** Lines of what Vagrant printed that an error shows. */
const TAIL = 12;

/** What Vagrant wraps every error of several machines in. */
const WRAPPING = [
  /^An error occurred while executing multiple actions in parallel\.$/,
  /^Any errors that occurred are shown below\.$/,
  /^An (unexpected )?error occurred (while executing the action on|when executing the action on) the$/,
  /^'[^']+' machine\. Please handle this error then try again:$/,
  /^There was an error talking to Libvirt\. The error message is shown$/,
  /^below:$/,
];

/** Where in Ruby it happened is of no use to anybody but Vagrant's makers. */
const BACKTRACE = /^\S+\.rb:\d+:in /;

interface Advice {
  /** What of Vagrant's words shows that it is this. */
  readonly when: RegExp;
  readonly next: string;
}

/** What to do about what goes wrong most often, by Vagrant's own words. */
const ADVICE: readonly Advice[] = [
  {
    when: /box '.*' could not be found|Couldn't open file|error occurred while downloading the remote file|Could(n't| not) resolve host/i,
    next: 'the box could not be fetched: see to it that the host reaches the network, or use an image that is built here: --image debian12',
  },
  {
    when: /of domain about to create is already taken/,
    next: 'another user or LAB_HOME has an instance of that name here: give this one another with --name',
  },
  {
    when: /Call to virConnectOpen failed|Failed to connect socket/,
    next: 'start libvirt (systemctl start libvirtd), and see lab doctor',
  },
  {
    when: /Timed out while waiting for the machine to boot|not (yet )?ready for SSH|fails to get an IP/i,
    next: 'see what the machine says with lab logs; where KVM does not really work, choose --accel tcg',
  },
  { when: /No space left on device/i, next: 'free space where libvirt keeps its volumes, and boxes in ~/.vagrant.d' },
  { when: /Cannot allocate memory/i, next: 'end other machines, or give the nodes less memory in the lab file' },
];

/** Vagrant's words for what went wrong, without its wrapping; the machine it names, where it names one. */
export const unwrap = (
  messages: readonly Message[],
  printed: readonly string[],
): { node?: string; lines: string[] } => {
  const errors = messages.filter(({ type }) => type === 'error-exit').map(({ data }) => data.slice(1).join(', '));
  const shown = messages
    .filter(({ type, data }) => type === 'ui' && data[0] === 'error')
    .map(({ data }) => data[1] ?? '');
  const text = (errors.length > 0 ? errors : shown.length > 0 ? shown : printed).join('\n');
  const node = text.match(/^'([^']+)' machine\. Please handle/m)?.[1] ?? text.match(/^(?:==> )?([\w-]+): /m)?.[1];
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^==> [\w-]+: |^\s+[\w-]+: /, '').trimEnd())
    .filter((line) => line.trim() !== '' && !BACKTRACE.test(line) && !WRAPPING.some((it) => it.test(line.trim())));
  return { ...(node ? { node } : {}), lines: lines.slice(-TAIL) };
};

/** The error of a run of Vagrant that failed. */
export const vagrantFailure = (
  tried: string,
  messages: readonly Message[],
  printed: readonly string[],
  cause?: unknown,
): LabError => {
  const { node, lines } = unwrap(messages, printed);
  const text = lines.join('\n');
  const next = ADVICE.find(({ when }) => when.test(text))?.next ?? 'see what this host lacks: lab doctor';
  const where = node === undefined ? '' : `${node}: `;
  return new LabError({ tried, happened: `Vagrant failed: ${where}${text || 'without a word'}`, next, cause });
};

/** One line of `vagrant --machine-readable` (developer.hashicorp.com/vagrant/docs/cli/machine-readable). */
export interface Message {
  /** The machine it is about; empty for none. */
  readonly target: string;
  readonly type: string;
  readonly data: readonly string[];
}

const ESCAPES: Record<string, string> = { '%!(VAGRANT_COMMA)': ',', '\\n': '\n', '\\r': '\r' };

const unescaped = (text: string): string =>
  text.replace(/%!\(VAGRANT_COMMA\)|\\[nr]/g, (found) => ESCAPES[found] ?? '');

/** Reads a line; undefined for what is none of Vagrant's, such as a warning of Ruby. */
export const parseMessage = (line: string): Message | undefined => {
  const [time = '', target = '', type, ...data] = line.split(',');
  if (!/^\d+$/.test(time) || type === undefined) return undefined;
  return { target, type, data: data.map(unescaped) };
};

/** What Vagrant tells that is meant so, and nothing to think about. */
const NOISE = [
  /^You assigned a static IP ending in/,
  /^Serial console is being redirected/,
  /^Machine not provisioned because/,
  /^Creating shared folders metadata/,
  /^Updating domain definition/,
  /^SSH (username|auth method):/,
];

/** What a message tells a person of progress, and of which machine: a line without Vagrant's marks, if it tells any. */
export const progressOf = ({ target, type, data }: Message): { line: string; node: string | undefined } | undefined => {
  if (type !== 'ui' || data[0] === 'error') return undefined;
  const text = data[1] ?? '';
  const match = text.match(/^(?:==>|\s+) ([\w.-]+): (.*)$/s);
  const line = (match?.[2] ?? text).trim().split('\n')[0] ?? '';
  // Bars and lists of settings say nothing that would help.
  if (line === '' || /^(Progress:|--|\P{ASCII}|\p{Cc}|\[)/u.test(line)) return undefined;
  if (NOISE.some((pattern) => pattern.test(line))) return undefined;
  const node = target || match?.[1];
  return { line, node: node === '' || node === 'box' ? undefined : node };
};

import type { Located } from './document.ts';
import { showName } from './show.ts';
import type { Range } from './source.ts';

/** Keys and list positions from the root of a lab file to a value. */
export type Path = readonly PropertyKey[];

/** The value at a path, if the file has one there. */
export const at = (root: Located | undefined, path: Path): Located | undefined => {
  let here = root;
  for (const step of path)
    here = typeof step === 'number' ? here?.items?.[step] : here?.entries?.get(String(step))?.value;
  return here;
};

/** Where a reader looks for what is at the path: a plain value itself, of a list or map its key, of a missing value its owner. */
export const placeOf = (root: Located, path: Path): Range => {
  const value = at(root, path);
  if (value && !value.entries && !value.items) return value.range;
  return keyOf(root, path) ?? (path.length === 0 ? start(root.range) : placeOf(root, path.slice(0, -1)));
};

/** The key at the path, or the start of the list's item. */
export const keyOf = (root: Located, path: Path): Range | undefined => {
  const step = path.at(-1);
  const owner = at(root, path.slice(0, -1));
  if (typeof step !== 'number') return owner?.entries?.get(String(step))?.key;
  const item = owner?.items?.[step];
  return item && (item.entries || item.items ? start(item.range) : item.range);
};

const start = ({ start }: Range): Range => ({ start, end: start + 1 });

/** What stands at the path, in the words of the format: `node rs1`, `"port" of service web`. */
export const describe = (path: Path): string => {
  const [section, name, part, ...rest] = path.map((step) => (typeof step === 'number' ? step : showName(String(step))));
  const quoted = (key: string | number) => `"${key}"`;
  if (section === undefined) return 'the lab';
  if (name === undefined) return quoted(section);
  if (section === 'clients') return `client ${Number(name) + 1}`;
  if (section === 'checks') {
    if (part === undefined) return `check ${Number(name) + 1}`;
    return [...rest.reverse().map(option), `check ${part}`].join(' of ');
  }
  const owner = `${OWNERS[section] ?? section} ${name}`;
  if (part === undefined) return owner;
  const [entry, key] = rest;
  if (section === 'sabotages' && entry !== undefined)
    return [...rest.reverse().map(option), `"${part}" of ${owner}`].join(' of ');
  if (part === 'static-nat' && entry !== undefined) return `the address that ${owner} translates ${entry} to`;
  if (part === 'routes' && entry !== undefined) return `the route of ${owner} to ${entry}`;
  if (part === 'links' && entry !== undefined) return `the address of ${owner} in segment ${entry}`;
  if (part === 'real-servers' && entry !== undefined) {
    const server =
      typeof entry === 'number' ? `real server ${entry + 1} of ${owner}` : `real server ${entry} of ${owner}`;
    return key === undefined ? server : `"${key}" of ${server}`;
  }
  return `${quoted(part)} of ${owner}`;
};

const OWNERS: Readonly<Record<string, string>> = {
  segments: 'segment',
  nodes: 'node',
  services: 'service',
  sabotages: 'sabotage',
};

const option = (step: string | number): string => (typeof step === 'number' ? `entry ${step + 1}` : `"${step}"`);

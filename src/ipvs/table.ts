import type { Guest } from '../guest/guest.ts';
import type { ForwardingMethod, RealServer, Service } from '../lab/lab.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';
import { canonical, METHOD_FLAGS, SAVE, serverEndpoint, serviceOption } from './ipvsadm.ts';
import { isTooLong, linesOf } from './lines.ts';
import { wholeNumber } from './numbers.ts';

/** A virtual service of a table. */
export interface TableService {
  readonly kind: 'service';
  /** As {@link serviceOption} has it: `-t 192.168.2.100:80`, `-f 1`. */
  readonly service: string;
  /** Absent where the service is known by a firewall mark. */
  readonly endpoint?: Endpoint;
  readonly scheduler: string;
  readonly flags: readonly string[];
  /** Seconds for which a client stays with its real server, where it does. */
  readonly persistent?: number;
  /** One-packet scheduling. */
  readonly ops: boolean;
  readonly line: string;
}

/** A real server of a table. */
export interface TableServer {
  readonly kind: 'server';
  /** Whose it is. */
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly method: ForwardingMethod;
  readonly weight: number;
  /** What it wraps requests in, where the method is `tun`. */
  readonly tunType: string;
  readonly line: string;
}

/** A line that is not of ipvsadm's form. */
export interface Unread {
  readonly kind: 'unread';
  /** Whose it seems to be. */
  readonly service: string;
  readonly line: string;
}

export type TableEntry = TableService | TableServer | Unread;

/** A table of IPVS, in the order in which it was printed; each `line` as {@link canonical} has it. */
export type Table = readonly TableEntry[];

/**
 * Reads what `ipvsadm --save --numeric` printed. Whatever that was, it gives values of the form that is promised: what is
 * not of ipvsadm's form is `unread`. Words that are not known here say nothing, and stay in the line.
 */
export const readTable = (saved: string): Table => linesOf(saved).map(canonical).filter(Boolean).map(readLine);

/** Asks a director for its table. @throws LabError when it cannot be asked. */
export const tableOf = async (director: Pick<Guest, 'must'>, signal?: AbortSignal): Promise<Table> =>
  readTable((await director.must(SAVE, signal && { signal })).stdout);

export const servicesOf = (table: Table): TableService[] => table.filter((entry) => entry.kind === 'service');

/** The entry of a service of a lab. */
export const serviceIn = (table: Table, service: Service): TableService | undefined =>
  servicesOf(table).find((entry) => entry.service === serviceOption(service));

/** The entries of the real servers of a service of a lab, whoever these are. */
export const serversIn = (table: Table, service: Service): TableServer[] =>
  table.filter((entry) => entry.kind === 'server').filter((entry) => entry.service === serviceOption(service));

/** The entry of a real server of a lab. */
export const serverIn = (table: Table, service: Service, server: RealServer): TableServer | undefined =>
  serversIn(table, service).find(({ endpoint }) => isSame(endpoint, serverEndpoint(service, server)));

const isSame = (one: Endpoint, other: Endpoint): boolean => one.address === other.address && one.port === other.port;

const readLine = (line: string): TableEntry => {
  const [command, option = '', value = '', ...words] = line.split(' ');
  const service = `${option} ${value}`;
  const unread: Unread = { kind: 'unread', service, line };
  if (isTooLong(line)) return unread;
  const endpoint = option === '-f' ? undefined : readEndpoint(value);
  const isService = option === '-f' ? isMark(value) : SOCKETS.includes(option) && endpoint !== undefined;
  // The mark of a service of IPv6 is told from one of IPv4 by a word that stands there alone.
  const options = isService && readOptions(words[0] === '-6' ? words.slice(1) : words);
  if (!options) return unread;
  if (command === '-A') return readService({ service, ...(endpoint && { endpoint }), line }, options) ?? unread;
  return (command === '-a' ? readServer({ service, line }, options) : undefined) ?? unread;
};

/** TCP, UDP, SCTP. */
const SOCKETS = ['-t', '-u', '--sctp-service'];

const isMark = (value: string): boolean => wholeNumber(value, 1, 0xffff_ffff) !== undefined;

/** ipvsadm's own bounds: a weight has 16 bits, persistence ends after 31 days. */
const MAX_WEIGHT = 65_535;
const MAX_PERSISTENCE = 31 * 24 * 60 * 60;
const NAME = /^[a-z][a-z0-9_-]{0,30}$/;

const readService = (
  base: Pick<TableService, 'service' | 'endpoint' | 'line'>,
  options: Options,
): TableService | undefined => {
  const scheduler = options.get('-s');
  const flags = options.get('-b')?.split(',') ?? [];
  const persistent = wholeNumber(options.get('-p'), 1, MAX_PERSISTENCE);
  if (scheduler === undefined || ![scheduler, ...flags].every((name) => NAME.test(name))) return undefined;
  if (options.has('-p') && persistent === undefined) return undefined;
  return {
    kind: 'service',
    ...base,
    scheduler,
    flags,
    ...(persistent !== undefined && { persistent }),
    ops: options.has('-o'),
  };
};

const METHODS = Object.entries(METHOD_FLAGS) as [ForwardingMethod, string][];

const readServer = (base: Pick<TableServer, 'service' | 'line'>, options: Options): TableServer | undefined => {
  const endpoint = readEndpoint(options.get('-r'));
  // What ipvsadm takes them for where they are not said.
  const weight = wholeNumber(options.get('-w') ?? '1', 0, MAX_WEIGHT);
  const tunType = options.get('--tun-type') ?? 'ipip';
  const methods = METHODS.filter(([, flag]) => options.has(flag));
  if (endpoint === undefined || weight === undefined || methods.length > 1 || !NAME.test(tunType)) return undefined;
  return { kind: 'server', ...base, endpoint, method: methods[0]?.[0] ?? 'dr', weight, tunType };
};

/** Values by option, empty for those that stand alone. */
type Options = ReadonlyMap<string, string>;

const WITH_VALUE = ['-s', '-b', '-p', '-r', '-w', '--tun-type'];
const ALONE = ['-o', ...METHODS.map(([, flag]) => flag)];

/** Undefined where one stands there twice, or without its value: which of them would hold? */
const readOptions = (words: readonly string[]): Options | undefined => {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const name = words[index] as string;
    if (!WITH_VALUE.includes(name) && !ALONE.includes(name)) continue;
    if (options.has(name)) return undefined;
    const value = ALONE.includes(name) ? '' : words[++index];
    if (value === undefined) return undefined;
    options.set(name, value);
  }
  return options;
};

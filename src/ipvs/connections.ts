import type { Guest } from '../guest/guest.ts';
import { shellQuote } from '../support/shell.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';
import { CONNECTIONS } from './ipvsadm.ts';
import { isTooLong, linesOf } from './lines.ts';
import { wholeNumber } from './numbers.ts';

/** A connection that a director knows, as `ipvsadm -lnc` has it. */
export interface Connection {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'IP';
  /** Seconds until it is forgotten. */
  readonly expires: number;
  /** `SYN_RECV`, `ESTABLISHED`, … */
  readonly state: string;
  readonly source: Endpoint;
  readonly virtual: Endpoint;
  readonly destination: Endpoint;
  readonly line: string;
}

/** Reads what `ipvsadm -lnc` printed. What is not of its form is left out. */
export const readConnections = (listed: string): Connection[] => linesOf(listed).flatMap(readLine);

/** Asks a director for its connections. @throws LabError when it cannot be asked. */
export const connectionsOf = async (director: Pick<Guest, 'must'>, signal?: AbortSignal): Promise<Connection[]> =>
  readConnections((await director.must(CONNECTIONS, signal && { signal })).stdout);

/**
 * The shell condition that holds where a director knows all connections from these endpoints. By their own ports:
 * keepalived's requests for the VIP are in its table too, and come and go.
 * @param sources as ipvsadm prints them: `203.0.113.10:48922`
 */
export const knowsConnections = (sources: readonly string[]): string =>
  `{ table=$(${CONNECTIONS})${sources.map((source) => ` && grep -qF ${shellQuote(` ${source} `)} <<< "$table"`).join('')}; }`;

const PROTOCOLS = ['TCP', 'UDP', 'SCTP', 'IP'] as const;

const readLine = (line: string): Connection[] => {
  if (isTooLong(line)) return [];
  const [name, expiry, state = '', ...ends] = line.trimEnd().split(/ +/);
  const protocol = PROTOCOLS.find((each) => each === name);
  const expires = secondsOf(expiry);
  const [source, virtual, destination] = ends.map(readEndpoint);
  if (!protocol || expires === undefined || !source || !virtual || !destination) return [];
  return /^[A-Z][A-Z0-9_]{0,30}$/.test(state) ? [{ protocol, expires, state, source, virtual, destination, line }] : [];
};

/** Of minutes and seconds: `01:57`. */
const secondsOf = (text: string | undefined): number | undefined => {
  const [minutes, seconds, more] = text?.split(':') ?? [];
  const [whole, rest] = [wholeNumber(minutes, 0, 1_000_000), wholeNumber(seconds, 0, 59)];
  return whole === undefined || rest === undefined || more !== undefined ? undefined : 60 * whole + rest;
};

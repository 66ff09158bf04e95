import { type Lab, linkOf, nodeOf, tunnelDevice } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { type Entry, type Journey, journeysOf, type Leg, type Stop } from './journey.ts';

/**
 * How a node routes one of the packets that should pass it. The kernel answers it (`ip route get`) as it would decide on
 * the packet itself, reverse path filtering included, and without sending any.
 */
export interface Question {
  readonly node: string;
  readonly destination: string;
  readonly source: string;
  readonly from?: Entry;
  /** Where the packet should go: to the node itself, or out by a segment, to a neighbour where one is named. */
  readonly to: 'itself' | { readonly segment: string; readonly via?: string };
  /** What kind of packet it is. */
  readonly part: 'request' | 'forwarded' | 'delivered' | 'reply';
  readonly journeys: readonly Journey[];
}

/** What tells one question of a node from another. */
export const keyOf = ({ destination, source, from }: Pick<Question, 'destination' | 'source' | 'from'>): string => {
  const entry = from === undefined ? '' : ` by ${'device' in from ? from.device : from.segment}`;
  return `${destination}${source && ` from ${source}`}${entry}`;
};

/** All that the nodes of a lab are to be asked about the ways of its packets, each once. */
export const questionsOf = (lab: Lab): Question[] => {
  const asked = new Map<string, Question>();
  for (const journey of journeysOf(lab))
    for (const question of ofJourney(journey)) {
      const id = `${question.node} ${keyOf(question)}`;
      const known = asked.get(id);
      asked.set(id, known ? { ...known, journeys: [...known.journeys, journey] } : question);
    }
  return [...asked.values()];
};

const ofJourney = (journey: Journey): Question[] => {
  const { request, forwarded, reply, service, server, address } = journey;
  const device = tunnelDevice(service);
  const arrival = forwarded.stops.at(-1)?.from;
  const delivered: Question[] =
    service.forward === 'nat'
      ? []
      : [
          {
            node: server.node,
            destination: service.vip,
            source: address,
            ...(device ? { from: { device } } : arrival && { from: arrival }),
            to: 'itself',
            part: 'delivered',
            journeys: [journey],
          },
        ];
  const along = (leg: Leg, part: Question['part']) =>
    leg.stops.flatMap((stop, index) => ofStop(leg, stop, part, journey, index === leg.stops.length - 1));
  return [
    ...request.flatMap((leg, index) => along(index < request.length - 1 ? withoutLast(leg) : leg, 'request')),
    ...along(forwarded, 'forwarded'),
    ...delivered,
    ...along(reply, 'reply'),
  ];
};

/** A router that translates the address has not done so yet where the first leg ends. */
const withoutLast = (leg: Leg): Leg => ({ ...leg, stops: leg.stops.slice(0, -1) });

const ofStop = (leg: Leg, stop: Stop, part: Question['part'], journey: Journey, isLast: boolean): Question[] => {
  const { node, from, out } = stop;
  if (!out && !isLast) return [];
  // A node sends what is its own by itself: to know the source is to have the address, which is asked for elsewhere.
  const source = part === 'forwarded' && from === undefined ? '' : leg.source;
  return [
    {
      node,
      destination: leg.destination,
      source,
      ...(from && { from }),
      to: out ?? 'itself',
      part,
      journeys: [journey],
    },
  ];
};

/** `ip route get …` for a question, with `nic` for the name of the NIC on a segment. */
export const routeCommand = ({ destination, source, from }: Question, nic: (segment: string) => string): string => {
  const device = from === undefined ? undefined : 'device' in from ? from.device : nic(from.segment);
  return `ip route get ${shellQuote(destination)}${source && ` from ${shellQuote(source)}`}${device === undefined ? '' : ` iif ${device}`}`;
};

/** The MAC address of a node on a segment, by which its NIC is found there. */
export const macOn = (lab: Lab, node: string, segment: string): string => linkOf(nodeOf(lab, node), segment)?.mac ?? '';

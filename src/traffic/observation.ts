import type { Packet } from '../capture/packet.ts';
import type { Service } from '../lab/lab.ts';
import type { Failure } from './failure.ts';

/** One request of a client, over a connection of its own. */
export interface Request {
  /** Position in its burst, from 1. */
  readonly number: number;
  /** Stands in the URL, and so in the packet and in the web server's log; no other request has it. */
  readonly token: string;
  /** First line of the page, which on a real server is its node's name; absent when there was no page. */
  readonly answer?: string;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Why there was no whole answer. */
  readonly failure?: Failure;
  readonly seconds: number;
  /** The client's end of the connection; absent when none was made. */
  readonly address?: string;
  readonly port?: number;
}

/** The requests one client made of one service, one after the other. */
export interface Burst {
  readonly client: string;
  readonly service: Service;
  /** How many requests were wanted. */
  readonly wanted: number;
  /** Those that were made: fewer than wanted only when the burst was given up. */
  readonly requests: readonly Request[];
  /** Why it was given up. */
  readonly givenUp?: string;
}

/** A packet as one NIC of one node saw it. */
export interface Sighting {
  readonly node: string;
  readonly segment: string;
  readonly packet: Packet;
}

/** What was seen of a running lab: the same for all checks of one run. */
export interface Observation {
  /** @throws LabError when the requests could not be made. */
  bursts(): readonly Burst[];
  /** All packets on all NICs while a burst was made, in order of time. @throws LabError when they were not captured. */
  sightings(burst: Burst): readonly Sighting[];
  /** All packets of all bursts, as far as they could be captured. */
  readonly seen: readonly Sighting[];
}

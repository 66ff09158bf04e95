import type { LabAccess } from '../guest/access.ts';
import type { Service } from '../lab/lab.ts';
import { captureWhile, nicsOf, onOneClock, sightingsOf } from './captures.ts';
import type { Burst, Observation, Sighting } from './observation.ts';
import { requestService } from './requests.ts';

/** Requests to be made: of a service, by a client. */
export interface Wanted {
  readonly client: string;
  readonly service: Service;
  readonly count: number;
}

export interface ObserveOptions {
  /** Whether to capture the packets on all NICs of all nodes. */
  readonly packets: boolean;
  /** Letters and digits that mark the requests of this run. */
  readonly token: string;
  onStart?(wanted: Wanted): void;
  onBurst?(burst: Burst): void;
}

/**
 * Has the clients make the requests and sees to what happens, once for all checks. One burst after the other: two at a
 * time would take turns with each other. What breaks is not thrown but given to the checks that need it.
 * @throws whatever the signal was aborted with.
 */
export const observe = async (
  access: LabAccess,
  wanted: readonly Wanted[],
  options: ObserveOptions,
): Promise<Observation & { readonly made: readonly Burst[] }> => {
  const made: Burst[] = [];
  const sightings = new Map<Burst, readonly Sighting[]>();
  let trouble: { requests?: unknown; packets?: unknown } = {};
  for (const [index, each] of wanted.entries()) {
    access.signal?.throwIfAborted();
    options.onStart?.(each);
    const { settled, captures } = await observeBurst(access, each, `${options.token}x${index + 1}`, options.packets);
    access.signal?.throwIfAborted();
    if (settled.status === 'rejected') {
      trouble = { ...trouble, requests: settled.reason };
      break;
    }
    const burst = settled.value;
    made.push(burst);
    // The client begins, so its clock it is.
    if (captures.status === 'fulfilled') sightings.set(burst, sightingsOf(onOneClock(burst.client, captures.value)));
    else trouble = { ...trouble, packets: captures.reason };
    options.onBurst?.(burst);
  }
  return {
    made,
    bursts: () => {
      if ('requests' in trouble) throw trouble.requests;
      return made;
    },
    sightings: (burst) => {
      const seen = sightings.get(burst);
      if (!seen) throw trouble.packets;
      return seen;
    },
    seen: [...sightings.values()].flat(),
  };
};

/** One burst, with the packets of all NICs where they are wanted. */
const observeBurst = (access: LabAccess, { client, service, count }: Wanted, token: string, capture: boolean) =>
  captureWhile(access, capture ? nicsOf(access.lab) : [], async () =>
    requestService(
      await access.guest(client),
      { client, service, count, token, patience: access.patience },
      access.signal,
    ),
  );

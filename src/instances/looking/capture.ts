import { setTimeout as pause } from 'node:timers/promises';
import { writePcapng } from '../../capture/pcapng.ts';
import type { Providers } from '../../providers/registry.ts';
import { requestAgain } from '../../traffic/again.ts';
import { captureWhile, type Nic, type NicCapture, onOneClock, sightingsOf } from '../../traffic/captures.ts';
import type { Burst, Sighting } from '../../traffic/observation.ts';
import { pairsIn, requestedIn } from '../../traffic/scope.ts';
import type { Instance } from '../instance.ts';
import { accessTo, RunningLab, requireRunning } from '../running.ts';

/** What is done while packets are captured: time passes, or every client makes so many requests of each of its services. */
export type CaptureSpan = { readonly milliseconds: number | undefined } | { readonly requests: number };

/** What NICs saw, in the order of time by one clock. */
export interface Captured {
  readonly nics: readonly NicCapture[];
  readonly sightings: readonly Sighting[];
  /** The requests that were made meanwhile. */
  readonly bursts: readonly Burst[];
}

/**
 * Captures the packets of NICs of a running instance, beside whatever else is done with it. A span of time without an end
 * lasts until `signal`, and any such span ends early with it: what was captured until then is given. Requests are broken off by it.
 * @param started called when all captures run
 * @throws LabError when a machine does not run, a NIC cannot be captured, or a request cannot be made.
 */
export const captureInstance = async (
  providers: Providers,
  instance: Instance,
  nics: readonly Nic[],
  span: CaptureSpan,
  started: () => void,
  signal: AbortSignal,
): Promise<Captured> => {
  // Sessions outlive the signal: captures have to be ended through them.
  await using running = new RunningLab(providers, instance, new AbortController().signal);
  const asked = 'requests' in span ? instance.definition.clients : [];
  await requireRunning(running, `capture packets of ${instance.name}`, [...nics.map(({ node }) => node), ...asked]);
  const { settled, captures } = await captureWhile(accessTo(running, signal), nics, async (trouble) => {
    // Nobody is to wait for a capture that has not begun.
    if (trouble) throw trouble;
    started();
    return await pass(running, span, signal);
  });
  if (captures.status === 'rejected') throw captures.reason;
  if (settled.status === 'rejected') throw settled.reason;
  const aligned = onOneClock(firstSpeaker(instance, captures.value), captures.value);
  return { nics: aligned, sightings: sightingsOf(aligned), bursts: settled.value };
};

const pass = async (running: RunningLab, span: CaptureSpan, signal: AbortSignal): Promise<Burst[]> => {
  if (!('requests' in span)) {
    await pause(span.milliseconds ?? FOREVER, undefined, { signal }).catch(() => undefined);
    return [];
  }
  const access = accessTo(running, signal);
  const services = requestedIn(access.lab, {}).map(({ name }) => name);
  const bursts = [];
  for (const { client, service } of pairsIn(access, { services }))
    bursts.push(await requestAgain(access, client, service, span.requests));
  signal.throwIfAborted();
  return bursts;
};

/** The longest time that a timer takes. */
const FOREVER = 2 ** 31 - 1;

/** By whose clock packets are told: that of a client, who begins, or of whoever saw something. */
const firstSpeaker = ({ definition }: Instance, captures: readonly NicCapture[]): string => {
  const spoke = captures.filter(({ packets }) => packets.length > 0).map(({ node }) => node);
  return definition.clients.find((client) => spoke.includes(client)) ?? spoke[0] ?? '';
};

/** The packets of all NICs in one file for Wireshark or tshark, with `NODE:SEGMENT` as the names of the interfaces. */
export const pcapngOf = ({ nics }: Captured): Buffer =>
  writePcapng(nics.map(({ node, segment, frames }) => ({ name: `${node}:${segment}`, frames })));

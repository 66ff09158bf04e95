import type { Socket } from 'node:net';
import type { Lab } from '../../lab/lab.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { allSettled } from '../../support/settled.ts';
import { runLayout } from './layout.ts';
import { connectTo } from './socket.ts';

/** Milliseconds within which a switch must take a connection. */
const BUDGET = 10_000;

/**
 * Holds as many idle connections to each switch as machines are about to connect to it. Needed while several do so at once.
 *
 * vde_switch 2.3.2 keeps its connections in an array. When one asks for a port, the port's socket takes the place of the
 * longest known connection, which moves to the end (`add_fd` in vde_switch.c), but the switch goes on looking for that one
 * where it was. Should it be one that has not asked for its port yet, then what is put down for it goes to the wrong port:
 * from then on the frames of one machine count as those of another, which is deaf. Each port moves one connection, so as
 * many idle ones that were there before take the moves upon themselves. `test/providers/qemu/switch-places.test.ts` shows both.
 */
export const holdPlaces = async (lab: Lab, runDir: string): Promise<Disposable> => {
  using places = new DisposableStack();
  await allSettled(
    lab.nodes
      .flatMap((node) => node.links)
      .map(async ({ segment }) => {
        places.adopt(await placeAt(segment, runLayout(runDir).switchControl(segment)), (socket) => socket.destroy());
      }),
  );
  return places.move();
};

const placeAt = async (segment: string, control: string): Promise<Socket> => {
  try {
    const socket = await connectTo(control, BUDGET);
    // A switch that ends says so here, too; the machines that use it tell.
    return socket.on('error', () => {});
  } catch (cause) {
    throw new LabError({
      tried: `reach the switch of segment ${segment}`,
      happened: `${control}: ${messageOf(cause)}`,
      next: 'take the instance down and bring it up anew: lab down, lab up',
      cause,
    });
  }
};

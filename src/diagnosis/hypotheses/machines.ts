import type { Remedy } from '../cause.ts';
import { type Hypothesis, losing, saidBy } from '../scene.ts';

/** A machine that does not run, stands still, or does not answer when it is asked for its state. */
export const machines: Hypothesis = (scene) =>
  scene.lab.nodes.flatMap(({ name }) => {
    const { status, silent } = saidBy(scene, name);
    if (status === 'running' && silent === undefined) return [];
    const what = {
      running: `does not answer, or is very slow: ${silent?.split('\n').at(-1)}`,
      paused: 'stands still: its machine is paused',
      stopped: 'is not there: its machine is stopped',
      crashed: 'is not there: its machine has crashed, or was killed',
    }[status];
    const mend: Remedy = status === 'running' ? { lab: `reboot INSTANCE ${name}` } : { lab: 'start INSTANCE' };
    return [
      {
        hypothesis: 'machines',
        node: name,
        what,
        show: { lab: 'status INSTANCE' },
        mend: [mend],
        effect: losing(
          scene.journeys.filter((journey) => concerns(journey, name)),
          'timeout',
        ),
        ...(status === 'running' ? { doubtful: true } : { counted: true }),
      },
    ];
  });

const concerns = (journey: Parameters<typeof losing>[0][number], node: string): boolean =>
  [...journey.request, journey.forwarded, journey.reply].some(({ stops }) => stops.some((stop) => stop.node === node));

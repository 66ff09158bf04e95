import { comesToRest, restConditions } from '../../ipvs/at-rest.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { type Step, together } from '../../support/step.ts';
import { accessTo, type RunningLab } from '../running.ts';

/**
 * The step that ends when the directors have seen that all machines are well. Where it does not come to that, the lab is
 * left to its checks, which tell better what is wrong.
 * @returns no step where no director looks after its table
 */
export const restSteps = (running: RunningLab): Step[] => {
  const parts = [...restConditions(running.instance.definition)].map(
    ([node, condition]): Step<string | undefined> => ({
      title: node,
      run: async (_, signal) => {
        try {
          return (await comesToRest(accessTo(running, signal), node, condition))
            ? undefined
            : 'lacks a real server, a weight or the VIP still';
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof LabError)) throw error;
          return messageOf(error);
        }
      },
      remark: (lack) => lack,
    }),
  );
  return parts.length === 0 ? [] : [together('Wait for directors', parts)];
};

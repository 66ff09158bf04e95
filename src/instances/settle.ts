import { settledConditions } from '../checks/settled.ts';
import { until } from '../checks/until.ts';
import type { Step } from '../support/step.ts';
import { accessTo } from './access.ts';
import type { RunningLab } from './running.ts';

/** Seconds in which keepalived finds real servers well that are, and directors agree on who has the VIP. */
const SETTLE_BUDGET = 30;
/** Where looks take long, it has more: the host is busy. */
const SETTLE_LOOKS = 20;

/**
 * The step that ends when keepalived has seen that all machines are well. It asks at intervals, so this is seconds after
 * the last machine was ready, and a request before goes to those real servers only that it has seen. Where it does not come
 * to that, the lab is left to its checks, which tell better what is wrong.
 * @returns no step where no director's table is keepalived's
 */
export const settleSteps = (running: RunningLab): Step[] => {
  const parts = [...settledConditions(running.instance.definition)].map(
    ([node, condition]): Step => ({
      title: node,
      run: async (_, signal) => {
        const isSettled = await until(accessTo(running, signal), node, condition, SETTLE_BUDGET, SETTLE_LOOKS);
        return isSettled ? undefined : `misses a real server or the VIP still, after ${SETTLE_BUDGET} s`;
      },
    }),
  );
  return parts.length === 0 ? [] : [{ title: 'Wait for keepalived', parts }];
};

import type { LabAccess } from '../checks/check.ts';
import type { RunningLab } from './running.ts';

/** The ways of checks to a lab's machines. */
export const accessTo = (running: RunningLab, signal: AbortSignal): LabAccess => ({
  lab: running.instance.definition,
  guest: (node) => running.guest(node),
  capture: (node, segment) => running.capture(node, segment),
  signal,
});

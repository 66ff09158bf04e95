import type { CheckContext } from './check.ts';

/** Milliseconds that a command may take on top of what it waits for: an emulated machine has its hands full. */
const OVERHEAD = 30_000;

/**
 * Waits on a node until a shell condition holds, for at most so many seconds.
 * @returns whether it did
 */
export const until = async (
  context: CheckContext,
  node: string,
  condition: string,
  seconds: number,
): Promise<boolean> => {
  const guest = await context.guest(node);
  const { exitCode } = await guest.run(untilScript(condition, seconds), {
    timeout: seconds * 1000 + OVERHEAD,
    ...(context.signal && { signal: context.signal }),
  });
  return exitCode === 0;
};

/** Looks at least once. By the clock, since looking takes a while itself where a machine is slow. */
export const untilScript = (condition: string, seconds: number): string =>
  `end=$((SECONDS + ${seconds})); until ${condition}; do ((SECONDS < end)) || exit 1; sleep 0.5; done`;

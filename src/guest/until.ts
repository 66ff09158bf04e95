import type { LabAccess } from './access.ts';

/** Milliseconds that a command may take on top of what it waits for: an emulated machine has its hands full. */
const OVERHEAD = 30_000;

/** How many times `seconds` a wait may take where its looks take long. */
const STRETCH = 4;

/**
 * Waits on a node until a shell condition holds, for at most so many seconds.
 *
 * @param looks how often it has to have looked, even when the seconds are over: what an emulated machine does takes several
 * times as long on a busy host, and so do its looks. Up to four times the seconds; none if not given, where the seconds
 * are what is promised.
 * @returns whether it did
 */
export const until = async (
  context: LabAccess,
  node: string,
  condition: string,
  seconds: number,
  looks = 0,
): Promise<boolean> => {
  const guest = await context.guest(node);
  const { exitCode } = await guest.run(untilScript(condition, seconds, looks), {
    timeout: (looks > 0 ? STRETCH : 1) * seconds * 1000 + OVERHEAD,
    ...(context.signal && { signal: context.signal }),
  });
  return exitCode === 0;
};

/** Looks at least once. By the clock, since looking takes a while itself where a machine is slow. */
export const untilScript = (condition: string, seconds: number, looks = 0): string =>
  `end=$((SECONDS + ${seconds})); until ${condition}; do ((++looks, SECONDS < end${orMore(seconds, looks)})) || exit 1; sleep 0.5; done`;

const orMore = (seconds: number, looks: number): string =>
  looks === 0 ? '' : ` || looks < ${looks} && SECONDS < end + ${(STRETCH - 1) * seconds}`;

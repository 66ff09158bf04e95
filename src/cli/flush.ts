import type { Writable } from 'node:stream';

/** Waits until all that was written to a stream has left this process, or nobody can take it any more. */
export const flushed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.errored) return resolve();
    stream.once('error', () => resolve()).once('close', () => resolve());
    stream.write('', () => resolve());
  });

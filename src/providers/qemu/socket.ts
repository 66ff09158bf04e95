import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds between two tries at a socket whose queue is full. */
const QUEUE_PAUSE = 20;

/**
 * Connects to a Unix socket, within `timeout` milliseconds. While its queue is full, to which the kernel says EAGAIN, it
 * tries again: QEMU serves one client and lets one wait.
 * @throws Error of the kernel, or an AbortError when time is up.
 */
export const connectTo = async (path: string, timeout: number): Promise<Socket> => {
  const signal = AbortSignal.timeout(timeout);
  for (;;) {
    const socket = createConnection(path);
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || signal.aborted) throw error;
      await pause(QUEUE_PAUSE);
    }
  }
};

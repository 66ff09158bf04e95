import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * Runs `work` while no other process on this host does so for the same directory; `onWait` is told who has it, when
 * there is a wait. The lock is one of the kernel's, held by a small child that ends with this process, so that even
 * kill -9 leaves none behind.
 */
export const withLock = async <T>(
  dir: string,
  options: { onWait: (holder: string) => void; signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> => {
  await mkdir(dir, { recursive: true });
  const path = join(dir, '.lock');
  const held = (await hold(path, ['--nonblock'], options.signal)) ?? (await waitFor(path, options));
  try {
    await writeFile(path, `process ${process.pid}`);
    return await work();
  } finally {
    await held.release();
  }
};

const waitFor = async (
  path: string,
  { onWait, signal }: { onWait: (holder: string) => void; signal?: AbortSignal | undefined },
): Promise<Held> => {
  onWait((await readFile(path, 'utf8')) || 'another process');
  const held = await hold(path, [], signal);
  if (!held) throw new Error(`the lock ${path} was not given`);
  return held;
};

interface Held {
  release(): Promise<void>;
}

/** Takes the lock, waiting for it unless `flags` say otherwise; undefined when another has it. */
const hold = async (path: string, flags: string[], signal?: AbortSignal): Promise<Held | undefined> => {
  // `cat` ends when this process closes its end of the pipe, by will or by death, and the lock with it. Ctrl-C goes to
  // it too, but must not end the lock before what the lock guards is cleaned up.
  const holder = `trap '' INT; echo held; exec cat`;
  const args = ['--no-fork', ...flags, '--conflict-exit-code', '75', path, 'sh', '-c', holder];
  const child = execa('flock', args, { stdin: 'pipe', reject: false, buffer: false });
  const giveUp = () => child.kill();
  signal?.addEventListener('abort', giveUp);
  const got = await new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    child.stdout.once('close', () => resolve(false));
  });
  signal?.removeEventListener('abort', giveUp);
  if (!got) {
    const { exitCode, cause } = await child;
    signal?.throwIfAborted();
    if (exitCode === 75) return undefined;
    throw new Error(`flock ${path} failed`, { cause });
  }
  return {
    release: async () => {
      child.stdin.end();
      await child;
    },
  };
};

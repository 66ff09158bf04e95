import { type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';

/** Printed by the guest at the start of each boot and when it accepts commands: images/debian12/README.md. */
const STARTING = 'lab: starting';
const READY = 'lab: ready';
const PANIC = /Kernel panic - not syncing.*/;

/** What a console says of the latest boot in it. */
export type ConsoleVerdict = { state: 'ready' } | { state: 'booting' } | { state: 'panic'; line: string };

/** Reads console output from the start of the latest boot in it; what came before no longer counts. */
export const judgeConsole = (text: string): ConsoleVerdict => {
  const boot = text.slice(Math.max(0, text.lastIndexOf(STARTING)));
  const panic = boot.match(PANIC);
  if (panic) return { state: 'panic', line: panic[0] };
  return { state: boot.includes(READY) ? 'ready' : 'booting' };
};

/** The last `lines` lines of console output, without the carriage returns and escape codes of a terminal. */
export const consoleTail = (text: string, lines = 20): string[] =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is to be removed
    .replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\r\0]/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines);

/** A console's output from byte `offset` on; empty while the file does not exist. */
export const readConsole = async (path: string, offset = 0): Promise<string> => {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size <= offset) return '';
    const buffer = Buffer.alloc(size - offset);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

/**
 * Calls `look` at once, whenever the file changes, and every `interval` milliseconds (not every file system tells of
 * changes), until it gives something.
 */
export const watchUntil = async <T>(
  path: string,
  look: () => Promise<T | undefined>,
  { interval = 500, signal }: { interval?: number; signal: AbortSignal },
): Promise<T> => {
  let watcher: FSWatcher | undefined;
  let wake = () => {};
  const wakeUp = () => wake();
  signal.addEventListener('abort', wakeUp);
  try {
    for (;;) {
      signal.throwIfAborted();
      watcher ??= watchIfThere(path, wakeUp);
      const changed = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, interval);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const found = await look();
      if (found !== undefined) return found;
      await changed;
    }
  } finally {
    wakeUp();
    signal.removeEventListener('abort', wakeUp);
    watcher?.close();
  }
};

/** The file may not exist yet, or its file system may not tell of changes; then the interval alone serves. */
const watchIfThere = (path: string, onChange: () => void): FSWatcher | undefined => {
  try {
    return watch(path, onChange).on('error', () => {});
  } catch {
    return undefined;
  }
};

import { rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { searchPath } from '../../host/tools.ts';
import { identify } from '../../support/process-identity.ts';
import type { Notify } from '../provider.ts';
import { vagrantFailure } from './failure.ts';
import { layout, OVERLAY } from './layout.ts';
import { type Message, parseMessage, progressOf } from './machine-readable.ts';

/** Milliseconds that an interrupted Vagrant has to clean up after itself, before it is killed. */
const INTERRUPTED_GRACE = 10_000;

export interface VagrantOptions {
  /** What is tried, as the object of "cannot", for an error. */
  tried: string;
  env?: Record<string, string>;
  notify?: Notify | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds. */
  timeout?: number;
}

/** What Vagrant must not do by itself: ask its makers for news. */
const QUIET = { VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1' };

/**
 * Runs Vagrant and gives its machine-readable messages.
 * @throws LabError with what Vagrant said went wrong, without its wrapping; the signal's reason when that aborts.
 */
export const vagrant = async (
  args: readonly string[],
  { tried, env = {}, notify, signal, timeout }: VagrantOptions,
  started: (pid: number) => Promise<void> = async () => {},
): Promise<Message[]> => {
  signal?.throwIfAborted();
  const messages: Message[] = [];
  const printed: string[] = [];
  const run = execa('vagrant', ['--machine-readable', ...args], {
    env: { ...QUIET, PATH: searchPath(), ...env },
    all: true,
    lines: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    killSignal: 'SIGINT',
    forceKillAfterDelay: INTERRUPTED_GRACE,
    ...(signal && { cancelSignal: signal }),
    ...(timeout !== undefined && { timeout }),
  });
  const told = new Set<string>();
  if (run.pid !== undefined) await started(run.pid);
  for await (const line of run.iterable({ from: 'all' })) {
    const message = parseMessage(String(line));
    if (!message) {
      printed.push(String(line));
      continue;
    }
    messages.push(message);
    const progress = progressOf(message);
    if (!progress || told.has(`${progress.node} ${progress.line}`)) continue;
    told.add(`${progress.node} ${progress.line}`);
    notify?.(progress.line, progress.node);
  }
  const result = await run;
  signal?.throwIfAborted();
  if (result.failed) throw vagrantFailure(tried, messages, [...printed, result.shortMessage ?? ''], result);
  return messages;
};

/** Runs Vagrant on the machines of the instance in `dir`. The run is on record, so that it is found when we are killed. */
export const vagrantIn = async (
  dir: string,
  provider: string,
  args: readonly string[],
  options: VagrantOptions,
): Promise<Message[]> => {
  const files = layout(dir);
  const env = {
    VAGRANT_CWD: files.folder,
    VAGRANT_VAGRANTFILE: OVERLAY,
    VAGRANT_DEFAULT_PROVIDER: provider,
    ...options.env,
  };
  try {
    return await vagrant(args, { ...options, env }, async (pid) => {
      const identity = await identify(pid);
      if (identity) await writeFile(files.running, JSON.stringify(identity));
    });
  } finally {
    await rm(files.running, { force: true });
  }
};

import type { Providers } from '../../providers/registry.ts';
import type { Instance } from '../instance.ts';
import { RunningLab } from '../running.ts';

export interface ExecResult {
  node: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ExecOptions {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Output as it comes; an empty chunk when a stream has ended. */
  onOutput?: (node: string, stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

/** Runs a shell command line on nodes at the same time and gives each one's result, in the order of the nodes. */
export const execOn = async (
  providers: Providers,
  instance: Instance,
  nodes: string[],
  command: string,
  options: ExecOptions,
): Promise<ExecResult[]> => {
  await using running = new RunningLab(providers, instance, options.signal);
  return await Promise.all(
    nodes.map(async (node) => {
      const guest = await running.guest(node);
      const result = await guest.run(command, {
        timeout: options.timeout,
        signal: options.signal,
        onStdout: (chunk) => options.onOutput?.(node, 'stdout', chunk),
        onStderr: (chunk) => options.onOutput?.(node, 'stderr', chunk),
      });
      for (const stream of ['stdout', 'stderr'] as const) options.onOutput?.(node, stream, Buffer.alloc(0));
      return { node, ...result };
    }),
  );
};

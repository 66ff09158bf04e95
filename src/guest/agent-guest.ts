import { LabError, messageOf } from '../support/errors.ts';
import { GuestAgent } from './agent.ts';
import type { Guest, RunOptions, RunResult } from './guest.ts';
import { COMMAND_BUDGET, finished, NEXT, outlived, running } from './outcome.ts';

/** Milliseconds in which an agent answers that answers at all; then SSH is asked. */
const ANSWER_BUDGET = 5_000;

/**
 * A guest whose commands go to its QEMU guest agent, at some ten milliseconds each, where a login by SSH costs an
 * emulated guest a second of CPU. SSH serves where the agent cannot: for output as it comes, and when it does not answer.
 */
export class AgentGuest implements Guest {
  readonly name: string;
  readonly #socket: string;
  readonly #ssh: Guest;
  #session: Promise<GuestAgent | undefined> | undefined;

  /** @param socket path of the host's end of the agent's port */
  constructor(socket: string, ssh: Guest) {
    this.name = ssh.name;
    this.#socket = socket;
    this.#ssh = ssh;
  }

  async run(command: string, options: RunOptions = {}): Promise<RunResult> {
    options.signal?.throwIfAborted();
    const agent = options.onStdout || options.onStderr ? undefined : await this.#agent();
    return agent ? this.#runOn(agent, command, options) : this.#ssh.run(command, options);
  }

  async must(command: string, options: RunOptions = {}): Promise<RunResult> {
    return finished(this.name, command, await this.run(command, options));
  }

  write(path: string, content: string | Buffer, mode?: number): Promise<void> {
    return this.#ssh.write(path, content, mode);
  }

  read(path: string): Promise<Buffer> {
    return this.#ssh.read(path);
  }

  async reboot(): Promise<void> {
    this.#forget();
    await this.#ssh.reboot();
  }

  async close(): Promise<void> {
    this.#forget();
    await this.#ssh.close();
  }

  #agent(): Promise<GuestAgent | undefined> {
    this.#session ??= GuestAgent.connect(this.#socket, ANSWER_BUDGET).catch(() => undefined);
    return this.#session;
  }

  #forget(): void {
    void this.#session?.then((agent) => agent?.close());
    this.#session = undefined;
  }

  async #runOn(
    agent: GuestAgent,
    command: string,
    { timeout = COMMAND_BUDGET, signal, input = '' }: RunOptions,
  ): Promise<RunResult> {
    const budget = AbortSignal.timeout(timeout);
    // A session of its own, so that all the command has started can be ended with it.
    const { exitCode, stdout, stderr, interrupted } = await agent
      .exec(
        '/usr/bin/setsid',
        ['/bin/bash', '-c', command],
        Buffer.from(input),
        signal ? AbortSignal.any([signal, budget]) : budget,
      )
      .catch((cause: unknown) => {
        throw new LabError({ tried: running(command, this.name), happened: messageOf(cause), next: NEXT, cause });
      });
    signal?.throwIfAborted();
    if (interrupted) throw outlived(this.name, command, timeout, Buffer.concat([stdout, stderr]).toString());
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  }
}

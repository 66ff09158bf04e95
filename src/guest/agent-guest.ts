import { LabError, messageOf } from '../support/errors.ts';
import { GuestAgent } from './agent.ts';
import { CommandGuest } from './command-guest.ts';
import { COMMAND_BUDGET, NEXT, outlived, running } from './command-result.ts';
import { type Guest, type RebootOptions, type RunOptions, type RunResult, rebootCommand } from './guest.ts';

/** Milliseconds in which an agent answers that answers at all; then SSH is asked. */
const ANSWER_BUDGET = 5_000;

/**
 * A guest whose commands go to its agent, at some ten milliseconds each, where a login by SSH costs an emulated guest a
 * second of CPU. SSH serves where the agent does not answer.
 */
export class AgentGuest extends CommandGuest {
  readonly name: string;
  readonly #socket: string;
  readonly #ssh: Guest;
  readonly #restarted: (reboot: () => Promise<void>) => Promise<void>;
  #session: Promise<GuestAgent | undefined> | undefined;

  /**
   * @param socket path of the host's end of the agent's port
   * @param restarted waits until the machine has started anew after its `reboot`
   */
  constructor(socket: string, ssh: Guest, restarted: (reboot: () => Promise<void>) => Promise<void>) {
    super();
    this.name = ssh.name;
    this.#socket = socket;
    this.#ssh = ssh;
    this.#restarted = restarted;
  }

  async run(command: string, options: RunOptions = {}): Promise<RunResult> {
    options.signal?.throwIfAborted();
    const agent = await this.#agent();
    return agent ? this.#runOn(agent, command, options) : this.#ssh.run(command, options);
  }

  async reboot(options: RebootOptions = {}): Promise<void> {
    if (!(await this.#agent())) return this.#ssh.reboot(options);
    await this.#restarted(async () => {
      // The agent may end before the command does: that is what was asked for.
      await this.run(rebootCommand(options), { timeout: 30_000 }).catch(() => undefined);
      await this.close();
    });
  }

  async close(): Promise<void> {
    void this.#session?.then((agent) => agent?.close());
    this.#session = undefined;
    await this.#ssh.close();
  }

  #agent(): Promise<GuestAgent | undefined> {
    this.#session ??= GuestAgent.connect(this.#socket, ANSWER_BUDGET).catch(() => undefined);
    return this.#session;
  }

  async #runOn(
    agent: GuestAgent,
    command: string,
    { timeout = COMMAND_BUDGET, signal, input = '', onStdout, onStderr }: RunOptions,
  ): Promise<RunResult> {
    const budget = AbortSignal.timeout(timeout);
    const { exitCode, stdout, stderr, interrupted } = await agent
      .exec(command, {
        input: Buffer.from(input),
        signal: signal ? AbortSignal.any([signal, budget]) : budget,
        ...(onStdout && { onStdout }),
        ...(onStderr && { onStderr }),
      })
      .catch((cause: unknown) => {
        throw new LabError({ tried: running(command, this.name), happened: messageOf(cause), next: NEXT, cause });
      });
    signal?.throwIfAborted();
    if (interrupted) throw outlived(this.name, command, timeout, Buffer.concat([stdout, stderr]).toString());
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  }
}

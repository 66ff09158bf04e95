import { Readable } from 'node:stream';
import type { NodeSSH } from 'node-ssh';
import type { ClientChannel } from 'ssh2';
import { LabError, messageOf } from '../support/errors.ts';
import { CommandGuest } from './command-guest.ts';
import { COMMAND_BUDGET, NEXT, outlived, running, seen } from './command-result.ts';
import { type RebootOptions, type RunOptions, type RunResult, rebootCommand } from './guest.ts';

export interface SshTarget {
  name: string;
  host: string;
  port: number;
  username: string;
  privateKey: string;
  /** The only host key that is believed: `ssh-ed25519 AAAA…`. Not given at a first login, which believes any. */
  hostKey?: string;
  /** Milliseconds a login may take; 90,000 if not given. */
  loginBudget?: number;
  /** Waits until the machine has started anew after its `reboot`. */
  restarted: (reboot: () => Promise<void>) => Promise<void>;
}

/** One login costs an emulated guest seconds of CPU, and many guests may be asked at once. */
const LOGIN_BUDGET = 90_000;

/** A guest over SSH: one connection, made when first needed and kept. */
export class SshGuest extends CommandGuest {
  readonly name: string;
  readonly #target: SshTarget;
  #session: Promise<NodeSSH> | undefined;

  constructor(target: SshTarget) {
    super();
    this.name = target.name;
    this.#target = target;
  }

  async run(command: string, options: RunOptions = {}): Promise<RunResult> {
    const session = await this.#connected(options.signal);
    return new Execution(this.name, command, options).on(session);
  }

  async reboot(options: RebootOptions = {}): Promise<void> {
    await this.#target.restarted(async () => {
      // The session may die before the command answers: that is what was asked for.
      await this.run(rebootCommand(options), { timeout: 30_000 }).catch(() => undefined);
      await this.close();
    });
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    (await session?.catch(() => undefined))?.dispose();
  }

  async #connected(signal?: AbortSignal): Promise<NodeSSH> {
    signal?.throwIfAborted();
    const known = await this.#session?.catch(() => undefined);
    if (known?.isConnected()) return known;
    this.#session = this.#connect();
    return this.#session;
  }

  async #connect(): Promise<NodeSSH> {
    const { host, port, username, privateKey, hostKey, loginBudget = LOGIN_BUDGET } = this.#target;
    const expected = hostKey === undefined ? undefined : Buffer.from(hostKey.split(' ')[1] ?? '', 'base64');
    try {
      // Most commands never log in, and loading it takes a tenth of the time in which they begin.
      const { NodeSSH } = await import('node-ssh');
      const session = await new NodeSSH().connect({
        host,
        port,
        username,
        privateKey,
        hostVerifier: (key: Buffer) => !expected || key.equals(expected),
        // What costs an emulated CPU least; both ends have them.
        algorithms: {
          kex: ['curve25519-sha256'],
          serverHostKey: ['ssh-ed25519'],
          cipher: ['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
        },
        readyTimeout: loginBudget,
        keepaliveInterval: 15_000,
        keepaliveCountMax: 8,
      });
      // A session that dies between commands is noticed by the next one; without a listener it would end this process.
      session.connection?.on('error', () => {});
      return session;
    } catch (cause) {
      throw new LabError({
        tried: `log in to ${this.name} (${username}@${host} port ${port})`,
        happened: messageOf(cause),
        next: NEXT,
        cause,
      });
    }
  }
}

/** One command on its way. */
class Execution {
  readonly #guest: string;
  readonly #command: string;
  readonly #options: RunOptions;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #latest: Buffer[] = [];

  constructor(guest: string, command: string, options: RunOptions) {
    this.#guest = guest;
    this.#command = command;
    this.#options = options;
  }

  async on(session: NodeSSH): Promise<RunResult> {
    const { timeout = COMMAND_BUDGET, signal, input } = this.#options;
    const interrupted = Promise.withResolvers<never>();
    let channel: ClientChannel | undefined;
    const stop = (error: unknown) => {
      channel?.signal('KILL');
      channel?.close();
      interrupted.reject(error);
    };
    const timer = setTimeout(() => stop(outlived(this.#guest, this.#command, timeout, this.#output())), timeout);
    const onAbort = () => stop(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const run = session.execCommand(this.#command, {
        ...(input === undefined ? {} : { stdin: Readable.from([Buffer.from(input)]) }),
        noTrim: true,
        onChannel: (opened) => {
          channel = opened;
        },
        onStdout: (chunk) => this.#take(this.#stdout, chunk, this.#options.onStdout),
        onStderr: (chunk) => this.#take(this.#stderr, chunk, this.#options.onStderr),
      });
      const { code, signal: killedBy } = await Promise.race([run, interrupted.promise]);
      return {
        stdout: Buffer.concat(this.#stdout).toString(),
        stderr: Buffer.concat(this.#stderr).toString(),
        exitCode: code ?? exitCodeOfSignal(killedBy),
      };
    } catch (error) {
      if (error instanceof LabError || signal?.aborted) throw error;
      throw new LabError({
        tried: running(this.#command, this.#guest),
        happened: `${messageOf(error)}${seen(this.#output())}`,
        next: NEXT,
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #take(into: Buffer[], chunk: Buffer, listener: ((chunk: Buffer) => void) | undefined): void {
    into.push(chunk);
    this.#latest.push(chunk);
    listener?.(chunk);
  }

  #output(): string {
    return Buffer.concat(this.#latest).toString();
  }
}

/** ssh tells a signal by name; shells say 128 + its number. */
const exitCodeOfSignal = (name: string | null | undefined): number => {
  const numbers: Record<string, number> = {
    HUP: 1,
    INT: 2,
    QUIT: 3,
    ABRT: 6,
    KILL: 9,
    SEGV: 11,
    PIPE: 13,
    ALRM: 14,
    TERM: 15,
  };
  return 128 + (numbers[name?.replace(/^SIG/, '') ?? ''] ?? 0);
};

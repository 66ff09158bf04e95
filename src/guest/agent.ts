import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Puts the agent's parser back to its start, and stands before the answer to `guest-sync-delimited`. */
const SENTINEL = 0xff;

/** Milliseconds in which the agent answers one command; a machine that QEMU has stopped never does. */
const REPLY_BUDGET = 20_000;

/** Milliseconds between questions whether a command has ended: the agent does not tell by itself. */
const POLL = 30;

/** Milliseconds until a synchronization that was not answered is repeated. */
const SYNC_AGAIN = 100;

/** Milliseconds that the first connection is given to answer, each further one twice as long; and between them. */
const FIRST_PATIENCE = 500;
const PAUSE = 300;

interface Answer {
  return?: unknown;
  error?: { class: string; desc: string };
}

export interface Execution {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
  /** Whether the signal ended it. */
  interrupted: boolean;
}

interface ExecStatus {
  exited: boolean;
  exitcode?: number;
  signal?: number;
  'out-data'?: string;
  'err-data'?: string;
}

/**
 * A session with the QEMU guest agent of a guest, over the socket of its virtio-serial port (docs/interop/qemu-ga-ref
 * of QEMU). One command costs an emulated guest some ten milliseconds, where one SSH login costs it a second.
 * The port serves one session at a time.
 */
export class GuestAgent {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the machine closed the channel to its guest agent')));
  }

  /**
   * Connects, and leaves behind whatever an earlier session has not read. Now and then the guest does not notice that
   * its port was opened, and then never answers; a new connection is what wakes it.
   * @throws Error when `timeout` milliseconds are over.
   */
  static async connect(path: string, timeout: number, signal?: AbortSignal): Promise<GuestAgent> {
    const deadline = Date.now() + timeout;
    for (let patience = FIRST_PATIENCE; ; patience *= 2) {
      signal?.throwIfAborted();
      try {
        return await GuestAgent.#connectOnce(path, Math.min(patience, Math.max(1, deadline - Date.now())), signal);
      } catch (error) {
        if (Date.now() >= deadline || signal?.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  static async #connectOnce(path: string, timeout: number, signal?: AbortSignal): Promise<GuestAgent> {
    const budget = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    const socket = createConnection(path);
    try {
      await once(socket, 'connect', { signal: budget });
      const agent = new GuestAgent(socket);
      await agent.#synchronize(budget);
      return agent;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /**
   * Runs a program to its end; when the signal comes first, to that of its process group, which the program must lead.
   * Its output comes when it has ended.
   */
  async exec(path: string, args: readonly string[], input: Buffer, signal: AbortSignal): Promise<Execution> {
    const { pid } = (await this.execute('guest-exec', {
      path,
      arg: args,
      'input-data': input.toString('base64'),
      'capture-output': true,
    })) as { pid: number };
    let interrupted = false;
    for (;;) {
      const status = (await this.execute('guest-exec-status', { pid })) as ExecStatus;
      if (status.exited) {
        return {
          exitCode: status.exitcode ?? 128 + (status.signal ?? 0),
          stdout: Buffer.from(status['out-data'] ?? '', 'base64'),
          stderr: Buffer.from(status['err-data'] ?? '', 'base64'),
          interrupted,
        };
      }
      if (signal.aborted && !interrupted) {
        interrupted = true;
        await this.execute('guest-exec', { path: '/bin/kill', arg: ['-KILL', '--', `-${pid}`] });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }

  /** One command of the agent, in turn with others of this session. @throws Error with the agent's own words. */
  execute(command: string, args: object = {}): Promise<unknown> {
    const answer = this.#turn.then(() => this.#ask({ execute: command, arguments: args }));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #synchronize(signal: AbortSignal): Promise<void> {
    const first = randomInt(1, 2 ** 31);
    const ask = () => {
      this.#socket.write(Buffer.from([SENTINEL]));
      this.#socket.write(`${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id: first } })}\n`);
    };
    // What is written before the agent has noticed that the session before has ended is lost (qemu-ga 7.2).
    const again = setInterval(ask, SYNC_AGAIN);
    try {
      ask();
      // The agent may be at another session's command still; what it answers to that is not for us.
      while ((await this.#answer(signal)).return !== first);
    } finally {
      clearInterval(again);
    }
    // Behind this one come no more answers to the repetitions.
    const last = randomInt(1, 2 ** 31);
    this.#socket.write(`${JSON.stringify({ execute: 'guest-sync', arguments: { id: last } })}\n`);
    while ((await this.#answer(signal)).return !== last);
  }

  async #ask(question: object): Promise<unknown> {
    this.#socket.write(`${JSON.stringify(question)}\n`);
    const { return: value, error } = await this.#answer(AbortSignal.timeout(REPLY_BUDGET));
    if (error) throw new Error(error.desc);
    return value;
  }

  #answer(signal?: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting = { resolve, reject };
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (let end = this.#buffer.indexOf('\n'); end >= 0; end = this.#buffer.indexOf('\n')) {
      const line = this.#buffer.subarray(0, end);
      this.#buffer = this.#buffer.subarray(end + 1);
      const waiting = this.#waiting;
      const answer = parse(line.subarray(line.lastIndexOf(SENTINEL) + 1).toString());
      if (answer) waiting?.resolve(answer);
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
  }
}

/** What is left of an answer that an earlier session broke off is no JSON. */
const parse = (line: string): Answer | undefined => {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
};

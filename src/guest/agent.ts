import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Milliseconds until a greeting that was not answered is repeated: the guest may have been paused, or just woken. */
const GREET_AGAIN = 250;

/** Milliseconds in which the agent answers what takes it no time; a machine that QEMU has stopped never does. */
const REPLY_BUDGET = 20_000;

const NEWLINE = '\n'.charCodeAt(0);

export interface Execution {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
  /** Whether the signal ended it. */
  interrupted: boolean;
}

export interface ExecOptions {
  input?: Buffer;
  /** Ends the command, with all that it has started. */
  signal?: AbortSignal;
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
}

/** One thing to tell a resumed machine: the words of a message, and what follows them. */
export interface Message {
  readonly words: readonly string[];
  readonly payload?: Buffer;
}

interface Run {
  resolve: (exitCode: number) => void;
  reject: (error: Error) => void;
  take: (stream: 'out' | 'err', chunk: Buffer) => void;
}

interface Waiting {
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * A session with the agent of a guest (images/debian12/root/usr/local/sbin/lab-agent), over the socket of its virtio
 * serial port. One command costs an emulated guest some ten milliseconds, where one SSH login costs it a second.
 * The port serves one session at a time; a session serves many commands.
 */
export class GuestAgent {
  readonly #socket: Socket;
  readonly #token = randomBytes(6).toString('hex');
  readonly #runs = new Map<string, Run>();
  /** Who waits for the answers that come in the order of their questions. */
  readonly #waiting: Waiting[] = [];
  #greeted: Waiting | undefined;
  #received = Buffer.alloc(0);
  #count = 0;
  #broken: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the machine closed the channel to its agent')));
  }

  /** Connects and greets. @throws Error when `timeout` milliseconds are over. */
  static async connect(path: string, timeout: number, signal?: AbortSignal): Promise<GuestAgent> {
    const budget = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    const socket = createConnection(path);
    try {
      await once(socket, 'connect', { signal: budget });
      const agent = new GuestAgent(socket);
      await agent.#greet(budget);
      return agent;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Runs a shell command line to its end and gives its output, which also goes to who listens, as it comes. */
  async exec(command: string, { input, signal, onStdout, onStderr }: ExecOptions = {}): Promise<Execution> {
    const id = `${this.#token}-${++this.#count}`;
    const chunks: Record<'out' | 'err', Buffer[]> = { out: [], err: [] };
    const listener = { out: onStdout, err: onStderr };
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#runs.set(id, {
      resolve,
      reject,
      take: (stream, chunk) => {
        chunks[stream].push(chunk);
        listener[stream]?.(chunk);
      },
    });
    let interrupted = false;
    let late: NodeJS.Timeout | undefined;
    const interrupt = () => {
      interrupted = true;
      this.#send(['kill', id]);
      late = setTimeout(() => reject(noAnswer(REPLY_BUDGET)), REPLY_BUDGET);
    };
    try {
      this.#send(['run', id], Buffer.concat([Buffer.from(`${command}\0`), input ?? Buffer.alloc(0)]));
      if (signal?.aborted) interrupt();
      signal?.addEventListener('abort', interrupt, { once: true });
      const exitCode = await promise;
      return { exitCode, stdout: Buffer.concat(chunks.out), stderr: Buffer.concat(chunks.err), interrupted };
    } finally {
      clearTimeout(late);
      signal?.removeEventListener('abort', interrupt);
      this.#runs.delete(id);
    }
  }

  /** Tells the machine things about itself, all in one go. @throws Error with the machine's reason for the first it refused. */
  async tell(messages: readonly Message[], budget = REPLY_BUDGET): Promise<void> {
    const answers = messages.map(({ words, payload }) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#waiting.push({ resolve, reject });
      this.#send(words, payload);
      return promise;
    });
    const late = setTimeout(() => this.#fail(noAnswer(budget)), budget);
    try {
      await Promise.all(answers);
    } finally {
      clearTimeout(late);
      await Promise.allSettled(answers);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #greet(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#greeted = { resolve, reject };
    const greet = () => this.#send(['hello', this.#token]);
    const again = setInterval(greet, GREET_AGAIN);
    const stop = () => reject(signal.reason);
    try {
      signal.addEventListener('abort', stop, { once: true });
      greet();
      await promise;
    } finally {
      clearInterval(again);
      signal.removeEventListener('abort', stop);
    }
  }

  #send(words: readonly string[], payload: Buffer = Buffer.alloc(0)): void {
    if (this.#broken) this.#fail(this.#broken);
    else this.#socket.write(Buffer.concat([Buffer.from(`${words.join(' ')} ${payload.length}\n`), payload]));
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const end = this.#received.indexOf(NEWLINE);
      if (end < 0) return;
      const words = this.#received.toString('latin1', 0, end).split(' ');
      const length = Number(words.pop());
      if (this.#received.length < end + 1 + length) return;
      const payload = this.#received.subarray(end + 1, end + 1 + length);
      this.#received = this.#received.subarray(end + 1 + length);
      this.#hear(words, payload);
    }
  }

  #hear([verb, subject = '', code]: string[], payload: Buffer): void {
    switch (verb) {
      case 'hello':
        if (subject === this.#token) this.#greeted?.resolve();
        break;
      case 'out':
      case 'err':
        this.#runs.get(subject)?.take(verb, payload);
        break;
      case 'exit':
        this.#runs.get(subject)?.resolve(Number(code));
        break;
      case 'ok':
        this.#waiting.shift()?.resolve();
        break;
      case 'error':
        this.#waiting.shift()?.reject(new Error(`${subject}: ${payload.toString().trim()}`));
        break;
    }
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of [...this.#runs.values(), ...this.#waiting.splice(0)]) reject(error);
    this.#runs.clear();
    this.#greeted?.reject(error);
  }
}

const noAnswer = (budget: number): Error => new Error(`its agent did not answer within ${budget / 1000} s`);

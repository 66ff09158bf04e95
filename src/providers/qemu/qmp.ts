import type { Socket } from 'node:net';
import { LabError, messageOf } from '../../support/errors.ts';
import { connectTo } from './socket.ts';

/** How long QEMU may take to answer one command, in milliseconds: an emulated machine's main loop can be busy. */
const ANSWER_BUDGET = 20_000;

interface Answer {
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * A session on a machine's QMP socket (QEMU Machine Protocol: one JSON object a line, answers matched by id).
 * A QMP socket serves one client at a time, so keep sessions short.
 */
export class Qmp implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #rest = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('QEMU closed its control socket')));
  }

  /** Connects and leaves negotiation mode. @throws LabError when nothing answers at `path`. */
  static async connect(path: string, timeout = ANSWER_BUDGET): Promise<Qmp> {
    const qmp = new Qmp(await connected(path, timeout));
    await qmp.execute('qmp_capabilities', {}, timeout);
    return qmp;
  }

  /** Runs one command and gives its `return` value. @throws LabError with QEMU's own description. */
  async execute(command: string, args: Record<string, unknown> = {}, timeout = ANSWER_BUDGET): Promise<unknown> {
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    const timer = setTimeout(() => answer.reject(new Error(`no answer within ${timeout / 1000} s`)), timeout);
    try {
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      return await answer.promise;
    } catch (cause) {
      throw new LabError({
        tried: `run ${command} on a machine's control socket`,
        happened: cause instanceof Error ? cause.message : String(cause),
        cause,
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Runs a command of the human monitor, for what QMP lacks, and gives what it prints. */
  async human(commandLine: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': commandLine }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#answer(JSON.parse(line) as Answer);
  }

  #answer({ id, return: value, error }: Answer): void {
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    if (error) waiting?.reject(new Error(error.desc));
    else waiting?.resolve(value);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const connected = (path: string, timeout: number): Promise<Socket> =>
  connectTo(path, timeout).catch((cause) => {
    throw new LabError({
      tried: 'reach a machine through its control socket',
      happened: `${path}: ${messageOf(cause)}`,
      next: 'see whether the machine runs: lab status',
      cause,
    });
  });

import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { start } from './processes.ts';

/** A QEMU process, spoken to in QMP over its stdin and stdout. */
export class Qemu {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #lines: AsyncGenerator<string, void>;

  private constructor(child: ChildProcess) {
    this.pid = child.pid as number;
    this.#process = child;
    this.#lines = lines(child.stdout as AsyncIterable<Buffer>);
  }

  /** Starts one and waits until all its devices are there. */
  static async start(args: string[]): Promise<Qemu> {
    const binary = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
    const qemu = new Qemu(start(binary, [...args, '-qmp', 'stdio'], ['pipe', 'pipe', 'pipe']));
    await qemu.#lines.next();
    await qemu.execute('qmp_capabilities');
    return qemu;
  }

  async execute(command: string, args: object = {}): Promise<Record<string, unknown>> {
    this.#process.stdin?.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    for (;;) {
      const { value } = await this.#lines.next();
      if (!value) throw new Error('QEMU ended');
      const answer = JSON.parse(value);
      if (answer.error) throw new Error(`${command}: ${answer.error.desc}`);
      if (answer.return) return answer.return;
    }
  }

  /** Loads the state of the devices, the memory being there already, and lets the machine run. */
  async resume(devices: string): Promise<void> {
    const capabilities = [{ capability: 'x-ignore-shared', state: true }];
    await this.execute('migrate-set-capabilities', { capabilities });
    await this.execute('migrate-incoming', { uri: `exec:cat '${devices}'` });
    for (;;) {
      const { status } = await this.execute('query-migrate');
      if (status === 'completed') break;
      if (status === 'failed') throw new Error(`${devices} does not fit`);
      await setTimeout(5);
    }
    await this.execute('cont');
  }
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let received = '';
  for await (const chunk of chunks) {
    received += chunk;
    const whole = received.split('\n');
    received = whole.pop() as string;
    yield* whole.filter((line) => line.trim() !== '');
  }
}

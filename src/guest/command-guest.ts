import { shellQuote } from '../support/shell.ts';
import { finished } from './command-result.ts';
import type { Guest, RebootOptions, RunOptions, RunResult } from './guest.ts';

/** A guest that does by commands all that can be done so, whatever way the commands take. */
export abstract class CommandGuest implements Guest {
  abstract readonly name: string;
  abstract run(command: string, options?: RunOptions): Promise<RunResult>;
  abstract reboot(options?: RebootOptions): Promise<void>;
  abstract close(): Promise<void>;

  async must(command: string, options: RunOptions = {}): Promise<RunResult> {
    return finished(this.name, command, await this.run(command, options));
  }

  async write(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
    const target = shellQuote(path);
    const temporary = shellQuote(`${path}.new`);
    await this.must(`cat > ${temporary} && chmod ${mode.toString(8)} ${temporary} && mv ${temporary} ${target}`, {
      input: content,
    });
  }

  async read(path: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await this.must(`cat -- ${shellQuote(path)}`, { onStdout: (chunk) => chunks.push(chunk) });
    return Buffer.concat(chunks);
  }
}

/** A running node one can run commands on. The same on every provider. */
export interface Guest {
  readonly name: string;
  /**
   * Runs a shell command line as root and gives its result, whatever its exit code.
   * @throws LabError when the guest cannot be reached, or the command outlives its budget: names the command, the
   * budget and the last output.
   */
  run(command: string, options?: RunOptions): Promise<RunResult>;
  /** Like `run`, but any exit code other than 0 is a LabError that names the command and its last output. */
  must(command: string, options?: RunOptions): Promise<RunResult>;
  /** Writes a file on the guest (whole, then renamed), with the given permission bits. */
  write(path: string, content: string | Buffer, mode?: number): Promise<void>;
  /** Reads a file of the guest. */
  read(path: string): Promise<Buffer>;
  /**
   * Reboots it and waits until it is ready again. By `force` at once, as when it loses its power: nothing that runs on
   * it can say goodbye, though its disk is written first.
   */
  reboot(options?: RebootOptions): Promise<void>;
  /** Ends the session; the guest runs on. */
  close(): Promise<void>;
}

export interface RebootOptions {
  readonly force?: boolean;
}

/** The command that makes a machine reboot. It ends before the machine does, which could not tell that it ended. */
export const rebootCommand = ({ force = false }: RebootOptions = {}): string =>
  force
    ? "setsid sh -c 'sleep 0.2; exec systemctl reboot --force --force' > /dev/null 2>&1 < /dev/null &"
    : 'systemctl reboot';

export interface RunOptions {
  /** Given to the command as its standard input. */
  input?: string | Buffer;
  /** Budget in milliseconds; 60,000 if not given. */
  timeout?: number;
  signal?: AbortSignal;
  /** Output as it comes. */
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
}

export interface RunResult {
  stdout: string;
  stderr: string;
  /** The command's exit code; 128 + signal number when a signal ended it, as shells say it. */
  exitCode: number;
}

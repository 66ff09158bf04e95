import type { Guest } from '../guest/guest.ts';
import type { ToolName } from '../host/tools.ts';
import type { Family } from '../images/family.ts';
import type { Lab } from '../lab/lab.ts';

/** Where the things of one instance are, and what it is made from. */
export interface Place {
  /** Name of the instance: unique on this host and user. */
  readonly name: string;
  /** Its own directory; everything the provider keeps lies in it. */
  readonly dir: string;
  readonly lab: Lab;
}

export type MachineStatus = 'running' | 'paused' | 'stopped' | 'crashed';

export interface MachineState {
  readonly node: string;
  readonly status: MachineStatus;
  /** How it came to life: `cold`, or `golden` when it was resumed from a saved state. */
  readonly origin?: string;
  /** Proportional set size of the machine's process in bytes, where the host tells. */
  readonly memory?: number;
  /** CPU seconds its process has used. */
  readonly cpuSeconds?: number;
}

/** One thing a provider needs of the host, and how to mend it where it is missing. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** Version found, or what is wrong. */
  readonly detail: string;
  /** Command or advice that mends it. */
  readonly mend?: string;
}

/** Packets seen on one NIC of one node, from outside the guest where the provider can. */
export interface Capture {
  readonly node: string;
  readonly segment: string;
  /** Ends the capture and gives the pcap file's content. */
  stop(): Promise<Buffer>;
}

export interface CreateOptions {
  readonly image: string;
  readonly accel?: string;
  /** Boot every machine, though a saved state could be resumed. */
  readonly cold?: boolean;
  /** First of the consecutive local ports for the guests' SSH, in node order; free ones are chosen if not given. */
  readonly sshPort?: number;
}

/** Told of what goes on, a line at a time; `node` where it concerns one machine. */
export type Notify = (line: string, node?: string) => void;

/** Makes, starts, stops and removes machines and segments. Knows nothing of LVS. */
export interface Provider {
  readonly name: string;
  /** Programs that it runs on the host. */
  readonly tools: readonly ToolName[];
  /** @throws LabError, exit code 2, when `create` would refuse these options on any host. */
  validate(options: CreateOptions): void;
  /** Whether it can run on this host, point by point. */
  examine(): Promise<Finding[]>;
  /** The family of the guest image, which provisioning needs. */
  family(image: string): Family;
  /** Puts all that the machines need on disk. */
  create(place: Place, options: CreateOptions, notify: Notify, signal: AbortSignal): Promise<void>;
  /** Starts segments and machines; gives back when every process runs, not when guests are ready. */
  start(place: Place, notify: Notify, signal: AbortSignal): Promise<void>;
  /**
   * Waits until a started machine is ready for commands and gives a session to it.
   * @throws LabError with the tail of its console when it panics, ends or outlives `timeout` (milliseconds).
   */
  ready(place: Place, node: string, timeout: number, signal: AbortSignal): Promise<Guest>;
  /**
   * Shuts the machines down; their disks stay. After `grace` milliseconds (30,000 if not given) those that still run
   * lose their power.
   */
  stop(place: Place, notify: Notify, grace?: number): Promise<void>;
  /** Ends everything of the instance that runs and removes what `create` made. Works on any half-made instance. */
  remove(place: Pick<Place, 'name' | 'dir'>, notify: Notify): Promise<void>;
  states(place: Place): Promise<MachineState[]>;
  /** The image that the disks of the instance in `dir` refer to, if it has such disks. */
  imageOf(dir: string): Promise<string | undefined>;
  /** Program and arguments with which a person logs in to a running machine. */
  sshCommand(place: Place, node: string): Promise<string[]>;
  /** Path of the file that holds a machine's console output. */
  console(place: Pick<Place, 'dir'>, node: string): string;
  capture(place: Place, node: string, segment: string): Promise<Capture>;
  /** Ends and removes what runs for instances whose directory is gone, and says what that was. */
  prune(notify: Notify): Promise<void>;
}

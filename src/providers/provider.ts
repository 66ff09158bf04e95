import type { Capture } from '../capture/capture.ts';
import type { Guest } from '../guest/guest.ts';
import type { MachineControls, MachineState } from '../guest/machine.ts';
import type { ToolName } from '../host/tools.ts';
import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';

/** Where the things of one instance are, and what it is made from. */
export interface Place {
  /** Name of the instance: unique on this host and user. */
  readonly name: string;
  /** Its own directory; everything the provider keeps lies in it. */
  readonly dir: string;
  readonly lab: Lab;
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

export interface CreateOptions {
  readonly image: string;
  readonly accel?: string;
  /** Boot every machine, though a saved state could be resumed. */
  readonly cold?: boolean;
  /** Directory of a saved state of this lab that the machines begin with. */
  readonly saved?: string;
  /** First of the consecutive local ports for the guests' SSH, in node order; free ones are chosen if not given. */
  readonly sshPort?: number;
}

/** Told of what goes on, a line at a time; `node` where it concerns one machine. */
export type Notify = (line: string, node?: string) => void;

/** The error of a machine that does not wake from a saved state, though its host has all that it needs. */
export class CannotResume extends LabError {}

/** Whole labs saved at one moment, memory and disks, for a provider that can. */
export interface SavedStates {
  /** An image whose machines can be saved. */
  readonly image: string;
  /** Whether machines of an image can be saved. */
  saves(image: string): boolean;
  /**
   * What a saved state fits as long as it stays the same, beside the lab itself: the image, the program that runs the
   * machines, their hardware. Keys are words for a person, values are only ever compared.
   */
  inputs(
    place: Pick<Place, 'lab'>,
    options: CreateOptions,
    notify: Notify,
    signal: AbortSignal,
  ): Promise<Record<string, string>>;
  /** Saves all machines, which run, as they are at one moment, in the empty directory `dir`. They run on. */
  save(place: Place, dir: string, notify: Notify, signal: AbortSignal): Promise<void>;
  /** Names of the files that `save` leaves in its directory. */
  files(place: Pick<Place, 'lab'>): string[];
  /** Ends what a killed `save` into `dir` left running. */
  abandon(dir: string): Promise<void>;
  /** Lets machines run on that a killed `save` left paused. */
  wake(place: Place): Promise<void>;
  /**
   * Drops what the machines are and has them begin as they were saved in `dir`, at the next `start`. Their segments and
   * their identity stay.
   */
  rewind(place: Place, dir: string): Promise<void>;
}

/** Makes, starts, stops and removes machines and segments. Knows nothing of LVS. */
export interface Provider {
  readonly name: string;
  /** Programs that it runs on the host. */
  readonly tools: readonly ToolName[];
  /** What a lab gets here that names no image; where not given, what `src/images/` has as its default. */
  readonly defaultImage?: string;
  /** @throws LabError, exit code 2, when `create` would refuse these options on any host. */
  validate(options: CreateOptions): void;
  /** Whether it can run on this host, point by point. */
  examine(): Promise<Finding[]>;
  /** The family of the guest image, which provisioning needs. */
  family(image: string): Family;
  /** MiB that a machine of an image has even where the lab file says less; 0 where that is all it gets. */
  leastMemory(image: string): number;
  /** Puts all that the machines need on disk. */
  create(place: Place, options: CreateOptions, notify: Notify, signal: AbortSignal): Promise<void>;
  /**
   * Starts segments and machines; gives back when every process runs, not when guests are ready.
   * @param bootBudget milliseconds that a machine may take to boot, for a provider that waits for it already here
   * @throws CannotResume when a machine does not wake as it was saved.
   */
  start(place: Place, notify: Notify, signal: AbortSignal, bootBudget?: number): Promise<void>;
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
  /** @param guest gives a session to the node, for who has no other way to its packets */
  capture(place: Place, node: string, segment: string, guest?: () => Promise<Guest>): Promise<Capture>;
  readonly savedStates?: SavedStates;
  /** A machine's power, pause button and cables. Its `start` gives back when its process runs, not when it is ready. */
  controls(place: Place, node: string, signal: AbortSignal): Promise<MachineControls>;
  /** Ends and removes what runs for instances whose directory is gone, and says what that was. */
  prune(notify: Notify): Promise<void>;
}

export type MachineStatus = 'running' | 'paused' | 'stopped' | 'crashed';

export interface MachineState {
  readonly node: string;
  readonly status: MachineStatus;
  /**
   * How it came to life: `cold` when it booted, `golden` when it was resumed from the machine saved with the image,
   * `warm` when it was resumed from a saved state of its lab.
   */
  readonly origin?: string;
  /** Proportional set size of the machine's process in bytes, where the host tells. */
  readonly memory?: number;
  /** CPU seconds its process has used. */
  readonly cpuSeconds?: number;
}

/** A machine's power, its pause button and its cables. */
export interface MachineControls {
  /** Takes its power away at once; its disk stays as it is then. */
  cutPower(): Promise<void>;
  /** Gives it power where it has none; one that runs is left alone. */
  start(): Promise<void>;
  pause(): Promise<void>;
  /** One that is not paused is left alone. */
  resume(): Promise<void>;
  /** Puts the cable between a NIC and its segment in, or pulls it out: the guest sees its carrier come or go. */
  plug(segment: string, isIn: boolean): Promise<void>;
}

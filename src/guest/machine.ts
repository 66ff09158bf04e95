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

import type { MachineControls, MachineState } from '../../guest/machine.ts';
import type { ToolName } from '../../host/tools.ts';
import type { Finding, Notify, Place } from '../provider.ts';
import type { VagrantState } from './state.ts';

/** Stands before the directory of its instance in a machine's description, by which machines left behind are known. */
export const MARK = 'Machine of lab in ';

/** What lies under Vagrant, as far as Vagrant does not hide it. */
export interface Backend {
  /** As Vagrant names it. */
  readonly name: 'libvirt' | 'virtualbox';
  /** Programs that it runs on the host, and Vagrant. */
  readonly tools: readonly ToolName[];
  /** By accelerator, the driver that it has for it; none where it chooses by itself. */
  readonly drivers: Readonly<Record<string, string>>;
  /** Whether a box that is packed here can be used. */
  readonly localBoxes: boolean;
  /** Whether it can run on this host, point by point, beside Vagrant itself. */
  examine(): Promise<Finding[]>;
  /** Name of a node's machine on the host. */
  machineName(instance: string, node: string): string;
  /** Name of a segment's network on the host. */
  networkName(instance: string, segment: string): string;
  /** Ruby for the Vagrantfile: what is set for all machines of the instance in `dir`. */
  settings(dir: string, driver: string | undefined): string[];
  /** Ruby for the Vagrantfile: what is set for one machine. */
  machineSettings(name: string, console: string): string[];
  /** How the instance's machines fare. */
  states(place: Place, state: VagrantState): Promise<MachineState[]>;
  /** Shuts the machines down; those that still run after `grace` milliseconds lose their power. */
  halt(place: Place, state: VagrantState, notify: Notify, grace: number): Promise<void>;
  /** Reaches a machine by its name on the host. @param macOf gives the MAC address of its NIC on a segment */
  controls(machine: string, macOf: (segment: string) => string): MachineControls;
  /** Removes what Vagrant has left of an instance, or never knew. Nothing that is not the instance's own. */
  sweep(dir: string, state: VagrantState): Promise<void>;
  /** Removes machines of instances whose directory is gone, and says which. */
  prune(notify: Notify): Promise<void>;
}

import type { MachineStatus } from '../guest/machine.ts';
import type { Connection } from '../ipvs/connections.ts';
import type { Table } from '../ipvs/table.ts';
import type { Rule } from './packet-filter.ts';

/** A network device of a node, as `ip -s address` has it. */
export interface Device {
  readonly name: string;
  readonly mac: string;
  /** Set up: `ip link set … up`. */
  readonly up: boolean;
  /** Whether its link has carrier: a cable that is plugged in at both ends. */
  readonly carrier: boolean;
  readonly mtu: number;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
  readonly received: number;
  readonly sent: number;
}

/** What the kernel answered to `ip route get`. */
export type Answer =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'out';
      readonly device: string;
      readonly via?: string;
      /** The source it would choose by itself. */
      readonly source?: string;
      /** Largest segment that is told to peers on this way; bytes. */
      readonly advmss?: number;
    }
  /** The words of RTNETLINK: `Network is unreachable`, `Invalid cross-device link` for reverse path filtering. */
  | { readonly kind: 'refused'; readonly why: string };

export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  /** `*` for all. */
  readonly address: string;
  readonly port: number;
  readonly program: string;
}

export interface Neighbour {
  readonly address: string;
  readonly device: string;
  readonly mac?: string;
  readonly state: string;
}

/** What one node said of itself: plain values, so that every judgement is a function of them. */
export interface NodeSnapshot {
  readonly node: string;
  readonly status: MachineStatus;
  /** Why it could not be asked; all else is empty then. */
  readonly silent?: string;
  readonly devices: readonly Device[];
  readonly answers: ReadonlyMap<string, Answer>;
  readonly neighbours: readonly Neighbour[];
  /** By name, `net.ipv4.` left out: `conf.all.rp_filter`; of IPv6 `net.` alone: `ipv6.conf.all.forwarding`. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly modules: ReadonlySet<string>;
  readonly listeners: readonly Listener[];
  /** Counters that are not 0, by nstat's names. */
  readonly counters: ReadonlyMap<string, number>;
  readonly filter: readonly Rule[];
  /** Policies of chains, `filter INPUT` → `DROP`, with how many packets met them. */
  readonly policies: ReadonlyMap<string, { readonly target: string; readonly packets: number }>;
  /** Lines of `arptables-save`. */
  readonly arptables: readonly string[];
  /** Lines of `nft list ruleset` that drop or reject, outside of iptables' own tables. */
  readonly nftables: readonly string[];
  /** Queueing disciplines that delay, drop or bound: `eth1: netem … loss 30%`. */
  readonly netem: readonly { readonly device: string; readonly line: string }[];
  /** Processes of servers, by their program, and whether they are stopped. */
  readonly processes: readonly { readonly program: string; readonly stopped: boolean }[];
  /** First line of the web server's page. */
  readonly page?: string;
  /** Of a director. */
  readonly table: Table;
  readonly connections: readonly Connection[];
  /** All that it printed for the diagnosis, by command. */
  readonly raw: string;
  /** What a person would look at first, by command; where it was asked for that as well. */
  readonly state?: string;
}

export const NOTHING: Omit<NodeSnapshot, 'node' | 'status'> = {
  devices: [],
  answers: new Map(),
  neighbours: [],
  sysctls: new Map(),
  modules: new Set(),
  listeners: [],
  counters: new Map(),
  filter: [],
  policies: new Map(),
  arptables: [],
  nftables: [],
  netem: [],
  processes: [],
  table: [],
  connections: [],
  raw: '',
};

/** What is said of every node of a lab, by name. */
export type LabSnapshot = ReadonlyMap<string, NodeSnapshot>;

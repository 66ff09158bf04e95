import type { Capture } from '../../src/capture/capture.ts';
import type { LabAccess } from '../../src/guest/access.ts';
import type { Guest, RunResult } from '../../src/guest/guest.ts';
import { type Lab, linkOf, nodeOf } from '../../src/lab/lab.ts';
import type { Burst } from '../../src/traffic/observation.ts';
import { pcap } from '../capture/bytes.ts';
import { serviceOf } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf, Wire } from '../traffic/wire.ts';

export interface Behaviour {
  /** Who answers the requests, over and over; a dash for nobody. */
  answers?: string;
  sabotage?: Sabotage;
  /** Machines besides the director that answer ARP for the VIP. */
  alsoAnswers?: string[];
  /** Called first for every command; what it throws or gives is what the command throws or gives. */
  onRun?: (node: string, command: string) => RunResult | undefined;
  onCapture?: (node: string, segment: string) => void;
  onStop?: (node: string, segment: string) => void;
  signal?: AbortSignal;
}

/** The clocks of the captures of emulated machines, which are seconds apart. */
const SKEWS = {
  'client/outside': 12,
  'router/outside': 7.2,
  'router/inside': 8.2,
  'director/inside': 31,
  'rs1/inside': 2,
  'rs2/inside': 0.5,
};

/**
 * A lab of which only the wire is worked out: its guests understand the commands of the checks and answer as a real one
 * does, its captures hold the packets of the requests that were made.
 */
export class SimulatedLab implements LabAccess {
  readonly lab: Lab;
  /** Captures that were started and not stopped. */
  readonly running = new Set<string>();
  readonly commands: string[] = [];
  readonly signal?: AbortSignal;
  readonly #behaviour: Behaviour;
  readonly #logs = new Map<string, string[]>();
  #wire: Wire;

  constructor(lab: Lab, behaviour: Behaviour = {}) {
    this.lab = lab;
    this.#behaviour = behaviour;
    this.#wire = new Wire(lab, SKEWS);
    if (behaviour.signal) this.signal = behaviour.signal;
  }

  async guest(node: string): Promise<Guest> {
    const run: Guest['run'] = async (command, options) => {
      this.commands.push(`${node}: ${command.split('\n').at(-1)}`);
      const answer = this.#behaviour.onRun?.(node, command);
      if (answer) return answer;
      return { stdout: this.#run(node, command, String(options?.input)), stderr: '', exitCode: 0 };
    };
    return { name: node, run, must: run } as Guest;
  }

  async capture(node: string, segment: string): Promise<Capture> {
    const key = `${node}/${segment}`;
    this.#behaviour.onCapture?.(node, segment);
    this.running.add(key);
    return {
      node,
      segment,
      stop: async () => {
        this.running.delete(key);
        this.#behaviour.onStop?.(node, segment);
        return linkOf(nodeOf(this.lab, node), segment) ? this.#wire.pcap(node, segment) : pcap([]);
      },
    };
  }

  #run(node: string, command: string, input: string): string {
    this.#wire = command.includes('curl') || command.includes('arping') ? new Wire(this.lab, SKEWS) : this.#wire;
    if (command.includes('curl')) return this.#curl(input);
    if (command.includes('arping')) return this.#arping(node);
    if (command.includes('access')) return (this.#logs.get(node) ?? []).join('\n');
    if (command.startsWith('ipvsadm')) return 'IP Virtual Server version 1.2.1 (size=4096)\n';
    throw new RangeError(`${node} was not expected to run ${command}`);
  }

  #curl(config: string): string {
    const tokens = [...config.matchAll(/lab=([\w-]+)/g)].map((match) => match[1] as string);
    const names = (this.#behaviour.answers ?? 'rs2 rs1').split(' ');
    const answers = tokens.map((_, index) => names[index % names.length]);
    const plain = burstOf(this.lab, answers.join(' '));
    const requests = plain.requests.map((request, index) => ({ ...request, token: tokens[index] as string }));
    const burst: Burst = { ...plain, requests };
    trafficOf(this.lab, burst, this.#behaviour.sabotage, this.#wire);
    for (const { answer, token } of requests) {
      const address = this.#behaviour.sabotage?.translated ?? '192.168.1.200';
      const line = `${address} - - [01/Mar/2026:10:00:00 +0000] "GET /?lab=${token} HTTP/1.1" 200 4 "-" "curl/7.88.1"`;
      if (answer) this.#logs.set(answer, [...(this.#logs.get(answer) ?? []), line]);
    }
    const mark = /write-out = "\\n(@\w+)/.exec(config)?.[1];
    return requests.map(({ answer, port }) => `${answer}\n\n${mark} 200 0.01 ${port} 192.168.1.200\n`).join('');
  }

  #arping(asker: string): string {
    const { vip, director, segment } = serviceOf(this.lab);
    const address = linkOf(nodeOf(this.lab, asker), segment)?.address ?? '';
    this.#wire.arp(segment, 1, asker, address, '', vip);
    for (const owner of [director, ...(this.#behaviour.alsoAnswers ?? [])]) {
      this.#wire.arp(segment, 2, owner, vip, asker, address);
    }
    return `ARPING ${vip} from ${address} eth1\n`;
  }
}

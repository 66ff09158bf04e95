import type { MemoryRoom } from '../../admission/lack.ts';
import type { Ticket } from '../../admission/ticket.ts';
import { freeMemory } from '../../host/capacity.ts';
import type { Node } from '../../lab/lab.ts';
import type { Providers } from '../../providers/registry.ts';
import { parseSize } from '../../support/size.ts';
import { type Instance, placeOf } from '../instance.ts';
import { instanceNames, readInstance } from '../store.ts';

const MIB = 1024 ** 2;

/**
 * Bytes that a machine's process takes beside the guest's memory. An emulated machine of 256 MiB that had touched all of
 * it took 360 MiB where it had booted, 297 MiB where it was resumed; up to 64 MiB of that was QEMU's translated code.
 */
const OVERHEAD = 112 * MIB;

/** Bytes that machines of these nodes may take in the end. They begin with about half of it. */
export const memoryOf = (nodes: readonly Pick<Node, 'memory'>[]): number =>
  nodes.reduce((sum, { memory }) => sum + memory * MIB + OVERHEAD, 0);

/** The nodes with the memory that their machines get, where the image needs more than the lab file says. */
export const withMemory = <N extends Pick<Node, 'memory'>>(
  providers: Providers,
  nodes: readonly N[],
  { provider, image }: Pick<Instance, 'provider' | 'image'>,
): N[] => {
  const least = providers.named(provider).leastMemory(image);
  return nodes.map((node) => ({ ...node, memory: Math.max(node.memory, least) }));
};

/** What an instance has of the host's memory, and what it may take in the end, in bytes. */
interface Claim {
  readonly name: string;
  readonly taken: number;
  readonly wanted: number;
}

/**
 * The memory that there is for the machines of an instance: what is free now, less what others may still take, whose
 * machines run or who were admitted. LAB_MAX_MEMORY bounds what all of them together may have.
 */
export const memoryRoom = async (
  providers: Providers,
  instance: string,
  admitted: readonly Ticket[] = [],
): Promise<MemoryRoom> => {
  const limit = memoryLimit();
  const names = new Set([...(await instanceNames()), ...admitted.map((ticket) => ticket.instance)]);
  names.delete(instance);
  const claims = await Promise.all([...names].map((name) => claimOf(providers, name, admitted)));
  const [taken, wanted] = [sum(claims.map((claim) => claim.taken)), sum(claims.map((claim) => claim.wanted))];
  const free = freeMemory();
  return {
    left: Math.max(0, Math.min(free - (wanted - taken), limit - wanted)),
    most: Math.min(free + taken, limit),
    holders: claims.filter((claim) => claim.wanted > 0).map(({ name }) => name),
  };
};

const claimOf = async (providers: Providers, name: string, admitted: readonly Ticket[]): Promise<Claim> => {
  const instance = await readInstance(name).catch(() => undefined);
  const running = instance ? await runningMachines(providers, instance) : [];
  const taken = sum(running.map((machine) => machine.taken));
  const asked = sum(admitted.filter((ticket) => ticket.instance === name).map(({ memory }) => memory));
  return { name, taken, wanted: Math.max(taken, asked, sum(running.map((machine) => machine.wanted))) };
};

/** Where the host does not tell what a machine takes, it counts as having all that it wants. */
const runningMachines = async (
  providers: Providers,
  instance: Instance,
): Promise<{ taken: number; wanted: number }[]> => {
  const states = await providers
    .named(instance.provider)
    .states(placeOf(instance))
    .catch(() => []);
  return states.flatMap(({ node, status, memory }) => {
    const wanted = memoryOf(
      withMemory(providers, instance.definition.nodes, instance).filter(({ name }) => name === node),
    );
    const runs = memory !== undefined || status === 'running' || status === 'paused';
    return runs ? [{ taken: memory ?? wanted, wanted }] : [];
  });
};

const memoryLimit = (): number => {
  const wanted = process.env.LAB_MAX_MEMORY;
  return wanted === undefined || wanted === '' ? Number.POSITIVE_INFINITY : parseSize(wanted);
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

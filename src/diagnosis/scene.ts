import type { Family } from '../images/families.ts';
import { type ForwardingMethod, familyOfLab, type Lab, linkOf, type Node, nodeOf, type Service } from '../lab/lab.ts';
import type { Cause, Effect } from './cause.ts';
import { type Entry, type Journey, journeysOf } from './journey.ts';
import { type Question, questionsOf } from './questions.ts';
import { type Device, type LabSnapshot, NOTHING, type NodeSnapshot } from './snapshot.ts';

/** A lab as its file has it, and what its nodes say: all that a hypothesis is judged on. */
export interface Scene {
  readonly lab: Lab;
  /** Of the guests. */
  readonly family: Family;
  readonly snapshot: LabSnapshot;
  readonly journeys: readonly Journey[];
  readonly questions: readonly Question[];
}

/** Judges one hypothesis: everything of its kind that is wrong. */
export type Hypothesis = (scene: Scene) => Cause[];

export const sceneOf = (lab: Lab, family: Family, snapshot: LabSnapshot): Scene => ({
  lab,
  family,
  snapshot,
  journeys: journeysOf(lab),
  questions: questionsOf(lab),
});

/** What a node said; nothing at all where it could not be asked. */
export const saidBy = ({ snapshot }: Scene, node: string): NodeSnapshot =>
  snapshot.get(node) ?? { ...NOTHING, node, status: 'running', silent: 'it was not asked' };

/** Whether a node told of itself, so that what it did not say is not there. */
export const spoke = ({ devices }: NodeSnapshot): boolean => devices.length > 0;

/** The NIC of a node on a segment. */
export const nicOn = (scene: Scene, node: string, segment: string): Device | undefined => {
  const mac = linkOf(nodeOf(scene.lab, node), segment)?.mac;
  return saidBy(scene, node).devices.find((device) => device.mac === mac);
};

/** Its name; the segment's where the node was not heard. */
export const nicName = (scene: Scene, node: string, segment: string): string =>
  nicOn(scene, node, segment)?.name ?? segment;

export const deviceOf = (scene: Scene, node: string, entry: Entry): string =>
  'device' in entry ? entry.device : nicName(scene, node, entry.segment);

/** The device that has an address, if one does. */
export const holderOf = ({ devices }: NodeSnapshot, address: string): Device | undefined =>
  devices.find((device) => device.addresses.some((each) => each.address === address));

/** A sysctl under `net.ipv4.`, as a number; undefined where it was not told. */
export const sysctl = ({ sysctls }: NodeSnapshot, name: string): number | undefined => {
  const value = sysctls.get(name);
  return value === undefined ? undefined : Number(value);
};

/** The parameter that has a node pass packets of the lab on, by its full name, and whether it does; undefined where it was not told. */
export const forwardingOf = (scene: Scene, node: string): { name: string; on: boolean | undefined } => {
  const [name, key] =
    familyOfLab(scene.lab) === 'IPv6'
      ? (['net.ipv6.conf.all.forwarding', 'ipv6.conf.all.forwarding'] as const)
      : (['net.ipv4.ip_forward', 'ip_forward'] as const);
  const value = sysctl(saidBy(scene, node), key);
  return { name, on: value === undefined ? undefined : value !== 0 };
};

/** The value in force of a parameter that is the larger of `all` and a device's own. */
export const inForce = (said: NodeSnapshot, parameter: string, device: string): number =>
  Math.max(sysctl(said, `conf.all.${parameter}`) ?? 0, sysctl(said, `conf.${device}.${parameter}`) ?? 0);

/** What it means that requests on these journeys do not come through. */
export const losing = (journeys: readonly Journey[], how: NonNullable<Effect['how']>): Effect => ({
  lost: [...new Set(journeys.map(({ server }) => server.node))],
  how,
  // A health checker takes a server out that does not answer: then nothing is lost, and nobody takes turns.
  ...(journeys.some(({ service }) => service.healthCheck) && { turns: true }),
});

export const servicesWith = ({ lab }: Scene, node: string, ...methods: ForwardingMethod[]): Service[] =>
  lab.services.filter(
    ({ forward, realServers }) => methods.includes(forward) && realServers.some((server) => server.node === node),
  );

/** Brings all that its script set up on a node back in force. */
export { REAPPLY } from '../lab/lab.ts';

export const isDirector = ({ roles }: Node): boolean => roles.includes('director');

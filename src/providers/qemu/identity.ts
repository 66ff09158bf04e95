import { randomBytes } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { GuestAgent, type Message } from '../../guest/agent.ts';
import type { Node } from '../../lab/lab.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import type { Place } from '../provider.ts';
import { GOLDEN_LINKS } from './command-line.ts';
import { layout, runLayout } from './layout.ts';
import { withoutHosts } from './seed.ts';

/** Milliseconds that a resumed machine may take to become the node that it is. */
const BUDGET = 60_000;

/**
 * What a resumed machine was when it was saved: the golden machine, which is nobody yet, or this very node of an
 * instance.
 */
export type Former = 'golden' | 'node';

/** Gives a resumed machine what is its own: its seed, clock and random numbers, and a golden one its name and NICs. */
export const becomeNode = async (
  place: Place,
  node: Node,
  runDir: string,
  former: Former,
  signal: AbortSignal,
): Promise<void> => {
  const files = layout(place.dir).node(node.name);
  const tried = `make a resumed machine into ${node.name}`;
  const agent = await GuestAgent.connect(runLayout(runDir).agent(node.name), BUDGET, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new LabError({ tried, happened: `its agent does not answer: ${messageOf(cause)}`, cause });
  });
  try {
    const seed = await readFile(files.seed);
    const own = former === 'node' ? await withoutHosts(seed) : seed;
    await agent.tell(identityOf(node, own, new Date(), former), BUDGET);
    await appendFile(files.console, 'lab: starting\r\nlab: ready\r\n', { mode: 0o600 });
  } catch (cause) {
    throw new LabError({ tried, happened: messageOf(cause), cause });
  } finally {
    agent.close();
  }
};

/**
 * What a resumed machine is told to become a node. All that are resumed from one state wake with one random generator,
 * so each is given random bytes of the host's.
 */
export const identityOf = (node: Node, seed: Buffer, now: Date, former: Former): Message[] => [
  { words: ['clock', String(now.getTime() * 1000)] },
  { words: ['random'], payload: randomBytes(64) },
  { words: ['unpack'], payload: seed },
  ...(former === 'golden' ? nameAndNics(node) : []),
  // The journal of a machine lies under its id.
  { words: ['journal'] },
  // sshd reads its keys anew.
  { words: ['hangup', '/run/sshd.pid'] },
  // A power cut must not take what it is with it.
  { words: ['sync'] },
];

const nameAndNics = (node: Node): Message[] => [
  { words: ['name', node.name] },
  ...node.links.map(({ mac }, index) => ({ words: ['mac', `eth${index + 1}`, mac] })),
  ...Array.from({ length: GOLDEN_LINKS - node.links.length }, (_, index) => ({
    words: ['unplug', `eth${node.links.length + index + 1}`],
  })),
];

import { randomBytes } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { GuestAgent } from '../../guest/agent.ts';
import type { Node } from '../../lab/lab.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { shellQuote } from '../../support/shell.ts';
import type { Place } from '../provider.ts';
import { GOLDEN_LINKS } from './command-line.ts';
import { goldenFiles, migrationDone } from './golden.ts';
import { layout, runLayout } from './layout.ts';
import { startMachine } from './machine.ts';
import { Qmp } from './qmp.ts';
import type { MachineRecord, QemuState } from './state.ts';

/** Milliseconds that a clone may take to wake, and then to become the node that it is. */
const RESUME_BUDGET = 30_000;
const IDENTITY_BUDGET = 60_000;

/**
 * Starts a node by resuming a clone of the golden machine: it maps the golden memory privately, page by page as it
 * touches it, and then becomes this node and no other.
 * @throws LabError when it does not wake; the node can still be booted.
 */
export const startClone = async (
  place: Place,
  node: Node,
  state: QemuState,
  golden: string,
  signal: AbortSignal,
): Promise<MachineRecord> => {
  const files = goldenFiles(golden);
  const record = await startMachine(place, node, state, signal, {
    memory: { file: files.memory, shared: false },
    seed: files.seed,
    incoming: true,
  });
  await using qmp = await Qmp.connect(runLayout(state.runDir).qmp(node.name));
  await qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }] });
  await qmp.execute('migrate-incoming', { uri: `exec:cat ${shellQuote(files.devices)}` });
  await migrationDone(qmp, `resume ${node.name}`, RESUME_BUDGET, signal);
  await qmp.execute('cont');
  await becomeNode(place, node, state, signal);
  return { ...record, origin: 'golden' };
};

/** Gives a clone what is its own: its seed, clock, random numbers, host name, NICs and MACs. */
const becomeNode = async (place: Place, node: Node, state: QemuState, signal: AbortSignal): Promise<void> => {
  const files = layout(place.dir).node(node.name);
  const budget = AbortSignal.any([signal, AbortSignal.timeout(IDENTITY_BUDGET)]);
  const tried = `make a clone of the golden machine into ${node.name}`;
  const agent = await GuestAgent.connect(runLayout(state.runDir).agent(node.name), IDENTITY_BUDGET, signal).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw new LabError({ tried, happened: `its guest agent does not answer: ${messageOf(cause)}`, cause });
    },
  );
  try {
    const seed = await readFile(files.seed);
    const { exitCode, stdout, stderr } = await agent.exec(
      '/usr/bin/setsid',
      ['/bin/bash', '-c', identityScript(node, new Date())],
      seed,
      budget,
    );
    if (exitCode !== 0) throw new LabError({ tried, happened: `exit code ${exitCode}\n${stdout}${stderr}`.trimEnd() });
    await appendFile(files.console, 'lab: starting\r\nlab: ready\r\n');
  } finally {
    agent.close();
  }
};

/**
 * What makes a clone into a node; the seed archive is its standard input. All clones wake with one random generator, so
 * each is given random bytes of the host's.
 */
export const identityScript = (node: Node, now: Date): string =>
  [
    'set -e',
    `date --set=@${(now.getTime() / 1000).toFixed(3)} >/dev/null`,
    'tar -x -C / -f -',
    'cat /etc/hostname >/proc/sys/kernel/hostname',
    `echo ${randomBytes(64).toString('base64')} | base64 --decode >/dev/urandom`,
    '# RNDRESEEDCRNG of random(4): what was written counts from now on.',
    `perl -e 'open my $r, "+<", "/dev/urandom" or die $!; ioctl $r, 0x5207, 0 or die $!'`,
    ...node.links.map((link, index) => `ip link set dev eth${index + 1} address ${shellQuote(link.mac)}`),
    ...Array.from(
      { length: GOLDEN_LINKS - node.links.length },
      (_, index) => `echo 1 >/sys/class/net/eth${node.links.length + index + 1}/device/../remove`,
    ),
    '# The journal of a machine lies under its id.',
    'mv /run/log/journal/* "/run/log/journal/$(cat /etc/machine-id)"',
    '# sshd reads its keys anew.',
    'kill -HUP "$(cat /run/sshd.pid)"',
    '# A power cut must not take what it is with it.',
    'sync',
    '',
  ].join('\n');

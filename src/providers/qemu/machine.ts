import { readFile, stat } from 'node:fs/promises';
import { execa } from 'execa';
import { type GuestImage, isCloudImage } from '../../images/guest-image.ts';
import type { Node } from '../../lab/lab.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import { identify, isAlive } from '../../support/process-identity.ts';
import type { Place } from '../provider.ts';
import { qemuBinary } from './accelerator.ts';
import { type MachineOptions, machineArguments } from './command-line.ts';
import { consoleTail, judgeConsole, readConsole, watchUntil } from './console.ts';
import { layout, runLayout } from './layout.ts';
import { Qmp } from './qmp.ts';
import type { MachineRecord, QemuState } from './state.ts';

/** Milliseconds within which QEMU must have set up its devices. */
const START_BUDGET = 30_000;
/** Milliseconds between looks at whether a machine that is not ready yet still runs. */
const PULSE = 2_000;

export interface StartOptions extends Pick<MachineOptions, 'memory' | 'spares' | 'unplugged' | 'seed'> {
  /** Wait for a saved state instead of booting. */
  incoming?: boolean;
}

/** Starts a node's QEMU process and gives its record: it runs, its guest boots. */
export const startMachine = async (
  place: Place,
  node: Node,
  state: QemuState,
  signal: AbortSignal,
  { incoming = false, ...hardware }: StartOptions = {},
): Promise<MachineRecord> => {
  signal.throwIfAborted();
  const files = layout(place.dir).node(node.name);
  const run = runLayout(state.runDir);
  const record = state.machines[node.name] as MachineRecord;
  const consoleOffset = await stat(files.console).then(
    ({ size }) => size,
    () => 0,
  );
  const { image, accelerator, runDir } = state;
  const args = machineArguments({
    node,
    image,
    accelerator,
    dir: place.dir,
    runDir,
    sshPort: record.wantedPort,
    ...hardware,
  });
  if (incoming) args.push('-incoming', 'defer');
  // QEMU goes into the background when all its devices are there; what it has to say goes to its log.
  const { exitCode } = await execa(qemuBinary(), [...args, '-daemonize'], {
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
    timeout: START_BUDGET,
  });
  const process =
    exitCode === 0 ? await identify(Number(await readFile(run.machinePid(node.name), 'utf8'))) : undefined;
  if (!process) throw await startError(node.name, record.wantedPort, files.log);
  await using qmp = await Qmp.connect(run.qmp(node.name));
  const sshPort = sshPortOf(await qmp.human('info usernet'));
  if (sshPort === undefined) throw await startError(node.name, record.wantedPort, files.log);
  return { ...record, origin: 'cold', spares: hardware.spares ?? false, sshPort, consoleOffset, process };
};

const startError = async (node: string, port: number, log: string): Promise<LabError> => {
  const tried = `start machine ${node}`;
  const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
  if (port !== 0 && /host forwarding rule/.test(said)) {
    return new LabError({
      tried,
      happened: `port ${port} on 127.0.0.1, wanted for its SSH, is taken by another program`,
      next: `choose other ports with --ssh-port, or none: free ones are then found. \`ss -ltnp 'sport = :${port}'\` shows who has it`,
    });
  }
  const happened = said || 'QEMU ended without a word';
  return new LabError({ tried, happened, next: 'see what this host lacks: lab doctor' });
};

/** The local port of the forwarding rule, from the monitor's table of user networking. */
export const sshPortOf = (usernet: string): number | undefined => {
  const match = usernet.match(/TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/);
  return match ? Number(match[1]) : undefined;
};

/**
 * Waits until the guest's latest boot says it is ready. Listens to the console instead of asking by SSH, whose every
 * attempt would cost the booting guest a second of CPU.
 * @throws LabError when the guest panics, its machine ends or stops, or `timeout` milliseconds are over.
 */
export const machineReady = async (
  place: Place,
  node: string,
  state: QemuState,
  timeout: number,
  signal: AbortSignal,
): Promise<void> => {
  const record = state.machines[node];
  if (!record?.process)
    throw new LabError({
      tried: `reach ${node}`,
      happened: 'its machine is not running',
      next: `start it: lab start ${place.name}`,
    });
  const { process } = record;
  const files = layout(place.dir).node(node);
  const fail = async (happened: string, next: string, exitCode: ExitCode = ExitCode.broken): Promise<never> => {
    const said = consoleTail(await readConsole(files.console, record.consoleOffset));
    const shown =
      said.length > 0
        ? `its console said last:\n${said.map((line) => `  ${line}`).join('\n')}`
        : 'its console said nothing';
    throw new LabError({ tried: `boot ${node}`, happened: `${happened}; ${shown}`, next, exitCode });
  };
  const budget = AbortSignal.timeout(timeout);
  let nextPulse = Date.now() + PULSE;
  const look = async (): Promise<true | undefined> => {
    const verdict = judgeConsole(await readConsole(files.console, record.consoleOffset));
    if (verdict.state === 'ready') return true;
    if (verdict.state === 'panic')
      return fail(`the guest's kernel panicked: ${verdict.line}`, whenItPanics(state.image));
    if (Date.now() < nextPulse) return undefined;
    nextPulse = Date.now() + PULSE;
    if (!(await isAlive(process))) {
      const log = (await readFile(files.log, 'utf8').catch(() => '')).trim();
      return fail(
        `its QEMU process ended${log === '' ? '' : `: ${log.split('\n').slice(-5).join('\n')}`}`,
        `see ${files.log}`,
      );
    }
    if ((await runState(state.runDir, node)) === 'io-error') {
      return fail(
        'QEMU stopped it because a write to its disk failed: the disk of the host is full',
        `free space on the file system of ${place.dir}`,
      );
    }
    return undefined;
  };
  try {
    await watchUntil(files.console, look, { signal: AbortSignal.any([signal, budget]) });
  } catch (error) {
    if (signal.aborted || !budget.aborted || error instanceof LabError) throw error;
    await fail(
      `not ready within ${Math.round(timeout / 1000)} s`,
      'give it longer with --boot-timeout SECONDS; on a busy host bring up fewer labs at once',
    );
  }
};

const whenItPanics = (image: GuestImage): string =>
  isCloudImage(image)
    ? `fetch the image anew: lab image fetch ${image.name} --force`
    : 'rebuild the image: lab image build --force';

/** QEMU's run state of a machine (`running`, `paused`, `io-error` …); undefined when it does not answer. */
export const runState = async (runDir: string, node: string): Promise<string | undefined> => {
  try {
    await using qmp = await Qmp.connect(runLayout(runDir).qmp(node), 5_000);
    return ((await qmp.execute('query-status')) as { status: string }).status;
  } catch {
    return undefined;
  }
};

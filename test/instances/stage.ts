import { mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, vi } from 'vitest';
import { z } from 'zod';
import type { Check } from '../../src/checks/check.ts';
import { type Checks, checksOf } from '../../src/checks/registry.ts';
import { runSteps } from '../../src/cli/progress.ts';
import type { RunResult } from '../../src/guest/guest.ts';
import { instanceLayout, instancesDir } from '../../src/instances/instance.ts';
import { type UpResult, up } from '../../src/instances/life/up.ts';
import type { UpRequest, Verify } from '../../src/instances/life/up-request.ts';
import { readInstance } from '../../src/instances/store.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { type Providers, providersOf } from '../../src/providers/registry.ts';
import { type Act, type Behaviour, SimulatedHost, type SimulatedMachine } from '../../src/providers/simulated/host.ts';
import { simulatedProvider } from '../../src/providers/simulated/provider.ts';
import { Interrupted } from '../../src/support/errors.ts';
import { type Show, showBy } from '../../src/support/step.ts';
import { verifyBy } from '../../src/testing/verify.ts';
import type { Scope } from '../../src/traffic/scope.ts';
import { fail, pass, skip } from '../../src/verdicts/verdict.ts';
import { labWith } from '../traffic/tun-basic.ts';

/**
 * A check that passes unless something is said of it on a machine: `break NAME` there makes it fail, `break NAME error`
 * have no look, `mend NAME` is the end of it.
 */
const checkCalled = (name: string, more: Partial<Check<Scope>> = {}): Check<Scope> => ({
  name,
  summary: `nothing breaks ${name}`,
  options: z.strictObject({}),
  async run({ lab, guest }) {
    for (const { name: node } of lab.nodes) {
      const found = (await (await guest(node)).must(`probe ${name}`)).stdout;
      if (found === 'skip') return skip(`${name} does not apply`);
      if (found === 'error') throw new Error(`${node} cannot be looked at`);
      if (found !== '') return fail(`${name} is broken on ${node}`);
    }
    return pass(`${name} is well`);
  },
  ...more,
});

export const CHECKS: Checks = checksOf([
  checkCalled('rotation'),
  checkCalled('share'),
  checkCalled('reachable'),
  checkCalled('reboot', { disturbs: true }),
]);

/** The commands of these checks, and of their sabotages. */
const answer = ({ memory }: SimulatedMachine, command: string): Partial<RunResult> | undefined => {
  const [verb, name = '', value = 'fail'] = command.split(' ');
  if (verb === 'break') memory.set(name, value);
  if (verb === 'mend') memory.delete(name);
  return verb === 'probe' ? { stdout: memory.get(name) ?? '' } : undefined;
};

/** Two small machines on one segment, with the checks `rotation` and `share`. */
export const smallLab = (change: Partial<Lab> = {}): Lab => {
  const lab = labWith();
  const nodes = lab.nodes
    .filter(({ name }) => name.startsWith('rs') && name !== 'rs3')
    .map((node) => ({ ...node, roles: [], memory: 1 }));
  const checks = ['rotation', 'share'].map((name) => ({ name, options: {} }));
  return { ...lab, name: 'small', summary: 'two machines', nodes, clients: [], services: [], checks, ...change };
};

/** A home of its own for each test, and a host, a provider and progress to look at. */
export class Stage {
  readonly host: SimulatedHost;
  readonly providers: Providers;
  readonly checks = CHECKS;
  readonly verify: Verify = verifyBy(CHECKS);
  readonly show: Show;
  /** Lines of progress, with every time left out. */
  readonly lines: string[] = [];
  #stop = new AbortController();

  constructor() {
    this.host = new SimulatedHost({ answer });
    this.providers = providersOf([simulatedProvider(this.host)]);
    const stream = new Writable({
      write: (chunk, _, done) => {
        this.lines.push(
          ...String(chunk)
            .replaceAll(/ \(\d+\.\d s\)/g, '')
            .trimEnd()
            .split('\n'),
        );
        done();
      },
    }) as NodeJS.WriteStream & Writable;
    this.show = showBy((steps, { interruptible = true } = {}) =>
      runSteps(steps, {
        stream,
        interactive: false,
        signal: interruptible ? this.signal : new AbortController().signal,
      }),
    );
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.#stop.abort(new Interrupted('SIGINT'));
  }

  /** As if `lab` were called anew after Ctrl-C. */
  goOn(): void {
    this.#stop = new AbortController();
    this.behave({});
  }

  /** Has things go in another way; what it has no answer to is answered as ever. */
  behave(behaviour: Behaviour): void {
    this.host.behaviour = {
      ...behaviour,
      answer: async (machine, command, options) =>
        (await behaviour.answer?.(machine, command, options)) ?? answer(machine, command),
    };
  }

  /** Has something happen when an act of that kind comes first, before it is done. */
  when(what: Act['what'], happen: (act: Act) => Promise<void> | void, match: Partial<Act> = {}): void {
    let isFirst = true;
    this.behave({
      before: async (act) => {
        if (
          !isFirst ||
          act.what !== what ||
          Object.entries(match).some(([key, value]) => act[key as keyof Act] !== value)
        )
          return;
        isFirst = false;
        await happen(act);
      },
    });
  }

  /** What was done, as `what node`, without commands and without what was done before `since`. */
  acts(since = 0): string[] {
    return this.host.acts
      .slice(since)
      .filter(({ what }) => what !== 'run')
      .map(({ what, node }) => (node === undefined ? what : `${what} ${node}`));
  }

  /** Titles of the steps that were shown at the outermost level, with how each ended. */
  steps(): string[] {
    return this.lines.filter((line) => /^[✓✗-] /.test(line));
  }

  /** Brings an instance of a lab up, as each test but those of that needs one. */
  up(lab: Lab = smallLab(), change: Partial<UpRequest> = {}): Promise<UpResult> {
    return up(this.providers, requestOf(lab, { test: false, ...change }), this.verify, this.show, this.signal);
  }

  /** Runs a command on a node of an instance, whatever state that is in. */
  async on(instance: string, node: string, command: string): Promise<string> {
    const provider = this.providers.all[0];
    const place = { name: instance, dir: instanceLayout(instance).machines, lab: smallLab() };
    return (await (await provider.ready(place, node, 0, new AbortController().signal)).run(command)).stdout;
  }
}

export const requestOf = (lab: Lab, change: Partial<UpRequest> = {}): UpRequest => ({
  lab,
  provider: 'simulated',
  image: 'simulated',
  keep: false,
  test: true,
  save: false,
  ...change,
});

/** Names of the directories of instances. */
export const instancesLeft = async (): Promise<string[]> => (await readdir(instancesDir()).catch(() => [])).sort();

export const ticketsLeft = async (): Promise<string[]> =>
  (await readdir(join(process.env.LAB_HOME as string, 'state', 'queue')).catch(() => [])).filter((name) =>
    name.endsWith('.json'),
  );

export const phaseOf = async (name: string): Promise<string | undefined> => (await readInstance(name))?.phase;

/** Gives each test of a file a home and a stage of its own. */
export const onStage = (): { readonly stage: Stage } => {
  const current = { stage: undefined as unknown as Stage };
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'lab-stage-'));
    vi.stubEnv('LAB_HOME', home);
    vi.stubEnv('LAB_MAX_STARTING', '100');
    current.stage = new Stage();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true, force: true });
  });
  return current;
};

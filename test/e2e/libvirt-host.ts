import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { missingTools } from '../../src/host/tools.ts';
import { libvirt } from '../../src/providers/vagrant/libvirt.ts';
import { projectDir } from '../../src/support/paths.ts';
import { MAIN } from './command-line.ts';
import type { Outcome } from './harness.ts';

const SCRIPT = join(projectDir, 'test', 'e2e', 'libvirt-host.sh');

/** Why this host cannot have a libvirt for tests; undefined where it can. In CI a missing program is no excuse. */
export const whyNoLibvirt = async (): Promise<string | undefined> => {
  if (process.getuid?.() !== 0) return 'only root can make the namespaces';
  if (process.env.CI === 'true') return undefined;
  const missing = await missingTools([...libvirt.tools, 'ip', 'unshare', 'tcpdump']);
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
};

/** A libvirt in namespaces of its own: nothing of it touches the host's networks, and all of it ends with `stop`. */
export class LibvirtHost {
  readonly #inside: string[];
  readonly #env: Record<string, string>;
  readonly #stop: () => Promise<unknown>;

  private constructor(init: string, env: Record<string, string>, stop: () => Promise<unknown>) {
    this.#inside = ['--target', init, '--mount', '--net', '--pid'];
    this.#env = env;
    this.#stop = stop;
  }

  /** @param dir for all that libvirt and Vagrant write; @param home the LAB_HOME of `lab` inside */
  static async start(dir: string, home: string): Promise<LibvirtHost> {
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const host = execa('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'bash', SCRIPT, dir], {
      reject: false,
      stdin: 'ignore',
    });
    let [stdout, stderr] = ['', ''];
    host.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await new Promise<void>((resolve) => {
      host.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        if (stdout.includes('ready')) resolve();
      });
      void host.then(() => resolve());
    });
    const children = await readFile(`/proc/${host.pid}/task/${host.pid}/children`, 'utf8').catch(() => '');
    const init = children.trim();
    if (init === '') throw new Error(`no libvirt: ${stderr}`);
    const env = { LAB_HOME: home, XDG_RUNTIME_DIR: dir, VAGRANT_HOME: join(dir, 'vagrant'), CI: 'true' };
    return new LibvirtHost(init, env, async () => {
      // The first process of the namespace takes all others with it.
      process.kill(Number(init), 'SIGKILL');
      await host;
    });
  }

  start(
    command: string,
    args: readonly string[],
    { env, ...options }: Options & { env?: Record<string, string> } = {},
  ) {
    // Of the mount namespace, so that it is the same directory there.
    const cwd = `--wdns=${options.cwd ?? '/'}`;
    return execa('nsenter', [...this.#inside, cwd, command, ...args], {
      env: { ...this.#env, VAGRANT_DEFAULT_PROVIDER: 'libvirt', VAGRANT_CHECKPOINT_DISABLE: '1', ...env },
      reject: false,
      stdin: 'ignore',
      ...options,
    });
  }

  /** Runs a command inside and gives what it printed and its exit code. */
  async run(command: string, args: readonly string[], options: Options = {}): Promise<Outcome> {
    const { exitCode, stdout, stderr } = await this.start(command, args, options as never);
    return { exitCode: exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) };
  }

  /** Runs a command and throws, with all it printed, unless it ends well. */
  async must(command: string, args: readonly string[], options: Options = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(command, args, options);
    if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${exitCode}\n${stdout}\n${stderr}`);
    return stdout;
  }

  lab(...args: string[]): Promise<Outcome> {
    return this.run(process.execPath, [MAIN, ...args]);
  }

  labMust(...args: string[]): Promise<string> {
    return this.must(process.execPath, [MAIN, ...args]);
  }

  /** Starts `lab`, to be killed: its own process inside is found by these arguments. */
  startLab(...args: string[]) {
    return this.start(process.execPath, [MAIN, ...args]);
  }

  virsh(...args: string[]): Promise<string> {
    return this.must('virsh', ['--connect', 'qemu:///system', '--quiet', ...args]);
  }

  /** All that there is of machines: domains, networks, disks that are no box's, and processes. */
  async leftovers(): Promise<string[]> {
    const lines = (text: string) =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
    const volumes = await this.run('virsh', ['-q', '-c', 'qemu:///system', 'vol-list', 'default']);
    const processes = await this.run('pgrep', ['-a', 'qemu-system|dnsmasq|ruby|tcpdump']);
    return [
      ...lines(await this.virsh('list', '--all', '--name')),
      ...lines(await this.virsh('net-list', '--all', '--name')),
      ...lines(volumes.stdout).filter((line) => !line.includes('_vagrant_box_image_')),
      ...lines(processes.stdout),
    ];
  }

  stop(): Promise<unknown> {
    return this.#stop();
  }
}

import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureTools } from '../../src/host/ensure-tools.ts';
import { packageManager } from '../../src/host/system.ts';

const onDebian = (await packageManager()) === 'apt';

/**
 * Stand-ins for apt and sudo that write down how they are called: the real ones would change the host that runs the
 * tests. The search path has nothing else on it, so that the tools are missing.
 */
let dir: string;
let calls: () => Promise<string[]>;
const program = (name: string, script: string) =>
  writeFile(join(dir, name), `#!/bin/sh\necho "${name} $*" >>${dir}/calls\n${script}\n`, { mode: 0o755 });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-ensure-'));
  calls = async () => (await readFile(join(dir, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  for (const tool of ['env', 'true']) await symlink(`/usr/bin/${tool}`, join(dir, tool));
  await program('apt-cache', 'exit 0');
  await program('apt-get', installs);
  vi.stubEnv('PATH', dir);
  vi.stubEnv('CI', '');
  vi.spyOn(process, 'geteuid').mockReturnValue(0);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

/** Lets the missing tools appear when asked to install. */
const installs = `case "$*" in
  *install*) for tool in mmdebstrap vde_switch; do /bin/cp /bin/true "$(/usr/bin/dirname "$0")/$tool"; done ;;
esac
echo "DEBIAN_FRONTEND=$DEBIAN_FRONTEND"`;

const ensure = (options: { yes?: boolean; interactive?: boolean; signal?: AbortSignal } = {}, lines: string[] = []) =>
  ensureTools(['mmdebstrap', 'vde_switch'], {
    yes: false,
    interactive: false,
    notify: (line) => lines.push(line),
    signal: new AbortController().signal,
    ...options,
  });

const INSTALL =
  'apt-get --quiet -oDPkg::Lock::Timeout=300 -oDpkg::Use-Pty=0 install --yes --no-install-recommends mmdebstrap vde2';
const UPDATE = 'apt-get --quiet -oDPkg::Lock::Timeout=300 -oDpkg::Use-Pty=0 update';
const KNOWN = 'apt-cache show --no-all-versions mmdebstrap vde2';

describe.runIf(onDebian)('on Debian', () => {
  test('nothing is asked for or done where nothing is missing', async () => {
    for (const tool of ['mmdebstrap', 'vde_switch']) await program(tool, '');
    await ensure();
    expect(await calls()).toEqual([]);
  });

  test('without leave, the error names what is missing and the exact command', async () => {
    await expect(ensure()).rejects.toMatchObject({
      exitCode: 3,
      message: 'cannot use this host: it has no mmdebstrap, vde_switch',
      next: 'install with: apt-get install --no-install-recommends mmdebstrap vde2',
    });
    expect(await calls()).toEqual([]);
  });

  test('with leave, all is installed in one run that asks nothing', async () => {
    const lines: string[] = [];
    await ensure({ yes: true }, lines);
    expect(await calls()).toEqual([KNOWN, INSTALL]);
    expect(lines).toEqual(['DEBIAN_FRONTEND=noninteractive']);
  });

  test('CI=true is leave', async () => {
    vi.stubEnv('CI', 'true');
    await ensure();
    expect(await calls()).toEqual([KNOWN, INSTALL]);
  });

  test('package lists that do not know the packages are fetched first', async () => {
    await program('apt-cache', 'exit 100');
    await ensure({ yes: true });
    expect(await calls()).toEqual([KNOWN, UPDATE, INSTALL]);
  });

  test('package lists that are too old are fetched, and the install tried again', async () => {
    await program(
      'apt-get',
      `case "$*" in *update) > ${dir}/fetched ;; *) [ -e ${dir}/fetched ] || exit 100 ;; esac\n${installs}`,
    );
    await ensure({ yes: true });
    expect(await calls()).toEqual([KNOWN, INSTALL, UPDATE, INSTALL]);
  });

  test('a failure shows the last lines of apt', async () => {
    await program('apt-get', 'echo "E: You do not have enough free space in /var/cache/apt/archives/." >&2; exit 100');
    await expect(ensure({ yes: true })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(
        /^cannot install mmdebstrap, vde2: apt-get update failed:\nE: You do not have enough free/,
      ),
    });
  });

  test('tools that are missing even then are named', async () => {
    await program('apt-get', '');
    await expect(ensure({ yes: true })).rejects.toThrow(
      'it has no mmdebstrap, vde_switch, although mmdebstrap, vde2 were installed',
    );
  });

  test('an abort ends apt', async () => {
    await program('apt-get', 'exec /bin/sleep 60');
    const stop = new AbortController();
    const ensured = ensure({ yes: true, signal: stop.signal });
    await vi.waitUntil(async () => (await calls()).includes(INSTALL));
    stop.abort(new Error('interrupted'));
    await expect(ensured).rejects.toThrow('interrupted');
  });

  test('an ordinary user goes by sudo, where that asks for no password', async () => {
    vi.spyOn(process, 'geteuid').mockReturnValue(1000);
    await program('sudo', 'shift; exec "$@"');
    await ensure({ yes: true });
    const viaSudo = `sudo -n env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 ${INSTALL}`;
    expect(await calls()).toEqual(['sudo -n true', KNOWN, viaSudo, INSTALL]);
  });

  test('sudo is never run where it would ask for a password and nobody is there', async () => {
    vi.spyOn(process, 'geteuid').mockReturnValue(1000);
    await program('sudo', 'exit 1');
    await expect(ensure({ yes: true })).rejects.toMatchObject({
      message: expect.stringContaining('lab must be root or allowed to use sudo without a password'),
      next: 'install with: sudo apt-get install --no-install-recommends mmdebstrap vde2',
    });
    expect(await calls()).toEqual(['sudo -n true']);
  });

  test.each([
    ['n', 'LabError: cannot use this host: it has no mmdebstrap, vde_switch'],
    ['', 'done'],
  ])('asked on a terminal, the answer %j is followed', async (answer, outcome) => {
    const script = join(dir, 'ask.mjs');
    await writeFile(
      script,
      `import { ensureTools } from ${JSON.stringify(import.meta.resolve('../../src/host/ensure-tools.ts'))};
      process.geteuid = () => 0;
      const options = { yes: false, interactive: true, notify() {}, signal: new AbortController().signal };
      await ensureTools(['mmdebstrap', 'vde_switch'], options).then(() => console.log('done'), (error) => console.log(String(error)));`,
    );
    const { stdout } = await execa('/usr/bin/script', ['-qec', `${process.execPath} ${script}`, '/dev/null'], {
      input: `${answer}\n`,
      env: { PATH: dir, SHELL: '/bin/sh' },
    });
    expect(stdout).toContain(
      'This needs mmdebstrap, vde_switch. Install with "apt-get install --no-install-recommends mmdebstrap vde2"? [Y/n]',
    );
    expect(stdout.trim().split(/\r?\n/).at(-1)).toBe(outcome);
  });
});

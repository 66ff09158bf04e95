import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const PROJECT = join(import.meta.dirname, '../..');

/**
 * A checkout with a command line that prints how it was called, on a machine whose `npm` is a stand-in: the real one
 * would need a network and a minute. It writes down its calls and makes what the real one makes.
 */
let top: string;
let checkout: string;
let bin: string;

const NPM = `#!/bin/sh
echo "npm $*" >>"$CALLS"
sleep "\${SLOW:-0}"
case $1 in
  install) mkdir -p "$3/node_modules/.bin" && ln -sf "$REAL_NODE" "$3/node_modules/.bin/node" && ln -sf "$0" "$3/node_modules/.bin/npm" ;;
  ci) mkdir -p node_modules/zod ;;
esac
exit "\${NPM_FAILS:-0}"
`;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'lab-bootstrap-'));
  checkout = join(top, "it's my checkout");
  bin = join(top, 'bin');
  await mkdir(join(checkout, 'src/cli'), { recursive: true });
  await mkdir(bin);
  await copyFile(join(PROJECT, 'lab'), join(checkout, 'lab'));
  await writeFile(join(checkout, 'package-lock.json'), '{"version": 1}');
  await writeFile(
    join(checkout, 'src/cli/main.ts'),
    'const said: string[] = process.argv.slice(2);\nconsole.log(JSON.stringify({ said, cwd: process.cwd() }));\n',
  );
  await writeFile(join(bin, 'npm'), NPM, { mode: 0o755 });
  await symlink(process.execPath, join(bin, 'node'));
  await program('id', 'echo 1000');
  // Nothing else is on the search path: whether the machine has npm, sudo or apt-get is for the test to say.
  const tools = [
    'cat',
    'cmp',
    'cp',
    'dirname',
    'env',
    'find',
    'flock',
    'ln',
    'mkdir',
    'mv',
    'perl',
    'readlink',
    'rm',
    'sh',
    'sleep',
    'tail',
    'uname',
  ];
  for (const tool of tools) {
    const { stdout } = await execa('sh', ['-c', `command -v ${tool}`], { reject: false });
    if (stdout) await symlink(stdout, join(bin, tool));
  }
});
afterEach(() => rm(top, { recursive: true, force: true }));

/** Puts a stand-in on the search path. The file must be a new one: through a link it would replace the host's program. */
const program = (name: string, script: string) =>
  writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755, flag: 'wx' });
const environment = () => ({ PATH: bin, CALLS: join(top, 'calls'), REAL_NODE: process.execPath, HOME: top });
const lab = (args: string[] = [], env: Record<string, string> = {}, script = join(checkout, 'lab'), cwd = top) =>
  execa(script, args, { env: { ...environment(), ...env }, extendEnv: false, reject: false, cwd, stdin: 'ignore' });
const calls = async () => (await readFile(join(top, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
const setUp = async () => {
  expect((await lab()).exitCode).toBe(0);
  await rm(join(top, 'calls'));
};

const CI =
  'npm ci --include=dev --loglevel=error --no-fund --no-audit --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000';

test('the scripts are clean for shellcheck', async (context) => {
  const { code, stdout } = await execa('shellcheck', [join(PROJECT, 'lab'), join(PROJECT, '.ci/run')], {
    reject: false,
  });
  if (code === 'ENOENT') return context.skip('shellcheck is not installed');
  expect(stdout).toBe('');
});

test('a fresh checkout gets its packages, once; then nothing is done or said', async () => {
  const first = await lab(['up', 'tun-basic']);
  expect(first).toMatchObject({ exitCode: 0, stderr: 'lab: installing the npm packages' });
  expect(JSON.parse(first.stdout)).toEqual({ said: ['up', 'tun-basic'], cwd: top });
  expect(await calls()).toEqual([CI]);
  expect(await lab()).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await calls()).toEqual([CI]);
});

test('arguments arrive as they were given', async () => {
  await setUp();
  const args = ['exec', 'a b', '', '*', "it's", '$(id)', 'two\nlines', '--', '-q'];
  expect(JSON.parse((await lab(args)).stdout).said).toEqual(args);
});

test('it is found through links, absolute and relative, and from its own directory', async () => {
  await setUp();
  await symlink(join(checkout, 'lab'), join(top, 'absolute'));
  await symlink('../absolute', join(bin, 'relative'));
  for (const script of [join(top, 'absolute'), join(bin, 'relative')]) {
    expect(await lab(['here'], {}, script)).toMatchObject({ exitCode: 0, stderr: '' });
  }
  expect(JSON.parse((await lab(['here'], {}, './lab', checkout)).stdout).cwd).toBe(checkout);
  const bySh = await execa('sh', ['lab', 'here'], { cwd: checkout, env: environment(), extendEnv: false });
  expect(JSON.parse(bySh.stdout)).toEqual({ said: ['here'], cwd: checkout });
});

describe('the sources are made into one file', () => {
  const made = async () => (await calls()).filter((line) => line === 'made').length;
  const writeBundler = (script: string) => writeFile(join(checkout, 'scripts/bundle.ts'), script);

  beforeEach(async () => {
    await setUp();
    await mkdir(join(checkout, 'scripts'));
    await writeBundler(`import { appendFile, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
const top = join(import.meta.dirname, '..');
await appendFile(process.env.CALLS as string, 'made\\n');
await mkdir(join(top, 'dist/cli'), { recursive: true });
await copyFile(join(top, 'src/cli/made.mjs'), join(top, 'dist/cli/main.js'));
`);
    await writeFile(join(checkout, 'src/cli/made.mjs'), 'console.log("made", ...process.argv.slice(2));\n');
  });

  test('once, which is run from then on, with the arguments as they were given', async () => {
    for (const word of ['a b', '*']) expect(await lab([word])).toMatchObject({ stdout: `made ${word}`, stderr: '' });
    expect(await made()).toBe(1);
  });

  test('again when one of them is newer, or is gone', async () => {
    await lab();
    await writeFile(join(checkout, 'src/cli/made.mjs'), 'console.log("made anew");\n');
    expect(await lab()).toMatchObject({ stdout: 'made anew', stderr: '' });
    await writeFile(join(checkout, 'src/unused.ts'), '');
    await lab();
    await rm(join(checkout, 'src/unused.ts'));
    await lab();
    expect(await made()).toBe(4);
    await lab();
    expect(await made()).toBe(4);
  });

  test('by one of several at once', async () => {
    const all = await Promise.all([1, 2, 3].map((number) => lab([String(number)])));
    expect(all.map(({ stdout }) => stdout)).toEqual(['made 1', 'made 2', 'made 3']);
    expect(await made()).toBe(1);
  });

  test('where they cannot be they are run as they are', async () => {
    await lab();
    await writeBundler('throw new Error("no");\n');
    const outcome = await lab(['up']);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout).said).toEqual(['up']);
  });
});

test('another lock file brings the packages again', async () => {
  await setUp();
  await writeFile(join(checkout, 'package-lock.json'), '{"version": 2}');
  await lab();
  expect(await calls()).toEqual([CI]);
});

test('an install that failed is told, and done again the next time', async () => {
  expect(await lab([], { NPM_FAILS: '1' })).toMatchObject({
    exitCode: 3,
    stdout: '',
    stderr: expect.stringMatching(
      /^lab: cannot install the npm packages: npm ci failed, see above\n {2}next: see to it/m,
    ),
  });
  expect(await lab()).toMatchObject({ exitCode: 0 });
  expect(await calls()).toEqual([CI, CI]);
});

test('of several at once one installs, the others wait', async () => {
  const all = await Promise.all([1, 2, 3].map((number) => lab([String(number)], { SLOW: '0.3' })));
  expect(all.map(({ stdout }) => JSON.parse(stdout).said)).toEqual([['1'], ['2'], ['3']]);
  expect(await calls()).toEqual([CI]);
});

test('they do so where there is no flock(1), as on macOS', async (context) => {
  if ((await execa('perl', ['-v'], { reject: false })).failed) return context.skip('perl is not installed');
  await rm(join(bin, 'flock'), { force: true });
  const all = await Promise.all([1, 2].map(() => lab([], { SLOW: '0.3' })));
  expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await calls()).toEqual([CI]);
});

test('after a kill -9 the next one waits for the npm that goes on, and then installs again', async () => {
  const killed = spawn(join(checkout, 'lab'), { env: { ...environment(), SLOW: '0.5' }, stdio: 'ignore' });
  await vi.waitUntil(async () => (await calls()).length === 1);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const begin = performance.now();
  expect(await lab()).toMatchObject({ exitCode: 0 });
  expect(performance.now() - begin).toBeGreaterThan(300);
  expect(await calls()).toEqual([CI, CI]);
});

const oldNode = async () => {
  await rm(join(bin, 'node'));
  await program('node', 'echo v20.20.2');
};

test('a Node that is too old is not used: another is brought into the checkout, with its npm', async () => {
  await oldNode();
  const first = await lab(['up']);
  expect(JSON.parse(first.stdout).said).toEqual(['up']);
  expect(first.stderr.split('\n')).toEqual([
    'lab: bringing Node 24 into .lab-node/, as this machine has none that is new enough',
    'lab: installing the npm packages',
  ]);
  const [bring, install] = await calls();
  expect(bring).toMatch(
    new RegExp(
      `^npm install --prefix ${checkout}/.lab-node/24 .*--ignore-scripts node-(bin-)?${process.platform}-${process.arch}@24 npm@11 `,
    ),
  );
  expect(install).toBe(CI);
  expect(await lab()).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await calls()).toHaveLength(2);
});

test('a Node that was brought by halves is brought again', async () => {
  await oldNode();
  expect(await lab([], { NPM_FAILS: '1' })).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('lab: cannot bring Node 24: npm could not install node-'),
  });
  expect(await lab()).toMatchObject({ exitCode: 0 });
  const brought = join(checkout, '.lab-node/24/node_modules/.bin/node');
  await rm(brought);
  await writeFile(brought, 'damaged', { mode: 0o755, flag: 'wx' });
  expect(await lab()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('bringing Node 24') });
});

test('without npm the error says how to get it', async () => {
  await rm(join(bin, 'npm'));
  expect(await lab()).toMatchObject({
    exitCode: 3,
    stderr:
      'lab: cannot bring what lab needs: there is no npm\n' +
      '  next: install Node 24 or newer, with npm, from https://nodejs.org',
  });
  await program('apt-get', 'echo "apt-get $*" >>"$CALLS"');
  expect(await lab()).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('next: install it with: sudo apt-get install --no-install-recommends npm'),
  });
  expect(await calls()).toEqual([]);
});

const NO_NPM_CALLS = [
  'sudo -n true',
  'sudo -n apt-get update -qq',
  'apt-get update -qq',
  'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -qq -oDpkg::Use-Pty=0 -oDPkg::Lock::Timeout=300 --no-install-recommends npm',
  'apt-get install -qq -oDpkg::Use-Pty=0 -oDPkg::Lock::Timeout=300 --no-install-recommends npm',
];

test.each([
  [['up', '--yes'], {}],
  [['-y'], {}],
  [['up'], { CI: 'true' }],
])('npm is installed, and no password asked for, with leave by %j %j', async (args, env) => {
  await rename(join(bin, 'npm'), join(top, 'npm'));
  await program('apt-get', `echo "apt-get $*" >>"$CALLS"\ncase "$1" in install) cp '${top}/npm' '${bin}/npm' ;; esac`);
  await program('sudo', 'echo "sudo $*" >>"$CALLS"; shift; exec "$@"');
  await program('true', '');
  expect(await lab(args, env)).toMatchObject({ exitCode: 0 });
  expect(await calls()).toEqual([...NO_NPM_CALLS, CI]);
});

test('where sudo would ask for a password, the command is named instead', async () => {
  await rm(join(bin, 'npm'));
  await program('apt-get', 'echo "apt-get $*" >>"$CALLS"');
  await program('sudo', 'echo "sudo $*" >>"$CALLS"; exit 1');
  expect(await lab(['--yes'])).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('next: install it with: sudo apt-get install --no-install-recommends npm'),
  });
  expect(await calls()).toEqual(['sudo -n true']);
});

test.runIf(process.geteuid?.() !== 0)(
  'a checkout that may not be written to is told, unless it is set up',
  async () => {
    await chmod(checkout, 0o555);
    expect(await lab()).toMatchObject({
      exitCode: 3,
      stderr: `lab: cannot set up this checkout: you may not write to ${checkout}\n  next: run this once as a user who may`,
    });
    await chmod(checkout, 0o755);
    await setUp();
    await chmod(checkout, 0o555);
    expect(await lab()).toMatchObject({ exitCode: 0, stderr: '' });
    await chmod(checkout, 0o755);
  },
);

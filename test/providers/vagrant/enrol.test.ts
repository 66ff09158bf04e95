import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enrolScript } from '../../../src/providers/vagrant/enrol.ts';

const KEY = "ssh-rsa AAAA lab it's; touch pwned";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-enrol-'));
  await mkdir(join(home, 'bin'));
  await mkdir(join(home, 'root'));
});
afterEach(() => rm(home, { recursive: true }));

/** Runs the script as a user whose id, sudo and root directory are stand-ins. */
const enrolAs = async (uid: number) => {
  const program = (name: string, text: string) =>
    writeFile(join(home, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await program('id', `echo ${uid}`);
  await program('sudo', '[ "$1" = -n ] || exit 1\nshift\nexec "$@"');
  await program('restorecon', `echo "$@" > ${home}/restored`);
  await writeFile(join(home, 'host_key.pub'), 'ssh-ed25519 BBBB root@rs1\n');
  const script = enrolScript(KEY)
    .replaceAll('/root/', `${home}/root/`)
    .replace('/etc/ssh/ssh_host_ed25519_key.pub', join(home, 'host_key.pub'));
  const env = { HOME: join(home, 'vagrant'), PATH: `${home}/bin:${process.env.PATH}` };
  return execa('bash', ['-c', script], { cwd: home, env, extendEnv: false });
};

const keysOf = (user: string) => readFile(join(home, user, '.ssh', 'authorized_keys'), 'utf8');

describe('a machine that Vagrant logs in to', () => {
  test('as another user gets the key for that user and, by sudo, for root', async () => {
    expect((await enrolAs(1000)).stdout).toBe('ssh-ed25519 BBBB root@rs1');
    expect(await keysOf('vagrant')).toBe(`${KEY}\n`);
    expect(await keysOf('root')).toBe(`${KEY}\n`);
    expect((await stat(join(home, 'root', '.ssh', 'authorized_keys'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(home, 'restored'), 'utf8')).toBe(`-R ${home}/root/.ssh\n`);
  });

  test('as root needs no sudo', async () => {
    await enrolAs(0);
    expect(await keysOf('vagrant')).toBe(`${KEY}\n`);
    await expect(keysOf('root')).rejects.toThrow('ENOENT');
  });

  test('has no key of the world any more', async () => {
    await mkdir(join(home, 'vagrant', '.ssh'), { recursive: true });
    await writeFile(join(home, 'vagrant', '.ssh', 'authorized_keys'), 'ssh-rsa CCCC vagrant insecure public key\n');
    await enrolAs(1000);
    expect(await keysOf('vagrant')).not.toContain('insecure');
  });
});

import { mkdir, readFile } from 'node:fs/promises';
import { SshGuest } from '../../guest/ssh.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { shellQuote } from '../../support/shell.ts';
import { layout } from './layout.ts';
import type { Reach } from './state.ts';

/**
 * Puts the instance's own key in the place of the one that the whole world knows, for the user that Vagrant logs in as
 * and for root, and prints the machine's host key: one round trip.
 */
export const enrolScript = (publicKey: string): string => {
  const key = shellQuote(publicKey);
  return [
    'set -e; umask 077',
    `mkdir -p ~/.ssh; echo ${key} > ~/.ssh/authorized_keys`,
    'if [ "$(id -u)" != 0 ]; then',
    // SELinux lets sshd read only what has the type that the policy gives to the place.
    `  sudo -n sh -c ${shellQuote(`umask 077; mkdir -p /root/.ssh; echo ${key} > /root/.ssh/authorized_keys; ! command -v restorecon >/dev/null || restorecon -R /root/.ssh`)}`,
    'fi',
    'cat /etc/ssh/ssh_host_ed25519_key.pub',
  ].join('\n');
};

/**
 * The host key of a machine, believed from the first login on. At that login the machine gets the instance's key.
 * @throws LabError when none of the keys that Vagrant names lets in.
 */
export const enrol = async (dir: string, node: string, reach: Reach, publicKey: string): Promise<string> => {
  const files = layout(dir).node(node);
  const known = await readFile(files.hostKey, 'utf8').catch(() => '');
  if (known !== '') return known;
  let refusal: unknown;
  for (const path of reach.keys) {
    const privateKey = await readFile(path, 'utf8').catch(() => undefined);
    if (privateKey === undefined) continue;
    const guest = new SshGuest({
      name: node,
      host: reach.host,
      port: reach.port,
      username: reach.user,
      privateKey,
      restarted: () => Promise.reject(new Error('a machine is not rebooted at its first login')),
    });
    try {
      const { stdout } = await guest.must(enrolScript(publicKey));
      const hostKey = stdout.match(/^ssh-ed25519 \S+/m)?.[0];
      if (!hostKey)
        throw new LabError({ tried: `learn the host key of ${node}`, happened: `it said: ${stdout.trim()}` });
      await mkdir(files.dir, { recursive: true });
      await writeFileAtomic(files.hostKey, hostKey);
      return hostKey;
    } catch (error) {
      refusal = error;
    } finally {
      await guest.close();
    }
  }
  if (refusal instanceof LabError) throw refusal;
  throw new LabError({
    tried: `log in to ${node} for the first time`,
    happened: refusal === undefined ? `none of ${reach.keys.join(', ')} is there` : messageOf(refusal),
    next: 'see whether the box lets Vagrant in: vagrant ssh',
  });
};

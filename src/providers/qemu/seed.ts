import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import type { KeyPair } from '../../guest/keys.ts';
import type { Node } from '../../lab/lab.ts';

export interface Seed {
  node: Node;
  /** 32 hex digits: the machine's identity, its own in every instance. */
  machineId: string;
  hostKey: KeyPair;
  /** The public key that may log in as root. */
  clientKey: string;
}

const HOSTS = 'etc/hosts';

/**
 * The tar archive that a machine unpacks over its root at its first boot: what makes it this node and no other.
 * Sized to whole kibibytes by tar itself, so it serves as a raw drive.
 */
export const seedArchive = async ({ node, machineId, hostKey, clientKey }: Seed): Promise<Buffer> => {
  const files: [name: string, mode: number, content: string][] = [
    ['etc/hostname', 0o644, `${node.name}\n`],
    // The guest's own name at 127.0.1.1, as Debian has it; the lab's other names are provisioning's business.
    [HOSTS, 0o644, `127.0.0.1 localhost\n127.0.1.1 ${node.name}\n::1 localhost ip6-localhost ip6-loopback\n`],
    ['etc/machine-id', 0o444, `${machineId}\n`],
    ['etc/ssh/ssh_host_ed25519_key', 0o600, hostKey.private],
    ['etc/ssh/ssh_host_ed25519_key.pub', 0o644, `${hostKey.public}\n`],
    ['root/.ssh/authorized_keys', 0o600, `${clientKey}\n`],
  ];
  const archive = pack();
  archive.entry({ name: 'root', type: 'directory', mode: 0o700 });
  archive.entry({ name: 'root/.ssh', type: 'directory', mode: 0o700 });
  for (const [name, mode, content] of files) archive.entry({ name, mode, uid: 0, gid: 0 }, content);
  archive.finalize();
  return buffer(archive);
};

/** The seed without the names of hosts: for a machine that was saved as this node, to whose names others were added since. */
export const withoutHosts = async (archive: Buffer): Promise<Buffer> => {
  const entries = extract();
  entries.end(archive);
  const kept = pack();
  for await (const entry of entries) {
    const content = await buffer(entry);
    if (entry.header.name !== HOSTS) kept.entry(entry.header, content);
  }
  kept.finalize();
  return buffer(kept);
};

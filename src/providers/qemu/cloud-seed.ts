import { stringify } from 'yaml';
import type { KeyPair } from '../../guest/keys.ts';
import type { Family } from '../../images/family.ts';
import type { Node } from '../../lab/lab.ts';
import { MANAGEMENT_MAC } from './management.ts';

export interface CloudSeed {
  readonly node: Node;
  readonly family: Family;
  /** No other machine has it: cloud-init takes another one for another machine, and begins anew. */
  readonly instanceId: string;
  readonly hostKey: KeyPair;
  /** The public key that may log in as root. */
  readonly clientKey: string;
}

/** Label of the volume that cloud-init looks for (docs.cloud-init.io, data source NoCloud). */
export const SEED_LABEL = 'cidata';

/** What would lock the package database behind a script's back. */
const TIMERS: Readonly<Record<Family, string>> = {
  debian: 'apt-daily.timer apt-daily-upgrade.timer',
  el8: 'dnf-makecache.timer',
};

/**
 * A line on the console, which `judgeConsole` waits for. By the kernel's log: what is written to the serial line itself is
 * lost when a login prompt takes it over at that moment.
 */
const tells = (line: string): string => `ExecStart=/bin/sh -c 'echo "<2>${line}" > /dev/kmsg'`;

const UNITS: Readonly<Record<string, string>> = {
  'lab-starting.service': `[Unit]
Description=Tells the host that this machine starts
DefaultDependencies=no

[Service]
Type=oneshot
${tells('lab: starting')}

[Install]
WantedBy=sysinit.target
`,
  'lab-ready.service': `[Unit]
Description=Tells the host that this machine can be used
After=ssh.service sshd.service lab-node.service

[Service]
Type=oneshot
${tells('lab: ready')}

[Install]
WantedBy=multi-user.target
`,
};

/** The files of a machine's NoCloud seed, by name: what makes it this node and no other. */
export const cloudSeed = ({ node, family, instanceId, hostKey, clientKey }: CloudSeed): Record<string, string> => ({
  'meta-data': yaml({ 'instance-id': instanceId, 'local-hostname': node.name }),
  'user-data': `#cloud-config\n${yaml(userData(family, hostKey, clientKey))}`,
  'network-config': yaml(networkConfig(node, family)),
});

/** cloud-init reads YAML 1.1, in which a MAC address without quotes may be a number in base 60. */
const yaml = (value: object): string => stringify(value, { version: '1.1', lineWidth: 0 });

const userData = (family: Family, hostKey: KeyPair, clientKey: string) => ({
  // The tool, and a person, log in as root; nobody with a password.
  disable_root: false,
  ssh_pwauth: false,
  ssh_authorized_keys: [clientKey],
  ssh_deletekeys: true,
  ssh_keys: { ed25519_private: hostKey.private, ed25519_public: `${hostKey.public}\n` },
  // It would be written anew at every boot, without the names of the lab.
  manage_etc_hosts: false,
  package_update: false,
  // The disk is as large as the image is: there is nothing to grow into.
  growpart: { mode: 'off' },
  resize_rootfs: false,
  // To make one takes an emulated machine a while.
  locale: false,
  write_files: Object.entries(UNITS).map(([name, content]) => ({ path: `/etc/systemd/system/${name}`, content })),
  runcmd: [
    `systemctl disable --now ${TIMERS[family]}`,
    'systemctl daemon-reload',
    `systemctl enable ${Object.keys(UNITS).join(' ')}`,
    'systemctl start lab-ready.service',
  ],
});

/** The management NIC asks QEMU for its address. NICs of the lab are the business of its scripts. */
const networkConfig = (node: Node, family: Family) => ({
  version: 1,
  config: [
    { type: 'physical', name: 'eth0', mac_address: MANAGEMENT_MAC, subnets: [{ type: 'dhcp4' }] },
    // NetworkManager would ask for addresses on every NIC that nothing is said of.
    ...(family === 'el8'
      ? node.links.map(({ mac }, index) => ({
          ...{ type: 'physical', name: `eth${index + 1}`, mac_address: mac },
          subnets: [{ type: 'manual' }],
        }))
      : []),
  ],
});

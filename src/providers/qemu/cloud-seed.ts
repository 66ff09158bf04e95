import { stringify } from 'yaml';
import type { KeyPair } from '../../guest/keys.ts';
import { FAMILIES, type Family, type FamilyFacts } from '../../images/families.ts';
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

/**
 * A line on the console, which `judgeConsole` waits for. By the kernel's log: what is written to the serial line itself is
 * lost when a login prompt takes it over at that moment.
 */
const tells = (line: string): string => `ExecStart=/bin/sh -c 'echo "<2>${line}" > /dev/kmsg'`;

const unitsOf = ({ sshUnit }: FamilyFacts): Readonly<Record<string, string>> => ({
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
After=${sshUnit}.service lab-node.service

[Service]
Type=oneshot
${tells('lab: ready')}

[Install]
WantedBy=multi-user.target
`,
});

/** The files of a machine's NoCloud seed, by name: what makes it this node and no other. */
export const cloudSeed = ({ node, family, instanceId, hostKey, clientKey }: CloudSeed): Record<string, string> => ({
  'meta-data': yaml({ 'instance-id': instanceId, 'local-hostname': node.name }),
  'user-data': `#cloud-config\n${yaml(userData(FAMILIES[family], hostKey, clientKey))}`,
  'network-config': yaml(networkConfig(node, FAMILIES[family])),
});

/** cloud-init reads YAML 1.1, in which a MAC address without quotes may be a number in base 60. */
const yaml = (value: object): string => stringify(value, { version: '1.1', lineWidth: 0 });

const userData = (family: FamilyFacts, hostKey: KeyPair, clientKey: string) => ({
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
  write_files: Object.entries(unitsOf(family)).map(([name, content]) => ({
    path: `/etc/systemd/system/${name}`,
    content,
  })),
  runcmd: [
    `systemctl disable --now ${family.packageTimers.join(' ')}`,
    'systemctl daemon-reload',
    `systemctl enable ${Object.keys(unitsOf(family)).join(' ')}`,
    'systemctl start lab-ready.service',
  ],
});

/** The management NIC asks QEMU for its address. NICs of the lab are the business of its scripts. */
const networkConfig = (node: Node, { configuresEveryNic }: FamilyFacts) => ({
  version: 1,
  config: [
    { type: 'physical', name: 'eth0', mac_address: MANAGEMENT_MAC, subnets: [{ type: 'dhcp4' }] },
    // What is said of a NIC keeps the guest from asking for addresses there.
    ...(configuresEveryNic
      ? node.links.map(({ mac }, index) => ({
          ...{ type: 'physical', name: `eth${index + 1}`, mac_address: mac },
          subnets: [{ type: 'manual' }],
        }))
      : []),
  ],
});

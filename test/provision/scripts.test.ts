import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Family, FAMILIES as TABLE } from '../../src/images/families.ts';
import { listLabs } from '../../src/lab/find.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { renderScripts } from '../../src/provision/scripts.ts';
import { drTwoServices, HOSTILE, hostile, natDashes, shipped, tunBasic, twoTier } from './fixtures/labs.ts';

const FAMILIES = Object.keys(TABLE) as Family[];

const scriptOf = (lab: Lab, node: string, family: Family = 'debian'): string => {
  const script = renderScripts(lab, family).get(node);
  if (script === undefined) throw new Error(`no script for ${node}`);
  return script;
};

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lab-render-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** Writes a lab's scripts to files and gives their paths. */
const written = async (lab: Lab, label: string, family: Family): Promise<string[]> => {
  const dir = join(scratch, label, family);
  await mkdir(dir, { recursive: true });
  const scripts = [...renderScripts(lab, family).values()];
  const paths = scripts.map((_, at) => join(dir, `${at}.sh`));
  await Promise.all(scripts.map((script, at) => writeFile(paths[at] ?? '', script)));
  return paths;
};

describe.each(FAMILIES)('tun-basic on %s', (family) => {
  it.each(tunBasic.nodes.map(({ name }) => name))('is as a person reads it: %s', async (node) => {
    await expect(scriptOf(tunBasic, node, family)).toMatchFileSnapshot(`golden/tun-basic/${family}/${node}.sh`);
  });
});

/** Scripts with what tun-basic's do not have. */
const OTHERS = [
  ['tun-single-subnet', 'rs1'],
  ['tun-cross-subnet', 'rs2'],
  ['tun-gue', 'rs1'],
  ['tun-udp', 'rs1'],
  ['dr-schedulers', 'director'],
  ['tun-nat-front', 'router'],
  ['tun-wan', 'rs1'],
  ['tun-health', 'director'],
  ['tun-two-tier', 'dc-east'],
  ['tun-ipv6', 'router'],
  ['tun-ipv6', 'director'],
  ['tun-ipv6', 'rs1'],
  ['tun-ha', 'director1'],
  ['tun-content', 'proxy1'],
  ['tun-content-string', 'director'],
] as const;

describe.each(FAMILIES)('other labs on %s', (family) => {
  it.each(OTHERS)('are as a person reads them: %s, %s', async (name, node) => {
    const script = scriptOf(await shipped(name), node, family);
    await expect(script).toMatchFileSnapshot(`golden/${name}/${family}/${node}.sh`);
  });
});

const SHIPPED = Object.fromEntries(
  await Promise.all((await listLabs()).map(async ({ name }) => [name, await shipped(name)] as const)),
);

describe.each(FAMILIES)('web servers on %s', (family) => {
  it.each([
    ['apache', 'tun-basic', 'rs1'],
    ['nginx', 'tun-content', 'video1'],
  ] as const)('go by the names of the family: %s', async (server, name, node) => {
    const script = scriptOf(await shipped(name), node, family);
    const { webServers, page } = TABLE[family];
    const { package: packaged, program, unit } = webServers[server];
    expect(script).toContain(`command -v ${program} > /dev/null || missing+=(${packaged})`);
    expect(script).toContain(`\n  systemctl restart ${unit}\n`);
    expect(script).toContain(`echo ${node} > ${page}\n`);
  });
});

describe.each(FAMILIES)('every script on %s', (family) => {
  it.each(Object.entries({ drTwoServices, natDashes, twoTier, ...SHIPPED }))(
    'pleases shellcheck: %s',
    async (label, lab) => {
      const { stdout } = await execa({ reject: false })`shellcheck --format=gcc ${await written(lab, label, family)}`;
      expect(stdout).toBe('');
    },
  );

  it('stays a script, whatever the values are', async () => {
    // Info messages speak of the `$(…)` in single quotes, which is what is wanted here.
    const { stdout } = await execa({
      reject: false,
    })`shellcheck --format=gcc --severity=warning ${await written(hostile, 'hostile', family)}`;
    expect(stdout).toBe('');
  });

  it('keeps values in comments and files on their line', () => {
    const lines = [...renderScripts(hostile, family).values()].flatMap((script) => script.split('\n'));
    expect(lines.filter((line) => line.includes('pwned') && line.startsWith('#'))).not.toHaveLength(0);
    // All that a line break set free would have to start a line; only quoted words go on there, with the quote's end.
    for (const line of lines.filter((candidate) => candidate.startsWith('EOF'))) expect(line).toBe('EOF');
  });
});

describe.runIf(process.platform === 'linux')('a value from the lab', () => {
  /** Runs a script's `boot` part with each command replaced by one that notes its arguments. */
  const commandsOf = async (script: string): Promise<string[][]> => {
    const dir = await mkdtemp(join(scratch, 'run-'));
    const bin = join(dir, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'note'), `#!/bin/bash\nprintf '%s\\0' "\${0##*/}" "$@" $'\\1' >> "$NOTES"\n`, {
      mode: 0o755,
    });
    for (const command of ['ip', 'sysctl', 'modprobe', 'ipvsadm', 'arping', 'touch', 'id', 'reboot']) {
      await symlink('note', join(bin, command));
    }
    // The loopback device is the one NIC every Linux machine has; anybody may run the tests.
    const runnable = script
      .replace('if ((EUID != 0))', 'if false')
      .replace(/52(:[0-9a-f]{2}){5}/g, '00:00:00:00:00:00');
    const notes = join(dir, 'notes');
    await execa({ cwd: dir, env: { PATH: bin, NOTES: notes }, extendEnv: false, input: runnable })`/bin/bash -s boot`;
    const records = (await readFile(notes, 'utf8')).split('\0\u0001\0').slice(0, -1);
    return records.map((record) => record.split('\0'));
  };

  it('reaches commands as one word and runs nothing', async () => {
    const commands = [];
    for (const script of renderScripts(hostile, 'debian').values()) commands.push(...(await commandsOf(script)));
    expect(new Set(commands.map(([command]) => command))).toEqual(
      new Set(['ip', 'sysctl', 'modprobe', 'ipvsadm', 'arping']),
    );
    const vip = `10.0.0.9${HOSTILE}`;
    expect(commands).toContainEqual(['ip', 'address', 'add', `${vip}/32`, 'dev', 'tunl0']);
    expect(commands).toContainEqual(['ip', 'route', 'replace', 'default', 'via', `10.0.0.1${HOSTILE}`, 'dev', 'lo']);
    expect(commands).toContainEqual(['ipvsadm', '-A', '-t', `${vip}:80`, '-s', 'rr']);
    expect(commands).toContainEqual(['ipvsadm', '-a', '-t', `${vip}:80`, '-r', `10.0.0.4${HOSTILE}:80`, '-i']);
  });

  it('at boot neither installs nor writes anything', async () => {
    const commands = await commandsOf(scriptOf(tunBasic, 'rs1'));
    expect(new Set(commands.map(([command]) => command))).toEqual(new Set(['ip', 'modprobe', 'sysctl']));
  });
});

const expectInOrder = (script: string, ...parts: string[]): void => {
  const places = parts.map((part) => script.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
};

describe('a real server', () => {
  it.each([
    ['tun', tunBasic, 'tunl0'],
    ['dr', drTwoServices, 'lo'],
  ] as const)('has the VIP only after the sysctls: %s', (_, lab, device) => {
    expectInOrder(
      scriptOf(lab, 'rs1'),
      'net.ipv4.conf.all.arp_ignore=1',
      'net.ipv4.conf.all.arp_announce=2',
      'net.ipv4.ip_forward=0',
      `ip address add 192.168.2.100/32 dev ${device}\n`,
    );
  });

  it('has a VIP of two services once', () => {
    expect(scriptOf(drTwoServices, 'rs1').match(/192\.168\.2\.100\/32/g)).toHaveLength(1);
  });

  it('of NAT has no VIP, and its director as gateway', () => {
    const script = scriptOf(natDashes, 'rs1');
    expect(script).not.toMatch(/10\.0\.2\.100\/|arp_ignore|ipip/);
    expect(script).toContain('ip route replace default via 10.0.3.1 dev "$rack_2"\n');
  });

  it('listens on all its ports, on every address', () => {
    expect(scriptOf(drTwoServices, 'rs1')).toContain('\nListen 80\nListen 8080\n');
    expect(scriptOf(natDashes, 'rs2', 'el8')).toContain('\nListen 8081\n');
  });
});

describe('a director', () => {
  it('has the table before the VIP', () => {
    expectInOrder(
      scriptOf(tunBasic, 'director'),
      'ip address add 192.168.2.200/24',
      'ipvsadm -C\n',
      'ipvsadm -A -t 192.168.2.100:80 -s rr\n',
      'ipvsadm -a -t 192.168.2.100:80 -r 192.168.2.220:80 -i\n',
      'ipvsadm -a -t 192.168.2.100:80 -r 192.168.2.210:80 -i\n',
      'ip address add 192.168.2.100/32 dev "$inside"\n',
      'arping -q -U',
    );
  });

  it('has all its services, with schedulers, ports and weights, and a VIP of both once', () => {
    const script = scriptOf(drTwoServices, 'director');
    expect(script).toContain('modprobe --all ip_vs ip_vs_rr ip_vs_wrr\n');
    expect(script).toContain('ipvsadm -A -t 192.168.2.100:8080 -s wrr\n');
    expect(script).toContain('ipvsadm -a -t 192.168.2.100:8080 -r 192.168.2.220:8080 -g -w 3\n');
    expect(script).toContain('ipvsadm -a -t 192.168.2.100:8080 -r 192.168.2.210:8080 -g -w 0\n');
    expect(script.match(/192\.168\.2\.100\/32/g)).toHaveLength(1);
  });

  it('of NAT forwards packets and maps ports; of TUN it does not forward', () => {
    const script = scriptOf(natDashes, 'director');
    expect(script).toContain('net.ipv4.ip_forward=1');
    expect(script).toContain('ipvsadm -a -t 10.0.2.100:80 -r 10.0.3.11:8080 -m\n');
    expect(scriptOf(tunBasic, 'director')).not.toContain('ip_forward');
  });

  it('of a second tier does not announce the VIP that it has as a real server', () => {
    const script = scriptOf(twoTier, 'rs1');
    expectInOrder(script, '192.168.2.100/32 dev tunl0\n', 'ipvsadm -a -t 192.168.2.100:80 -r 192.168.2.230:80 -g\n');
    expect(script).not.toContain('arping -q');
    expect(script.match(/192\.168\.2\.100\/32/g)).toHaveLength(1);
  });

  it('on EL8 gets the scheduler that is not in its kernel package', () => {
    expect(scriptOf(natDashes, 'director', 'el8')).toContain('kernel-modules-extra');
    expect(scriptOf(tunBasic, 'director', 'el8')).not.toContain('kernel-modules-extra');
  });
});

describe('the templates', () => {
  it('put no value between double quotes, where the quoting of the engine would be text', async () => {
    const dir = join(import.meta.dirname, '../../provision');
    for (const file of await readdir(dir, { recursive: true })) {
      if (!file.endsWith('.sh')) continue;
      const code = (await readFile(join(dir, file), 'utf8')).replace(/^ *#.*$/gm, '').replace(/\{%.*?%\}/g, '');
      for (const [quoted] of code.matchAll(/"[^"\n]*"/g)) {
        // Names of NIC variables are made by us.
        expect(quoted.replace(/\$\{\{ (link\.|vip\.|gateway\.|route\.)?nic \}\}/g, ''), file).not.toContain('{{');
      }
    }
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labMust, printed, RUN_BASE, writeTinyLab } from './harness.ts';
import { homeSharingImages } from './images.ts';
import { LibvirtHost, whyNoLibvirt } from './libvirt-host.ts';
import { inFull, isFull } from './scope.ts';

// Vagrant with a real libvirt, in namespaces of this test. Without KVM a machine takes half a minute, so there are few.

// What matters here is how machines come up and are reached: the smallest lab with a director shows it. In a full run it is
// the lab of the README, all of whose machines reboot.
const SMALL = `name: small
summary: a director with one real server, on one segment
segments: { lan: 192.168.7.0/24 }
nodes:
  client: { links: { lan: 192.168.7.11 } }
  director: { links: { lan: 192.168.7.12 } }
  rs1: { links: { lan: 192.168.7.13 } }
clients: [client]
services:
  web: { vip: 192.168.7.100, port: 80, forward: tun, director: director, real-servers: [rs1] }
checks: [reachable, rules, encapsulated, direct-return, client-address, arp-owner]
`;

const [NAME, NODES, REBOOTED, CHECKS] = isFull
  ? ['tun-basic', ['client', 'router', 'director', 'rs1', 'rs2'], ['all'], 7]
  : ['small', ['client', 'director', 'rs1'], ['director'], 6];
const [SEGMENT, VIP, RIP] = isFull
  ? ['inside', '192.168.2.100', '192.168.2.220']
  : ['lan', '192.168.7.100', '192.168.7.13'];
/** The client asks the service ten times; with two real servers they take turns. */
const ANSWERS = isFull ? /^(rs1 rs2 ?){5}$|^(rs2 rs1 ?){5}$/ : /^(rs1 ?){10}$/;
/** Where a request is seen on its way to the director. */
const [CAPTURED, WAY] = isFull
  ? ['router', ['router outside in', 'router inside out', 'director inside in', 'director inside out']]
  : ['client', ['client lan out', 'director lan in', 'director lan out']];
const BUDGET = 900_000;

type Row = { node: string; segment: string; direction: string; packet: string };

const reason = await whyNoLibvirt();

describe.skipIf(reason !== undefined)(
  `the provider libvirt${reason ? ` (${reason})` : ''}`,
  { timeout: BUDGET },
  () => {
    const dir = `${RUN_BASE}-labs`;
    const home = join(dir, 'home');
    let host: LibvirtHost;
    let tiny: string;
    let file: string;
    let catalog: string;

    beforeAll(async () => {
      tiny = await writeTinyLab('tiny');
      file = isFull ? NAME : join(dir, `${NAME}.yaml`);
      if (!isFull) await writeFile(file, SMALL);
      // Built outside, where there is a network.
      catalog = (await labMust('image', 'build', 'debian12', '--format', 'vagrant-libvirt')).stdout.trim();
      await homeSharingImages(home);
      await mkdir(join(dir, 'libvirt'));
      host = await LibvirtHost.start(join(dir, 'libvirt'), home);
    }, BUDGET);
    afterAll(() => host?.stop());

    const report = async (): Promise<Record<string, number>> =>
      JSON.parse((await host.lab('test', NAME, '-f', 'json')).stdout).counts;
    const green = { pass: CHECKS, fail: 0, error: 0, skip: 0 };

    test('can run here, says doctor', async () => {
      const found = JSON.parse((await host.lab('doctor', '-f', 'json')).stdout);
      expect(found.find(({ provider }: { provider: string }) => provider === 'libvirt')).toMatchObject({
        usable: true,
      });
    });

    test('brings the lab up, and all its checks are green', async () => {
      const up = await host.labMust('up', file, '--provider', 'libvirt', '--image', 'debian12');
      expect(up).toMatch(
        isFull ? /^client asked web:(( rs2 rs1){10}|( rs1 rs2){10})$/m : /^client asked web:( rs1)+$/m,
      );
      expect(up).toContain(`${CHECKS} checks: ${CHECKS} passed`);
    });

    test('tells how its machines fare, what they print, and lets in as root', async () => {
      const status = JSON.parse(await host.labMust('status', NAME, '-f', 'json'));
      expect(status).toMatchObject({ provider: 'libvirt', image: 'debian12' });
      for (const [index, node] of status.nodes.entries()) {
        expect(node).toMatchObject({ node: NODES[index], status: 'running', memory: expect.any(Number) });
      }
      expect(await host.labMust('logs', NAME, 'rs1')).toContain('lab: ready');
      expect(await host.labMust('ssh', NAME, 'rs1', 'id -un; hostname')).toBe('root\nrs1');
    });

    test('shows the packets of a request, which it captures inside the machines', async () => {
      const { packets } = JSON.parse(
        await host.labMust('capture', NAME, CAPTURED, 'director', '-r', '1', '-f', 'json'),
      );
      const way = packets
        .filter(({ packet, direction }: Row) => packet.includes('Flags [S]') && direction !== 'passing')
        .map(({ node, segment, direction }: Row) => `${node} ${segment} ${direction}`);
      expect(way).toEqual(WAY);
    });

    test("gives each machine keys and a machine-id of its own, and takes Vagrant's key away", async () => {
      const command =
        'cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; grep -c insecure /root/.ssh/authorized_keys';
      const results = JSON.parse(await host.labMust('exec', '-f', 'json', NAME, 'all', `${command} || true`));
      const found = results.map(({ stdout }: { stdout: string }) => stdout);
      expect(new Set(found).size).toBe(NODES.length);
      for (const text of found) expect(text).toMatch(/\n0\n$/);
    });

    test('lets nothing of the lab out through the management network', async () => {
      const bridge = (await host.virsh('net-info', 'vagrant-libvirt')).match(/Bridge:\s+(\S+)/)?.[1] as string;
      const filter = 'ip and not (src net 192.168.121.0/24 or src host 0.0.0.0)';
      const capture = host.start('tcpdump', ['-i', bridge, '-n', '-l', '--immediate-mode', filter]);
      await printed(capture as never, /listening on/);
      // The second tells that the capture sees such packets: a host route puts one there on purpose.
      await host.lab('exec', NAME, 'all', 'ping -c 2 -W 1 203.0.113.9 >/dev/null; true');
      expect(await report()).toEqual(green);
      await host.lab(
        'exec',
        NAME,
        'rs1',
        `ip route add 203.0.113.77 dev eth0 src ${RIP}; ip neighbour add 203.0.113.77 lladdr 02:00:00:00:00:01 dev eth0; ping -c 1 -W 1 203.0.113.77; ip route del 203.0.113.77`,
      );
      await host.run('pkill', ['-INT', '-f', `tcpdump -i ${bridge}`]);
      const seen = String((await capture).stdout)
        .split('\n')
        .filter((line) => line.includes(' IP '));
      expect(seen).toHaveLength(1);
      expect(seen[0]).toContain('203.0.113.77');
    });

    test('has its machines paused, cut off and powered from outside, and healed', async () => {
      const statusOf = async (node: string) =>
        JSON.parse(await host.labMust('status', NAME, '-f', 'json')).nodes.find(
          (each: { node: string }) => each.node === node,
        ).status;
      const carrier = () => host.labMust('exec', NAME, 'rs1', 'cat /sys/class/net/eth1/carrier');
      await host.labMust('fault', NAME, 'pause', 'director');
      await host.labMust('fault', NAME, 'link', 'rs1', SEGMENT, 'down');
      expect([await statusOf('director'), await carrier()]).toEqual(['paused', '0']);
      await host.labMust('fault', NAME, 'kill', 'director');
      expect(await statusOf('director')).toBe('stopped');
      await host.labMust('heal', NAME);
      expect([await statusOf('director'), await carrier()]).toEqual(['running', '1']);
      expect(await report()).toEqual(green);
    });

    test('has it in force again after machines rebooted', async () => {
      const boot = () => host.labMust('exec', NAME, REBOOTED.join(','), 'cat /proc/sys/kernel/random/boot_id');
      const before = new Set((await boot()).split('\n'));
      await host.labMust('reboot', NAME, REBOOTED.join(','));
      for (const line of (await boot()).split('\n')) expect(before).not.toContain(line);
      expect(await report()).toEqual(green);
    });

    test('has a second instance beside the first, stops and starts it, and takes it down', async () => {
      await host.labMust('up', tiny, '--provider', 'libvirt', '--image', 'debian12');
      await host.labMust('exec', 'tiny', 'one', 'echo mine > /root/mine; sync');
      await host.labMust('stop', 'tiny');
      expect(JSON.parse(await host.labMust('status', 'tiny', '-f', 'json')).nodes[0].status).toBe('stopped');
      await host.labMust('start', 'tiny');
      expect(await host.labMust('exec', 'tiny', 'one', 'cat /root/mine')).toBe('mine');
      await host.labMust('down', 'tiny');
      expect((await host.virsh('list', '--all', '--name')).trim().split('\n').sort()).toEqual(
        NODES.map((node) => `${NAME}-${node}`).sort(),
      );
      expect(await report()).toEqual(green);
    });

    test('leaves nothing after down', async () => {
      await host.labMust('down', NAME);
      expect(await host.leftovers()).toEqual([]);
    });

    inFull('leaves nothing behind a prune when it was killed while machines started', async () => {
      const up = host.startLab('up', tiny, '--provider', 'libvirt', '--image', 'debian12');
      await printed(up as never, /one: Waiting for domain to get an IP address/);
      await host.run('pkill', ['-KILL', '-f', `main.js up ${tiny}`]);
      await up;
      expect(await host.leftovers()).not.toEqual([]);
      await host.labMust('prune');
      expect(await host.leftovers()).toEqual([]);
    });

    inFull('leaves nothing after Ctrl-C while machines start, and says so', async () => {
      const up = host.startLab('up', tiny, '--provider', 'libvirt', '--image', 'debian12');
      await printed(up as never, /one: Waiting for domain to get an IP address/);
      // As a terminal does it, which sends it to all that runs there.
      await host.run('pkill', ['-INT', '-f', `main.js up ${tiny}|vagrant.* up --no-provision`]);
      const { exitCode, stderr } = await up;
      expect(exitCode).toBe(130);
      expect(String(stderr)).toMatch(/interrupted by SIGINT/);
      expect(String(stderr)).toMatch(/Take everything down/);
      expect(await host.leftovers()).toEqual([]);
      expect(JSON.parse(await host.labMust('list', '-f', 'json')).instances ?? []).toEqual([]);
    });

    test('the rendered folder comes up with plain vagrant up, and without lab', async () => {
      const folder = join(dir, 'folder');
      await labMust('render', file, '-o', folder);
      const options = { cwd: folder, env: { LAB_BOX: 'lab/debian12', LAB_DRIVER: 'qemu' } };
      expect(await host.must('vagrant', ['validate'], options)).toContain('validated successfully');
      await host.run('vagrant', ['box', 'add', catalog], options);
      await host.must('vagrant', ['up'], options);
      const ask = `for i in 1 2 3 4 5 6 7 8 9 10; do curl -s -m 5 http://${VIP}/; done`;
      const answers = await host.must('vagrant', ['ssh', 'client', '-c', ask], options);
      expect(answers.trim().split(/\s+/).join(' ')).toMatch(ANSWERS);
      await host.must('vagrant', ['destroy', '--force'], options);
      expect(await host.leftovers()).toEqual([]);
    });
  },
);

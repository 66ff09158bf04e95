import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  filesLeft,
  lab,
  labMust,
  type Outcome,
  onNode,
  printed,
  processesLeft,
  RUN_BASE,
  startLab,
} from './harness.ts';
import { inFull } from './scope.ts';

const NAME = 'tun-basic';
const NODES = ['client', 'router', 'director', 'rs1', 'rs2'];

let up: Outcome;

beforeAll(async () => {
  up = await labMust('up', NAME);
});

afterAll(() => lab(['down', NAME]));

const report = async () => JSON.parse((await lab(['test', NAME, '-f', 'json'])).stdout);

describe('up', () => {
  test('prints which server answered each request, in turn', () => {
    expect(up.stdout).toMatch(/^client asked web:(( rs2 rs1){10}|( rs1 rs2){10})$/m);
  });

  test('prints a verdict for every check of the lab file, and all are good', () => {
    for (const check of [
      'reachable',
      'rotation',
      'share',
      'encapsulated',
      'direct-return',
      'client-address',
      'arp-owner',
    ]) {
      expect(up.stdout).toMatch(new RegExp(`^PASS +${check}:`, 'm'));
    }
    expect(up.stdout).not.toMatch(/FAIL|ERROR|SKIP/);
  });

  test('while it is up says so and verifies anew', async () => {
    const again = await labMust('up', NAME);
    expect(again.stderr).toContain('was up already');
    expect(again.stdout).toMatch(/7 checks: 7 passed/);
  });
});

test("the director's table is the seed's", async () => {
  const table = await onNode(NAME, 'director', 'ipvsadm -ln');
  expect(table).toMatch(/TCP +192\.168\.2\.100:80 rr\n/);
  expect(table).toMatch(/-> 192\.168\.2\.220:80 +Tunnel +1 /);
  expect(table).toMatch(/-> 192\.168\.2\.210:80 +Tunnel +1 /);
});

describe('capture', () => {
  type Row = { node: string; segment: string; direction: string; packet: string };

  test('shows the way of a request, hop by hop, in order', async () => {
    const { requests, packets } = JSON.parse((await labMust('capture', NAME, '-r', '1', '-f', 'json')).stdout) as {
      requests: { answer: string }[];
      packets: Row[];
    };
    expect(requests).toHaveLength(1);
    const server = requests[0]?.answer as string;
    const way = (flags: string) =>
      packets
        .filter(({ packet, direction }) => packet.includes(`Flags [${flags}]`) && direction !== 'passing')
        .map(({ node, segment, direction }) => `${node} ${segment} ${direction}`);
    const toDirector = ['client outside out', 'router outside in', 'router inside out', 'director inside in'];
    expect(way('S')).toEqual([...toDirector, 'director inside out', `${server} inside in`]);
    const back = ['router inside in', 'router outside out', 'client outside in'];
    expect(way('S.')).toEqual([`${server} inside out`, ...back]);
    expect(packets.some(({ packet }) => packet.startsWith('IP 192.168.2.200 > 192.168.2.2'))).toBe(true);
  });

  test('of one NIC goes into a file, until Ctrl-C', async () => {
    const file = join(RUN_BASE, 'router.pcapng');
    const capturing = startLab(['capture', NAME, 'router:inside', '-w', file]);
    await printed(capturing, /capturing at router:inside until Ctrl-C/);
    await onNode(NAME, 'client', 'curl --silent http://192.168.2.100/');
    capturing.kill('SIGINT');
    const { exitCode, stdout } = await capturing;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^[1-9]\\d* packets in ${file}$`));
    const bytes = await readFile(file);
    expect(bytes.readUInt32LE(8)).toBe(0x1a2b3c4d);
    expect(bytes.includes('router:inside')).toBe(true);
    expect(bytes.includes('GET / HTTP/1.1')).toBe(true);
    await rm(file);
  });
});

describe('provisioning', () => {
  /** All that a script sets, in a form that is the same whenever the state is. */
  const state = (node: string) =>
    onNode(
      NAME,
      node,
      "ip -o address show | sed 's/valid_lft.*//'; ip route; ip rule; ipvsadm -Sn 2>/dev/null; sysctl -a 2>/dev/null | " +
        "grep -E '(arp_ignore|arp_announce|rp_filter|ip_forward) ='; cat /etc/hosts; ls /etc/systemd/system/*.wants; cat /var/www/html/index.html",
    );

  test.each(NODES)('run a second time changes nothing on %s', async (node) => {
    const before = await state(node);
    await onNode(NAME, node, `bash /root/${node}.sh`);
    expect(await state(node)).toBe(before);
  });

  test('brings a director back whose rules drifted', async () => {
    const before = await onNode(NAME, 'director', 'ipvsadm -Sn');
    await onNode(
      NAME,
      'director',
      'ipvsadm -E -t 192.168.2.100:80 -s wlc; ipvsadm -d -t 192.168.2.100:80 -r 192.168.2.210; ipvsadm -A -t 192.168.2.100:81',
    );
    expect(await onNode(NAME, 'director', 'ipvsadm -Sn')).not.toBe(before);
    await onNode(NAME, 'director', 'bash /root/director.sh');
    expect((await onNode(NAME, 'director', 'ipvsadm -Sn')).split('\n').filter((line) => line.includes(':80'))).toEqual(
      before.split('\n').filter((line) => line.includes(':80')),
    );
    await onNode(NAME, 'director', 'ipvsadm -D -t 192.168.2.100:81 || true');
  });

  test('is in force again after every machine rebooted', async () => {
    const boots = await Promise.all(NODES.map((node) => onNode(NAME, node, 'cat /proc/sys/kernel/random/boot_id')));
    await labMust('reboot', NAME);
    const after = await report();
    expect(after.counts).toEqual({ pass: 7, fail: 0, error: 0, skip: 0 });
    const now = await Promise.all(NODES.map((node) => onNode(NAME, node, 'cat /proc/sys/kernel/random/boot_id')));
    for (const [index, boot] of boots.entries()) expect(now[index]).not.toBe(boot);
  });

  test('is in force again after stop and start, on the same disks', async () => {
    await onNode(NAME, 'rs1', 'echo mine > /root/mine; sync');
    await labMust('stop', NAME);
    expect(processesLeft()).toEqual([]);
    const stopped = JSON.parse((await labMust('status', NAME, '-f', 'json')).stdout);
    expect(stopped.nodes.map((node: { status: string }) => node.status)).toEqual(NODES.map(() => 'stopped'));
    const refused = await lab(['test', NAME]);
    expect(refused.exitCode).toBe(3);
    expect(refused.stdout).toContain(`lab start ${NAME}`);
    await labMust('start', NAME);
    expect(await onNode(NAME, 'rs1', 'cat /root/mine')).toBe('mine');
    expect((await report()).counts).toEqual({ pass: 7, fail: 0, error: 0, skip: 0 });
  });
});

describe('a guest', () => {
  test('reaches nothing of the host through its management network', async () => {
    const server = createServer((socket) => socket.end('the host\n')).listen(0, '0.0.0.0');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const tried = await lab(['exec', NAME, 'rs1', `nc -w 3 10.0.2.2 ${port} </dev/null`]);
    server.close();
    expect(tried).toMatchObject({ exitCode: 1, stdout: '' });
  });

  test('is logged in to by ssh, with its host key pinned', async () => {
    const outcome = await labMust('ssh', NAME, 'rs1', 'hostname');
    expect(outcome.stdout).toBe('rs1');
  });
});

describe('exec', () => {
  test("gives back one guest's exit code and both streams", async () => {
    const outcome = await lab(['exec', NAME, 'rs1', 'echo out; echo err >&2; exit 42']);
    expect(outcome).toEqual({ exitCode: 42, stdout: 'out', stderr: 'err' });
  });

  test('names the node before each line of several', async () => {
    const outcome = await labMust('exec', NAME, 'rs1,rs2', '--', 'echo', "it's $HOME");
    expect(outcome.stdout.split('\n').sort()).toEqual(["rs1 | it's $HOME", "rs2 | it's $HOME"]);
  });

  test('gives the exit code of the one that failed', async () => {
    expect((await lab(['exec', NAME, 'all', 'test $(hostname) != rs2'])).exitCode).toBe(1);
  });

  test('says which command outlived which budget, and what it had printed', async () => {
    const outcome = await lab(['exec', '-t', '2', NAME, 'rs1', 'echo waiting; sleep 60']);
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toMatch(/sleep 60.*on rs1: not done within 2 s; its last output:\s+waiting/s);
  });

  test('with an unknown node names those that there are', async () => {
    const outcome = await lab(['exec', NAME, 'rs3', 'true']);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toContain('client, router, director, rs1, rs2');
  });
});

test('list, status and logs tell of the instance', async () => {
  expect((await labMust('list')).stdout).toMatch(/^tun-basic +tun-basic +qemu +up/m);
  const status = JSON.parse((await labMust('status', NAME, '-f', 'json')).stdout);
  expect(status.nodes.map((node: { node: string }) => node.node)).toEqual(NODES);
  for (const node of status.nodes) expect(node).toMatchObject({ status: 'running', memory: expect.any(Number) });
  expect((await labMust('logs', NAME, 'rs1')).stdout).toContain('lab: ready');
});

test('test prints JUnit that says the same', async () => {
  const { stdout } = await labMust('test', NAME, '--reporter', 'junit', '-c', 'arp-owner,reachable');
  expect(stdout).toMatch(/<testsuite[^>]* tests="2"[^>]* failures="0"/);
});

// Two side by side are in lab-states.test.ts.
inFull('a second instance runs beside the first', async () => {
  await labMust('up', NAME, '--name', 'second');
  const both = await Promise.all([NAME, 'second'].map((name) => lab(['test', name, '-f', 'json'])));
  for (const { stdout } of both) expect(JSON.parse(stdout).counts.pass).toBe(7);
  await labMust('down', 'second');
  expect((await report()).counts.pass).toBe(7);
});

test('down leaves no process, socket or file', async () => {
  await labMust('down', NAME);
  expect(processesLeft()).toEqual([]);
  expect(filesLeft(NAME, 'second')).toEqual([]);
  const again = await lab(['down', NAME]);
  expect(again.exitCode).toBe(2);
});

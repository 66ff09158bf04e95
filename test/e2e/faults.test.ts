import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lab, labMust, onNode, startLab } from './harness.ts';

const NAME = 'disturbed';

/** Who answers the client's four requests; `-` where nobody does. */
const answers = async (): Promise<string[]> =>
  (await onNode(NAME, 'client', 'for i in 1 2 3 4; do curl --silent --max-time 2 192.168.2.100 || echo -; done')).split(
    '\n',
  );

const fault = (...words: string[]) => labMust('fault', NAME, ...words);
const faults = async (): Promise<{ number: number; what: string }[]> =>
  JSON.parse((await labMust('fault', NAME, '-f', 'json')).stdout);
const statusOf = async (node: string): Promise<string> => {
  const { nodes } = JSON.parse((await labMust('status', NAME, '-f', 'json')).stdout);
  return nodes.find((each: { node: string }) => each.node === node).status;
};

const withoutRs1 = {
  asymmetricMatch: (all: string[]) => all.length === 4 && all.every((who) => /^(rs2|-)$/.test(who)),
};
const both = {
  asymmetricMatch: (all: string[]) => new Set(all).size === 2 && all.every((who) => /^rs[12]$/.test(who)),
};

describe('faults, seen by the client, and healed', () => {
  beforeAll(() => labMust('up', 'tun-basic', '--name', NAME, '--no-save'));
  afterAll(() => lab(['down', NAME]));

  test.each([
    ['link', 'rs1', 'inside', 'down'],
    ['pause', 'rs1'],
    ['partition', 'director', 'rs1'],
    ['service', 'rs1', 'stop'],
  ])('%s %s %s', async (...words) => {
    await fault(...words.filter((word) => word !== undefined));
    expect(await answers()).toEqual(withoutRs1);
    expect(await faults()).toHaveLength(1);
    await labMust('heal', NAME);
    expect(await answers()).toEqual(both);
    expect(await faults()).toEqual([]);
  });

  test('partition keeps two nodes apart through a router, and only them', async () => {
    const ping = async (to: string) =>
      (await lab(['exec', NAME, 'client', `ping -n -c 1 -W 1 ${to} > /dev/null`])).exitCode === 0;
    await fault('partition', 'client', 'rs1');
    expect([await ping('rs1'), await ping('rs2'), await ping('director')]).toEqual([false, true, true]);
    await labMust('heal', NAME);
    expect(await ping('rs1')).toBe(true);
  });

  test('netem delays what a node sends to one segment, by the latest measure', async () => {
    const milliseconds = async () =>
      Number((await onNode(NAME, 'client', 'ping -n -c 3 -q router')).match(/= [\d.]+\/([\d.]+)/)?.[1]);
    await fault('netem', 'router', 'outside', '--delay', '50ms');
    await fault('netem', 'router', 'outside', '--delay', '200ms', '--jitter', '1ms');
    expect(await faults()).toMatchObject([{ what: 'what router sends to outside: delay 200ms 1ms' }]);
    expect(await milliseconds()).toBeGreaterThan(190);
    await labMust('heal', NAME);
    expect(await onNode(NAME, 'router', 'tc qdisc show')).not.toContain('netem');
  });

  test('a machine without power is booted by heal, which undoes what it was in besides', async () => {
    await fault('pause', 'rs1');
    expect((await lab(['fault', NAME, 'service', 'rs1', 'stop'])).stderr).toContain(
      'cannot reach rs1: its machine is paused',
    );
    await fault('link', 'rs1', 'inside', 'down');
    await fault('kill', 'rs1');
    expect(await statusOf('rs1')).toBe('stopped');
    expect((await faults()).map(({ what }) => what)).toContain('rs1 has no power');
    expect(await answers()).toEqual(withoutRs1);
    await labMust('heal', NAME);
    expect(await statusOf('rs1')).toBe('running');
    expect(await answers()).toEqual(both);
    expect((await lab(['ssh', NAME, 'rs1', 'hostname'])).stdout).toBe('rs1');
  });

  test('one that lasts for a time is undone when it is over, or when its process is told to end', async () => {
    await fault('pause', 'rs2', '--for', '1s');
    expect([await statusOf('rs2'), await faults()]).toEqual(['running', []]);
    const waiting = startLab(['fault', NAME, 'pause', 'rs2', '--for', '1h']);
    await expect.poll(() => statusOf('rs2'), { timeout: 20_000 }).toBe('paused');
    waiting.kill('SIGINT');
    expect((await waiting).exitCode).toBe(130);
    expect([await statusOf('rs2'), await faults()]).toEqual(['running', []]);
  });

  test('one whose process was killed is undone by heal', async () => {
    const waiting = startLab(['fault', NAME, 'partition', 'director', 'rs1', '--for', '1h']);
    await expect
      .poll(() => onNode(NAME, 'rs1', 'nft list tables'), { timeout: 20_000 })
      .toContain('lab_partition_director');
    waiting.kill('SIGKILL');
    await waiting;
    expect(await faults()).toMatchObject([{ what: 'director and rs1 do not hear each other' }]);
    await labMust('heal', NAME);
    expect(await answers()).toEqual(both);
  });

  test('what is wrong with the words is said, and nothing is done', async () => {
    for (const words of [
      ['kil', 'rs1'],
      ['kill', 'rs9'],
      ['netem', 'rs1', 'inside', '--loss', '7'],
      ['link', 'rs1', 'outside', 'down'],
    ])
      expect((await lab(['fault', NAME, ...words])).exitCode).toBe(2);
    expect((await lab(['heal', NAME, '9'])).exitCode).toBe(2);
    expect(await faults()).toEqual([]);
  });
});

test('where keepalived looks after the real servers, heal ends when it has them all again', async () => {
  const name = 'looked-after';
  try {
    await labMust('up', 'tun-health', '--name', name, '--no-save', '--no-test');
    await labMust('fault', name, 'service', 'rs1', 'stop');
    const isOut = () => onNode(name, 'director', 'ipvsadm --save --numeric');
    await expect.poll(isOut, { timeout: 60_000 }).not.toContain('172.25.88.2:80');
    await labMust('heal', name);
    await labMust('test', name, '--check', 'rotation,rules');
  } finally {
    await lab(['down', name]);
  }
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lab, labMust, onNode } from './harness.ts';

const NAME = 'ill';
const VIP = '192.168.2.100';

interface Found {
  healthy: boolean;
  causes: { hypothesis: string; node: string; what: string; show: string; mend: string[] }[];
}

const diagnose = async (): Promise<Found> => JSON.parse((await lab(['diagnose', NAME, '-f', 'json'])).stdout);

beforeAll(() => labMust('up', 'tun-basic', '--name', NAME));
afterAll(() => lab(['down', NAME]));

test('a lab in which all is well is called healthy', async () => {
  const told = await lab(['diagnose', NAME]);
  expect(told).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing is wrong') });
});

// More of them: bench/diagnose.ts, and test/diagnosis on what real machines said.
test.each([
  ['tunnels', 'rs1', 'ip link set tunl0 down'],
  ['reverse-path', 'rs2', 'sysctl -w net.ipv4.conf.all.rp_filter=1'],
  ['packet-filters', 'rs1', 'iptables -A INPUT -p 4 -j DROP'],
  ['table', 'director', `ipvsadm -E -t ${VIP}:80 -s sh`],
  ['arp', 'rs1', 'sysctl -w net.ipv4.conf.all.arp_ignore=0'],
])('%s: the first cause is on %s, and its own commands mend it: %s', async (hypothesis, node, mistake) => {
  await onNode(NAME, node, mistake);
  const [first] = (await diagnose()).causes;
  expect(first).toMatchObject({ hypothesis, node });
  for (const command of first?.mend ?? []) {
    const [, instance, where, line] = command.match(/^lab exec (\S+) (\S+) (.*)$/) ?? [];
    expect(instance).toBe(NAME);
    await onNode(NAME, where as string, line as string);
  }
});

test('a failed check names its likeliest cause, and leaves packets in the bundle', async () => {
  // All that was broken above has been mended by what the diagnoses said.
  expect((await lab(['test', NAME, '-c', 'reachable'])).exitCode).toBe(0);
  await onNode(NAME, 'rs1', 'ip link set tunl0 down');
  const failed = await lab(['test', NAME, '-c', 'reachable,encapsulated']);
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toContain('Most likely: rs1: tunl0, which unwraps requests, is down');
  expect(failed.stdout).toContain(`Mend: lab exec ${NAME} rs1 ip link set tunl0 up`);
  const bundle = failed.stderr.match(/\S+\/bundles\/\S+/)?.[0] as string;
  expect(await readFile(join(bundle, 'diagnosis.txt'), 'utf8')).toContain('tunl0, which unwraps requests, is down');
  expect(await readdir(join(bundle, 'captures'))).toEqual(
    expect.arrayContaining(['client-outside.pcap', 'router-inside.pcap', 'rs1-inside.pcap']),
  );
});

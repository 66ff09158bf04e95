import { expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';
import { topologyDot, topologyMermaid, topologyText } from '../../src/provision/topology.ts';

const labNamed = async (name: string) => (await loadLab(`labs/${name}.yaml`)).lab as Lab;
const TUN_BASIC = await labNamed('tun-basic');

test('as text: segments, who is on them, and where a VIP is', () => {
  expect(topologyText(TUN_BASIC)).toBe(`outside  192.168.1.0/24
 |-- client  192.168.1.200
 \`-- router  192.168.1.1

inside  192.168.2.0/24
 |-- router    192.168.2.1
 |-- director  192.168.2.200  VIP 192.168.2.100:80 (web)
 |-- rs1       192.168.2.220
 \`-- rs2       192.168.2.210`);
});

test('a VIP that moves by VRRP is where its master is; one of a second tier is nowhere to be asked for', async () => {
  expect(topologyText(await labNamed('tun-ha'))).toMatch(/director1 .*VIP 192\.168\.1\.200:80 \(web\)\n/);
  expect(topologyText(await labNamed('tun-two-tier')).match(/VIP/g)).toHaveLength(1);
});

test('for Mermaid: identifiers without dashes, roles that a name does not tell', async () => {
  const lines = topologyMermaid(await labNamed('tun-two-tier')).split('\n');
  expect(lines[0]).toBe('flowchart LR');
  expect(lines).toContain('  node_dc_east["<b>dc-east</b><br>director<br>real-server"]');
  expect(lines).toContain('  node_front ---|"192.168.1.100<br>VIP 192.168.1.200:80 (global)"| segment_wan');
});

test('for Graphviz: a node and a segment of one name are two', () => {
  const dot = topologyDot(TUN_BASIC);
  expect(dot).toMatch(/^graph "tun-basic" \{\n.*\n\}$/s);
  expect(dot).toContain('"node rs1" [label="rs1\\nreal-server"]');
  expect(dot).toContain('"node director" -- "segment inside" [label="192.168.2.200\\nVIP 192.168.2.100:80 (web)"]');
});

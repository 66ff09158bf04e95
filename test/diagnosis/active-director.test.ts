import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asItStands, withEachDirector } from '../../src/diagnosis/active-director.ts';
import { snapshotScript } from '../../src/diagnosis/script.ts';
import { type LabSnapshot, NOTHING, type NodeSnapshot } from '../../src/diagnosis/snapshot.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';
import { projectDir } from '../../src/support/paths.ts';
import { TUN_BASIC } from './recorded.ts';

const TUN_HA = (await loadLab(join(projectDir, 'labs', 'tun-ha.yaml'))).lab as Lab;
const VIP = '192.168.1.200';

/** What nodes say of themselves, of which these have the VIP. */
const snapshot = (...holders: string[]): LabSnapshot =>
  new Map(
    TUN_HA.nodes.map(({ name }): [string, NodeSnapshot] => [
      name,
      {
        ...{ ...NOTHING, node: name, status: 'running' },
        devices: [
          { addresses: holders.includes(name) ? [{ address: VIP }] : [] },
        ] as unknown as NodeSnapshot['devices'],
      },
    ]),
  );
const directorsIn = (lab: Lab) => lab.services.map(({ director }) => director);

test('the director is the one that has the VIP', () => {
  expect(directorsIn(asItStands(TUN_HA, snapshot('director2', 'rs1')))).toEqual(['director2']);
  expect(directorsIn(asItStands(TUN_HA, snapshot('director1')))).toEqual(['director1']);
});

test('where both have it, or none, it is the one of the file: the other is what is wrong', () => {
  expect(directorsIn(asItStands(TUN_HA, snapshot('director1', 'director2')))).toEqual(['director1']);
  expect(directorsIn(asItStands(TUN_HA, snapshot()))).toEqual(['director1']);
});

test('nodes are asked of the ways by either director, and a lab with one is as it was', () => {
  expect(withEachDirector(TUN_HA).map(directorsIn)).toEqual([['director1'], ['director2']]);
  expect(snapshotScript(TUN_HA, 'director2', 'debian')).toContain('route get 192.168.2.101');
  expect(withEachDirector(TUN_BASIC)).toEqual([TUN_BASIC]);
});

import { expect, test } from 'vitest';
import { listedBoxes } from '../../../src/providers/vagrant/box.ts';
import { parseMessage } from '../../../src/providers/vagrant/machine-readable.ts';

test('boxes are listed with their versions, also several of one name', () => {
  const printed = `1,,ui,info,lab/debian12 (libvirt%!(VAGRANT_COMMA) 1.0.0)
1,,box-name,lab/debian12
1,,box-provider,libvirt
1,,box-version,1.0.0
1,,ui,info,lab/debian12 (libvirt%!(VAGRANT_COMMA) 2.0.0)
1,,box-name,lab/debian12
1,,box-provider,libvirt
1,,box-version,2.0.0`;
  expect(listedBoxes(printed.split('\n').flatMap((line) => parseMessage(line) ?? []))).toEqual([
    { 'box-name': 'lab/debian12', 'box-provider': 'libvirt', 'box-version': '1.0.0' },
    { 'box-name': 'lab/debian12', 'box-provider': 'libvirt', 'box-version': '2.0.0' },
  ]);
});

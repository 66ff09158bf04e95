import { expect, it } from 'vitest';
import { nicVariables } from '../../src/provision/nic-variables.ts';

const variablesOf = (...segments: string[]): string[] => [
  ...nicVariables(segments.map((segment) => ({ segment, address: '10.0.0.1', prefixLength: 24, mac: '' }))).values(),
];

it.each([
  [
    ['inside', 'outside'],
    ['inside', 'outside'],
  ],
  [
    ['rack-2', 'rack_2'],
    ['rack_2', 'nic_rack_2'],
  ],
  [
    ['a-b', 'a_b', 'a.b'],
    ['a_b', 'nic_a_b', 'nic_a_b_2'],
  ],
  [['1st'], ['nic_1st']],
  [
    ['PATH', 'IFS'],
    ['path', 'ifs'],
  ],
  [
    ['missing', 'mac'],
    ['nic_missing', 'nic_mac'],
  ],
])('names the NICs of %j %j', (segments, variables) => {
  expect(variablesOf(...segments)).toEqual(variables);
});

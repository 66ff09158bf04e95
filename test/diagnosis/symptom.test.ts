import { expect, test } from 'vitest';
import { symptomOf } from '../../src/diagnosis/symptom.ts';
import type { Burst } from '../../src/traffic/observation.ts';
import { burstOf, REFUSED, TIMEOUT } from './recorded.ts';

const UNREACHABLE = 'curl: (7) Failed to connect to 192.168.2.100 port 80: No route to host';
const howOf = (burst: Burst) => symptomOf([burst], []).how;

test.each([
  ['timeouts', [TIMEOUT, TIMEOUT, 'rs1'], 'timeout'],
  ['refusals', [REFUSED, REFUSED, 'rs1'], 'refused'],
  ['no way to the VIP, of which most curls say the same', [UNREACHABLE, 'rs1'], 'refused'],
  ['as many of each', [TIMEOUT, REFUSED], 'timeout'],
  ['more refusals', [TIMEOUT, REFUSED, REFUSED], 'refused'],
  ['neither', ['curl: (52) Empty reply from server', 'rs1'], undefined],
])('how requests are lost: %s', (_, answers, how) => {
  expect(howOf(burstOf(answers))).toBe(how);
});

test('it is told by what became of requests, not by words of a page', () => {
  expect(howOf(burstOf(['the gateway timed out', 'connection refused', 'timeout', 'refused']))).toBeUndefined();
});

test('a line for each burst has the words of its first failure', () => {
  expect(symptomOf([burstOf(['rs2', TIMEOUT, 'rs2', TIMEOUT])], []).lines).toEqual([
    `client asked web: 2 of 4 requests failed (${TIMEOUT}); rs1 never answered`,
  ]);
});

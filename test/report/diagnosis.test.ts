import { expect, test } from 'vitest';
import { html } from '../../src/report/html.ts';
import { json } from '../../src/report/json.ts';
import { junit } from '../../src/report/junit.ts';
import { terminal } from '../../src/report/terminal.ts';
import { diagnosed, REFUSED } from '../diagnosis/recorded.ts';
import { reportOf, resultOf, VERDICTS } from './report.ts';

const diagnosis = diagnosed(
  { rs1: [['"ifname":"tunl0","flags":["NOARP","UP","LOWER_UP"]', '"ifname":"tunl0","flags":["NOARP"]']] },
  [REFUSED, 'rs2', REFUSED, 'rs2'],
  ['reachable'],
);
const report = { ...reportOf(VERDICTS.fail), diagnosis };
const WHAT = 'rs1: tunl0, which unwraps requests, is down';

test('the terminal names the likeliest cause under the verdicts, with its commands', () => {
  expect(terminal(report, { color: false })).toContain(`
Most likely: ${WHAT}
  See:  lab exec mine rs1 ip link show tunl0
  Mend: lab exec mine rs1 ip link set tunl0 up

mine: 1 check: 1 failed`);
});

test('JSON has all causes, each with commands to paste', () => {
  expect(JSON.parse(json(report)).diagnosis).toMatchObject({
    healthy: false,
    symptom: { lost: ['rs1'], how: 'refused', red: ['reachable'] },
    causes: [{ hypothesis: 'tunnels', node: 'rs1', mend: ['lab exec mine rs1 ip link set tunl0 up'] }],
  });
});

test('JUnit and HTML tell of it as well', () => {
  const result = { ...resultOf('tun-basic', VERDICTS.fail), found: { report } };
  expect(junit([result])).toContain(`Most likely: ${WHAT}`);
  expect(html([result], 1)).toContain(`Most likely: ${WHAT}`);
});

import type { Report, Result } from '../../src/report/report.ts';
import type { Verdict } from '../../src/verdicts/verdict.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const table = { title: 'tables of director', lines: ['TCP  192.168.2.100:80 sh', '  -> 192.168.2.220:80  Tunnel'] };

export const VERDICTS = {
  pass: {
    check: 'reachable',
    status: 'pass',
    summary: 'all is well',
    evidence: [{ title: 'seen', lines: ['a'] }],
    seconds: 0.25,
  },
  fail: {
    check: 'rotation',
    status: 'fail',
    summary: 'request 2 was answered by rs1',
    evidence: [
      {
        title: 'counts',
        columns: ['node', 'answered'],
        rows: [
          ['rs1', '3'],
          ['director', '12'],
        ],
      },
      table,
    ],
    seconds: 0.5,
  },
  alsoFail: { check: 'share', status: 'fail', summary: 'rs1 answered 3', evidence: [table], seconds: 0.125 },
  error: { check: 'arp-owner', status: 'error', summary: 'cannot ask', evidence: [], seconds: 1 },
  skip: { check: 'encapsulated', status: 'skip', summary: 'no tunnel', evidence: [], seconds: 0 },
} satisfies Record<string, Verdict>;

export const reportOf = (...verdicts: Verdict[]): Report => ({
  lab: 'tun-basic',
  instance: 'mine',
  provider: 'qemu',
  started: '2026-03-01T10:00:00.123Z',
  seconds: 12.3456,
  verdicts,
  bursts: [burstOf(labWith(), 'rs2 - rs2')],
});

/** The result of a lab that came up, with these verdicts. */
export const resultOf = (title: string, ...verdicts: Verdict[]): Result => ({
  title,
  lab: 'tun-basic',
  started: '2026-03-01T10:00:00.123Z',
  seconds: 31.25,
  found: { report: reportOf(...verdicts) },
});

/** The result of a lab that did not come up. */
export const BROKEN: Result = {
  title: 'broken',
  lab: 'broken',
  started: '2026-03-01T10:01:00.000Z',
  seconds: 4.5,
  found: { trouble: { message: 'cannot boot rs1: panic\nits console said <nothing>', next: 'look at it' } },
};

import { describe, expect, test } from 'vitest';
import { judgeDirectorFailover, type Move, type Seen } from '../../src/checks/director-failover.ts';

/** Requests a second apart; a dash for one that was lost. */
const move = (answers: string, after: number | undefined = 4): Move => ({
  requests: answers
    .split(' ')
    .map((answer, index) =>
      answer === '-'
        ? { began: index, ended: index + 3, why: 'curl: (28) Connection timed out' }
        : { began: index, ended: index + 0.1, answer },
    ),
  ...(after !== undefined && { after }),
});

const never = (answers: string): Move => ({ requests: move(answers).requests });

const well = {
  before: ['director1'],
  killed: { told: true, move: move('- rs1 rs2'), owners: ['director2'], held: [{ before: 'rs1', after: 'rs1' }] },
  back: { move: move('rs1 rs2'), owners: ['director1'] },
  parted: { holders: ['director1', 'director2'], move: move('rs1 rs2', 1.5), owners: ['director1'] },
} satisfies Seen;

const judge = (seen: Partial<Seen>) =>
  judgeDirectorFailover('director1', 'director2', { lost: 1, seconds: 20 }, { ...well, ...seen });

describe('director-failover', () => {
  test('passes, and tells what each move cost', () => {
    expect(judge({})).toMatchObject({
      status: 'pass',
      summary:
        'director1 was killed: director2 had the VIP after 4.0 s, 1 request lost, 1 held connection survived; back, it had the VIP again, 0 requests lost; parted and joined, they have one master again after 1.5 s',
    });
  });

  test.each<[string, Partial<Seen>, string]>([
    [
      'two owners before anything is done',
      { before: ['director1', 'director2'] },
      'director1 and director2 answered ARP for the VIP',
    ],
    ['the wrong owner', { before: ['director2'] }, 'director2 answered ARP for the VIP, and not director1'],
    ['no owner', { before: [] }, 'nobody answered ARP for the VIP'],
    [
      'nobody takes over',
      { killed: { ...well.killed, move: never('- -') } },
      'director2 did not take over within 20 s; 2 requests lost',
    ],
    [
      'too many are lost',
      { killed: { ...well.killed, move: move('- - rs1') } },
      '2 requests lost until director2 took over, and at most 1 may be',
    ],
    [
      'another machine took the VIP',
      { killed: { ...well.killed, owners: ['director2', 'rs1'] } },
      'with director1 killed, director2 and rs1 answered ARP for the VIP',
    ],
    [
      'held connections are reset',
      { killed: { ...well.killed, held: [{ before: 'rs1' }] } },
      'with director1 killed, 1 of 1 held connections did not survive: the first is connection 1, to rs1',
    ],
    [
      'held connections are reset, of which nobody told the standby',
      { killed: { ...well.killed, told: false, held: [{ before: 'rs1' }] } },
      'with director1 killed, 1 of 1 held connections did not survive: the first is connection 1, to rs1; director2 did not know of all of them',
    ],
    [
      'it does not get the VIP back',
      { back: { ...well.back, move: never('rs1') } },
      'director1 did not have the VIP again within 20 s; 0 requests lost',
    ],
    [
      'both keep it',
      { back: { ...well.back, owners: ['director1', 'director2'] } },
      'with director1 back, director1 and director2 answered ARP for the VIP',
    ],
    [
      'parted, the standby waits for ever',
      { parted: { ...well.parted, holders: ['director1'] } },
      'parted from the other, director2 did not have the VIP',
    ],
    [
      'joined again, both keep it',
      { parted: { ...well.parted, move: never('rs1') } },
      'joined again, the directors did not agree within 20 s; 0 requests lost',
    ],
    [
      'joined again, the wrong one keeps it',
      { parted: { ...well.parted, owners: ['director2'] } },
      'with the directors joined again, director2 answered ARP for the VIP, and not director1',
    ],
  ])('fails: %s', (_, seen, summary) => {
    expect(judge(seen)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when it broke off without a problem that is told', () => {
    const { before, killed } = well;
    expect(judgeDirectorFailover('director1', 'director2', { lost: 1, seconds: 20 }, { before, killed })).toMatchObject(
      {
        status: 'fail',
        summary: 'the VIP did not move',
      },
    );
  });
});

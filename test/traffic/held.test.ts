import { describe, expect, test } from 'vitest';
import { judgeSurvival } from '../../src/checks/connection-survives.ts';
import { judgeDrain } from '../../src/checks/drain.ts';
import { type Held, heldProblem } from '../../src/traffic/held.ts';
import { labWith } from './tun-basic.ts';
import { burstOf } from './wire.ts';

const held = (...pairs: string[]): Held[] =>
  pairs.map((pair) => {
    const [before, after] = pair.split(' ');
    return { ...(before !== '-' && { before: before as string }), ...(after !== '-' && { after: after as string }) };
  });
const GOOD = held('rs1 rs1', 'rs2 rs2');

describe('held connections', () => {
  test.each([
    ['none lost', GOOD, undefined],
    [
      'one lost',
      held('rs2 rs2', 'rs1 -'),
      '1 of 2 held connections did not survive: the first is connection 2, to rs1',
    ],
    ['one never there', held('- -', 'rs1 rs1'), 'connection 1 was not answered when it was opened'],
    ['one that moved', held('rs1 rs2'), 'connection 1 was answered by rs1 at first, and by rs2 later'],
  ])('%s', (_, connections, problem) => {
    expect(heldProblem(connections)).toBe(problem);
  });
});

describe('drain', () => {
  const judge = (connections: Held[], answers: string) => judgeDrain('rs1', connections, burstOf(labWith(), answers));

  test('passes when held connections go on and new ones go elsewhere', () => {
    const summary = '1 connection to rs1 went on at weight 0, 2 new ones went elsewhere';
    expect(judge(GOOD, 'rs2 rs2')).toMatchObject({ status: 'pass', summary });
  });

  test.each([
    ['a new one taken', GOOD, 'rs2 rs1', 'rs1 had weight 0 and answered request 2'],
    [
      'a held one lost',
      held('rs1 -', 'rs2 rs2'),
      'rs2 rs2',
      '1 of 2 held connections did not survive: the first is connection 1, to rs1',
    ],
    ['nothing held', held('rs2 rs2'), 'rs2 rs2', 'rs1 had none of 1 connections to finish'],
  ])('fails: %s', (_, connections, answers, summary) => {
    expect(judge(connections, answers)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when new ones are refused', () => {
    expect(judge(GOOD, 'rs2 -')).toMatchObject({
      status: 'fail',
      summary: expect.stringMatching(/^while rs1 had weight 0, request 2 of 2 was not answered/),
    });
  });
});

describe('connection-survives', () => {
  const during = { director: 'lab-node boot' };

  test('passes when the same servers answer over all of them', () => {
    const summary = '2 held connections survived `lab-node boot` on director';
    expect(judgeSurvival(GOOD, during)).toMatchObject({ status: 'pass', summary });
  });

  test('fails when one is lost', () => {
    expect(judgeSurvival(held('rs1 -'), during)).toMatchObject({
      status: 'fail',
      summary:
        '1 of 1 held connections did not survive: the first is connection 1, to rs1; what they went through: `lab-node boot` on director',
    });
  });
});

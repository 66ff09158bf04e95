import { describe, expect, test } from 'vitest';
import { describeLack, keyOfLack, type Lack, lackOfCores, lackOfMemory } from '../../src/admission/lack.ts';
import type { Ticket } from '../../src/admission/ticket.ts';
import { ticket } from './tickets.ts';

const GIB = 1024 ** 3;
const admitted = { admitted: true };

describe('the cores', () => {
  test('are there as long as no more machines come up than the limit', () => {
    const own = ticket(3, { cpus: 2 });
    const others = (cpus: number) => [ticket(1, { ...admitted, cpus }), own];
    expect(lackOfCores(own, others(1), 3)).toBeUndefined();
    expect(lackOfCores(own, others(2), 3)).toEqual({ of: 'cores', busy: [others(2)[0]], before: [] });
  });

  test('are there for more machines than the limit when nobody else is at it', () => {
    const own = ticket(2, { cpus: 40 });
    expect(lackOfCores(own, [own], 3)).toBeUndefined();
    expect(lackOfCores(own, [ticket(1, admitted), own], 3)).toMatchObject({ of: 'cores' });
  });

  test('are for those first who came first, also where a later one would fit', () => {
    const [large, small] = [ticket(2, { cpus: 5 }), ticket(3)];
    const tickets = [ticket(1, admitted), large, small];
    expect(lackOfCores(small, tickets, 3)).toMatchObject({ before: [large] });
    expect(lackOfCores(large, tickets, 3)).toMatchObject({ before: [] });
  });

  test('are for who wants no memory before those who wait for memory', () => {
    const waiting = ticket(1, { wantsMemory: true, cpus: 5 });
    const [starting, rebooting, later] = [ticket(2), ticket(3, { memory: 0 }), ticket(4, { memory: 0 })];
    const tickets = [waiting, starting, rebooting, later];
    expect(lackOfCores(rebooting, tickets, 3)).toBeUndefined();
    expect(lackOfCores(later, tickets, 3)).toMatchObject({ before: [rebooting] });
    expect(lackOfCores(starting, tickets, 3)).toMatchObject({ before: [waiting] });
  });
});

test('memory is there when all that is wanted is left', () => {
  const room = { left: 100, most: 1000, holders: ['g1'] };
  expect(lackOfMemory(ticket(2, { memory: 100 }), room)).toBeUndefined();
  expect(lackOfMemory(ticket(2, { memory: 101 }), room)).toEqual({ of: 'memory', left: 100, holders: ['g1'] });
});

describe('what is waited for, in words', () => {
  const own = ticket(4, { memory: 1.8 * GIB });
  const busy = [ticket(1, admitted)];
  test.each([
    [{ of: 'cores', busy, before: [] }, '2 cores are busy bringing up g1 (process 1001, lab up g1)'],
    [
      { of: 'cores', busy, before: [ticket(2), ticket(3)] },
      '2 cores are busy bringing up g1 (process 1001, lab up g1); before it in the queue: g2, g3',
    ],
    [{ of: 'cores', busy: [], before: [ticket(2)] }, 'it is soon its turn; before it in the queue: g2'],
    [
      { of: 'cores', busy: [], before: [ticket(2, { wantsMemory: true }), ticket(3)] },
      'before it in the queue is g2 (process 1002, lab up g2), which waits for memory',
    ],
    [
      { of: 'memory', left: 0.99 * GIB, holders: ['g1', 'g2'] },
      'it needs 1.8 GiB of memory, and 1013 MiB are left beside what g1, g2 may take; lab down gives it back',
    ],
    [{ of: 'memory', left: 0, holders: [] }, 'it needs 1.8 GiB of memory, and 0 MiB are left'],
  ] satisfies [Lack, string][])('%#', (lack, words) => {
    expect(describeLack(lack, own, 2)).toBe(words);
  });

  test('show the start of a long command line', () => {
    const long = { ...ticket(1, admitted), command: `lab test ${'tun-basic '.repeat(20)}` };
    const words = describeLack({ of: 'cores', busy: [long], before: [] }, own, 2);
    expect(words).toMatch(/ \(process 1001, lab test (tun-basic )+t…\)$/);
    expect(words.length).toBeLessThan(130);
  });

  test('are for one core, too', () => {
    expect(describeLack({ of: 'cores', busy, before: [] }, own, 1)).toMatch(/^1 core is busy/);
  });

  test('are news when others are waited for, not when the same ones take more memory', () => {
    const key = (lack: Lack) => keyOfLack(lack);
    const memory = (left: number, ...holders: string[]): Lack => ({ of: 'memory', left, holders });
    expect(key(memory(1, 'g1'))).toBe(key(memory(2, 'g1')));
    expect(key(memory(1, 'g1'))).not.toBe(key(memory(1, 'g2')));
    const cores = (...before: Ticket[]): Lack => ({ of: 'cores', busy, before });
    expect(key(cores(ticket(2)))).toBe(key(cores(ticket(2))));
    expect(key(cores(ticket(2)))).not.toBe(key(cores(ticket(3))));
    expect(key(cores(ticket(2)))).not.toBe(key(cores(ticket(2, { wantsMemory: true }))));
  });
});

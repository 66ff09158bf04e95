import { describe, expect, test } from 'vitest';
import { CHECKS, VOCABULARY } from '../../src/checks/vocabulary.ts';

test('knows every check by a name of its own', () => {
  expect(Object.keys(VOCABULARY)).toEqual(CHECKS.map(({ name }) => name));
  expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
});

describe.each(CHECKS)('$name', ({ name, options }) => {
  test('needs no options, refuses unknown ones, and leaves parsed ones as they are', () => {
    const parsed = options.parse({});
    expect(options.parse(parsed)).toEqual(parsed);
    expect(options.safeParse({ unknown: 1 }).success).toBe(false);
  });

  test('tells which nodes and services its options name', () => {
    const given = options.parse({ services: ['web'], clients: ['client'] });
    expect(VOCABULARY[name]?.nodes?.(given)).toEqual(['client']);
    expect(VOCABULARY[name]?.services?.(given)).toEqual(['web']);
  });
});

test('share tells the nodes of its shares too', () => {
  const given = VOCABULARY.share?.options.parse({ share: { rs1: 2 }, clients: ['client'] });
  expect(VOCABULARY.share?.nodes?.(given)).toEqual(['rs1', 'client']);
});

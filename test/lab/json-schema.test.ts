import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { labJsonSchema } from '../../src/lab/json-schema.ts';
import { SOUND } from './labs.ts';

const written = JSON.parse(readFileSync(new URL('../../schema/lab.schema.json', import.meta.url), 'utf8'));

test('schema/lab.schema.json is what the code says; else run: npm run schema', () => {
  expect(written).toEqual(JSON.parse(JSON.stringify(labJsonSchema(VOCABULARY))));
});

test('every key has a description for editors', () => {
  const bare: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { properties = {}, ...rest } = schema as { properties?: Record<string, { description?: string }> };
    for (const [key, property] of Object.entries(properties)) {
      if (!property.description) bare.push(`${path}/${key}`);
      visit(property, `${path}/${key}`);
    }
    for (const [key, part] of Object.entries(rest)) visit(part, `${path}/${key}`);
  };
  visit(written, '');
  expect(bare).toEqual([]);
});

describe('an editor that reads it', () => {
  const schema = z.fromJSONSchema(written);
  const lab = { ...parse(SOUND), checks: ['reachable', { rotation: { requests: 20 } }] };

  test.each([
    ['a sound lab', lab],
    ['IPv6', { ...lab, segments: { inside: 'fd00:2::/64' }, nodes: { a: { links: { inside: 'fd00:2::10' } } } }],
  ])('accepts %s', (_, sound) => {
    expect(schema.safeParse(sound).error).toBeUndefined();
  });

  test.each([
    ['an unknown key', { ...lab, node: {} }],
    ['an unknown check', { ...lab, checks: ['rotaton'] }],
    ['an unknown option of a check', { ...lab, checks: [{ rotation: { request: 1 } }] }],
    ['a bad address', { ...lab, nodes: { a: { links: { inside: '192.168.2.300' } } } }],
    ['a bad IPv6 address', { ...lab, nodes: { a: { links: { inside: 'fd00::g' } } } }],
    ['a bad prefix', { ...lab, segments: { inside: '192.168.300.0/24' } }],
    ['a bad IPv6 prefix', { ...lab, segments: { inside: 'fd00::/127' } }],
    ['a bad name', { ...lab, segments: { In_Side: '192.168.2.0/24' } }],
    ['a bad summary', { ...lab, summary: 'two\nlines' }],
  ])('refuses %s', (_, wrong) => {
    expect(schema.safeParse(wrong).success).toBe(false);
  });
});

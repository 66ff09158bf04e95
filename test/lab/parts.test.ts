import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { partsOf } from '../../src/lab/parts.ts';

const schema = z.strictObject({
  'tun-type': z.enum(['ipip', 'gre']).optional(),
  timeout: z.int().optional(),
  'health-check': z.strictObject({ 'delay-loop': z.int().default(6), retry: z.int().optional() }).optional(),
  weights: z.record(z.string(), z.int()).optional(),
  servers: z.array(z.string()).optional(),
});
const readers = {
  servers: (value: unknown, path: readonly PropertyKey[]) => ({ value, at: path.join('.') }),
};
const read = (value: unknown) => partsOf(schema, readers, value, ['services', 'web']);

test('a key of the file is there as the schema has it, in camel case, with what the schema makes of its value', () => {
  const { tunType, timeout, healthCheck } = read({ 'tun-type': 'gre', timeout: 30, 'health-check': {} });
  expect({ tunType, timeout, healthCheck }).toEqual({ tunType: 'gre', timeout: 30, healthCheck: { delayLoop: 6 } });
  expectTypeOf(tunType).toEqualTypeOf<'ipip' | 'gre' | undefined>();
  expectTypeOf(healthCheck?.delayLoop).toEqualTypeOf<number | undefined>();
});

test('names are no keys, and stay', () => {
  expect(read({ weights: { 'rs-1': 2 } }).weights).toEqual({ 'rs-1': 2 });
});

test('a key that is not well-formed, or not there, is absent; what the file has is told beside', () => {
  const { tunType, timeout, healthCheck, keys } = read({ 'tun-type': 'gue', 'health-check': { 'delay-loop': '6' } });
  expect([tunType, timeout, healthCheck]).toEqual([undefined, undefined, undefined]);
  expect([...keys]).toEqual(['tun-type', 'health-check']);
});

test('a reader makes its key of what the file has there, and knows the place', () => {
  expect(read({ servers: 'rs1' }).servers).toEqual({ value: 'rs1', at: 'services.web.servers' });
});

test.each([undefined, null, 'text', ['list']])('%j has no part', (value) => {
  const { servers, keys, ...parts } = read(value);
  expect(Object.values(parts).filter((part) => part !== undefined)).toEqual([]);
  expect([servers.value, keys.size]).toEqual([undefined, 0]);
});

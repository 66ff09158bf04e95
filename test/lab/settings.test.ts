import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { partsOf } from '../../src/lab/parts.ts';
import { serviceSchema, serviceSettings } from '../../src/lab/schema.ts';
import { byDefault, defaultsOf, settle } from '../../src/lab/settings.ts';

describe('the settings of a map', () => {
  const schema = z.strictObject({
    port: z.int(),
    'web-server': byDefault('apache', z.enum(['apache', 'nginx']).meta({ description: 'What answers.' })),
    timeout: z.int().optional(),
  });
  const settled = (value: unknown) => settle(schema, partsOf(schema, {}, value, []));

  test('are what the file gives, and defaults', () => {
    expect(settled({ port: 80 })).toEqual({ port: 80, webServer: 'apache' });
    expect(settled({ port: 80, 'web-server': 'nginx', timeout: 9 })).toEqual({
      port: 80,
      webServer: 'nginx',
      timeout: 9,
    });
  });

  test('do not lack what has no default', () => {
    expect(() => settled({})).toThrow(TypeError);
  });

  test('have defaults that a draft does not take for given, and editors know', () => {
    expect(defaultsOf(schema)).toEqual({ webServer: 'apache' });
    expect(partsOf(schema, {}, {}, []).webServer).toBeUndefined();
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({
      properties: { 'web-server': { default: 'apache', description: 'What answers.' } },
      required: ['port'],
    });
  });
});

test('an optional key of a service is read, and gets to its lab, by its schema alone', () => {
  const timeout = { 'connection-timeout': z.int().optional() };
  const file = { port: 80, forward: 'tun', director: 'director', 'connection-timeout': 900 };
  const draft = partsOf(serviceSchema.extend(timeout), {}, file, []);
  const { connectionTimeout, port, protocol } = settle(serviceSettings.extend(timeout), draft);
  expect({ connectionTimeout, port, protocol }).toEqual({ connectionTimeout: 900, port: 80, protocol: 'tcp' });
});

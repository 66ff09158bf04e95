import { beforeEach, expect, test, vi } from 'vitest';

type Ports = typeof import('../../src/traffic/ports.ts');

/** As a process of its own has it. */
const anew = async (): Promise<Ports['freshPorts']> => (await import('../../src/traffic/ports.ts')).freshPorts;
beforeEach(() => vi.resetModules());

const START = Date.UTC(2026, 0, 1);

test('no port comes twice within a quarter of an hour of requests', async () => {
  const freshPorts = await anew();
  const ports = Array.from({ length: 890 }, (_, second) => freshPorts(25, START + second * 1000)).flat();
  expect(new Set(ports).size).toBe(890 * 25);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(10_240);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a process that begins later does not take the ports of an earlier one', async () => {
  const early = (await anew())(50, START);
  vi.resetModules();
  const late = (await anew())(50, START + 3000);
  expect(new Set([...early, ...late]).size).toBe(100);
});

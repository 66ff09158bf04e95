import { expect, test } from 'vitest';
import { netemSettings, netemWords } from '../../src/faults/netem-settings.ts';

test('settings become the words of tc, the jitter beside its delay', () => {
  const settings = netemSettings({ loss: '0.5%', delay: '50ms', jitter: '10ms', rate: '1mbit', format: 'table' });
  expect(netemWords(settings)).toEqual(['delay', '50ms', '10ms', 'loss', '0.5%', 'rate', '1mbit']);
});

test.each([
  [{}, 'nothing is said of what to do to packets'],
  [{ delay: '50' }, '--delay 50 is none of its values'],
  [{ delay: '50ms; reboot' }, '--delay 50ms; reboot is none of its values'],
  [{ loss: '101%' }, '--loss 101% is none of its values'],
  [{ loss: '1' }, '--loss 1 is none of its values'],
  [{ rate: '1mb' }, '--rate 1mb is none of its values'],
  [{ jitter: '5ms' }, '--jitter needs a delay'],
  [{ reorder: '25%', loss: '1%' }, '--reorder needs a delay'],
])('%j is refused', (given, happened) => {
  expect(() => netemSettings(given)).toThrow(expect.objectContaining({ exitCode: 2, happened }));
});

test('all that a percentage can be is taken', () => {
  for (const loss of ['0%', '7%', '99.9%', '100%']) expect(netemSettings({ loss })).toEqual({ loss });
});

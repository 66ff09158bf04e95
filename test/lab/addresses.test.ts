import { describe, expect, test } from 'vitest';
import {
  contains,
  formatAddress,
  formatPrefix,
  lastOf,
  overlap,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../src/lab/addresses.ts';

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;

describe('addresses', () => {
  test.each(['0.0.0.0', '192.168.1.1', '255.255.255.255'])('%s is read and written back', (text) => {
    expect(formatAddress(parseAddress(text) as number)).toBe(text);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '0x7f.0.0.1',
    '2130706433',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '::1',
    '１.2.3.4',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('prefixes', () => {
  test.each(['0.0.0.0/0', '10.0.0.0/8', '192.168.1.4/30', '1.2.3.4/32'])('%s is read and written back', (text) => {
    expect(formatPrefix(prefix(text))).toBe(text);
  });

  test.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.1/8', '10.0.0.0/8/8', '10.0.0/8'])(
    '%s is none',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );

  test('reach from the network address to the broadcast address', () => {
    const inside = prefix('192.168.2.128/25');
    expect(formatAddress(lastOf(inside))).toBe('192.168.2.255');
    expect(contains(inside, parseAddress('192.168.2.128') as number)).toBe(true);
    expect(contains(inside, parseAddress('192.168.2.127') as number)).toBe(false);
    expect(formatAddress(lastOf(prefix('0.0.0.0/0')))).toBe('255.255.255.255');
  });

  test.each([
    ['10.0.0.0/8', '10.9.0.0/16', true],
    ['10.9.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/25', '10.0.0.128/25', false],
    ['192.0.0.0/8', '193.0.0.0/8', false],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(overlap(prefix(one), prefix(other))).toBe(expected);
  });
});

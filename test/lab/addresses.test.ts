import { describe, expect, test } from 'vitest';
import {
  contains,
  endpointOf,
  familyOf,
  familyOfText,
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
  test.each([
    '0.0.0.0',
    '192.168.1.1',
    '255.255.255.255',
    '::',
    '::1',
    'fd00:1::10',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ])('%s is read and written back', (text) => {
    expect(formatAddress(parseAddress(text) as bigint)).toBe(text);
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
    '１.2.3.4',
    ':',
    ':::',
    'fd00::1::1',
    '1:2:3:4:5:6:7',
    'fd00::12345',
    'fd00::g',
    'fe80::1%eth1',
    '[fd00::1]',
    '::ffff:192.168.1.1',
    '::ffff:c0a8:101',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each([
    ['FD00:0001:0:0:0:0:0:10', 'fd00:1::10'],
    ['fd00::1:0:0:0:1', 'fd00:0:0:1::1'],
    ['fd00:0:1:0:1:0:1:0', 'fd00:0:1:0:1:0:1:0'],
  ])('%s is written as %s, as RFC 5952 has it', (text, written) => {
    expect(formatAddress(parseAddress(text) as bigint)).toBe(written);
  });

  test.each([
    ['192.168.1.1', 'IPv4', '192.168.1.1:80'],
    ['fd00:1::10', 'IPv6', '[fd00:1::10]:80'],
    ['::1', 'IPv6', '[::1]:80'],
  ])('%s is of %s, and with a port %s', (text, family, endpoint) => {
    expect(familyOf(parseAddress(text) as bigint)).toBe(family);
    expect(familyOfText(text)).toBe(family);
    expect(endpointOf(text, 80)).toBe(endpoint);
  });
});

describe('prefixes', () => {
  test.each([
    '0.0.0.0/0',
    '10.0.0.0/8',
    '192.168.1.4/30',
    '1.2.3.4/32',
    '::/0',
    'fd00:1::/64',
    'fd00::10/126',
    'fd00::1/128',
  ])('%s is read and written back', (text) => {
    expect(formatPrefix(prefix(text))).toBe(text);
  });

  test.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.1/8',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'fd00::',
    'fd00::/129',
    'fd00::/064',
    'fd00:1::1/64',
    'fd00:0:0:1::/63',
    'fd00::%eth1/64',
  ])('%s is none', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });

  test('reach from the network address to the broadcast address', () => {
    const inside = prefix('192.168.2.128/25');
    expect(formatAddress(lastOf(inside))).toBe('192.168.2.255');
    expect(contains(inside, parseAddress('192.168.2.128') as bigint)).toBe(true);
    expect(contains(inside, parseAddress('192.168.2.127') as bigint)).toBe(false);
    expect(formatAddress(lastOf(prefix('0.0.0.0/0')))).toBe('255.255.255.255');
    expect(formatAddress(lastOf(prefix('fd00:1::/64')))).toBe('fd00:1::ffff:ffff:ffff:ffff');
  });

  test.each([
    ['10.0.0.0/8', '10.9.0.0/16', true],
    ['10.9.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/25', '10.0.0.128/25', false],
    ['192.0.0.0/8', '193.0.0.0/8', false],
    ['fd00::/16', 'fd00:1::/64', true],
    ['fd00:1::/64', 'fd00:1:0:1::/64', false],
    ['0.0.0.0/0', 'fd00::/8', false],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(overlap(prefix(one), prefix(other))).toBe(expected);
  });
});

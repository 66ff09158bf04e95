import { expect, test } from 'vitest';
import { option, optionValue } from '../../../src/providers/qemu/options.ts';

test('a comma in a value is doubled, so that it stays one value', () => {
  expect(option('file', { path: '/home/a,readonly=on/console' })).toBe('file,path=/home/a,,readonly=on/console');
});

test('keys without a value are left out', () => {
  expect(option('q35', { accel: undefined, usb: 'off' })).toBe('q35,usb=off');
});

test.each(['a\nb', 'a\0b', 'a\rb'])('refuses %j', (value) => {
  expect(() => optionValue(value)).toThrow(RangeError);
});

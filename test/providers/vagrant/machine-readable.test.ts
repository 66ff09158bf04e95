import { describe, expect, test } from 'vitest';
import { parseMessage, progressOf } from '../../../src/providers/vagrant/machine-readable.ts';

describe('a line', () => {
  test('is a time, a machine, a type and data, with commas and line ends escaped', () => {
    expect(parseMessage('1795269241,rs1,ui,info,lab/debian12 (libvirt%!(VAGRANT_COMMA) 1)\\nmore')).toEqual({
      target: 'rs1',
      type: 'ui',
      data: ['info', 'lab/debian12 (libvirt, 1)\nmore'],
    });
  });

  test.each([['/usr/lib/ruby/x.rb:3: warning: old'], [''], ['12,only']])('that is none of Vagrant: %j', (line) => {
    expect(parseMessage(line)).toBeUndefined();
  });
});

describe('progress', () => {
  const of = (line: string) => {
    const message = parseMessage(line);
    return message && progressOf(message);
  };

  test('is a line without marks, of a machine', () => {
    expect(of('1,,ui,info,==> rs1: Starting domain.')).toEqual({ line: 'Starting domain.', node: 'rs1' });
    expect(of('1,rs1,ui,detail,    rs1: SSH address: 192.168.121.2:22')).toEqual({
      line: 'SSH address: 192.168.121.2:22',
      node: 'rs1',
    });
    expect(of("1,,ui,info,Bringing machine 'rs1' up")).toEqual({ line: "Bringing machine 'rs1' up", node: undefined });
  });

  test.each([
    ['a bar', '1,,ui,info,Progress: 12%'],
    ['a setting', '1,rs1,ui,info, -- Memory: 256M'],
    [
      'a remark on the address of a router',
      '1,router,ui,warn,You assigned a static IP ending in ".1" to this machine.',
    ],
    ['an error', '1,,ui,error,it failed'],
    ['a state', '1,rs1,state,running'],
  ])('is not %s', (_, line) => {
    expect(of(line)).toBeUndefined();
  });
});

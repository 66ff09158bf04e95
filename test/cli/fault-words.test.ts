import { expect, test } from 'vitest';
import { parseFault } from '../../src/cli/fault-words.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';

const labNamed = async (name: string) => (await loadLab(`labs/${name}.yaml`)).lab as Lab;
const TUN_BASIC = await labNamed('tun-basic');
const HEALTH = await labNamed('tun-health');
const parse = (line: string, options: Record<string, unknown> = {}) =>
  parseFault(TUN_BASIC, 'debian', line.split(' '), options);

test.each([
  ['kill rs1', { kind: 'kill', node: 'rs1' }, false],
  ['pause director', { kind: 'pause', node: 'director' }, false],
  ['resume director', { kind: 'pause', node: 'director' }, true],
  ['partition director rs2', { kind: 'partition', nodes: ['director', 'rs2'] }, false],
  ['link rs1 inside down', { kind: 'link', node: 'rs1', segment: 'inside' }, false],
  ['link rs1 inside up', { kind: 'link', node: 'rs1', segment: 'inside' }, true],
  ['service rs1 stop', { kind: 'service', node: 'rs1', units: ['apache2'] }, false],
  ['service rs1 start', { kind: 'service', node: 'rs1', units: ['apache2'] }, true],
])('%s', (line, fault, undo) => {
  expect(parse(line)).toEqual({ fault, undo });
});

test('netem takes its measures from the options', () => {
  expect(parse('netem router outside', { delay: '50ms' }).fault).toEqual({
    kind: 'netem',
    node: 'router',
    segment: 'outside',
    settings: { delay: '50ms' },
  });
});

test('services go by the names that the guest has for them', () => {
  expect(parseFault(TUN_BASIC, 'el8', ['service', 'rs1', 'stop'], {}).fault).toMatchObject({ units: ['httpd'] });
  expect(parseFault(HEALTH, 'debian', ['service', 'director', 'stop'], {}).fault).toMatchObject({
    units: ['keepalived'],
  });
  expect(parse('service client stop', { unit: 'ssh.service' }).fault).toMatchObject({ units: ['ssh.service'] });
});

test.each([
  ['kil rs1', {}, 'did you mean kill'],
  ['kill', {}, 'words are missing after kill'],
  ['kill rs1 rs2', {}, 'rs2: what is that for?'],
  ['partition rs1 rs1', {}, 'rs1 cannot be kept from itself'],
  ['link rs1 outside down', {}, 'it is on inside'],
  ['link rs1 inside off', {}, 'off is neither down nor up'],
  ['kill rs1', { delay: '50ms' }, '--delay is for netem'],
  ['netem rs1 inside', { delay: '5ms', unit: 'ssh' }, '--unit is for service'],
  ['service client stop', {}, 'client runs nothing for the lab'],
  ['service rs1 stop', { unit: '-a; reboot' }, 'cannot be a unit of systemd'],
])('%s %j is refused, and says why', (line, options, happened) => {
  expect(() => parse(line, options)).toThrow(
    expect.objectContaining({ exitCode: 2, happened: expect.stringContaining(happened) }),
  );
});

test('a node that is misspelt is named', () => {
  expect(() => parse('kill rs11')).toThrow(expect.objectContaining({ exitCode: 2, next: 'did you mean rs1?' }));
});

import { expect, test } from 'vitest';
import { FAULT_USAGE, inOrderOfUndoing, parseFault, sameTarget } from '../../src/faults/faults.ts';
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

test('words that are none of a fault get those that are, each kind on a line', () => {
  expect(FAULT_USAGE).toBe(`kill NODE                      take its power away
pause NODE, resume NODE        have it stand still, and go on
partition NODE NODE            the two do not hear each other
link NODE SEGMENT down|up      pull its cable out, and put it in
netem NODE SEGMENT --delay …   disturb what it sends there: see the options
service NODE stop|start        its web or DNS server, or keepalived`);
  expect(() => parse('explode')).toThrow(
    expect.objectContaining({ tried: 'make a fault: explode', next: expect.stringContaining('\n    kill NODE  ') }),
  );
});

const FAULTS = [
  parse('service rs1 stop'),
  parse('netem rs1 inside', { loss: '1%' }),
  parse('partition rs1 rs2'),
  parse('link rs1 inside down'),
  parse('kill rs1'),
  parse('pause rs1'),
].map(({ fault }) => ({ fault }));

test('machines run again before their guests are asked', () => {
  const kinds = inOrderOfUndoing(FAULTS).map(({ fault }) => fault.kind);
  expect(kinds).toEqual(['pause', 'kill', 'link', 'partition', 'netem', 'service']);
});

test('a fault is the same whatever its measure, and in whatever order two nodes are named', () => {
  const fault = (line: string, options = {}) => parse(line, options).fault;
  expect(sameTarget(fault('netem rs1 inside', { loss: '1%' }), fault('netem rs1 inside', { delay: '5ms' }))).toBe(true);
  expect(sameTarget(fault('partition rs1 rs2'), fault('partition rs2 rs1'))).toBe(true);
  expect(sameTarget(fault('kill rs1'), fault('pause rs1'))).toBe(false);
  for (const one of FAULTS) expect(FAULTS.filter((other) => sameTarget(one.fault, other.fault))).toEqual([one]);
});

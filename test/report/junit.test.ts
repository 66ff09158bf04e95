import { describe, expect, test } from 'vitest';
import { junit } from '../../src/report/junit.ts';
import { randomNumbers } from '../capture/bytes.ts';
import { BROKEN, resultOf, VERDICTS } from './report.ts';
import { parseXml } from './xml.ts';

const { pass, fail, error, skip } = VERDICTS;

describe('junit', () => {
  test('has a test case for each check, and tells error from failure from skipped', () => {
    expect(junit([resultOf('mine', pass, fail, error, skip)])).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="lab" tests="4" failures="1" errors="1" skipped="1" time="12.346"><testsuite name="mine" timestamp="2026-03-01T10:00:00" tests="4" failures="1" errors="1" skipped="1" time="12.346"><properties><property name="lab" value="tun-basic"/>
<property name="provider" value="qemu"/></properties>
<testcase classname="lab.tun-basic" name="reachable" time="0.250"><system-out>all is well
seen:
  a</system-out></testcase>
<testcase classname="lab.tun-basic" name="rotation" time="0.500"><failure type="fail" message="request 2 was answered by rs1">request 2 was answered by rs1
counts:
  node      answered
  rs1       3
  director  12
tables of director:
  TCP  192.168.2.100:80 sh
    -&gt; 192.168.2.220:80  Tunnel</failure></testcase>
<testcase classname="lab.tun-basic" name="arp-owner" time="1.000"><error type="error" message="cannot ask">cannot ask</error></testcase>
<testcase classname="lab.tun-basic" name="encapsulated" time="0.000"><skipped message="no tunnel"/></testcase>
<system-out>client asked web: rs2 – rs2</system-out></testsuite></testsuites>
`);
  });

  test('has a suite for each lab, and an error for one that did not come up', () => {
    const elements = parseXml(junit([resultOf('mine', pass), BROKEN, resultOf('other', fail, skip)]));
    const [all, ...suites] = elements.filter(({ name }) => /^testsuites?$/.test(name)).map((each) => each.attributes);
    expect(all).toMatchObject({ tests: '4', failures: '1', errors: '1', skipped: '1', time: '29.191' });
    expect(suites.map(({ name, tests, errors }) => [name, tests, errors])).toEqual([
      ['mine', '1', '0'],
      ['broken', '1', '1'],
      ['other', '2', '0'],
    ]);
    const error = elements.findIndex(({ name }) => name === 'error');
    expect(elements[error - 1]?.attributes).toEqual({ classname: 'lab.broken', name: 'up', time: '4.500' });
    expect(elements[error]).toMatchObject({
      attributes: { message: 'cannot boot rs1: panic' },
      text: 'cannot boot rs1: panic\nits console said <nothing>\nlook at it',
    });
  });

  test('keeps every character that XML can hold, and the document whole', () => {
    const summary = `<failure> & "quotes" 'apostrophes' ]]> é 漢 \u{1f600}`;
    const elements = parseXml(junit([resultOf('mine', { ...fail, summary, evidence: [] })]));
    expect(elements.find(({ name }) => name === 'failure')).toEqual({
      name: 'failure',
      attributes: { type: 'fail', message: summary },
      text: summary,
    });
  });

  test('replaces what XML cannot hold', () => {
    const summary = 'a\u0000b\u001bc\ud800d\udc00e\uffff';
    const elements = parseXml(junit([resultOf('mine', { ...fail, summary, evidence: [] })]));
    expect(elements.find(({ name }) => name === 'failure')?.text).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\ufffd');
  });

  test('is well-formed whatever a guest wrote', () => {
    const random = randomNumbers(5);
    const alphabet = '<>&"\'/]![-?=;# \n\r\tab\u0000\u001b\ud83d\ude00\ufffe';
    for (let round = 0; round < 300; round++) {
      const noise = Array.from({ length: 40 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
      const verdict = { ...fail, summary: noise, evidence: [{ title: noise, lines: [noise] }] };
      const elements = parseXml(
        junit([resultOf(noise, verdict, { ...pass, summary: noise }, { ...skip, summary: noise })]),
      );
      expect(elements.filter(({ name }) => name === 'testcase')).toHaveLength(3);
    }
  });
});

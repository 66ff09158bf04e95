import { describe, expect, test } from 'vitest';
import { junit } from '../../src/report/junit.ts';
import { randomNumbers } from '../capture/bytes.ts';
import { reportOf, VERDICTS } from './report.ts';

const { pass, fail, error, skip } = VERDICTS;

/** The elements of a document, in order. @throws when it is not well-formed, so far as this writer could err. */
const parseXml = (xml: string) => {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: typeof elements = [];
  const decode = (text: string) =>
    text.replace(/&(?:(amp|lt|gt|quot)|#(\d+));|[&<]/g, (match, name, code) => {
      if (name) return { amp: '&', lt: '<', gt: '>', quot: '"' }[name as 'amp'];
      if (code) return String.fromCodePoint(Number(code));
      throw new Error(`stray ${match}`);
    });
  const rest = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  for (const [, close, name = '', attributes = '', empty, text = ''] of rest.matchAll(
    /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>([^<]*)/gy,
  )) {
    if (close) {
      if (open.pop()?.name !== name) throw new Error(`stray </${name}>`);
    } else {
      const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        decode(value as string),
      ]);
      const element = { name, attributes: Object.fromEntries(pairs), text: '' };
      elements.push(element);
      if (!empty) open.push(element);
    }
    const holder = open.at(-1);
    if (holder) holder.text += decode(text);
  }
  if (open.length > 0) throw new Error(`<${open[0]?.name}> is not closed`);
  return elements;
};

describe('junit', () => {
  test('has a test case for each check, and tells error from failure from skipped', () => {
    expect(junit(reportOf(pass, fail, error, skip))).toBe(`\
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

  test('keeps every character that XML can hold, and the document whole', () => {
    const summary = `<failure> & "quotes" 'apostrophes' ]]> é 漢 \u{1f600}`;
    const elements = parseXml(junit(reportOf({ ...fail, summary, evidence: [] })));
    expect(elements.find(({ name }) => name === 'failure')).toEqual({
      name: 'failure',
      attributes: { type: 'fail', message: summary },
      text: summary,
    });
  });

  test('replaces what XML cannot hold', () => {
    const summary = 'a\u0000b\u001bc\ud800d\udc00e\uffff';
    const elements = parseXml(junit(reportOf({ ...fail, summary, evidence: [] })));
    expect(elements.find(({ name }) => name === 'failure')?.text).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\ufffd');
  });

  test('is well-formed whatever a guest wrote', () => {
    const random = randomNumbers(5);
    const alphabet = '<>&"\'/]![-?=;# \n\r\tab\u0000\u001b\ud83d\ude00\ufffe';
    for (let round = 0; round < 300; round++) {
      const noise = Array.from({ length: 40 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
      const verdict = { ...fail, summary: noise, evidence: [{ title: noise, lines: [noise] }] };
      const elements = parseXml(junit(reportOf(verdict, { ...pass, summary: noise }, { ...skip, summary: noise })));
      expect(elements.filter(({ name }) => name === 'testcase')).toHaveLength(3);
    }
  });
});

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { terminal, terminalOfAll } from '../../src/report/terminal.ts';
import { BROKEN, reportOf, resultOf, VERDICTS } from './report.ts';

const { pass, fail, alsoFail, error, skip } = VERDICTS;
const PLAIN = { color: false };

test('shows who answered, the verdicts, what failures rest on, and the counts', () => {
  expect(terminal(reportOf(pass, fail, alsoFail, error, skip), PLAIN)).toBe(`\
client asked web: rs2 – rs2

PASS   reachable: all is well
FAIL   rotation: request 2 was answered by rs1
       counts:
         node      answered
         rs1       3
         director  12
       tables of director:
         TCP  192.168.2.100:80 sh
           -> 192.168.2.220:80  Tunnel
FAIL   share: rs1 answered 3
       tables of director: as above
ERROR  arp-owner: cannot ask
SKIP   encapsulated: no tunnel

mine: 5 checks: 1 passed, 2 failed, 1 could not be made, 1 skipped (12.3 s)
`);
});

test('shows what a pass rests on when asked', () => {
  expect(terminal(reportOf(pass), { ...PLAIN, verbose: true })).toContain(
    'PASS   reachable: all is well\n       seen:\n         a\n',
  );
});

test('colours the verdicts and nothing else', () => {
  const report = reportOf(pass, fail, error, skip);
  const colored = terminal(report, { color: true });
  expect(colored).toContain('\u001b[32mPASS');
  expect(colored).toContain('\u001b[31mFAIL');
  expect(stripVTControlCharacters(colored)).toBe(terminal(report, PLAIN));
});

test('says when there was nothing to check', () => {
  expect(terminal({ ...reportOf(), bursts: [] }, PLAIN)).toBe('mine: no checks\n');
});

test('lets nothing of a guest move the cursor', () => {
  const hostile = { ...fail, summary: 'a\u001b[2Jb', evidence: [{ title: 'c\rd', lines: ['e\u009b1mf\u0007'] }] };
  const text = terminal(reportOf(hostile), PLAIN);
  expect(text).toContain('a\ufffd[2Jb');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('shows several labs one after the other, then how each fared, and the counts', () => {
  const results = [resultOf('mine', pass), BROKEN, resultOf('other', fail, skip)];
  const text = terminalOfAll(results, 61.04, PLAIN);
  const mine = terminal(reportOf(pass), PLAIN);
  expect(text.startsWith(`== mine\n${mine}\n== broken\nERROR  broken: cannot boot rs1: panic\n`)).toBe(true);
  expect(text).toContain('       its console said <nothing>\n         next: look at it\n\n== other\n');
  // It is called what the user called it, whatever the instance was named.
  expect(text).toContain('other: 2 checks: 1 failed, 1 skipped (12.3 s)\n');
  expect(text.slice(text.lastIndexOf('\nPASS   mine'))).toBe(`
PASS   mine (31.3 s)
ERROR  broken (4.5 s)
FAIL   other (31.3 s)

3 labs: 1 passed, 1 failed, 1 broken (61.0 s)
`);
});

test('shows one lab as it shows a report, without a list of one', () => {
  expect(terminalOfAll([resultOf('mine', pass, fail)], 61, PLAIN)).toBe(terminal(reportOf(pass, fail), PLAIN));
  expect(terminalOfAll([BROKEN], 61, PLAIN)).toMatch(
    /^ERROR {2}broken: cannot boot rs1: panic\n.*\n.*next: look at it\n$/,
  );
});

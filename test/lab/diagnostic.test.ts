import { expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { createSource } from '../../src/lab/source.ts';

/** The marked place of a line, as a user sees it; the place is between the angle brackets. */
const shown = (line: string): string[] => {
  const start = line.indexOf('⟨');
  const end = line.indexOf('⟩') - 1;
  const source = createSource('x.yaml', line.replace('⟨', '').replace('⟩', ''));
  const diagnostic: Diagnostic = {
    file: 'x.yaml',
    ...source.position(start),
    severity: 'error',
    message: 'wrong',
    source: source.excerpt({ start, end }),
  };
  return formatDiagnostic(diagnostic).split('\n');
};

test('says place, message, line, expectation and suggestion', () => {
  expect(
    formatDiagnostic({
      file: 'labs/x.yaml',
      line: 3,
      column: 5,
      severity: 'warning',
      message: 'there is no node "ruoter"',
      expected: 'one of client, router',
      suggestion: 'router',
      source: { text: 'gateway: ruoter', start: 9, length: 6 },
    }),
  ).toBe(`labs/x.yaml:3:5: warning: there is no node "ruoter"
  gateway: ruoter
           ^^^^^^
  expected: one of client, router
  did you mean "router"?`);
});

test('keeps tabs, so that the carets stand right at any tab width', () => {
  expect(shown('\ta:\t⟨b⟩')).toEqual(['x.yaml:1:5: wrong', '  \ta:\tb', '  \t  \t^']);
});

test('gives wide characters two columns on screen and one in the count', () => {
  expect(shown('实验: ⟨路由⟩')).toEqual(['x.yaml:1:5: wrong', '  实验: 路由', '        ^^^^']);
});

test('counts a character outside the basic plane as one', () => {
  expect(shown('a𝒳: ⟨b⟩')).toEqual(['x.yaml:1:5: wrong', '  a𝒳: b', '      ^']);
});

test('shows characters that steer the terminal as such, in the message too', () => {
  const [, line] = shown('a: ⟨\u001b[2Jb\u202e⟩');
  expect(line).toBe('  a: \ufffd[2Jb\ufffd');
  const message = formatDiagnostic({ file: 'a\nb', line: 1, column: 1, severity: 'error', message: '\u001b[31m' });
  expect(message).toBe('a\ufffdb:1:1: \ufffd[31m');
});

test('cuts a long line around the place', () => {
  const [place, line, carets] = shown(`${'x'.repeat(5000)}⟨here⟩${'y'.repeat(5000)}`);
  expect(place).toBe('x.yaml:1:5001: wrong');
  expect(line).toBe(`  …${'x'.repeat(60)}here${'y'.repeat(60)}…`);
  expect(carets).toBe(`${' '.repeat(63)}^^^^`);
});

test('marks no more than the rest of the line', () => {
  const source = createSource('x.yaml', 'a:\r\n  b: 1\r\n');
  expect(source.position(6)).toEqual({ line: 2, column: 3 });
  expect(source.excerpt({ start: 6, end: 12 })).toEqual({ text: '  b: 1', start: 2, length: 4 });
});

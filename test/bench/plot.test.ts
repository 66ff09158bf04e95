import { describe, expect, test } from 'vitest';
import { escapeXml, type Panel, plot } from '../../bench/plot.ts';

const panel = (changes: Partial<Panel> = {}): Panel => ({
  title: 'Seconds',
  groups: [
    {
      label: 'cold',
      bars: [
        { label: 'floor', value: 10, kind: 'baseline' },
        { label: 'lab up', value: 20, range: [15, 40], kind: 'measured' },
      ],
    },
  ],
  ...changes,
});

const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

/** The names of elements that are opened and not closed, or closed and not opened. */
const unbalanced = (svg: string): string[] => {
  const open: string[] = [];
  for (const [, slash, name = '', selfClosed] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (selfClosed) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [name];
  }
  return open;
};

test('text is escaped', () => {
  expect(escapeXml(`<a href="x">&'`)).toBe('&#60;a href=&#34;x&#34;&#62;&#38;&#39;');
});

describe('a plot', () => {
  test('holds no markup of labels', () => {
    const svg = plot([panel({ title: '</svg><script>alert(1)</script>' })]);
    expect(svg).not.toContain('<script');
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
  });

  test('closes what it opens', () => {
    expect(unbalanced('<svg><g></svg>')).not.toEqual([]);
    expect(unbalanced(plot([panel(), panel()]))).toEqual([]);
  });

  test('has bars as long as their values', () => {
    const [floor = 0, up = 0] = widths(plot([panel()]));
    expect(up / floor).toBeCloseTo(2, 1);
  });

  test('has room for ranges and targets', () => {
    const width = Number(plot([panel()]).match(/viewBox="0 0 (\d+)/)?.[1]);
    const target = plot([
      panel({ groups: [{ label: 'warm', bars: [{ label: 'lab up', value: 1, kind: 'measured' }], target: 99 }] }),
    ]);
    for (const svg of [plot([panel()]), target]) {
      const ends = [...svg.matchAll(/x2="([\d.]+)"/g)].map(([, x]) => Number(x));
      expect(ends).not.toEqual([]);
      expect(Math.max(...ends)).toBeLessThan(width);
    }
  });

  test('needs nothing from elsewhere', () => {
    expect(plot([panel()]).replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/);
  });
});

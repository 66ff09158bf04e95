/** A random number generator that gives the same for the same seed: mulberry32. */
export const randomOf = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
};

const BITS = [
  'NaN',
  '-1',
  '0',
  '1e9',
  '99999999999',
  '∞',
  '\u0000',
  '\u001b[2J',
  '[',
  ']',
  ':',
  '-w',
  '-r',
  '__proto__',
  ' ',
  '  ',
];

/** A line with so many changes: characters and words that are gone, doubled, or not what they were. */
export const spoilt = (line: string, random: (below: number) => number): string => {
  let text = line;
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(text.length + 1);
    const bit = BITS[random(BITS.length)] as string;
    const until = at + random(12);
    text = [
      text.slice(0, at) + bit + text.slice(at),
      text.slice(0, at) + text.slice(until),
      text.slice(0, at) + text.slice(at, until) + text.slice(at),
      text.slice(0, at) + bit + text.slice(until),
    ][random(4)] as string;
  }
  return text;
};

/** What no program should print, and a guest may. */
export const GARBAGE = [
  '',
  '\n\n\n',
  '\u0000\u0001\u001b[31m',
  'x'.repeat(1_000_000),
  '-a '.repeat(100_000),
  'null',
  '{"table":[]}',
  'bash: line 1: ipvsadm: command not found',
  '-A\n-a\n-A -t\n-a -t -r\n-A -f\n-A -f 0 -s rr\n-A -f 99999999999 -s rr\n-A -x 10.0.0.1:80 -s rr',
];

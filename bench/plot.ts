/** A length in a plot, with the range over the runs. */
export interface Bar {
  label: string;
  value: number;
  range?: readonly [least: number, most: number];
  /** Which of the two colours it has: the baseline's, or that of what is measured. */
  kind: 'baseline' | 'measured';
}

export interface Group {
  label: string;
  bars: readonly Bar[];
  /** A line across the measured bars of the group. */
  target?: number;
}

export interface Panel {
  title: string;
  groups: readonly Group[];
}

const WIDTH = 760;
/** From the left edge to where bars begin, and from where the longest ends to the right edge. */
const [LEFT, RIGHT] = [210, 110];
const [ROW, BAR, GAP, HEAD] = [22, 14, 12, 40];

/** Text inside an XML element or attribute. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Horizontal bars of seconds, as an SVG that needs nothing else and can be read on light and on dark ground. */
export const plot = (panels: readonly Panel[]): string => {
  let top = 0;
  const drawn = panels.map((panel) => {
    const at = top;
    top += heightOf(panel);
    return `<g transform="translate(0 ${at})">\n${drawPanel(panel)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + GAP}" role="img">
<title>Seconds of each way up beside its floor</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.value, .group { font-variant-numeric: tabular-nums }
.baseline { fill: #9aa4b0 } .measured { fill: #2f74d0 }
.range { stroke: #1f2328; stroke-width: 1.5 } .target { stroke: #d1242f; stroke-width: 1.5; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .range { stroke: #e6edf3 } .baseline { fill: #6e7681 } .measured { fill: #58a6ff }
  .target { stroke: #ff7b72 }
}
</style>
${drawn.join('\n')}
</svg>
`;
};

const heightOf = ({ groups }: Panel): number =>
  HEAD + groups.reduce((height, { bars }) => height + bars.length * ROW + GAP, 0);

const drawPanel = ({ title, groups }: Panel): string => {
  const longest = Math.max(...groups.flatMap(({ bars, target = 0 }) => [target, ...bars.map(endOf)]));
  const x = (value: number) => round(LEFT + (value / longest) * (WIDTH - LEFT - RIGHT));
  let top = HEAD;
  const drawn = groups.map((group) => {
    const at = top;
    top += group.bars.length * ROW + GAP;
    return drawGroup(group, at, x);
  });
  return [text('title', 10, 24, title), ...drawn].join('\n');
};

const drawGroup = ({ label, bars, target }: Group, top: number, x: (value: number) => number): string => {
  const drawn = bars.flatMap((bar, index) => {
    const { label, value, range, kind } = bar;
    const y = top + index * ROW;
    const middle = y + BAR / 2;
    const goal = kind === 'measured' ? target : undefined;
    return [
      text('label', LEFT - 8, y + 12, label, 'end'),
      `<rect class="${kind}" x="${LEFT}" y="${y}" width="${round(x(value) - LEFT)}" height="${BAR}"/>`,
      ...(range ? [line('range', x(range[0]), middle, x(range[1]), middle)] : []),
      ...(goal === undefined ? [] : [line('target', x(goal), y - 4, x(goal), y + BAR + 4)]),
      text('value', x(Math.max(endOf(bar), goal ?? 0)) + 6, y + 12, `${value.toFixed(1)} s`),
    ];
  });
  return [text('group', 10, top + 12, label), ...drawn].join('\n');
};

const endOf = ({ value, range }: Pick<Bar, 'value' | 'range'>): number => Math.max(value, range?.[1] ?? 0);

const round = (value: number): number => Math.round(value * 10) / 10;

const line = (kind: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

const text = (kind: string, x: number, y: number, content: string, anchor = 'start'): string =>
  `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(content)}</text>`;

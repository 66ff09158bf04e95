/**
 * Writes docs/performance.json, the plot docs/performance.svg, and the tables of docs/performance.md.
 *
 *     node bench/report.ts     does it again from the figures that are there
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../src/support/paths.ts';
import { type Figures, type Host, type ManyRun, readFigures, type UpRun, WAYS } from './figures.ts';
import { type Panel, plot } from './plot.ts';
import { spreadOf } from './statistics.ts';
import { manyTable, regressionTable, TARGETS, type Table, upTables } from './tables.ts';

const docs = (name: string): string => join(projectDir, 'docs', name);

/** Puts new figures in the place of those of their kind. */
export const report = async (measured: Figures): Promise<void> => {
  const figures: Figures = { ...(await readFigures(docs('performance.json'))), ...measured };
  const { up, many, regression } = figures;
  await writeFile(docs('performance.json'), `${JSON.stringify(figures, null, 2)}\n`);
  await writeFile(
    docs('performance.svg'),
    plot([...(up ? upPanels(up.runs) : []), ...(many ? manyPanels(many.runs) : [])]),
  );
  let page = await readFile(docs('performance.md'), 'utf8');
  if (up) {
    const tables = upTables(up.runs).map(markdown);
    page = replaceBetween(page, 'up', [about(up.host, up.runs), ...tables].join('\n\n'));
  }
  if (many) page = replaceBetween(page, 'many', [about(many.host), markdown(manyTable(many.runs))].join('\n\n'));
  if (regression) {
    const tables = regression.runs.map((run) => markdown(regressionTable(run)));
    page = replaceBetween(page, 'regression', [about(regression.host), ...tables].join('\n\n'));
  }
  await writeFile(docs('performance.md'), page);
};

/** Text with what stands between the markers of that name replaced. @throws Error where they are missing. */
export const replaceBetween = (text: string, name: string, replacement: string): string => {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there are no markers ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${replacement}\n\n${text.slice(to)}`;
};

/** A table as Markdown has it. */
export const markdown = ({ headings, rows }: Table): string =>
  [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const about = (host: Host, runs?: readonly UpRun[]): string => {
  const { date, cores, processor, memory, qemu, node, accelerator } = host;
  const loads = runs?.map(({ load }) => load.toFixed(1)).join(', ');
  const what = `${date.slice(0, 10)}: ${cores} cores (${processor}), ${Math.round(memory / 1e9)} GB of memory, QEMU ${qemu} with ${accelerator}, Node ${node}`;
  return `${what}. ${runs ? `Medians of ${runs.length} runs, with least and most; load of the host when each began: ${loads}.` : 'One run.'}`;
};

const upPanels = (runs: readonly UpRun[]): Panel[] => [
  {
    title: 'Seconds until the rotation is proven; dashed: target',
    groups: WAYS.map((way) => {
      const bar = (label: string, kind: 'baseline' | 'measured', figures: number[]) => {
        const { median, least, most } = spreadOf(figures);
        return { label, kind, value: median, range: [least, most] as const };
      };
      const target = TARGETS.seconds[way];
      return {
        label: way,
        bars: [
          bar(
            'floor',
            'baseline',
            runs.map((run) => run[way].floor.seconds),
          ),
          bar(
            'lab up',
            'measured',
            runs.map((run) => run[way].up.seconds),
          ),
        ],
        ...(target !== undefined && { target }),
      };
    }),
  },
];

const manyPanels = (runs: readonly ManyRun[]): Panel[] =>
  WAYS.filter((way) => runs.some((run) => run.way === way)).map((way) => ({
    title: `Seconds until the last of several labs is proven, ${way}`,
    groups: runs
      .filter((run) => run.way === way)
      .map(({ labs, atOnce, inTurn }) => ({
        label: labs === 1 ? '1 lab' : `${labs} labs`,
        bars: [
          { label: 'in turn', kind: 'baseline', value: inTurn.last },
          { label: 'at once', kind: 'measured', value: atOnce.last },
        ],
      })),
  }));

if (import.meta.main) await report({});

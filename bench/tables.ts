import { type Machine, type ManyRun, type Proof, type RegressionRun, type UpRun, WAYS, type Way } from './figures.ts';
import { mean, ratios, type Spread, showSpread, spreadOf, sum } from './statistics.ts';

export interface Table {
  headings: string[];
  rows: string[][];
}

/** What the project promises: seconds to the proof, of a reset, times the floor, bytes of PSS a machine. */
export const TARGETS = {
  seconds: { golden: 8, warm: 2 } as Partial<Record<Way, number>>,
  reset: 1.5,
  ratio: 1.25,
  memory: 120e6,
} as const;

const seconds = (numbers: readonly number[]): string => showSpread(spreadOf(numbers), 1, ' s');

const megabytes = (numbers: readonly number[]): string =>
  showSpread(spreadOf(numbers.map((bytes) => bytes / 1e6)), 0, ' MB');

const meanMemory = ({ machines }: { machines: Machine[] }): number => mean(machines.map(({ memory }) => memory));

const cpu = ({ machines }: { machines: Machine[] }): number => sum(machines.map(({ cpuSeconds }) => cpuSeconds));

const judge = ({ median }: Spread, target: number): string => (median <= target ? 'met' : 'missed');

/** `lab up` beside its floor, the other targets, what each way costs, and where the time goes. */
export const upTables = (runs: readonly UpRun[]): Table[] => [
  againstFloor(runs),
  otherTargets(runs),
  costs(runs),
  floorStages(runs),
  phases(runs),
];

const againstFloor = (runs: readonly UpRun[]): Table => ({
  headings: ['to the proof', 'floor', 'lab up', 'target', '', 'times the floor', `target ${TARGETS.ratio}`],
  rows: WAYS.map((way) => {
    const floor = runs.map((run) => run[way].floor.seconds);
    const up = runs.map((run) => run[way].up.seconds);
    const times = spreadOf(ratios(up, floor));
    const target = TARGETS.seconds[way];
    return [
      way,
      seconds(floor),
      seconds(up),
      ...(target === undefined ? ['–', ''] : [`${target} s`, judge(spreadOf(up), target)]),
      showSpread(times, 2),
      judge(times, TARGETS.ratio),
    ];
  }),
});

const otherTargets = (runs: readonly UpRun[]): Table => {
  const reset = runs.map((run) => run.reset);
  return {
    headings: ['other targets', 'measured', 'target', ''],
    rows: [
      ['lab reset', seconds(reset), `${TARGETS.reset} s`, judge(spreadOf(reset), TARGETS.reset)],
      ...WAYS.map((way) => {
        const memory = runs.map((run) => meanMemory(run[way].up));
        const verdict = judge(spreadOf(memory), TARGETS.memory);
        return [`PSS a machine, ${way}`, megabytes(memory), `${TARGETS.memory / 1e6} MB`, verdict];
      }),
    ],
  };
};

const costs = (runs: readonly UpRun[]): Table => {
  const row = (title: string, figure: (proof: Proof) => number, format: (numbers: number[]) => string) => [
    title,
    ...WAYS.flatMap((way) => [runs.map((run) => figure(run[way].floor)), runs.map((run) => figure(run[way].up))]).map(
      format,
    ),
  ];
  const own = (title: string, figure: (run: UpRun, way: Way) => number) => [
    title,
    ...WAYS.flatMap((way) => ['', seconds(runs.map((run) => figure(run, way)))]),
  ];
  return {
    headings: ['what it costs', ...WAYS.flatMap((way) => [`${way}, floor`, `${way}, lab up`])],
    rows: [
      own('report printed', (run, way) => run[way].up.report),
      own('command ended', (run, way) => run[way].up.end),
      row('CPU of all machines', cpu, seconds),
      row('PSS a machine', meanMemory, megabytes),
      ['saving the lab, after the report', '', '', '', seconds(runs.map(({ saving }) => saving)), '', ''],
    ],
  };
};

/** Of the floor, which knows what each stage costs. */
const floorStages = (runs: readonly UpRun[]): Table => ({
  headings: ['stage of the floor', ...WAYS.flatMap((way) => [way, `${way}, CPU`])],
  rows: namesOf(runs.flatMap((run) => WAYS.flatMap((way) => run[way].floor.stages.map(({ name }) => name)))).map(
    (name) => [
      name,
      ...WAYS.flatMap((way) => {
        const stages = runs.flatMap((run) => run[way].floor.stages.filter((stage) => stage.name === name));
        if (stages.length === 0) return ['', ''];
        return [seconds(stages.map((stage) => stage.seconds)), seconds(stages.map((stage) => stage.cpuSeconds))];
      }),
    ],
  ),
});

const phases = (runs: readonly UpRun[]): Table => ({
  headings: ['step of lab up', ...WAYS],
  rows: namesOf(runs.flatMap((run) => WAYS.flatMap((way) => Object.keys(run[way].up.phases)))).map((name) => [
    name,
    ...WAYS.map((way) => {
      const times = runs.flatMap((run) => run[way].up.phases[name] ?? []);
      return times.length === 0 ? '' : seconds(times);
    }),
  ]),
});

const namesOf = (names: readonly string[]): string[] => [...new Set(names)];

/** Labs at once, beside the same number in turn. */
export const manyTable = (runs: readonly ManyRun[]): Table => ({
  headings: [
    'labs',
    'first proof',
    'last proof',
    'all ended',
    'in turn: last proof',
    'all ended',
    'PSS a machine',
    'largest',
    'CPU a machine',
  ],
  rows: runs.map(({ way, labs, atOnce, inTurn }) => [
    `${labs} ${way}`,
    ...[atOnce.first, atOnce.last, atOnce.end, inTurn.last, inTurn.end].map((each) => seconds([each])),
    megabytes([meanMemory(atOnce)]),
    megabytes([Math.max(...atOnce.machines.map(({ memory }) => memory))]),
    seconds([cpu(atOnce) / atOnce.machines.length]),
  ]),
});

/** Where the time of a regression goes: per lab what all its proofs took, and the slowest of them. */
export const regressionTable = ({ seconds: whole, labs }: RegressionRun): Table => ({
  headings: ['lab', 'checks', 'sabotages', 'its checks', 'proofs', 'slowest proof', ''],
  rows: [
    ...labs.map(({ lab, seconds: total, checks, proofs, red }) => {
      const proving = sum(proofs.map((proof) => proof.seconds));
      const slowest = proofs.toSorted((a, b) => b.seconds - a.seconds)[0];
      return [
        lab,
        String(checks),
        String(proofs.length),
        seconds([total - proving]),
        seconds([proving]),
        slowest ? `${slowest.sabotage} ${seconds([slowest.seconds])}` : '',
        red.length === 0 ? 'green' : `red: ${red.join(', ')}`,
      ];
    }),
    ['all', '', '', '', '', '', seconds([whole])],
  ],
});

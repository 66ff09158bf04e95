import { ExitCode, LabError } from '../support/errors.ts';

const TIME = { form: /^\d+(\.\d+)?(us|ms|s)$/, like: '50ms' };
const SHARE = { form: /^(100|\d{1,2}(\.\d+)?)%$/, like: '1%' };

/** What tc-netem(8) does to packets, in its own words and order, each with the form of its value. */
const SETTINGS = {
  delay: { ...TIME, what: 'how long each packet waits' },
  jitter: { ...TIME, what: 'how much the delay varies, up and down', like: '10ms' },
  loss: { ...SHARE, what: 'share of packets that are lost' },
  duplicate: { ...SHARE, what: 'share of packets that come twice' },
  corrupt: { ...SHARE, what: 'share of packets with a wrong bit' },
  reorder: { ...SHARE, what: 'share of packets that do not wait, and so overtake others', like: '25%' },
  rate: { form: /^\d+(\.\d+)?[kmg]?bit$/, what: 'how much passes in a second', like: '1mbit' },
} as const;

export type NetemSetting = keyof typeof SETTINGS;
export type NetemSettings = Readonly<Partial<Record<NetemSetting, string>>>;

export const NETEM_SETTINGS = Object.entries(SETTINGS).map(([name, { what, like }]) => ({
  name: name as NetemSetting,
  help: `${what}, as ${like}`,
}));

/** @throws LabError, exit code 2, on values that tc would not take, on none, and on those that need another one. */
export const netemSettings = (given: Readonly<Partial<Record<string, unknown>>>): NetemSettings => {
  const settings: Partial<Record<NetemSetting, string>> = {};
  for (const { name } of NETEM_SETTINGS) {
    const value = given[name];
    if (value === undefined) continue;
    const { form, like } = SETTINGS[name];
    if (typeof value !== 'string' || !form.test(value))
      throw wrong(`--${name} ${String(value)} is none of its values`, `write it as --${name} ${like}`);
    settings[name] = value;
  }
  if (Object.keys(settings).length === 0)
    throw wrong('nothing is said of what to do to packets', 'say it: --delay 50ms, --loss 1%, --rate 1mbit …');
  for (const name of ['jitter', 'reorder'] as const)
    if (settings[name] !== undefined && settings.delay === undefined)
      throw wrong(`--${name} needs a delay`, 'add --delay 50ms');
  return settings;
};

/** The words after `tc qdisc replace dev … root netem`. */
export const netemWords = ({ delay, jitter, ...rest }: NetemSettings): string[] => [
  ...(delay === undefined ? [] : ['delay', delay, ...(jitter === undefined ? [] : [jitter])]),
  ...Object.entries(rest).flat(),
];

const wrong = (happened: string, next: string): LabError =>
  new LabError({ tried: 'make a fault with netem', happened, next, exitCode: ExitCode.usage });

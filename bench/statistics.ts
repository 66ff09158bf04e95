/** The middle of some numbers. @throws RangeError when there are none. */
export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below, above] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  if (below === undefined || above === undefined) throw new RangeError('there is no median of nothing');
  return (below + above) / 2;
};

export const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** A figure over several runs. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export const spreadOf = (numbers: readonly number[]): Spread => ({
  median: median(numbers),
  least: Math.min(...numbers),
  most: Math.max(...numbers),
});

/** Each number divided by the baseline of its own run: a host that was busy was so for both. */
export const ratios = (numbers: readonly number[], baseline: readonly number[]): number[] => {
  if (numbers.length !== baseline.length) throw new RangeError('every run needs its baseline');
  return numbers.map((each, run) => each / (baseline[run] as number));
};

/** `2.1 s (1.9–2.4)`: the median, and the range where there was more than one run. */
export const showSpread = ({ median, least, most }: Spread, digits: number, unit = ''): string => {
  const range = least === most ? '' : ` (${least.toFixed(digits)}–${most.toFixed(digits)})`;
  return `${median.toFixed(digits)}${unit}${range}`;
};

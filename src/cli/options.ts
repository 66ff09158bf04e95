import { InvalidArgumentError, Option } from 'commander';

/** `-f, --format`: a table for people or one JSON document. */
export const formatOption = (): Option =>
  new Option('-f, --format <format>', 'how to print the result').choices(['table', 'json']).default('table');

/** Parses a whole number in a range; anything else is a usage error that names the range. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

/** `--boot-timeout SECONDS`, for hosts slower than any we know. */
export const bootTimeoutOption = (): Option =>
  new Option('--boot-timeout <seconds>', 'how long a machine may take to boot').argParser(wholeNumber(1, 3600));

/** Seconds of an option as milliseconds. */
export const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** Commander's way to a list: `-c a -c b` and `-c a,b` are the same. */
export const collect = (value: string, previous: string[] = []): string[] => [
  ...previous,
  ...value.split(',').filter(Boolean),
];

/** A time as `30`, `30s`, `5m` or `1h`, in milliseconds; anything else is a usage error. */
export const duration = (text: string): number => {
  const [, number, unit = 's'] = /^(\d{1,6})(s|m|h)?$/.exec(text) ?? [];
  const seconds = Number(number) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
  if (seconds >= 1 && seconds <= 86_400) return seconds * 1000;
  throw new InvalidArgumentError('It must be a time of at most a day: 30s, 5m, 1h.');
};

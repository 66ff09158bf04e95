import { ExitCode, LabError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of a size as people write it: `500M`, `10G`, `1.5GiB`. @throws LabError, exit code 2. */
export const parseSize = (text: string): number => {
  const match = text.trim().match(/^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i);
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ''];
  if (match && unit !== undefined) return Math.floor(Number(match[1]) * unit);
  throw new LabError({
    tried: `read ${JSON.stringify(text)} as a size`,
    happened: 'it is none',
    next: 'write it like 500M or 10G',
    exitCode: ExitCode.usage,
  });
};

/** A checksum of a file: SHA-256 where it has 64 hex digits, SHA-512 where it has 128. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower case. */
  readonly hex: string;
}

const DIGITS = { 64: 'sha256', 128: 'sha512' } as const;

/** The checksum that these digits are; undefined when they are none. */
export const checksumOf = (digits: string): Checksum | undefined => {
  const algorithm = /^[0-9a-f]+$/i.test(digits) ? DIGITS[digits.length as keyof typeof DIGITS] : undefined;
  return algorithm && { algorithm, hex: digits.toLowerCase() };
};

/** `SHA-256 3510fc7d…`, for a person. */
export const showChecksum = ({ algorithm, hex }: Checksum): string =>
  `${algorithm.replace('sha', 'SHA-')} ${hex.slice(0, 16)}…`;

/** `DIGITS  FILE`, with `*` before a file that was read as bytes: what sha256sum(1) writes. */
const PLAIN = /^([0-9a-f]{64}|[0-9a-f]{128})\s[ *]?(.+)$/i;
/** `SHA256 (FILE) = DIGITS`: what sha256sum(1) writes with --tag. */
const TAGGED = /^SHA(?:256|512) \((.+)\) = ([0-9a-f]{64}|[0-9a-f]{128})$/i;

/** The checksum of a file in a list as distributions publish them; undefined when it is not in the list. */
export const findSum = (list: string, file: string): Checksum | undefined => {
  for (const line of list.split('\n').map((each) => each.trim())) {
    const [, digits, plain] = line.match(PLAIN) ?? [];
    const [, tagged, taggedDigits] = line.match(TAGGED) ?? [];
    if ((plain ?? tagged) === file) return checksumOf(digits ?? taggedDigits ?? '');
  }
  return undefined;
};

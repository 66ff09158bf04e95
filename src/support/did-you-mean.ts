/**
 * How many letters to add, drop, change or swap with their neighbour make `a` into `b` (the restricted
 * Damerau-Levenshtein distance).
 */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
        swapped ? (beforeLast[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
};

/** The one of `names` that a person who typed `word` most likely meant: at most a third of its letters are wrong. */
export const didYouMean = (word: string, names: readonly string[]): string | undefined => {
  const near = names
    .filter((name) => Math.abs(name.length - word.length) <= name.length / 3)
    .map((name) => ({ name, wrong: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, wrong }) => wrong <= name.length / 3)
    .sort((a, b) => a.wrong - b.wrong);
  return near[0]?.name;
};

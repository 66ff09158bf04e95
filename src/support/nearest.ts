/** Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, or swap two neighbours. */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] as number) + 1,
        (next[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (before[column - 2] as number) + 1);
      next.push(cost);
    }
    before = last;
    last = next;
  }
  return last[b.length] as number;
};

/**
 * The candidate that `text` most likely was meant to be, if one is near enough: about a third of it may differ, or it is
 * the start of one.
 */
export const nearest = (text: string, candidates: Iterable<string>): string | undefined => {
  if (text.length > 64) return undefined;
  const plain = (word: string) => word.toLowerCase().replaceAll('_', '-');
  const allowed = Math.max(1, Math.floor(text.length / 3));
  let best: { candidate: string; far: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) > allowed) continue;
    const far = distance(plain(text), plain(candidate));
    // A name of one or two letters with one replaced is another name, not a slip.
    if (far <= allowed && far < candidate.length && (best === undefined || far < best.far)) best = { candidate, far };
  }
  if (best || text.length < 3) return best?.candidate;
  return [...candidates].find((candidate) => candidate.startsWith(plain(text)));
};

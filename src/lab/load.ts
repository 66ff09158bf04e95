import { type Loaded, ofFile, parseLab } from './parse.ts';
import { readBounded } from './read.ts';
import type { CheckVocabulary } from './vocabulary.ts';

/**
 * Reads a lab file. Whatever is at the path, what is wrong with it becomes a diagnostic; nothing is thrown, and not more
 * than the limit is read.
 */
export const loadLab = async (path: string, vocabulary?: CheckVocabulary): Promise<Loaded> => {
  const read = await readBounded(path);
  return 'bytes' in read ? parseLab(read.bytes, path, vocabulary) : { diagnostics: [ofFile(path, read.problem)] };
};

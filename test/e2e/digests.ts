import { createHash } from 'node:crypto';
import { FAMILIES, type Family } from '../../src/images/families.ts';
import { renderScripts } from '../../src/provision/scripts.ts';
import { shipped } from '../provision/fixtures/labs.ts';

/** What stands for the scripts of a lab, of every family. */
export const digestOf = async (name: string): Promise<string> => {
  const definition = await shipped(name);
  const scripts = (Object.keys(FAMILIES) as Family[]).map((family) => [...renderScripts(definition, family)]);
  return createHash('sha256').update(JSON.stringify(scripts)).digest('hex').slice(0, 16);
};

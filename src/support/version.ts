import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from './paths.ts';

/** Version of lab, as its package says it. */
export const version = (): string =>
  (JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as { version: string }).version;

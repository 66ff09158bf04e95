// Writes schema/lab.schema.json from the code.
import { writeFile } from 'node:fs/promises';
import { VOCABULARY } from '../src/checks/vocabulary.ts';
import { labJsonSchema } from '../src/lab/json-schema.ts';

const path = new URL('../schema/lab.schema.json', import.meta.url);
await writeFile(path, `${JSON.stringify(labJsonSchema(VOCABULARY), undefined, 2)}\n`);

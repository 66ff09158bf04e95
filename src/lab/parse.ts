import { basename } from 'node:path';
import type { Diagnostic } from './diagnostic.ts';
import { type Located, readDocument } from './document.ts';
import { draftOf } from './draft.ts';
import type { Lab } from './lab.ts';
import { MAX_FILE_SIZE } from './limits.ts';
import { keyOf, type Path, placeOf } from './path.ts';
import { type Message, type Problem, toDiagnostics } from './problem.ts';
import { resolve } from './resolve.ts';
import { createRoutes } from './routing.ts';
import { labSchema } from './schema.ts';
import { createSource, decode, type Source } from './source.ts';
import { structureProblems } from './structure.ts';
import { createSurvey } from './survey.ts';
import { validateChecks } from './validation/checks.ts';
import { validateClients } from './validation/clients.ts';
import { validateFamily } from './validation/family.ts';
import { validateGateways } from './validation/gateways.ts';
import { validateLinks } from './validation/links.ts';
import { validateLocations } from './validation/locations.ts';
import { validateReachability } from './validation/reachability.ts';
import { validateSabotages } from './validation/sabotages.ts';
import { validateSegments } from './validation/segments.ts';
import { validateServices } from './validation/services.ts';
import { validateSize } from './validation/size.ts';
import { validateStaticNat } from './validation/static-nat.ts';
import { validateTiers } from './validation/tiers.ts';
import { validateVrrp } from './validation/vrrp.ts';
import type { CheckVocabulary } from './vocabulary.ts';

export interface Loaded {
  /** Present when no diagnostic is an error. */
  readonly lab?: Lab;
  /** Every problem of the file, in its order. */
  readonly diagnostics: Diagnostic[];
}

/**
 * Judges the text of a lab file, and resolves it to a lab when it has no error. Without a vocabulary, checks and their
 * options are taken as they are.
 * @param fileName names the file in diagnostics.
 */
export const parseLab = (content: string | Buffer, fileName: string, vocabulary?: CheckVocabulary): Loaded => {
  if (Buffer.byteLength(content) > MAX_FILE_SIZE)
    return {
      diagnostics: [ofFile(fileName, `is larger than ${MAX_FILE_SIZE / 1024 / 1024} MiB, the limit of a lab file`)],
    };
  const decoded = decode(Buffer.from(content));
  if ('badByte' in decoded) return { diagnostics: [notUtf8(Buffer.from(content), decoded.badByte, fileName)] };
  const source = createSource(fileName, decoded.text);
  const { problems, finish } = validate(source, vocabulary);
  const diagnostics = toDiagnostics(problems, source);
  return diagnostics.some(({ severity }) => severity === 'error') || !finish
    ? { diagnostics }
    : { lab: finish(), diagnostics };
};

/** A problem of a file as a whole. */
export const ofFile = (file: string, what: string): Diagnostic => ({
  file,
  line: 1,
  column: 1,
  severity: 'error',
  message: `the file ${what}`,
});

interface Validated {
  readonly problems: Problem[];
  /** Makes the lab; absent when there is no document to make it of. */
  readonly finish?: () => Lab;
}

const validate = (source: Source, vocabulary: CheckVocabulary | undefined): Validated => {
  const control = controlCharacter(source);
  if (control) return { problems: [control] };
  const { root, problems } = readDocument(source);
  if (!root) return { problems: problems.length > 0 ? problems : [empty] };
  if (!root.entries) return { problems: [...problems, notAMap(root, source)] };

  problems.push(...structureProblems(labSchema, root));
  const report = (path: Path, message: Message, place?: 'key') =>
    problems.push({ range: (place === 'key' ? keyOf(root, path) : undefined) ?? placeOf(root, path), ...message });
  const survey = createSurvey(draftOf(root.value), report);
  const routes = createRoutes(survey);

  validateFileName(source.file, survey.draft.name, report);
  validateSize(survey);
  validateSegments(survey);
  validateLinks(survey);
  validateGateways(survey);
  validateServices(survey);
  validateTiers(survey);
  validateStaticNat(survey);
  validateFamily(survey);
  validateClients(survey);
  validateReachability(survey, routes);
  validateVrrp(survey, routes);
  validateLocations(survey, routes);
  validateSabotages(survey);
  const checks = vocabulary && validateChecks(survey, root, vocabulary);
  problems.push(...(checks?.problems ?? []));
  return { problems, finish: () => resolve(survey, routes, checks?.options ?? new Map()) };
};

const empty: Problem = {
  range: { start: 0, end: 0 },
  message: 'the file is empty',
  expected: 'a lab: name, segments and nodes',
};

const notAMap = (root: Located, { text }: Source): Problem => ({
  range: { start: root.range.start, end: root.range.start + 1 },
  message: 'a lab file is a map of keys to values, and this is none',
  expected: /：/u.test(text)
    ? 'an ASCII colon and a space after each key: this file has the full-width colon "："'
    : 'name, segments and nodes, each followed by a colon',
});

/** Characters that YAML does not allow, told before the parser stumbles over them. */
const controlCharacter = ({ text }: Source): Problem | undefined => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const found = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]/.exec(text);
  if (!found) return undefined;
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    range: { start: found.index, end: found.index + 1 },
    message: `the control character U+${code} has no place in a lab file`,
    expected: 'printable text',
  };
};

const notUtf8 = (bytes: Buffer, badByte: number, file: string): Diagnostic => {
  const source = createSource(file, bytes.subarray(0, badByte).toString());
  const byte = (bytes[badByte] ?? 0).toString(16).toUpperCase().padStart(2, '0');
  return {
    ...ofFile(file, `is not UTF-8: it has the byte 0x${byte} here`),
    ...source.position(source.text.length),
    expected: 'text saved as UTF-8',
  };
};

const validateFileName = (
  file: string,
  name: string | undefined,
  report: (path: Path, message: Message) => void,
): void => {
  const base = /^(.+)\.ya?ml$/.exec(basename(file))?.[1];
  if (name === undefined || base === undefined || base === name) return;
  report(['name'], {
    severity: 'warning',
    message: `the lab ${name} is in a file of another name, by which commands find it`,
    expected: `${base}, or the file ${name}.yaml`,
  });
};

import { type Checks, vocabularyOf } from '../checks/registry.ts';
import { type Diagnostic, formatDiagnostic } from '../lab/diagnostic.ts';
import { findLab } from '../lab/find.ts';
import type { Lab } from '../lab/lab.ts';
import { loadLab } from '../lab/load.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import type { Session } from './session.ts';

/** Reads a lab by name or path, with all there is to say about its file. */
export const readLabFile = async (
  checks: Checks,
  reference: string,
): Promise<{ file: string; lab?: Lab; diagnostics: Diagnostic[] }> => {
  const file = await findLab(reference);
  return { file, ...(await loadLab(file, vocabularyOf(checks))) };
};

/** A lab by name or path; what its file has wrong is printed. @throws LabError, exit code 2, when it cannot be used. */
export const loadCheckedLab = async (reference: string, session: Session): Promise<Lab> => {
  const { file, lab, diagnostics } = await readLabFile(session.checks, reference);
  for (const diagnostic of diagnostics) session.tell(formatDiagnostic(diagnostic));
  if (lab) return lab;
  const count = diagnostics.filter(({ severity }) => severity === 'error').length;
  throw new LabError({
    tried: `use ${file}`,
    happened: `it has ${count === 1 ? 'a problem' : `${count} problems`}; nothing was created`,
    next: `mend the file and see with: lab validate ${reference}`,
    exitCode: ExitCode.usage,
  });
};

/**
 * `fail`: the lab runs and does not do what its file promises. `error`: the check could not look (a guest was lost, a
 * capture broke), which says nothing of the promise. `skip`: the promise does not apply to this lab.
 */
export type Status = 'pass' | 'fail' | 'error' | 'skip';

/** What a verdict rests on, for a person to read: lines as a terminal shows them, or a table. */
export type Evidence =
  | { readonly title: string; readonly lines: readonly string[] }
  | { readonly title: string; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** What a check found. */
export interface Outcome {
  readonly status: Status;
  /** One line. */
  readonly summary: string;
  readonly evidence: readonly Evidence[];
}

export interface Verdict extends Outcome {
  /** The check's name; with `/` and its services where the lab asks for it more than once. */
  readonly check: string;
  /** What its own work took, without the requests, which all checks share. */
  readonly seconds: number;
}

export const pass = (summary: string, ...evidence: Evidence[]): Outcome => ({ status: 'pass', summary, evidence });
export const fail = (summary: string, ...evidence: Evidence[]): Outcome => ({ status: 'fail', summary, evidence });
export const skip = (summary: string): Outcome => ({ status: 'skip', summary, evidence: [] });

/** Whether the lab does not do what it promises, or could not be looked at: what keeps a report from being green. */
export const isRed = ({ status }: Pick<Outcome, 'status'>): boolean => status === 'fail' || status === 'error';

import type { Evidence, Outcome } from './check.ts';

export const pass = (summary: string, ...evidence: Evidence[]): Outcome => ({ status: 'pass', summary, evidence });
export const fail = (summary: string, ...evidence: Evidence[]): Outcome => ({ status: 'fail', summary, evidence });
export const skip = (summary: string): Outcome => ({ status: 'skip', summary, evidence: [] });

/** Whether the lab does not do what it promises, or could not be looked at: what keeps a report from being green. */
export const isRed = ({ status }: Pick<Outcome, 'status'>): boolean => status === 'fail' || status === 'error';

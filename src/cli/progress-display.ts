import type { Step } from '../support/step.ts';

/** Shows how steps fare. Each method is told of a step before or after it happens; `close` comes last, always. */
export interface Display {
  started(step: Step): void;
  said(step: Step, line: string): void;
  done(step: Step, remark: string | undefined): void;
  /** `stopped` when it did not fail itself but was ended because of another or of the user. */
  failed(step: Step, stopped: boolean): void;
  close(): Promise<void>;
}

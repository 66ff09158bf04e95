/**
 * How a request failed:
 * - `timeout`: nothing came of the connection, or no whole answer over it, in the time there was
 * - `refused`: the other end, or a packet filter on the way, said no to the connection
 * - `unreachable`: there was no way to the other end. Known only where curl tells the system's reason, as that of EL 8 does;
 *   later ones say the same of both, which counts as refused
 * - `reset`: the connection broke off while it was in use
 * - `empty`: the connection was closed without an answer
 * - `partial`: it was closed in the middle of one
 * - `no-answer`: no datagram came back
 * - `bad-answer`: one did, and it does not answer the question
 * - `status`: the answer's HTTP status is not 200
 * - `stranger`: no real server of the service gave the answer
 * - `other`: anything else that curl gives up for
 */
export type FailureKind =
  | 'timeout'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'empty'
  | 'partial'
  | 'no-answer'
  | 'bad-answer'
  | 'status'
  | 'stranger'
  | 'other';

/** Why a request was not answered: its kind for judgements, its words for people. */
export interface Failure {
  readonly kind: FailureKind;
  /** curl's own, where it was curl that failed. */
  readonly words: string;
}

/** By curl's exit code, as its manual has them. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  // CURLE_PARTIAL_FILE
  18: 'partial',
  // CURLE_OPERATION_TIMEDOUT: of the connection, or of all
  28: 'timeout',
  // CURLE_GOT_NOTHING
  52: 'empty',
  // CURLE_SEND_ERROR, CURLE_RECV_ERROR
  55: 'reset',
  56: 'reset',
};

/** CURLE_COULDNT_CONNECT */
const NO_CONNECTION = 7;

/** @param exitCode of a curl that ended with this request. @param words what it said of it. */
export const curlFailure = (exitCode: number, words: string): Failure => ({
  kind: exitCode === NO_CONNECTION ? withoutConnection(words) : (KINDS[exitCode] ?? 'other'),
  words,
});

/** The words of the system's errors in the C locale: EHOSTUNREACH, ENETUNREACH; and ETIMEDOUT where the kernel gave up first. */
const withoutConnection = (words: string): FailureKind => {
  if (/: (No route to host|Network is unreachable)$/.test(words)) return 'unreachable';
  return /: Connection timed out$/.test(words) ? 'timeout' : 'refused';
};

import { expect, test } from 'vitest';
import { curlFailure, type FailureKind } from '../../src/traffic/failure.ts';

// Those of real curls, of Debian 12 (7.88) and of EL 8 (7.61).
test.each<[number, string, FailureKind]>([
  [7, "curl: (7) Failed to connect to 192.168.2.100 port 80 after 3 ms: Couldn't connect to server", 'refused'],
  [7, 'curl: (7) Failed to connect to 192.168.2.100 port 80: Connection refused', 'refused'],
  [7, 'curl: (7) Failed to connect to 192.168.2.100 port 80: No route to host', 'unreachable'],
  [7, 'curl: (7) Failed to connect to 192.168.2.100 port 80: Network is unreachable', 'unreachable'],
  [7, 'curl: (7) Failed to connect to 192.168.2.100 port 80: Connection timed out', 'timeout'],
  [28, 'curl: (28) Connection timed out after 3001 milliseconds', 'timeout'],
  [28, 'curl: (28) Failed to connect to fd00::1 port 80 after 2002 ms: Timeout was reached', 'timeout'],
  [28, 'curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received', 'timeout'],
  [18, 'curl: (18) transfer closed with 6 bytes remaining to read', 'partial'],
  [52, 'curl: (52) Empty reply from server', 'empty'],
  [55, 'curl: (55) Send failure: Broken pipe', 'reset'],
  [56, 'curl: (56) Recv failure: Connection reset by peer', 'reset'],
  [45, 'curl: (45) bind failed with errno 98: Address already in use', 'other'],
])('%i, %s: %s', (exitCode, words, kind) => {
  expect(curlFailure(exitCode, words)).toEqual({ kind, words });
});

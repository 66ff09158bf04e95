import { expect, test } from 'vitest';
import { sshPortOf } from '../../../src/providers/qemu/machine.ts';

// As QEMU 7.2 prints it.
const USERNET = `Hub -1 (mgmt):\r
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r
  TCP[HOST_FORWARD]  14       127.0.0.1 40123       10.0.2.15    22     0     0\r
`;

test('finds the port that QEMU chose', () => {
  expect(sshPortOf(USERNET)).toBe(40123);
});

test('finds none where nothing is forwarded', () => {
  expect(sshPortOf('Hub -1 (mgmt):\r\n')).toBeUndefined();
});

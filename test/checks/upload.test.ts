import { describe, expect, test } from 'vitest';
import { judgeUpload } from '../../src/checks/upload.ts';

const ROUTE = ['192.168.2.100 via 192.168.1.1 dev eth1 src 192.168.1.200 uid 0', '    cache expires 597sec mtu 1480'];
const HUNG = 'curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received  000 65160 10.001';

describe('upload', () => {
  test('passes, and tells the path MTU that the client has learnt', () => {
    expect(judgeUpload(100_000, ['rs1  200 100000 0.061', 'rs2  200 100000 0.044'], ROUTE)).toMatchObject({
      status: 'pass',
      summary: '2 uploads of 100000 bytes got through, with a path MTU of 1480',
    });
    expect(judgeUpload(10, ['rs1  200 10 0.061'], ROUTE.slice(0, 1)).summary).toBe('1 upload of 10 bytes got through');
  });

  test.each([
    ['hangs', [HUNG], `upload 1 of 9 bytes did not get through: ${HUNG}`],
    ['the second hangs', ['rs1  200 9 0.1', HUNG], `upload 2 of 9 bytes did not get through: ${HUNG}`],
    ['is refused', ['no  413 9 0.1'], 'upload 1 of 9 bytes did not get through: no  413 9 0.1'],
  ])('fails when it %s', (_, lines, summary) => {
    expect(judgeUpload(9, lines, ROUTE)).toMatchObject({ status: 'fail', summary });
  });
});

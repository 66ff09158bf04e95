import { describe, expect, test } from 'vitest';
import { judgeBlackhole } from '../../src/checks/blackhole.ts';
import { readConnections } from '../../src/ipvs/connections.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const lab = labWith({ forward: 'dr' });
// What `ipvsadm -lnc` prints.
const TABLE = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 00:57  SYN_RECV    192.168.1.200:40001 192.168.2.100:80   192.168.2.220:80
TCP 01:57  FIN_WAIT    192.168.1.200:40000 192.168.2.100:80   192.168.2.210:80
TCP 00:58  SYN_RECV    192.168.1.200:40003 192.168.2.100:80   192.168.2.220:80
`;
const judge = (broken: string, mended = 'rs2 rs1 rs2 rs1', table = TABLE) =>
  judgeBlackhole('rs1', burstOf(lab, broken), readConnections(table), burstOf(lab, mended));

describe('blackhole', () => {
  test('passes when exactly the share of the server is lost, and seen in SYN_RECV', () => {
    expect(judge('rs2 - rs2 -')).toMatchObject({
      status: 'pass',
      summary: 'without the VIP on rs1, 2 of 4 requests timed out and stayed in SYN_RECV; with it, none',
    });
  });

  test.each([
    ['none lost', 'rs2 rs2 rs2 rs2', '0 of 4 requests failed without the VIP on rs1, not its share of 2'],
    ['all lost', '- - - -', '4 of 4 requests failed without the VIP on rs1, not its share of 2'],
  ])('fails: %s', (_, broken, summary) => {
    expect(judge(broken)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when requests are refused instead of lost', () => {
    const broken = burstOf(lab, 'rs2 - rs2 -');
    const refused = broken.requests.map((request) =>
      request.failure === undefined
        ? request
        : { ...request, failure: curlFailure(7, 'curl: (7) Failed to connect: Connection refused') },
    );
    expect(
      judgeBlackhole('rs1', { ...broken, requests: refused }, readConnections(TABLE), burstOf(lab, 'rs1 rs2')),
    ).toMatchObject({
      status: 'fail',
      summary: 'request 2 did not time out: curl: (7) Failed to connect: Connection refused',
    });
  });

  test('fails when requests get another answer instead of none', () => {
    const broken = burstOf(lab, 'rs2 x rs2 x');
    const requests = broken.requests.map((request) => (request.answer === 'x' ? { ...request, status: 504 } : request));
    expect(
      judgeBlackhole('rs1', { ...broken, requests }, readConnections(TABLE), burstOf(lab, 'rs1 rs2')),
    ).toMatchObject({
      status: 'fail',
      summary: 'request 2 did not time out: HTTP status 504',
    });
  });

  test('fails when the table does not show them', () => {
    expect(judge('rs2 - rs2 -', 'rs2 rs1', TABLE.replaceAll('SYN_RECV', 'NONE'))).toMatchObject({
      status: 'fail',
      summary: 'the table has 0 connections to 192.168.2.220 in SYN_RECV, and 2 requests timed out',
    });
  });

  test('a connection to an endpoint that begins alike is not one of the server', () => {
    expect(judge('rs2 - rs2 -', 'rs2 rs1', TABLE.replaceAll('.220:80\n', '.220:8080\n'))).toMatchObject({
      status: 'fail',
      summary: 'the table has 0 connections to 192.168.2.220 in SYN_RECV, and 2 requests timed out',
    });
  });

  test('fails when requests are lost still after the VIP is back', () => {
    expect(judge('rs2 - rs2 -', 'rs2 -')).toMatchObject({
      status: 'fail',
      summary: expect.stringMatching(/^with the VIP back on rs1, request 2 of 2 was not answered/),
    });
  });
});

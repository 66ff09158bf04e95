import { expect, test } from 'vitest';
import { captureWhile, nicsOf, onOneClock, sightingsOf } from '../../src/traffic/captures.ts';
import { labWith } from './tun-basic.ts';
import { burstOf, trafficOf } from './wire.ts';

const lab = labWith({});
const wire = trafficOf(lab, burstOf(lab, 'rs2'));

/** Captures of that traffic; `broken` is a node whose cannot begin. Remembers those that were ended. */
const access = (broken?: string) => {
  const ended: string[] = [];
  const capture = async (node: string, segment: string) => {
    if (node === broken) throw new Error(`no capture on ${node}`);
    return {
      node,
      segment,
      stop: async () => {
        ended.push(`${node}:${segment}`);
        return wire.pcap(node, segment);
      },
    };
  };
  return { lab, capture, ended };
};

test('gives what the work gave, and what every NIC saw', async () => {
  const { settled, captures } = await captureWhile(access(), nicsOf(lab), async (trouble) => trouble ?? 'done');
  expect(settled).toEqual({ status: 'fulfilled', value: 'done' });
  if (captures.status === 'rejected') throw captures.reason;
  expect(captures.value.map(({ node, segment }) => ({ node, segment }))).toEqual(nicsOf(lab));
  const [first] = sightingsOf(onOneClock('client', captures.value));
  expect([first?.node, first?.segment]).toEqual(['client', 'outside']);
});

test('ends the captures when the work breaks', async () => {
  const ways = access();
  const { settled, captures } = await captureWhile(ways, nicsOf(lab), () => Promise.reject(new Error('broke')));
  expect([settled.status, captures.status]).toEqual(['rejected', 'fulfilled']);
  expect(ways.ended).toHaveLength(nicsOf(lab).length);
});

test('tells the work of a capture that could not begin, and ends the others', async () => {
  const ways = access('router');
  const { settled, captures } = await captureWhile(ways, nicsOf(lab), async (trouble) => String(trouble));
  expect(settled).toMatchObject({ value: 'Error: no capture on router' });
  expect(captures).toMatchObject({ status: 'rejected', reason: new Error('no capture on router') });
  expect(ways.ended).toHaveLength(nicsOf(lab).length - 2);
});

import { randomUUID } from 'node:crypto';
import type { Capture } from '../../capture/capture.ts';
import type { Guest } from '../../guest/guest.ts';
import { nicWithMac } from '../../guest/nic.ts';
import { linkOf, nodeOf } from '../../lab/lab.ts';
import { LabError } from '../../support/errors.ts';
import type { Place } from '../provider.ts';

/** Bytes kept of each frame; ample for the headers of two nested IP packets and the start of a request. */
const SNAP_LENGTH = 512;

/** Seconds in which tcpdump has opened its NIC, on an emulated guest too. */
const START_BUDGET = 20;

/**
 * Captures a NIC's frames inside the guest, with tcpdump: the one way that every hypervisor under Vagrant has, and that
 * needs no right on the host. Gives back when tcpdump sees packets.
 */
export const captureInside = async (
  place: Place,
  node: string,
  segment: string,
  guest: () => Promise<Guest>,
): Promise<Capture> => {
  const tried = `capture on ${node}`;
  const link = linkOf(nodeOf(place.lab, node), segment);
  if (!link) throw new LabError({ tried, happened: `it has no link to segment ${segment}` });
  const file = `/run/lab-capture-${randomUUID()}`;
  const session = await guest();
  const { exitCode, stderr } = await session.run(
    [
      `nic=${nicWithMac(link.mac)}`,
      // As root, who may write the file; -U puts each packet into it at once.
      `setsid tcpdump -i "$nic" -n -U -Z root --immediate-mode -s ${SNAP_LENGTH} -w ${file}.pcap 2>${file}.log </dev/null >/dev/null &`,
      `echo $! >${file}.pid`,
      `i=0; until grep -q 'listening on' ${file}.log; do`,
      `  i=$((i+1)); if ! kill -0 $! 2>/dev/null || [ $i -gt ${START_BUDGET * 10} ]; then cat ${file}.log >&2; exit 1; fi`,
      '  sleep 0.1',
      'done',
    ].join('\n'),
  );
  if (exitCode !== 0) throw new LabError({ tried, happened: stderr.trim() || 'tcpdump did not start' });
  return {
    node,
    segment,
    stop: async () => {
      const chunks: Buffer[] = [];
      const same = await guest();
      await same.must(
        [
          `pid=$(cat ${file}.pid); kill -INT $pid`,
          `while kill -0 $pid 2>/dev/null; do sleep 0.05; done`,
          `cat ${file}.pcap; rm -f ${file}.*`,
        ].join('\n'),
        { onStdout: (chunk) => chunks.push(chunk) },
      );
      return Buffer.concat(chunks);
    },
  };
};

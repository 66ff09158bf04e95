import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import type { Capture } from '../../capture/capture.ts';
import { linkOf, nodeOf } from '../../lab/lab.ts';
import { LabError } from '../../support/errors.ts';
import type { Place } from '../provider.ts';
import { linkBackend } from './command-line.ts';
import { layout, runLayout } from './layout.ts';
import { Qmp } from './qmp.ts';
import { stateOf } from './state.ts';

/** Bytes kept of each frame; ample for the headers of two nested IP packets and the start of a request. */
const SNAP_LENGTH = 512;

/**
 * Captures a NIC's frames from outside the guest, by QEMU's own `filter-dump`: costs the emulated CPU nothing, and a
 * guest cannot tell. Each frame is in the file before the guest has it.
 */
export const captureLink = async (place: Place, nodeName: string, segment: string): Promise<Capture> => {
  const node = nodeOf(place.lab, nodeName);
  const link = linkOf(node, segment);
  if (!link) throw new LabError({ tried: `capture on ${nodeName}`, happened: `it has no link to segment ${segment}` });
  const { runDir } = await stateOf(place.dir);
  const socket = runLayout(runDir).qmp(nodeName);
  const id = `capture-${randomUUID()}`;
  const file = `${layout(place.dir).node(nodeName).capture(segment)}.${id}`;
  await using qmp = await Qmp.connect(socket);
  await qmp.execute('object-add', {
    'qom-type': 'filter-dump',
    id,
    netdev: linkBackend(node.links.indexOf(link)),
    file,
    maxlen: SNAP_LENGTH,
  });
  return {
    node: nodeName,
    segment,
    stop: async () => {
      try {
        await using session = await Qmp.connect(socket);
        await session.execute('object-del', { id });
        return await readFile(file);
      } finally {
        await rm(file, { force: true });
      }
    },
  };
};

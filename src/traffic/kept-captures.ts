import type { Capture } from '../capture/capture.ts';
import type { LabAccess } from '../guest/access.ts';

/** Bytes of packets that are kept of one run of checks, over all NICs. */
const KEPT = 32 * 1024 ** 2;

/** The packets of one NIC while one burst of requests was made, or one check looked: a pcap file. */
export interface KeptCapture {
  readonly node: string;
  readonly segment: string;
  /** Which of this NIC's captures it is, from 1. */
  readonly number: number;
  readonly pcap: Buffer;
}

/**
 * The same ways to a lab, by which all that is captured is kept as well: what a person wants to see when a check has
 * failed. Once it is more than a run may keep, later captures are left out, and `dropped` counts them.
 */
export const keepCaptures = (access: LabAccess): { access: LabAccess; kept: KeptCapture[]; dropped: () => number } => {
  const kept: KeptCapture[] = [];
  const numbers = new Map<string, number>();
  let bytes = 0;
  let dropped = 0;
  const keep = ({ node, segment }: Capture, pcap: Buffer): void => {
    const nic = `${node} ${segment}`;
    const number = (numbers.get(nic) ?? 0) + 1;
    numbers.set(nic, number);
    if (bytes + pcap.length > KEPT) dropped += 1;
    else {
      bytes += pcap.length;
      kept.push({ node, segment, number, pcap });
    }
  };
  const capture: LabAccess['capture'] = async (node, segment) => {
    const begun = await access.capture(node, segment);
    const stop = async (): Promise<Buffer> => {
      const pcap = await begun.stop();
      keep(begun, pcap);
      return pcap;
    };
    return { node: begun.node, segment: begun.segment, stop };
  };
  return { access: { ...access, guest: (node) => access.guest(node), capture }, kept, dropped: () => dropped };
};

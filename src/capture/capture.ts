/** Packets seen on one NIC of one node, from outside the guest where the provider can. */
export interface Capture {
  readonly node: string;
  readonly segment: string;
  /** Ends the capture and gives the pcap file's content. */
  stop(): Promise<Buffer>;
}

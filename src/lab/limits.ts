/** Bounds of a lab file. What exceeds one gets a diagnostic, so that no file can exhaust the machine it is read on. */

/** Bytes. A lab of a thousand nodes has about a tenth of it. */
export const MAX_FILE_SIZE = 1024 * 1024;
/** Collections within collections; the deepest place of the format is at 5. */
export const MAX_DEPTH = 32;
/** Values reached through aliases, all together: enough to share lists, too few for an alias bomb. */
export const MAX_ALIASED_VALUES = 10_000;
/** Problems told of one file; the rest is counted. */
export const MAX_PROBLEMS = 100;

/** A MAC address has one byte for the segment. */
export const MAX_SEGMENTS = 255;
/** A MAC address has two bytes for the node. */
export const MAX_NODES = 65_535;

/** MiB. Below it the guests' kernel and systemd do not start reliably. */
export const MIN_MEMORY = 96;
export const MAX_MEMORY = 64 * 1024;
export const DEFAULT_MEMORY = 256;
export const MAX_CPUS = 64;

/** Hops: the time to live with which Linux sends a packet. */
export const MAX_HOPS = 64;

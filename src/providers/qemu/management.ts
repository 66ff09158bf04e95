/**
 * Of every machine's management NIC, whose network is its own: one for all, so that a clone's is the golden machine's.
 * The fourth byte, the segment's index in the MACs of a lab, is none of a segment.
 */
export const MANAGEMENT_MAC = '52:54:00:00:00:01';

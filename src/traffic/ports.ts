/** Above the ports of services, below 32768, from where on Linux picks ports itself (`net.ipv4.ip_local_port_range`). */
const FIRST = 10_240;
const LAST = 32_767;
const SPAN = LAST - FIRST + 1;
/** So many that the same port comes again after a quarter of an hour, IPVS's time for an idle connection. */
const PER_SECOND = SPAN / 900;

let taken = 0;

/**
 * Local ports for connections that a director is to take for new ones. A port that Linux picks will not do: it begins
 * anew at random every ten seconds, and IPVS remembers a closed connection through a tunnel for two minutes. Where the
 * two meet, the scheduler is not asked, and a rotation looks broken that is not.
 */
export const freshPorts = (count: number, now = Date.now()): number[] => {
  const first = Math.max(taken, Math.floor((now / 1000) * PER_SECOND));
  taken = first + count;
  return Array.from({ length: count }, (_, index) => FIRST + ((first + index) % SPAN));
};

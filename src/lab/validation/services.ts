import { type Address, endpointOf, formatAddress } from '../addresses.ts';
import type { DraftReference, DraftService } from '../draft.ts';
import { SERVICE_DEFAULTS as DEFAULTS } from '../schema.ts';
import { show, showName } from '../show.ts';
import { among, clientsOf, linkTo, type Survey, segmentHolding, some } from '../survey.ts';
import { upstreamOf } from '../tiers.ts';
import { SCHEDULER_FLAGS } from '../words.ts';
import { range, whyMisplaced } from './links.ts';

/** Each service on its own and beside the others: its VIP, its director, its real servers by name, port and weight. */
export const validateServices = (survey: Survey): void => {
  for (const service of survey.draft.services.values()) {
    validateDirector(survey, service);
    validateVip(survey, service);
    validateRealServers(survey, service);
    validatePorts(survey, service);
    validateOptions(survey, service);
    validateMark(survey, service);
    validateWeights(survey, service);
    validateDynamicWeight(survey, service);
  }
  validateUniqueness(survey);
  validateMeans(survey);
};

/** Whether the reference names a node; a problem when it does not. */
export const validateNodeName = (
  { draft, report }: Pick<Survey, 'draft' | 'report'>,
  { name, path }: DraftReference,
  place?: 'key',
): boolean => {
  if (draft.nodes.has(name)) return true;
  // Without any well-formed node, the problem is theirs.
  if (draft.nodes.size > 0)
    report(path, { message: `there is no node ${show(name)}`, ...among(draft.nodes, name) }, place);
  return false;
};

const validateDirector = (survey: Survey, { name, director, forward }: DraftService): void => {
  if (director === undefined || !validateNodeName(survey, { name: director, path: ['services', name, 'director'] }))
    return;
  if (forward === 'nat' && survey.draft.nodes.get(director)?.forwarding === false)
    survey.report(['nodes', director, 'forwarding'], {
      message: `${director} directs the nat service ${showName(name)} and must forward: the replies of the real servers pass through it`,
      expected: 'forwarding: true, or no such key',
    });
};

const validateVip = (survey: Survey, service: DraftService): void => {
  const { draft, report, owners, doubtful } = survey;
  const { name, vip, director: directorName } = service;
  if (vip === undefined) return;
  const director = draft.nodes.get(directorName ?? '');
  const own = (director?.links ?? []).flatMap(({ segment }) => draft.segments.get(segment)?.prefix ?? []);
  const expected = own[0] ? `${range(own[0])} that no node has` : 'a free address in a segment of the director';
  const tell = (message: string) => report(['services', name, 'vip'], { message, expected });
  const text = formatAddress(vip);
  const owner = owners.get(vip);
  const segment = segmentHolding(draft, vip);
  const misplaced = segment?.prefix && whyMisplaced(segment.prefix, vip);

  if (owner !== undefined)
    tell(`the VIP ${text} is the address of node ${showName(owner)} already; a VIP belongs to the service`);
  else if (misplaced) tell(`the VIP ${text} ${misplaced} segment ${segment.name}`);
  // A segment whose prefix is not well-formed may be the one that is meant.
  else if (!segment && draft.segments.size > 0 && [...draft.segments.values()].every(({ prefix }) => prefix))
    tell(`the VIP ${text} is in no segment, so that no machine would look for it on its own network`);
  // The director of a second tier answers no ARP for the VIP: its requests come from the one before.
  else if (upstreamOf(survey, service)) return;
  else if (segment && director && !linkTo(director, segment.name) && !doubtful.has(director.name))
    tell(`the VIP ${text} is in segment ${segment.name}, where ${director.name} has no link to answer ARP for it`);
};

const validateRealServers = (survey: Survey, { name, director, realServers }: DraftService): void => {
  const seen = new Set<string>();
  for (const server of realServers) {
    if (!validateNodeName(survey, server)) continue;
    if (server.name === director)
      survey.report(server.path, {
        message: `${server.name} is the director of ${showName(name)} and cannot be a real server of it: IPVS hands over to its own machine without forwarding`,
        expected: 'a node that does not balance this service',
      });
    if (seen.has(server.name))
      survey.report(server.path, {
        message: `${server.name} is a real server of ${showName(name)} already`,
        expected: 'each node once; a weight gives it more',
      });
    seen.add(server.name);
  }
};

const WHY_ONE_PORT = {
  tun: 'tun wraps the packet and leaves its port alone',
  dr: 'dr changes the MAC address only and leaves the port alone',
};

const validatePorts = ({ report }: Survey, { port, forward, realServers }: DraftService): void => {
  if (port === undefined || forward === undefined || forward === 'nat') return;
  for (const { name, path, port: own } of realServers)
    if (own !== undefined && own !== port)
      report([...path, 'port'], {
        message: `${showName(name)} cannot serve port ${port} on its port ${own}: ${WHY_ONE_PORT[forward]}`,
        expected: `port ${port}, or forward: nat`,
      });
};

/** Keys that mean something to one protocol, forwarding method or scheduler only. */
const validateOptions = ({ report }: Survey, service: DraftService): void => {
  const {
    name,
    protocol = DEFAULTS.protocol,
    forward,
    scheduler = DEFAULTS.scheduler,
    schedFlags = [],
    ops,
    tunType,
    arp,
    healthCheck,
  } = service;
  const path = (key: string) => ['services', name, key];
  if (ops && protocol !== 'udp')
    report(path('ops'), {
      message: 'one-packet scheduling would send the packets of one TCP connection to different real servers',
      expected: 'protocol: udp, or no ops',
    });
  if (healthCheck && protocol !== 'tcp')
    report(path('health-check'), {
      message: `a health check connects by TCP, and this service is ${protocol}`,
      expected: 'protocol: tcp, or no health-check',
    });
  if (healthCheck && ((tunType ?? DEFAULTS.tunType) !== 'ipip' || schedFlags.length > 0))
    report(path('health-check'), {
      message:
        'a service with a health check is made by keepalived, here without types of tunnels and flags of schedulers',
      expected: 'no tun-type and no sched-flags, or no health-check',
    });
  if (tunType !== undefined && forward !== undefined && forward !== 'tun')
    report(path('tun-type'), { message: `${forward} has no tunnel`, expected: 'forward: tun, or no tun-type' });
  if (arp !== undefined && forward === 'nat')
    report(path('arp'), {
      message: 'with nat, real servers do not have the VIP, and have nothing to keep quiet about',
      expected: 'forward: tun or dr, or no arp',
    });
  for (const [index, flag] of schedFlags.entries())
    if (SCHEDULER_FLAGS[flag] !== scheduler)
      report([...path('sched-flags'), index], {
        message: `${flag} is a flag of the scheduler ${SCHEDULER_FLAGS[flag]}, and this one is ${scheduler}`,
        expected: `scheduler: ${SCHEDULER_FLAGS[flag]}, or no such flag`,
      });
};

/** A mark and the segments whose packets get it belong together. */
const validateMark = ({ draft, report }: Survey, service: DraftService): void => {
  const { name, fwmark, sources, string, forward, healthCheck, realServers } = service;
  const path = (key: string) => ['services', name, key];
  for (const source of sources)
    if (draft.segments.size > 0 && !draft.segments.has(source.name))
      report(source.path, {
        message: `there is no segment ${show(source.name)}`,
        ...among(draft.segments, source.name),
      });
  if (fwmark === undefined && sources.length > 0)
    report(
      path('sources'),
      { message: 'sources are told apart by a firewall mark', expected: 'fwmark: 1, or no sources' },
      'key',
    );
  if (fwmark === undefined && string !== undefined)
    report(
      path('string'),
      { message: 'packets with a string are told apart by a firewall mark', expected: 'fwmark: 1, or no string' },
      'key',
    );
  if (fwmark === undefined) return;
  if (sources.length === 0 && string === undefined)
    report(path('fwmark'), { message: 'no packet gets this mark', expected: 'sources: a list of segments' });
  else if (
    sources.length > 0 &&
    sources.every((source) => draft.segments.has(source.name)) &&
    clientsOf({ draft }, service).length === 0
  )
    report(
      path('sources'),
      {
        message: `no client is in ${some(sources.map((source) => source.name))}`,
        expected: 'segments that clients are in',
      },
      'key',
    );
  if (healthCheck)
    report(path('health-check'), {
      message: 'a service with a firewall mark is not made by keepalived here',
      expected: 'no health-check, or no fwmark',
    });
  if (forward === 'nat')
    for (const server of realServers)
      if (server.port !== undefined)
        report([...server.path, 'port'], {
          message: 'a service with a firewall mark has no port that could be mapped',
          expected: 'no port, or no fwmark',
        });
};

/** Their round goes on whatever the weights are. */
const BLIND = ['rr', 'lc', 'dh'];

const validateWeights = ({ report }: Survey, { name, scheduler, realServers }: DraftService): void => {
  if (scheduler === undefined || !BLIND.includes(scheduler)) return;
  const weights = new Set(realServers.map(({ weight = 1 }) => weight).filter((weight) => weight > 0));
  if (weights.size > 1)
    report(['services', name, 'scheduler'], {
      severity: 'warning',
      message: `the scheduler ${scheduler} pays no heed to weights`,
      expected: `w${scheduler === 'dh' ? 'rr' : scheduler} for shares by weight`,
    });
};

/** Weights that follow the load need one who heeds them, and nobody else who sets them. */
const validateDynamicWeight = (
  { report }: Survey,
  { name, scheduler = DEFAULTS.scheduler, dynamicWeight, keys, fwmark, realServers }: DraftService,
): void => {
  if (!dynamicWeight) return;
  const path = ['services', name, 'dynamic-weight'];
  const tell = (message: string, expected: string) => report(path, { message, expected }, 'key');
  if (BLIND.includes(scheduler))
    tell(`the scheduler ${scheduler} pays no heed to weights`, 'scheduler: wrr or wlc, or no dynamic-weight');
  if (keys.has('health-check'))
    tell('keepalived makes this table, and its weights', 'no health-check, or no dynamic-weight');
  if (fwmark !== undefined)
    tell('weights of a service with a firewall mark do not follow the load here', 'no fwmark, or no dynamic-weight');
  const small = realServers.find(({ weight = 1 }) => weight < 10);
  if (small)
    report(small.path, {
      message: `a weight of ${small.weight ?? 1} leaves no room for smaller ones`,
      expected: 'a weight of at least 10 with dynamic-weight',
    });
};

const validateUniqueness = (survey: Survey): void => {
  const { draft, report } = survey;
  const byVip = new Map<Address, DraftService>();
  const bySocket = new Map<string, DraftService>();
  const marked: DraftService[] = [];
  /** Of two services with a mark, one must not be for clients of the other. */
  const validateOverlap = (service: DraftService): void => {
    if (service.fwmark === undefined) return;
    for (const other of marked) {
      const shared = service.sources.find((source) => other.sources.some(({ name }) => name === source.name));
      if (other.director === service.director && other.fwmark === service.fwmark)
        report(['services', service.name, 'fwmark'], {
          message: `the mark ${service.fwmark} is that of service ${showName(other.name)} already`,
          expected: 'a mark of its own',
        });
      if (shared && other.vip === service.vip && other.port === service.port)
        report(shared.path, {
          message: `service ${showName(other.name)} is for the clients in ${shared.name} already`,
          expected: 'other segments',
        });
    }
    marked.push(service);
  };
  for (const service of draft.services.values()) {
    const { name, vip, port, director, protocol = DEFAULTS.protocol, fwmark } = service;
    if (vip === undefined) continue;
    const socket = `${endpointOf(formatAddress(vip), port ?? 0)}${protocol === 'tcp' ? '' : `/${protocol}`}`;
    // The directors of a second tier each have a service of the first one's socket, and none of them announces the VIP.
    const isBehind = upstreamOf(survey, service) !== undefined;
    const key = isBehind ? `${socket} ${director}` : socket;
    const same = port === undefined || fwmark !== undefined ? undefined : bySocket.get(key);
    validateOverlap(service);
    const first = byVip.get(vip);
    if (same)
      report(['services', name, 'port'], {
        message: `${socket} is service ${showName(same.name)} already`,
        expected:
          director === same.director || director === undefined
            ? 'a port or VIP of its own'
            : `a port or VIP of its own, or ${showName(director)} among the real servers of ${showName(same.name)}`,
      });
    else if (!isBehind && first?.director !== undefined && director !== undefined && first.director !== director)
      report(['services', name, 'director'], {
        message: `the VIP ${formatAddress(vip)} is on ${first.director} already, for service ${showName(first.name)}, and only one node can answer ARP for it`,
        expected: `${first.director}, or another VIP`,
      });
    if (fwmark === undefined) bySocket.set(key, same ?? service);
    if (!isBehind) byVip.set(vip, first ?? service);
  }
};

/** A machine keeps quiet in one way, since arptables drops what the sysctls would leave to it; and has one web server. */
const validateMeans = ({ draft, report }: Survey): void => {
  const servers = new Map<string, DraftService>();
  const validateWebServer = (service: DraftService): void => {
    if (service.protocol === 'udp') return;
    for (const { name } of service.realServers) {
      const other = servers.get(name);
      if (other && (other.webServer ?? DEFAULTS.webServer) !== (service.webServer ?? DEFAULTS.webServer))
        report(['services', service.name, 'web-server'], {
          message: `${name} answers for ${showName(other.name)} with ${other.webServer ?? DEFAULTS.webServer}, and for this one with ${service.webServer ?? DEFAULTS.webServer}`,
          expected: 'the same for all services of a real server',
        });
      servers.set(name, other ?? service);
    }
  };
  const means = new Map<string, DraftService>();
  for (const service of draft.services.values()) {
    validateWebServer(service);
    if (service.forward === undefined || service.forward === 'nat') continue;
    for (const { name } of service.realServers) {
      const other = means.get(name);
      if (other && (other.arp ?? DEFAULTS.arp) !== (service.arp ?? DEFAULTS.arp))
        report(['services', service.name, 'arp'], {
          message: `${name} keeps quiet about the VIP of ${showName(other.name)} by ${other.arp ?? DEFAULTS.arp}, and about this one by ${service.arp ?? DEFAULTS.arp}`,
          expected: 'the same for all services of a real server',
        });
      means.set(name, other ?? service);
    }
  }
};

import { formatAddress } from '../addresses.ts';
import type { DraftService, DraftVrrpInstance } from '../draft.ts';
import type { Routes } from '../routing.ts';
import { segmentOf, serverLink } from '../servers.ts';
import { showName } from '../show.ts';
import { directorsOf, linkTo, type Survey } from '../survey.ts';
import { validateNodeName } from './services.ts';

/** Directors that share a VIP, and the health checks by which they know their real servers. */
export const validateVrrp = (survey: Survey, routes: Routes): void => {
  for (const service of survey.draft.services.values()) {
    validateHttpGet(survey, service);
    const { vrrpInstance } = service;
    if (!vrrpInstance) continue;
    validatePriorities(survey, service, vrrpInstance);
    validateBackups(survey, routes, service, vrrpInstance);
    validateKeepalived(survey, service);
  }
  validateInstances(survey);
};

/** At least two, one of which is the master: `director`, by which all else of the service is worked out. */
const validatePriorities = (
  survey: Survey,
  { name, director }: DraftService,
  { directors }: DraftVrrpInstance,
): void => {
  const path = ['services', name, 'vrrp-instance', 'priority'];
  const known = directors.filter((each) => validateNodeName(survey, each, 'key'));
  if (known.length < directors.length) return;
  if (directors.length < 2) {
    survey.report(path, {
      message: `${directors.length === 0 ? 'nobody' : 'one node alone'} can take the VIP over from nobody`,
      expected: 'a priority for each of at least two nodes, such as { director1: 100, director2: 90 }',
    });
    return;
  }
  const [first, second] = directors.toSorted((one, other) => other.priority - one.priority);
  if (first && second && first.priority === second.priority)
    survey.report(second.path, {
      message: `${first.name} and ${second.name} have the same priority, so that their addresses would decide`,
      expected: 'another priority for each',
    });
  else if (first && director !== undefined && first.name !== director && survey.draft.nodes.has(director))
    survey.report(['services', name, 'director'], {
      message: `${first.name} has the highest priority, and so the VIP as long as it is well`,
      expected: first.name,
      suggest: () => first.name,
    });
};

/** What is asked of the master elsewhere is asked of those that may become one: a link for the VIP, a way to the servers. */
const validateBackups = (
  survey: Survey,
  routes: Routes,
  service: DraftService,
  { directors }: DraftVrrpInstance,
): void => {
  const { draft, report, doubtful } = survey;
  const segment = segmentOf(survey, service);
  for (const backup of directors.filter(({ name }) => name !== service.director)) {
    const node = draft.nodes.get(backup.name);
    if (!node || doubtful.has(node.name)) continue;
    const served = service.realServers.find(({ name }) => name === node.name);
    if (served)
      report(served.path, {
        message: `${node.name} is a director of ${showName(service.name)} and cannot be a real server of it: IPVS hands over to its own machine without forwarding`,
        expected: 'a node that does not balance this service',
      });
    else if (segment !== undefined && !linkTo(node, segment))
      report(
        backup.path,
        {
          message: `${node.name} has no link to segment ${segment}, where the VIP ${formatAddress(service.vip as bigint)} would move to it`,
          expected: `nodes with a link to ${segment}`,
        },
        'key',
      );
    else validateWays(survey, routes, service, backup);
  }
};

const validateWays = (
  survey: Survey,
  routes: Routes,
  service: DraftService,
  { name, path }: DraftVrrpInstance['directors'][number],
): void => {
  for (const server of service.realServers) {
    const node = survey.draft.nodes.get(server.name);
    const link = node && serverLink(survey, routes, service, node);
    if (!link) continue;
    const route = routes(name, link.segment);
    if (route.arrives !== false) continue;
    survey.report(
      path,
      {
        message: `the director ${name} cannot reach the real server ${server.name}: ${route.why}`,
        expected: `gateways that lead from ${name} to ${server.name}`,
      },
      'key',
    );
    return;
  }
};

/** keepalived moves the VIP, and makes the table of those who get it. */
const validateKeepalived = ({ report }: Survey, { name, forward, keys }: DraftService): void => {
  const path = ['services', name, 'vrrp-instance'];
  if (!keys.has('health-check'))
    report(
      path,
      {
        message: 'keepalived has no table to balance by where there is no health check',
        expected: 'health-check: {} for its defaults',
      },
      'key',
    );
  if (forward === 'nat')
    report(
      path,
      {
        message:
          'with nat, replies pass the director that has the VIP, and the gateway of the real servers does not move',
        expected: 'forward: tun or dr, or no vrrp-instance',
      },
      'key',
    );
};

/** Services of one VIP move together; and a director is of one instance. */
const validateInstances = (survey: Survey): void => {
  const services = [...survey.draft.services.values()];
  for (const [index, service] of services.entries()) {
    const other = services.slice(0, index).find((earlier) => areAtOdds(service, earlier));
    if (!other) continue;
    const key = service.vrrpInstance ? 'vrrp-instance' : 'vip';
    survey.report(
      ['services', service.name, key],
      {
        message: `service ${showName(other.name)} has the same ${service.vip === other.vip ? 'VIP' : 'directors'}, and another vrrp-instance`,
        expected: 'the same vrrp-instance for all services of a VIP, and of a director',
      },
      'key',
    );
  }
};

const areAtOdds = (one: DraftService, other: DraftService): boolean => {
  if (JSON.stringify(settings(one)) === JSON.stringify(settings(other))) return false;
  const isShared = directorsOf(one).some((name) => directorsOf(other).includes(name));
  return (
    (one.vip !== undefined && one.vip === other.vip) ||
    (isShared && one.vrrpInstance !== undefined && !!other.vrrpInstance)
  );
};

/** What makes an instance, without the places in the file. */
const settings = ({ vrrpInstance: instance }: DraftService) =>
  instance && [
    instance.virtualRouterId,
    instance.advertInt,
    instance.lvsSyncDaemon,
    instance.directors.map(({ name, priority }) => `${name} ${priority}`).sort(),
  ];

/** Marks of its own for each real server, on every director. */
const validateHttpGet = ({ draft, report }: Survey, service: DraftService): void => {
  const own = marksOf(service);
  if (own.length === 0) return;
  const path = ['services', service.name, 'health-check', 'http-get'];
  if (service.forward === 'nat')
    report(
      path,
      { message: 'with nat, real servers do not have the VIP that it requests', expected: 'no http-get' },
      'key',
    );
  for (const other of draft.services.values()) {
    if (other === service || !directorsOf(other).some((name) => directorsOf(service).includes(name))) continue;
    const taken = own.find((mark) => mark === other.fwmark || marksOf(other).includes(mark));
    if (taken === undefined) continue;
    report([...path, 'fwmark'], {
      message: `the mark ${taken} is that of service ${showName(other.name)} already; ${showName(service.name)} needs ${own.length} from ${own[0]} on`,
      expected: 'marks that no other service has',
    });
    return;
  }
};

const marksOf = ({ healthCheck, realServers }: DraftService): number[] => {
  const first = healthCheck?.httpGet?.fwmark;
  return first === undefined ? [] : realServers.map((_, index) => first + index);
};

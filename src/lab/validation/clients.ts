import { nearest } from '../../support/nearest.ts';
import type { DraftReference, DraftService } from '../draft.ts';
import { showName } from '../show.ts';
import { directorsOf, type Survey } from '../survey.ts';
import { validateNodeName } from './services.ts';

/** Nodes that can see a service from the outside, each once, where there are services. */
export const validateClients = (survey: Survey): void => {
  const { draft, report } = survey;
  const seen = new Set<string>();
  for (const client of draft.clients) {
    if (!validateNodeName(survey, client)) continue;
    if (seen.has(client.name))
      report(client.path, { message: `${client.name} is a client already`, expected: 'each node once' });
    else validateParts(survey, client);
    seen.add(client.name);
  }
  if (draft.withoutClients && draft.services.size > 0 && draft.whole)
    report(
      [draft.withoutClients],
      {
        message: 'there are services, and no client that requests them',
        expected: 'a list of nodes, such as clients: [client]',
        suggest: () => {
          const name = nearest('client', draft.nodes.keys());
          return name && `clients: [${name}]`;
        },
      },
      'key',
    );
};

/** A machine that takes part in balancing a service holds the VIP itself, or answers its neighbour, and tests nothing. */
const validateParts = ({ draft, report }: Survey, { name, path }: DraftReference): void => {
  const service = [...draft.services.values()].find(
    (candidate) =>
      directorsOf(candidate).includes(name) || candidate.realServers.some((server) => server.name === name),
  );
  if (!service) return;
  const part = directorsOf(service).includes(name) ? partOfDirector(service, name) : 'a real server';
  report(path, {
    message: `${name} is ${part} of service ${showName(service.name)} and cannot be its client: ${whyNot(service, name)}`,
    expected: 'a node with no part in the service',
  });
};

const partOfDirector = ({ director }: DraftService, name: string): string =>
  director === name ? 'the director' : 'a director';

const whyNot = (service: DraftService, name: string): string => {
  const { forward } = service;
  if (directorsOf(service).includes(name)) return 'what it requests never comes in from a network for IPVS to balance';
  if (forward === 'nat') return 'replies between real servers bypass the director';
  return 'it has the VIP itself, so that it always answers its own requests';
};

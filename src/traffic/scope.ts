import { firstTierOf, type Lab, type Service } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';

/** Which services, and from which clients, a check looks at; all where nothing is said. */
export interface Scope {
  readonly services?: readonly string[] | undefined;
  readonly clients?: readonly string[] | undefined;
}

/** The services in scope, in file order. @throws LabError when the scope names one that the lab does not have. */
export const servicesIn = (lab: Lab, { services }: Scope): readonly Service[] => {
  const known = lab.services.map(({ name }) => name);
  refuseUnknown('service', services, known);
  return lab.services.filter(({ name }) => services?.includes(name) ?? true);
};

/** The clients in scope, in file order. @throws LabError when the scope names one that is no client of the lab. */
export const clientsIn = (lab: Lab, { clients }: Scope): readonly string[] => {
  refuseUnknown('client', clients, lab.clients);
  return lab.clients.filter((name) => clients?.includes(name) ?? true);
};

const refuseUnknown = (what: string, wanted: readonly string[] = [], known: readonly string[]) => {
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new LabError({
    tried: `check ${what} ${unknown}`,
    happened: `the lab has no ${what} of that name, only ${known.join(', ') || 'none'}`,
    exitCode: ExitCode.usage,
  });
};

/** The services that clients have to request for a check to see those in scope, which may be further tiers. */
export const requestedIn = (lab: Lab, scope: Scope): readonly Service[] => {
  const first = new Set(servicesIn(lab, scope).map((service) => firstTierOf(lab, service)));
  return lab.services.filter((service) => first.has(service));
};

/** Every client and service in scope. */
export const pairsIn = ({ lab }: { readonly lab: Lab }, scope: Scope): { client: string; service: Service }[] =>
  servicesIn(lab, scope).flatMap((service) =>
    clientsIn(lab, scope)
      .filter((client) => service.clients.includes(client))
      .map((client) => ({ client, service })),
  );

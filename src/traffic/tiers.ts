import type { Lab, RealServer, Service } from '../lab/lab.ts';
import { serverOf } from './answers.ts';
import type { Burst, Request } from './observation.ts';

/** One step of a request's way: the service whose director chose, and the real server that it chose. */
export interface Step {
  readonly service: Service;
  readonly server: RealServer;
}

/** The way of an answered request through the tiers of directors, told by who answered; none when nobody did. */
export const stepsOf = (lab: Lab, burst: Burst, request: Request): Step[] => {
  const { service } = burst;
  const server = serverOf(burst, request);
  if (!server) return [];
  const next = nextTiers(lab, service).find(({ director }) => director === server.node);
  return [{ service, server }, ...(next ? stepsOf(lab, { ...burst, service: next }, request) : [])];
};

/** A burst, and what each further tier got of it: the requests that came through the tier's director, in order. */
export const tiersOf = (lab: Lab, burst: Burst): Burst[] => [
  burst,
  ...nextTiers(lab, burst.service).flatMap((service) => {
    const requests = burst.requests.filter((request) => serverOf(burst, request)?.node === service.director);
    return tiersOf(lab, { client: burst.client, service, wanted: requests.length, requests });
  }),
];

const nextTiers = (lab: Lab, { name }: Service): Service[] => lab.services.filter(({ upstream }) => upstream === name);

import { randomBytes } from 'node:crypto';
import type { LabAccess } from '../guest/access.ts';
import type { Service } from '../lab/lab.ts';
import type { BurstPlan } from './burst-plan.ts';
import type { Burst } from './observation.ts';
import { requestService } from './requests.ts';

/**
 * Makes requests of a check's own, beside those that all checks share: after, or while, it changed the lab.
 * A check that counts failures gives them as much patience as they need.
 */
export const requestAgain = async (
  context: LabAccess,
  client: string,
  service: Service,
  count: number,
  { patience = context.patience, path }: Pick<BurstPlan, 'patience' | 'path'> = {},
): Promise<Burst> => {
  const guest = await context.guest(client);
  const token = randomBytes(4).toString('hex');
  return requestService(
    guest,
    { client, service, count, token, patience, ...(path !== undefined && { path }) },
    context.signal,
  );
};

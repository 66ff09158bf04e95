import { directorsOf, type Lab, type Service } from '../lab/lab.ts';
import { holderOf } from './scene.ts';
import type { LabSnapshot } from './snapshot.ts';

/**
 * The lab as it stands: of directors that share a VIP by VRRP, the one that has it is the director. Where several have
 * it, or none, it is the one of the file: it is the others, or that one, that something is wrong with.
 */
export const asItStands = (lab: Lab, snapshot: LabSnapshot): Lab =>
  withDirectors(lab, (service) => {
    const has = (node: string) => {
      const said = snapshot.get(node);
      return said !== undefined && holderOf(said, service.vip) !== undefined;
    };
    return directorsOf(service).find(has) ?? service.director;
  });

/** The lab once with each of the directors that a VIP can be with. */
export const withEachDirector = (lab: Lab): Lab[] => {
  const most = Math.max(1, ...lab.services.map((service) => directorsOf(service).length));
  return Array.from({ length: most }, (_, index) =>
    withDirectors(lab, (service) => directorsOf(service)[index] ?? service.director),
  );
};

const withDirectors = (lab: Lab, directorOf: (service: Service) => string): Lab => ({
  ...lab,
  services: lab.services.map((service) => ({ ...service, director: directorOf(service) })),
});

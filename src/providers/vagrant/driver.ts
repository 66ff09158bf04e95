import { access, constants } from 'node:fs/promises';
import { ensureImage } from '../../images/image.ts';
import type { KnownImage } from '../../images/registry.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import type { CreateOptions, Notify } from '../provider.ts';
import { chooseAccelerator } from '../qemu/accelerator.ts';
import type { Backend } from './backend.ts';

/** The backend's driver for an accelerator. @throws LabError, exit code 2, when it has none of that name. */
export const driverNamed = (backend: Backend, accel: string): string => {
  const known = Object.keys(backend.drivers);
  const driver = known.includes(accel) ? backend.drivers[accel] : undefined;
  if (driver !== undefined) return driver;
  throw new LabError({
    tried: `use the accelerator "${accel}" with the provider ${backend.name}`,
    happened: known.length === 0 ? `${backend.name} chooses by itself` : 'there is none of that name',
    next: known.length === 0 ? 'leave --accel out' : `choose one of ${known.join(', ')}`,
    exitCode: ExitCode.usage,
  });
};

/** The driver that works here: with an image of our own that is tried, else /dev/kvm has to be believed. */
export const driverFor = async (
  backend: Backend,
  image: KnownImage,
  { accel }: CreateOptions,
  notify: Notify,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (accel !== undefined) return driverNamed(backend, accel);
  if (Object.keys(backend.drivers).length === 0) return undefined;
  if (image.built) {
    const { kind, reason } = await chooseAccelerator(await ensureImage(image, { notify, signal }), signal);
    notify(`accelerator ${kind}: ${reason}`);
    return backend.drivers[kind];
  }
  const kvm = await access('/dev/kvm', constants.F_OK).then(
    () => true,
    () => false,
  );
  return backend.drivers[kvm ? 'kvm' : 'tcg'];
};

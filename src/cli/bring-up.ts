import { type Command, Option } from 'commander';
import type { UpRequest } from '../instances/life/up-request.ts';
import type { Lab } from '../lab/lab.ts';
import { bootTimeoutOption, milliseconds } from './options.ts';
import type { Registries } from './registries.ts';

/** How labs are brought up, by whichever command. */
export interface BringUpFlags {
  provider?: string;
  image?: string;
  cold?: boolean;
  save: boolean;
  accel?: string;
  bootTimeout?: number;
  yes?: boolean;
}

export const bringUpOptions = ({ providers, images }: Pick<Registries, 'providers' | 'images'>): Option[] => [
  new Option(
    '-p, --provider <provider>',
    `what makes the machines (default: LAB_PROVIDER, the lab's, else ${providers.all[0].name})`,
  ),
  new Option('-i, --image <image>', `guest image (default: the lab's, else ${images.all[0].name})`),
  new Option('--cold', 'boot every machine, though a saved one could be resumed'),
  new Option('--no-save', 'do not save the machines for the next time once they are verified'),
  new Option('--accel <accelerator>', 'kvm, hvf or tcg, instead of the fastest that works'),
  bootTimeoutOption(),
  new Option('-y, --yes', 'install what the host lacks without asking'),
];

export const addOptions = (command: Command, options: readonly Option[]): Command => {
  for (const option of options) command.addOption(option);
  return command;
};

/** What these flags say of bringing up a lab. */
export const bringUpRequest = (
  { providers, images }: Pick<Registries, 'providers' | 'images'>,
  lab: Lab,
  { provider: wanted, image, cold, save, accel, bootTimeout }: BringUpFlags,
): Pick<UpRequest, 'lab' | 'provider' | 'image' | 'cold' | 'save' | 'accel' | 'bootBudget'> => {
  const bootBudget = milliseconds(bootTimeout);
  const provider = wanted ?? process.env.LAB_PROVIDER ?? lab.provider ?? providers.all[0].name;
  return {
    lab,
    provider,
    image: image ?? lab.image ?? providers.named(provider).defaultImage ?? images.all[0].name,
    cold: cold === true,
    save,
    ...(accel === undefined ? {} : { accel }),
    ...(bootBudget === undefined ? {} : { bootBudget }),
  };
};

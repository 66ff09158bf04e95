import { type Command, Option } from 'commander';
import { DEFAULT_IMAGE } from '../images/table.ts';
import type { UpRequest } from '../instances/life/up-request.ts';
import type { Lab } from '../lab/lab.ts';
import type { Providers } from '../providers/registry.ts';
import { bootTimeoutOption, milliseconds } from './options.ts';

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

export const bringUpOptions = ({ all: [provider] }: Providers): Option[] => [
  new Option(
    '-p, --provider <provider>',
    `what makes the machines (default: LAB_PROVIDER, the lab's, else ${provider.name})`,
  ),
  new Option('-i, --image <image>', `guest image (default: the lab's, else ${DEFAULT_IMAGE})`),
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
  providers: Providers,
  lab: Lab,
  { provider: wanted, image, cold, save, accel, bootTimeout }: BringUpFlags,
): Pick<UpRequest, 'lab' | 'provider' | 'image' | 'cold' | 'save' | 'accel' | 'bootBudget'> => {
  const bootBudget = milliseconds(bootTimeout);
  const provider = wanted ?? process.env.LAB_PROVIDER ?? lab.provider ?? providers.all[0].name;
  return {
    lab,
    provider,
    image: image ?? lab.image ?? providers.named(provider).defaultImage ?? DEFAULT_IMAGE,
    cold: cold === true,
    save,
    ...(accel === undefined ? {} : { accel }),
    ...(bootBudget === undefined ? {} : { bootBudget }),
  };
};

import type { Lab } from '../../lab/lab.ts';
import { rubyString } from '../../support/ruby.ts';
import type { Backend } from './backend.ts';
import { layout } from './layout.ts';

/** Environment variable that tells Vagrant how many seconds a machine may take to boot. */
export const BOOT_TIMEOUT = 'LAB_BOOT_TIMEOUT';

export interface OverlayOptions {
  dir: string;
  instance: string;
  driver: string | undefined;
  /** Version of the box, where it is one that is packed here. */
  boxVersion: string | undefined;
}

/** What `lab` adds to the Vagrantfile that it hands out: where consoles go, and what saves round trips. */
export const renderOverlay = (lab: Lab, backend: Backend, options: OverlayOptions): string => {
  const { dir, instance, driver, boxVersion } = options;
  const files = layout(dir);
  const indented = (lines: readonly string[], by: number) => lines.map((line) => `${' '.repeat(by)}${line}`);
  return [
    '# -*- mode: ruby -*-',
    '# What lab adds to the Vagrantfile beside it, for the machines of this instance.',
    "load File.expand_path('Vagrantfile', __dir__)",
    '',
    "Vagrant.configure('2') do |config|",
    '  # lab brings a key of its own, at its first login.',
    '  config.ssh.insert_key = false',
    `  config.ssh.private_key_path = [${rubyString(files.clientKey)}, File.join(ENV.fetch('VAGRANT_HOME', File.expand_path('~/.vagrant.d')), 'insecure_private_key')]`,
    `  config.vm.boot_timeout = Integer(ENV.fetch('${BOOT_TIMEOUT}', '300'))`,
    ...(boxVersion === undefined ? [] : [`  config.vm.box_version = ${rubyString(boxVersion)}`]),
    ...indented(backend.settings(dir, driver), 2),
    ...lab.nodes.flatMap(({ name }) => [
      `  config.vm.define ${rubyString(name)} do |node|`,
      ...indented(backend.machineSettings(backend.machineName(instance, name), files.node(name).console), 4),
      '  end',
    ]),
    'end',
    '',
  ].join('\n');
};

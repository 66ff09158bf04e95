import type { Command } from 'commander';
import { renderFolder } from '../../provision/folder.ts';
import { loadCheckedLab } from '../lab-file.ts';
import type { Session } from '../session.ts';

export const render = (program: Command, session: Session): void => {
  program
    .command('render')
    .summary("write a lab's Vagrantfile and scripts to a folder")
    .description(
      'Writes a folder with a Vagrantfile, one script per node and a README: `vagrant up` brings the lab up there without\n' +
        'lab, and the scripts are for people to read and to run by hand.',
    )
    .argument('<lab>', 'name of a lab, or path of a lab file')
    .requiredOption('-o, --output <dir>', 'the folder')
    .option('-i, --image <image>', `image to write it for (default: the lab's, else ${session.images.all[0].name})`)
    .action(async (reference: string, flags: { output: string; image?: string }) => {
      const lab = await loadCheckedLab(reference, session);
      const imageOf = (name?: string) => (name === undefined ? session.images.all[0] : session.images.named(name));
      const files = await renderFolder(lab, imageOf(flags.image ?? lab.image), flags.output);
      for (const file of files) session.print(file);
    });
};

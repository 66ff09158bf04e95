import { execa } from 'execa';
import { installCommand } from '../../host/install-command.ts';
import { packageManager } from '../../host/system.ts';
import { findToolOrOther, searchPath, type ToolName } from '../../host/tools.ts';
import { LabError } from '../../support/errors.ts';
import type { Finding } from '../provider.ts';
import type { Backend } from './backend.ts';

/** Whether Vagrant and the programs of the backend are there. */
export const examineVagrant = (backend: Backend): Promise<Finding[]> => Promise.all(backend.tools.map(examineTool));

const examineTool = async (tool: ToolName): Promise<Finding> => {
  const path = await findToolOrOther(tool);
  if (path) return { what: tool, ok: true, detail: tool === 'vagrant' ? await versionOf(path) : path };
  const manager = await packageManager();
  const mend = (manager && installCommand([tool], manager)) ?? OTHERWISE[tool];
  return { what: tool, ok: false, detail: 'not installed', ...(mend ? { mend } : {}) };
};

/** Where a system has no package of a tool. */
const OTHERWISE: Partial<Record<ToolName, string>> = {
  vagrant: 'install it from https://developer.hashicorp.com/vagrant/install',
};

const versionOf = async (vagrant: string): Promise<string> => {
  const { stdout, failed, stderr } = await execa(vagrant, ['--version'], {
    reject: false,
    env: { PATH: searchPath(), VAGRANT_CHECKPOINT_DISABLE: '1' },
  });
  return failed ? `does not run: ${stderr?.split('\n')[0]}` : (stdout ?? '');
};

/** @throws LabError with the first thing that is missing, and what mends it. */
export const requireUsable = async (backend: Backend, tried: string): Promise<void> => {
  const missing = [...(await examineVagrant(backend)), ...(await backend.examine())].find(({ ok }) => !ok);
  if (!missing) return;
  throw new LabError({
    tried: `${tried} with the provider ${backend.name}`,
    happened: `${missing.what}: ${missing.detail}`,
    next: missing.mend ?? 'see what this host lacks: lab doctor',
  });
};

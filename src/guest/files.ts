import { shellQuote } from '../support/shell.ts';
import type { Guest } from './guest.ts';

/** Writes a file by a guest's commands: whole under another name, then renamed. */
export const writeByCommand = async (
  guest: Pick<Guest, 'must'>,
  path: string,
  content: string | Buffer,
  mode = 0o644,
): Promise<void> => {
  const target = shellQuote(path);
  const temporary = shellQuote(`${path}.new`);
  await guest.must(`cat > ${temporary} && chmod ${mode.toString(8)} ${temporary} && mv ${temporary} ${target}`, {
    input: content,
  });
};

/** Reads a file by a guest's commands. */
export const readByCommand = async (guest: Pick<Guest, 'must'>, path: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  await guest.must(`cat -- ${shellQuote(path)}`, { onStdout: (chunk) => chunks.push(chunk) });
  return Buffer.concat(chunks);
};

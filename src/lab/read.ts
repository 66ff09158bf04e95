import { constants, type FileHandle, open } from 'node:fs/promises';
import { MAX_FILE_SIZE } from './limits.ts';

/**
 * The content of a regular file of at most {@link MAX_FILE_SIZE} bytes, or why there is none, as a clause. Never waits on
 * a pipe and never reads more than the limit, whatever the path leads to.
 */
export const readBounded = async (path: string): Promise<{ bytes: Buffer } | { problem: string }> => {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for its writer.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await file.stat();
    if (stat.isDirectory()) return { problem: 'is a directory, not a lab file' };
    if (!stat.isFile()) return { problem: 'is not a regular file' };
    if (stat.size > MAX_FILE_SIZE) return tooLarge;
    // One byte more than allowed, for files that grow and those whose size the kernel does not tell.
    const bytes = Buffer.alloc(MAX_FILE_SIZE + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length > MAX_FILE_SIZE ? tooLarge : { bytes: bytes.subarray(0, length) };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { problem: REASONS[code] ?? `cannot be read: ${message}` };
  } finally {
    await file?.close();
  }
};

const tooLarge = { problem: `is larger than ${MAX_FILE_SIZE / 1024 / 1024} MiB, the limit of a lab file` };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is no directory',
  EACCES: 'cannot be read: permission denied',
  EISDIR: 'is a directory, not a lab file',
  ELOOP: 'cannot be read: its symbolic links run in a circle',
  ENAMETOOLONG: 'cannot exist: the name is too long',
  ENXIO: 'is not a regular file',
};

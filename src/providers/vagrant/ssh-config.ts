import type { Reach } from './state.ts';

/** Value of an option in ssh_config(5), where one with spaces stands in quotes. */
const plain = (value: string): string => value.trim().replace(/^"(.*)"$/, '$1');

/** How each machine is reached, by its name, from what `vagrant ssh-config` prints. */
export const parseSshConfig = (text: string): Record<string, Reach> => {
  const found: Record<string, Reach> = {};
  let current: Reach | undefined;
  for (const line of text.split('\n')) {
    const [, option = '', rest = ''] = line.match(/^\s*(\w+)\s+(.*)$/) ?? [];
    const value = plain(rest);
    if (option === 'Host') {
      current = { host: '', port: 22, user: '', keys: [] };
      found[value] = current;
    } else if (current) {
      if (option === 'HostName') current.host = value;
      if (option === 'Port') current.port = Number(value);
      if (option === 'User') current.user = value;
      if (option === 'IdentityFile') current.keys.push(value);
    }
  }
  return found;
};

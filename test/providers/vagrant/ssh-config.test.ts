import { expect, test } from 'vitest';
import { parseSshConfig } from '../../../src/providers/vagrant/ssh-config.ts';

test('each machine, with all its keys, and paths with spaces', () => {
  expect(
    parseSshConfig(`Host client
  HostName 192.168.121.2
  User root
  Port 22
  UserKnownHostsFile /dev/null
  IdentityFile "/home/a b/id_rsa"
  IdentityFile /root/.vagrant.d/insecure_private_key

Host rs1
  HostName 127.0.0.1
  User vagrant
  Port 2222
`),
  ).toEqual({
    client: {
      host: '192.168.121.2',
      port: 22,
      user: 'root',
      keys: ['/home/a b/id_rsa', '/root/.vagrant.d/insecure_private_key'],
    },
    rs1: { host: '127.0.0.1', port: 2222, user: 'vagrant', keys: [] },
  });
});

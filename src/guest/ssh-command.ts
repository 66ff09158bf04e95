/** A way to a machine's SSH server, for a person. */
export interface SshWay {
  readonly host: string;
  readonly port: number;
  /** Path of the private key that it lets in. */
  readonly key: string;
  /** Path of the file that holds its host key, and so the only one that is believed. */
  readonly knownHosts: string;
}

/** Program and arguments with which a person logs in as root. */
export const sshCommand = ({ host, port, key, knownHosts }: SshWay): string[] => {
  const options = [
    `UserKnownHostsFile=${knownHosts}`,
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    // The one that is known; a server has others, too.
    'HostKeyAlgorithms=ssh-ed25519',
    'LogLevel=ERROR',
  ];
  return ['ssh', '-i', key, ...options.flatMap((each) => ['-o', each]), '-p', String(port), `root@${host}`];
};

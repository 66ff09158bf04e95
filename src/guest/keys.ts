import ssh2 from 'ssh2';

export interface KeyPair {
  /** OpenSSH private key file. */
  readonly private: string;
  /** One line as in authorized_keys: `ssh-ed25519 AAAA… comment`. */
  readonly public: string;
}

/** A fresh ed25519 key pair in OpenSSH's formats: the kind that costs an emulated guest least. */
export const generateKeyPair = (comment: string): KeyPair => {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  return { private: pair.private, public: pair.public };
};

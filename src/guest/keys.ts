import { generateKeyPairSync } from 'node:crypto';
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

/** A fresh RSA private key as PEM (PKCS #1): the one kind that Vagrant's Ruby can use without more libraries. */
export const generateRsaKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

/** The line for authorized_keys that goes with a private key. */
export const publicKeyOf = (privateKey: string, comment: string): string => {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  const parsed = Array.isArray(key) ? key[0] : key;
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${comment}`;
};

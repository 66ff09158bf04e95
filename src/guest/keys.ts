import { generateKeyPairSync } from 'node:crypto';

export interface KeyPair {
  /** OpenSSH private key file. */
  readonly private: string;
  /** One line as in authorized_keys: `ssh-ed25519 AAAA… comment`. */
  readonly public: string;
}

/** A tenth of the time that `lab` takes to start, and few commands make keys. */
const utilities = async () => (await import('ssh2')).default.utils;

/** A fresh ed25519 key pair in OpenSSH's formats: the kind that costs an emulated guest least. */
export const generateKeyPair = async (comment: string): Promise<KeyPair> => {
  const pair = (await utilities()).generateKeyPairSync('ed25519', { comment });
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
export const publicKeyOf = async (privateKey: string, comment: string): Promise<string> => {
  const key = (await utilities()).parseKey(privateKey);
  if (key instanceof Error) throw key;
  const parsed = Array.isArray(key) ? key[0] : key;
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${comment}`;
};

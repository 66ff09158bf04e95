/**
 * A name of a lab, segment, node, service or image part: a host name label as of RFC 1123, in lower case. It starts
 * with a letter, because programs take `10` and `0x7f` for addresses. At most 32 characters, because names become
 * parts of socket paths, which are short. Not `localhost`, which every machine has already.
 */
export const NAME = /^(?!localhost$)[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/;

export const EXPECTED_NAME = 'up to 32 lower-case letters, digits and hyphens, a letter first and no hyphen last';

/** What is wrong with `text` as a name, as a clause. */
export const whyNotName = (text: string): string => {
  if (text === '') return 'is empty';
  if (text === 'localhost') return 'is the name that every machine has for itself';
  if (/^[^\s:]+:[^\s:]+/.test(text)) return 'has no space after its colon, so that YAML takes it whole for a name';
  if (text.length > 32) return `has ${text.length} characters, which is too long`;
  if (/[A-Z]/.test(text)) return 'has upper-case letters';
  if (/_/.test(text)) return 'has an underscore, which a host name cannot have';
  if (/^\d/.test(text)) return 'starts with a digit';
  if (/^-|-$/.test(text)) return 'starts or ends with a hyphen';
  return 'has characters that a host name cannot have';
};

/** The valid name nearest to `text`, if turning letters small and other characters into hyphens makes one. */
export const nameLike = (text: string): string | undefined => {
  if (text.length > 64) return undefined;
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return NAME.test(name) ? name : undefined;
};

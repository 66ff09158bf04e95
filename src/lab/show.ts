import { NAME } from './names.ts';

/** A value for a message: texts in quotes, cut when long. */
export const show = (value: unknown): string => {
  if (Array.isArray(value)) return value.length > 0 ? 'a list' : 'an empty list';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0 ? 'a map' : 'an empty map';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
};

/** A name for a message: bare where it is one. */
export const showName = (name: string): string => (NAME.test(name) ? name : show(name));

/** Characters that no XML 1.0 document can hold, not even escaped, and halves of surrogate pairs. */
const IMPOSSIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

/** A text as the content of an element, or of an attribute in double quotes, of XML or HTML. */
export const escapeXml = (text: string): string =>
  text.replace(IMPOSSIBLE, '\u{fffd}').replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);

/** Markup, as opposed to text, which has to be escaped before it becomes some. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Content = string | number | Markup | readonly Markup[];

/** Markup of a template whose values are escaped, unless they are markup themselves. */
export const markup = (parts: TemplateStringsArray, ...values: Content[]): Markup =>
  new Markup(
    parts.map((part, index) => part + (index < values.length ? textOf(values[index] as Content) : '')).join(''),
  );

const textOf = (value: Content): string => {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escapeXml(String(value));
};

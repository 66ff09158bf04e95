/** The elements of a document, in order, with the text in each. @throws when it is not well-formed, so far as our writers could err. */
export const parseXml = (xml: string) => {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: typeof elements = [];
  const decode = (text: string) =>
    text.replace(/&(?:(amp|lt|gt|quot)|#(\d+));|[&<]/g, (match, name, code) => {
      if (name) return { amp: '&', lt: '<', gt: '>', quot: '"' }[name as 'amp'];
      if (code) return String.fromCodePoint(Number(code));
      throw new Error(`stray ${match}`);
    });
  const rest = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  for (const [, close, name = '', attributes = '', empty, text = ''] of rest.matchAll(
    /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>([^<]*)/gy,
  )) {
    if (close) {
      if (open.pop()?.name !== name) throw new Error(`stray </${name}>`);
    } else {
      const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        decode(value as string),
      ]);
      const element = { name, attributes: Object.fromEntries(pairs), text: '' };
      elements.push(element);
      if (!empty) open.push(element);
    }
    const holder = open.at(-1);
    if (holder) holder.text += decode(text);
  }
  if (open.length > 0) throw new Error(`<${open[0]?.name}> is not closed`);
  return elements;
};

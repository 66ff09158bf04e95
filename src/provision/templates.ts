import { join } from 'node:path';
import { Liquid } from 'liquidjs';
import { projectDir } from '../support/paths.ts';
import { rubyString } from '../support/ruby.ts';
import { shellQuote } from '../support/shell.ts';

const asText = (value: unknown): string => {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new TypeError(`a template prints ${value === null ? 'null' : `a ${typeof value}`}, not text or a number`);
};

/** One line of text, whatever the value: for comments and here documents, which a line break would end. */
const oneLine = (value: unknown): string => asText(value).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

/** The same as Markdown, where it means nothing but itself. */
const markdownLine = (value: unknown): string => oneLine(value).replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&');

/** Values go into what is printed as `print` makes them, so a template cannot forget to quote one. */
const engineOf = (print: (value: unknown) => string, root = join(projectDir, 'provision')): Liquid => {
  const engine = new Liquid({
    root,
    cache: true,
    // The name of an included template is what stands there, never a value.
    dynamicPartials: false,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // `-%}` takes away the end of its own line and no more.
    greedy: false,
    outputEscape: print,
  });
  engine.registerFilter('text', { handler: oneLine, raw: true });
  return engine;
};

const shell = engineOf((value) => shellQuote(asText(value)));
const markdown = engineOf(markdownLine);
const ruby = engineOf((value) => (typeof value === 'number' ? String(value) : rubyString(asText(value))), projectDir);

/** A shell script from a template of `provision/`: each `{{ value }}` is one word, quoted where it needs to be. */
export const renderShell = (template: string, view: object): string => shell.renderFileSync(template, view);

/** A Markdown page from a template of `provision/`: each `{{ value }}` is plain text. */
export const renderMarkdown = (template: string, view: object): string => markdown.renderFileSync(template, view);

/** A Ruby file from a template at the top of the project: each `{{ value }}` is one string or number. */
export const renderRuby = (template: string, view: object): string => ruby.renderFileSync(template, view);

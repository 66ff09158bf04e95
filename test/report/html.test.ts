import { expect, test } from 'vitest';
import { html } from '../../src/report/html.ts';
import { randomNumbers } from '../capture/bytes.ts';
import { BROKEN, resultOf, VERDICTS } from './report.ts';
import { parseXml } from './xml.ts';

const { pass, fail, error, skip } = VERDICTS;

/** The elements of the page, which is XML but for its first line. */
const elementsOf = (page: string) => {
  expect(page.startsWith('<!DOCTYPE html>\n<html lang="en">')).toBe(true);
  return parseXml(page.slice(page.indexOf('\n') + 1));
};

const textOf = (page: string) =>
  elementsOf(page)
    .filter(({ name }) => name !== 'style')
    .map(({ text }) => text)
    .join('');

test('shows an overview of the labs, and each with its verdicts', () => {
  const page = html([resultOf('mine', pass, fail, skip), BROKEN, resultOf('empty')], 61.04);
  const elements = elementsOf(page);
  expect(elements.find(({ name }) => name === 'h1')?.text).toBe('3 labs: 1 failed, 1 broken, 1 skipped (61.0 s)');
  const links = elements.filter(({ name }) => name === 'a');
  expect(links.map(({ text }) => text)).toEqual(['mine', 'broken', 'empty']);
  const anchors = elements.filter(({ name }) => name === 'section').map(({ attributes }) => `#${attributes.id}`);
  expect(links.map(({ attributes }) => attributes.href)).toEqual(anchors);
  const text = textOf(page);
  for (const said of [
    '1 of 3 passed',
    'request 2 was answered by rs1',
    'client asked web: ',
    'rs2 – rs2',
    'director  12',
    'its console said <nothing>',
    'Next: look at it',
    'it has none',
  ])
    expect(text).toContain(said);
});

test('opens the evidence of what failed, and of nothing else', () => {
  const open = elementsOf(html([resultOf('mine', pass, fail, { ...error, evidence: fail.evidence })], 1))
    .filter(({ name }) => name === 'details')
    .map(({ attributes }) => attributes.open);
  expect(open).toEqual([undefined, 'open', 'open']);
});

test('needs nothing but itself: no script, no address, and a policy that forbids both', () => {
  const page = html([resultOf('mine', pass, fail), { ...BROKEN, bundle: '/bundles/1' }], 1);
  const elements = elementsOf(page);
  expect(
    elements.map(({ name }) => name).filter((name) => /^(script|link|img|iframe|object|base)$/.test(name)),
  ).toEqual([]);
  expect(page).not.toMatch(/https?:|url\(|@import|\son\w+=/);
  const addresses = elements.flatMap(({ attributes }) => [attributes.src, attributes.href]).filter(Boolean);
  expect(addresses.every((address) => address?.startsWith('#'))).toBe(true);
  expect(elements.find(({ attributes }) => attributes['http-equiv'])?.attributes.content).toMatch(
    /^default-src 'none';/,
  );
});

test('is whole, and shows the text, whatever a guest wrote', () => {
  const random = randomNumbers(7);
  const alphabet = '<>&"\'/]![-?=;#` \n\r\tab\u0000\u001b\ud83d\ude00\ufffe';
  for (let round = 0; round < 300; round++) {
    const noise = Array.from({ length: 40 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
    const verdict = { ...fail, check: noise, summary: noise, evidence: [{ title: noise, lines: [noise] }] };
    const trouble = { message: noise, next: noise };
    const results = [
      { ...resultOf(noise, verdict), bundle: noise, lab: noise },
      { ...BROKEN, title: noise, found: { trouble } },
    ];
    const elements = elementsOf(html(results, 1));
    expect(elements.filter(({ name }) => name === 'section')).toHaveLength(2);
    expect(elements.map(({ name }) => name)).not.toContain('script');
  }
  const hostile = '<script>alert(1)</script><b onclick="x()">&amp;';
  const page = html([resultOf(hostile, { ...fail, summary: hostile })], 1);
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<b ');
  expect(textOf(page)).toContain(hostile);
});

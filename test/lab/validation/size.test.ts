import { expect, test } from 'vitest';
import { draftOf } from '../../../src/lab/draft.ts';
import { createSurvey } from '../../../src/lab/survey.ts';
import { validateSize } from '../../../src/lab/validation/size.ts';

const told = (nodes: number): string[] => {
  const messages: string[] = [];
  const entries = Array.from({ length: nodes }, (_, i) => [`n${i}`, null]);
  validateSize(
    createSurvey(draftOf({ nodes: Object.fromEntries(entries) }), (_, { message }) => messages.push(message)),
  );
  return messages;
};

test('a lab has at most as many nodes as a MAC address tells apart', () => {
  expect(told(65_535)).toEqual([]);
  expect(told(65_536)).toEqual(['these are 65536 nodes, and a lab has at most 65535']);
});

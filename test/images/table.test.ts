import { expect, test } from 'vitest';
import { cloudSourceOf, imagesOf, requireBuilt } from '../../src/images/registry.ts';
import { IMAGES } from '../../src/images/table.ts';

const { named } = imagesOf(IMAGES);

test('images know their family', () => {
  expect(named('debian12').family).toBe('debian');
  expect(named('almalinux8').family).toBe('el8');
});

test('a near miss gets the name that was meant', () => {
  expect(() => named('debain12')).toThrow(
    expect.objectContaining({
      message: 'cannot use image "debain12": there is none of that name; did you mean debian12?',
      next: 'The images are debian12, debian12-cloud, centos8, almalinux8, rocky8.',
      exitCode: 2,
    }),
  );
});

test('a name like no other gets the list', () => {
  expect(() => named('../../etc/passwd')).toThrow(
    expect.objectContaining({ happened: 'there is none of that name', exitCode: 2 }),
  );
});

test('an image that its distribution makes is fetched, one of our own is built', () => {
  expect(() => requireBuilt(named('centos8'))).toThrow(
    expect.objectContaining({
      happened: 'its distribution makes it',
      next: 'Fetch it with: lab image fetch centos8',
      exitCode: 2,
    }),
  );
  expect(() => cloudSourceOf(named('debian12'))).toThrow(
    expect.objectContaining({ next: 'Build it with: lab image build debian12', exitCode: 2 }),
  );
});

test('what is fetched is named by a URL that nobody on the way can change, and its checksums too', () => {
  for (const { cloud, built } of IMAGES) {
    expect(cloud === undefined).toBe(built);
    if (cloud)
      expect([cloud.url, cloud.sums]).toEqual([
        expect.stringMatching(/^https:.*\.qcow2$/),
        expect.stringMatching(/^https:/),
      ]);
  }
});

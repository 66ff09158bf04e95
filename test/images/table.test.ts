import { expect, test } from 'vitest';
import { builtImageNamed, familyOf, imageNamed } from '../../src/images/table.ts';

test('images know their family', () => {
  expect(familyOf('debian12')).toBe('debian');
  expect(familyOf('almalinux8')).toBe('el8');
});

test('a near miss gets the name that was meant', () => {
  expect(() => imageNamed('debain12')).toThrow(
    expect.objectContaining({
      message: 'cannot use image "debain12": there is none of that name; did you mean debian12?',
      next: 'The images are debian12, centos8, almalinux8, rocky8.',
      exitCode: 2,
    }),
  );
});

test('a name like no other gets the list', () => {
  expect(() => imageNamed('../../etc/passwd')).toThrow(
    expect.objectContaining({ happened: 'there is none of that name', exitCode: 2 }),
  );
});

test('the image of a Vagrant provider is not built', () => {
  expect(() => builtImageNamed('centos8')).toThrow(
    expect.objectContaining({
      happened: 'image centos8 is a Vagrant box, for the providers libvirt and virtualbox',
      next: 'For the provider qemu, use debian12.',
      exitCode: 2,
    }),
  );
});

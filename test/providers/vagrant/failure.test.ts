import { expect, test } from 'vitest';
import { vagrantFailure } from '../../../src/providers/vagrant/failure.ts';

const failed = (text: string) =>
  vagrantFailure(
    'start the machines of web',
    [{ target: '', type: 'error-exit', data: ['Vagrant::Errors::X', text] }],
    [],
  );

test('of several machines names the one, without the wrapping', () => {
  const error = failed(
    `An error occurred while executing multiple actions in parallel.
Any errors that occurred are shown below.

An error occurred while executing the action on the
'rs1' machine. Please handle this error then try again:

Name \`web-rs1\` of domain about to create is already taken. Please try to run
\`vagrant up\` command again.`,
  );
  expect(error.happened).toBe(
    'Vagrant failed: rs1: Name `web-rs1` of domain about to create is already taken. Please try to run\n`vagrant up` command again.',
  );
  expect(error.next).toContain('--name');
  expect(error.exitCode).toBe(3);
});

test('of Ruby shows what it said, and not where', () => {
  const error = failed("bad key\n/usr/lib/ruby/3.1.0/timeout.rb:123:in `timeout'\n/usr/share/x.rb:1:in `y'");
  expect(error.happened).toBe('Vagrant failed: bad key');
});

test.each([
  ["The box 'centos/8' could not be found or\ncould not be accessed in the remote catalog.", /--image debian12/],
  ['Error while connecting to Libvirt: Call to virConnectOpen failed: Failed to connect socket', /libvirtd/],
  ['Timed out while waiting for the machine to boot.', /lab logs/],
  ['something else', /lab doctor/],
])('says what to do about %j', (text, next) => {
  expect(failed(text).next).toMatch(next);
});

test('without a message of its kind shows what was printed', () => {
  expect(vagrantFailure('x', [], ['cannot load such file -- vagrant']).happened).toBe(
    'Vagrant failed: cannot load such file -- vagrant',
  );
});

/**
 * A value inside QEMU's `key=value,key=value` option syntax: a comma is doubled, as qemu(1) says.
 * @throws RangeError on characters that QEMU's own logs and monitors would garble.
 */
export const optionValue = (value: string): string => {
  if (/[\0\n\r]/.test(value)) throw new RangeError('a QEMU option cannot hold a NUL byte or a line break');
  return value.replaceAll(',', ',,');
};

/** `type,key=value,…` with every value quoted; keys whose value is undefined are left out. */
export const option = (type: string, values: Record<string, string | number | undefined> = {}): string =>
  [
    type,
    ...Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${optionValue(String(value))}`),
  ].join(',');

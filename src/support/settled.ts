/**
 * What `Promise.all` gives, but only when every promise has settled: after a failure nothing goes on in the background
 * that a clean-up would have to race with.
 * @throws the reason of the first, in their order, that failed.
 */
export const allSettled = async <T>(promises: readonly Promise<T>[]): Promise<T[]> => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};

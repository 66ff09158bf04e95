/** Whether everything is proven, as before a release, and not only what shows each promise once (`lab selftest --full`). */
export const isFull = process.env.LAB_TEST_FULL !== undefined;

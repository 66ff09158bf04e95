/** A whole number in plain digits, within bounds; undefined for anything else. */
export const wholeNumber = (text: string | undefined, least: number, most: number): number | undefined => {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
};

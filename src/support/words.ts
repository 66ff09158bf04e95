/** A number of things: `1 upload`, `2 uploads`. */
export const counted = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;

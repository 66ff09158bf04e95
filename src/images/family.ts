/** Which kind of distribution a guest is: decides package names, service names and how settings persist. */
export type Family = 'debian' | 'el8';

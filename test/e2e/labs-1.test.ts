import { proveLabs } from './labs.ts';

await proveLabs(1);

// The colour of each risk level, wherever a command shows one.
import type { RISK_LEVELS } from '../api/shapes.ts'

export const RISK_COLOURS: Readonly<
  Record<(typeof RISK_LEVELS)[number], 'green' | 'yellow' | 'red' | 'magenta'>
> = { safe: 'green', moderate: 'yellow', high: 'red', critical: 'magenta' }

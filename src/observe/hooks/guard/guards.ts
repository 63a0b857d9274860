// The shells whose line editor can be guarded, and the code for each.

import { bashGuard } from './bash.ts'
import { fishGuard } from './fish.ts'
import type { GUARD_SHELLS, GuardHook } from './guard.ts'
import { zshGuard } from './zsh.ts'

/** dash has no line editor that could ask. */
export const GUARDS: Readonly<Record<(typeof GUARD_SHELLS)[number], GuardHook>> = {
  bash: bashGuard,
  zsh: zshGuard,
  fish: fishGuard,
}

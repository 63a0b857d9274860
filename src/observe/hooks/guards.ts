// The shells whose line editor can be guarded, and the code for each.
import type { GUARD_SHELLS, GuardHook } from './guard.ts'
import { bashGuard } from './guard-bash.ts'
import { fishGuard } from './guard-fish.ts'
import { zshGuard } from './guard-zsh.ts'

/** dash has no line editor that could ask. */
export const GUARDS: Readonly<Record<(typeof GUARD_SHELLS)[number], GuardHook>> = {
  bash: bashGuard,
  zsh: zshGuard,
  fish: fishGuard,
}

// The hooks: for each shell, the code that makes it record its commands.
import { bashHook } from './bash.ts'
import { fishHook } from './fish.ts'
import type { Hook, Shell } from './hook.ts'
import { shHook } from './sh.ts'
import { zshHook } from './zsh.ts'

export const HOOKS: Readonly<Record<Shell, Hook>> = {
  bash: bashHook,
  zsh: zshHook,
  fish: fishHook,
  sh: shHook,
}

export const SHELLS = Object.keys(HOOKS) as readonly Shell[]

// What the hooks room shows of itself: the shapes other rooms use, apart from the code that makes them.
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

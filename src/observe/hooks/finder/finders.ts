// The shells whose Ctrl-R can be the finder's, and the code for each.

import { bashFinder } from './bash.ts'
import type { FinderHook, FinderShell } from './finder.ts'
import { fishFinder } from './fish.ts'
import { zshFinder } from './zsh.ts'

/** dash has no line editor of its own. */
export const FINDERS: Readonly<Record<FinderShell, FinderHook>> = {
  bash: bashFinder,
  zsh: zshFinder,
  fish: fishFinder,
}

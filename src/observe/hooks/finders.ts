// The shells whose Ctrl-R can be the finder's, and the code for each.
import type { FinderHook, FinderShell } from './finder.ts'
import { bashFinder } from './finder-bash.ts'
import { fishFinder } from './finder-fish.ts'
import { zshFinder } from './finder-zsh.ts'

/** dash has no line editor of its own. */
export const FINDERS: Readonly<Record<FinderShell, FinderHook>> = {
  bash: bashFinder,
  zsh: zshFinder,
  fish: fishFinder,
}

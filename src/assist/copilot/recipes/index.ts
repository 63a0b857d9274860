// The list of all recipes.
import { ARCHIVES } from './archives.ts'
import { CONTAINERS } from './containers.ts'
import { FILES } from './files.ts'
import { GIT } from './git.ts'
import { NETWORK } from './network.ts'
import { PROCESSES } from './processes.ts'
import type { Recipe } from './recipe.ts'
import { TEXT } from './text.ts'

export type { Recipe } from './recipe.ts'

export const RECIPES: readonly Recipe[] = [
  ...FILES,
  ...TEXT,
  ...ARCHIVES,
  ...PROCESSES,
  ...NETWORK,
  ...GIT,
  ...CONTAINERS,
]

// Paths as a line names them.
import { dirname, resolve } from 'node:path'
import { quoteShell } from '../../../base/quote.ts'
import type { World } from './rule.ts'

/** As one word of a line; what needs no quotes gets none. */
export const quoted = (text: string): string => (/^~?[\w@%+=:,./-]+$/.test(text) ? text : quoteShell(text))

export const absolute = (path: string, { cwd, home }: Pick<World, 'cwd' | 'home'>): string =>
  home !== undefined && /^~(?:\/|$)/.test(path) ? resolve(home, `.${path.slice(1)}`) : resolve(cwd, path)

/** The nearest directory from here up, this one too, that has an entry of one of these names; undefined at the root. */
export function above(entries: readonly string[], world: World): string | undefined {
  for (let at = world.cwd; ; at = dirname(at)) {
    if (entries.some((name) => world.kind(resolve(at, name)) !== undefined)) return at
    if (at === dirname(at)) return undefined
  }
}

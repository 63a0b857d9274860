// The program `karo` in ~/.local/bin, for everything that is no interactive shell: scripts, make, git hooks, xargs, cron; and its manual pages beside it.
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { type CommandIo, homeOf, quoteShell } from '../kit.ts'
import { programOf } from '../own-program.ts'
import { dropEmpty, writeOwn } from './rc-file.ts'

const SECTIONS = ['man1', 'man5']
/** Where a link of Karo's leads to, of whichever build. */
const OURS = /\/dist\/man\/man[15]\/karo[\w.-]*$/

const placeOf = (io: Pick<CommandIo, 'env'>, section: string): string =>
  join(homeOf(io), '.local', 'share', 'man', section)

/** Makes a link for each page beside `program`, and removes those to pages that are gone. Nothing that Karo did not make changes. */
export function linkPages(io: Pick<CommandIo, 'env'>, program: string): void {
  unlinkPages(io)
  for (const section of SECTIONS) {
    const pages = join(dirname(program), 'man', section)
    const place = placeOf(io, section)
    for (const name of orElse(() => readdirSync(pages), [])) {
      // Beside those of an installed package are the pages of all programs.
      if (!name.startsWith('karo') || isThere(join(place, name))) continue
      mkdirSync(place, { recursive: true })
      symlinkSync(join(pages, name), join(place, name))
    }
  }
}

/** Removes the links that `linkPages` made. */
export function unlinkPages(io: Pick<CommandIo, 'env'>): void {
  for (const section of SECTIONS) {
    const place = placeOf(io, section)
    for (const name of orElse(() => readdirSync(place), [])) {
      const path = join(place, name)
      if (OURS.test(orElse(() => readlinkSync(path), ''))) rmSync(path)
    }
    dropEmpty(place, homeOf(io))
  }
}

/** The second line, by which the file is known again. */
const MARK = '# Made by karo shell install; karo shell uninstall removes it.'

/** Where the freedesktop base directories put programs of one person; shells add it to the PATH at login. */
export const linkOf = (io: CommandIo): string => join(homeOf(io), '.local', 'bin', 'karo')

/**
 * Makes the program. It is a script of sh and no symbolic link, because the `node` of the PATH may be missing or too old.
 * `state`: written now, it was right, another program has the name, or the PATH has this one. `found`: programs find it without
 * more, because its directory is on the PATH.
 */
export function makeLink(io: CommandIo) {
  const path = linkOf(io)
  const { words, byName } = programOf(io)
  const found = (io.env.PATH ?? '').split(delimiter).includes(dirname(path))
  if (byName) return { path, state: 'installed', found: true } as const
  if (isThere(path) && !isOurs(path)) return { path, state: 'foreign', found } as const
  linkPages(io, words.at(-1) ?? '')
  return { path, state: writeOwn(path, scriptOf(words), 0o755) ? 'made' : 'there', found } as const
}

/** Removes it if it is Karo's; true if it did. */
export function removeLink(io: CommandIo): boolean {
  const path = linkOf(io)
  if (!isOurs(path)) return false
  rmSync(path)
  dropEmpty(dirname(path), homeOf(io))
  unlinkPages(io)
  return true
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** False for whatever else has the name, also where it is a symbolic link. */
const isOurs = (path: string): boolean =>
  orElse(() => lstatSync(path).isFile() && readFileSync(path, 'utf8').includes(MARK), false)

function scriptOf(words: readonly string[]): string {
  const quoted = words.map(quoteShell)
  const gone = `echo "karo: ${words.at(-1)?.replace(/["\\$`]/g, '\\$&')} is gone: run karo shell install where Karo is now" >&2; exit 127`
  return `#!/bin/sh\n${MARK}\n[ -r ${quoted.at(-1)} ] || { ${gone}; }\nexec ${quoted.join(' ')} "$@"\n`
}

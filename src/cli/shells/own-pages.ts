// The manual pages in ~/.local/share/man, where man looks for those of the programs in ~/.local/bin: links to the pages of this build.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import type { CommandIo } from '../command.ts'
import { homeOf } from '../place.ts'
import { dropEmpty } from './rc-file.ts'

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
      mkdirSync(place, { recursive: true, mode: 0o755 })
      if (lstatSync(join(place, name), { throwIfNoEntry: false }) === undefined)
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

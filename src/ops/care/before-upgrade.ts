// The copy of the database and configuration that is made before an upgrade rewrites the database: a backup without the key.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'it-pipe'
import { DAY_MS } from '../../base/calendar.ts'
import { beginFile, syncPath } from '../../base/files.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Faults } from '../../base/run/faults.ts'
import { VERSION } from '../../base/version.ts'
import type { HomePaths } from '../../config/paths.ts'
import type { EarlierDatabase } from '../../store/index.ts'
import { archived } from './archive.ts'

const NAME = /^\.?before-upgrade-from-\d+\.tar(\.tmp)?$/
/** Whoever has not gone back by then stays. */
const KEPT_MS = 14 * DAY_MS

export interface CopyDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly paths: Pick<HomePaths, 'home' | 'config'>
  readonly node: { readonly nodeId: string; readonly name: string }
  readonly faults: Faults
}

export function createCopies({ paths, node, faults, clock, log }: CopyDeps) {
  const { home } = paths
  const remove = (isDue: (path: string) => boolean): void => {
    const due = readdirSync(home).filter((name) => NAME.test(name) && isDue(join(home, name)))
    for (const name of due) rmSync(join(home, name), { force: true })
    if (due.length > 0) syncPath(home)
  }
  return {
    /**
     * Durable when it resolves. One file for each schema: a database that still has this schema holds nothing that its copy of
     * an earlier start has not, or was written by the older version meanwhile.
     */
    async make({ schema, rows }: EarlierDatabase) {
      const now = clock.now()
      const name = `before-upgrade-from-${schema}.tar`
      const path = join(home, name)
      const temporary = join(home, `.${name}.tmp`)
      rmSync(temporary, { force: true })
      const file = beginFile(path, 0o600, temporary)
      try {
        const created_at = new Date(now).toISOString()
        const head = { karo_version: VERSION, schema, node_id: node.nodeId, name: node.name, created_at }
        const config = readConfig(paths.config)
        for await (const piece of pipe(rows, archived({ head, now, key: undefined, config }))) {
          file.write(piece)
          faults.hit('upgrade-step')
        }
        file.replace()
        faults.hit('upgrade-step')
      } finally {
        file.discard()
      }
      log.info({ copy: path, schema }, 'the database was copied before it is migrated')
    },
    /** The path of the newest that a program of this schema can restore. */
    newest(schema: number) {
      const kept = readdirSync(home).flatMap((name) => {
        const of = Number(/^before-upgrade-from-(\d+)\.tar$/.exec(name)?.[1] ?? Number.NaN)
        return of <= schema ? [{ of, path: join(home, name) }] : []
      })
      return kept.sort((a, b) => b.of - a.of)[0]?.path
    },
    /** Removes copies that are old by the time that removes, which follows the clock slowly: a clock that leapt leaves the way back. */
    expire: (now: number) => remove((path) => now - statSync(path).mtimeMs > KEPT_MS),
    /** Removes all copies, because something that they hold was deleted for good. */
    drop: () => remove(() => true),
  }
}

function readConfig(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

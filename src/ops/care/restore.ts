// Makes a node's home of a backup: everything is checked and stands ready beside before anything takes its place.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { chmod, mkdir, rename, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { diskTrouble } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { freeName, syncPath } from '../../base/files.ts'
import type { Faults } from '../../base/run/faults.ts'
import type { HomePaths } from '../../config/paths.ts'
import { NEWEST_SCHEMA } from '../../store/index.ts'
import { refuseOpen } from '../../store/rescue/held.ts'
import { createDatabase, rowsOf } from '../../store/snapshot.ts'
import type { Closed } from '../../store/tables/fail-closed.ts'
import { appendEntry } from '../../trust/audit/index.ts'
import { goesOnFrom, readPublicIdentity } from '../../trust/identity/index.ts'
import { holdHome } from '../system/home-lock.ts'
import { howToStop } from '../system/lock.ts'
import type { Encryption, Opener } from './age.ts'
import { type Archive, type BackupHead, CONFIG_ENTRY, KEY_ENTRY, openArchive } from './archive.ts'
import { ASIDE, finishRestore, isReady, READY } from './finish.ts'
import { becomeOwner } from './owner.ts'

export interface RestoreOptions {
  /** The backup. */
  readonly file: string
  /** For an encrypted backup. */
  readonly opener?: Opener | undefined
  readonly paths: HomePaths
  /** The home is the machine's own, whose daemon systemd runs. */
  readonly service?: boolean
  /** Moves the home's present content aside. Without this option a home that is not empty is left alone. */
  readonly replace: boolean
  readonly now: number
  readonly faults: Faults
  readonly onStep?: (text: string) => void
  /** Calls what it is given when a signal ends this process, unless the returned function was called before. */
  readonly beforeEnd?: (last: () => void) => () => void
}

export interface Restored {
  readonly head: BackupHead
  readonly encryption: Encryption
  readonly rows: number
  /** Consent, trust, tokens and invites that are withdrawn, because they may have been withdrawn after the backup. */
  readonly closed: Closed
  /** The key of the home stayed, because it replaced the key in the backup, which others no longer accept. */
  readonly keyKept: boolean
  /** The directory that now holds the home's former content. */
  readonly aside: string | undefined
  /** Where the backup's configuration is, when it was not put into its place: that is an administrator's to write. */
  readonly config: string | undefined
}

/**
 * Errors: `bad_file` for a backup that is damaged or of a newer schema, and when the disk refuses; `not_found`;
 * `conflict` for a home that is not empty, and while a daemon runs there, which cannot start meanwhile; `refused` where
 * others could lead root astray. After an error, or a kill, the home is what it was; a kill or an error in the last
 * step (it says so) leaves that to the next `karo up` or `karo restore`, which finish it. Root's process belongs to the home's owner from the moment the file is open.
 */
export async function restoreNode(options: RestoreOptions): Promise<Restored> {
  const { file, paths, service = false, faults, onStep = () => {} } = options
  let { home } = paths
  let letGo: (() => void) | undefined
  const hold = () => holdHome({ home, lock: join(home, basename(paths.lock)) }, service)
  try {
    const opened = async (): Promise<void> => {
      home = becomeOwner(home)
      await refuseOpen(join(home, 'db'), (pid) => howToStop(pid, service))
      if (existsSync(home)) letGo = await hold()
      if (isReady(home)) finishEarlier(home, faults)
      onStep('checking the backup')
    }
    const archive = await openArchive(file, { opener: options.opener, opened })
    try {
      await checkContent(archive, file)
      await mkdir(home, { recursive: true, mode: 0o700 }).catch((error) => {
        throw explain(error, home, false)
      })
      letGo ??= await hold()
      const taken = takenBy(home)
      if (taken.length > 0 && !options.replace) {
        throw new KaroError('conflict', `there is a node already: ${taken.join(', ')}`, {
          where: home,
          hint: 'Add --replace: what is there is then moved aside and kept. Or restore into an empty directory with --home.',
        })
      }
      const { head, encryption } = archive
      return { head, encryption, ...(await replace(archive, home, options)) }
    } finally {
      await archive.close()
    }
  } finally {
    letGo?.()
  }
}

/** Finishes a restore that was interrupted. */
function finishEarlier(home: string, faults: Faults): void {
  try {
    finishRestore(home, faults)
  } catch (error) {
    throw explain(error, home, true)
  }
}

/** Restores of earlier versions added more to this name; what is left of one that was killed has a key in it. */
const STAGING = '.restoring'

async function replace(
  archive: Archive,
  home: string,
  { paths, now, faults, onStep = () => {}, beforeEnd }: RestoreOptions,
): Promise<Omit<Restored, 'head' | 'encryption'>> {
  const staging = join(home, STAGING)
  const discard = (): void => {
    for (const name of readdirSync(home))
      if (name.startsWith(STAGING)) rmSync(join(home, name), { recursive: true, force: true, maxRetries: 3 })
  }
  const release = beforeEnd?.(discard)
  let ready = false
  try {
    // Of a restore that was killed.
    discard()
    // The home is empty, as `karo init` or a package makes it.
    await rmdir(join(home, 'db')).catch(() => {})
    onStep('writing the database')
    const ownConfig = dirname(paths.config) === paths.home
    const made = await stage(archive, staging, {
      home,
      ownConfig,
      aside: basename(freeName(join(home, 'before-restore'), now)),
      now,
      faults,
    })
    onStep('putting it in its place')
    release?.()
    await rename(staging, join(home, READY))
    ready = true
    syncPath(home)
    faults.hit('restore-step')
    const aside = finishRestore(home, faults)
    return { ...made, aside }
  } catch (error) {
    release?.()
    discard()
    throw explain(error, home, ready)
  }
}

/** Checks that this program can read the archive's content, which the archive's own checksums do not prove. */
async function checkContent(archive: Archive, file: string): Promise<void> {
  const { schema, karo_version } = archive.head
  if (schema > NEWEST_SCHEMA) {
    throw new KaroError(
      'bad_file',
      `the backup has schema ${schema}; this program knows schemas up to ${NEWEST_SCHEMA}`,
      {
        where: file,
        hint: `Restore it with Karo ${karo_version} or later.`,
      },
    )
  }
  for await (const piece of archive.rows()) {
    try {
      rowsOf(piece)
    } catch (cause) {
      throw new KaroError('bad_file', `the backup cannot be used: ${(cause as Error).message}`, {
        where: file,
        cause,
      })
    }
  }
}

/** The entries that make a directory a home. */
function takenBy(home: string): string[] {
  const db = join(home, 'db')
  const taken = existsSync(join(home, KEY_ENTRY)) ? [KEY_ENTRY] : []
  if (existsSync(db) && readdirSync(db).length > 0) taken.push('db')
  if (existsSync(join(home, CONFIG_ENTRY))) taken.push(CONFIG_ENTRY)
  return taken
}

async function stage(
  archive: Archive,
  staging: string,
  to: { home: string; ownConfig: boolean; aside: string; now: number; faults: Faults },
): Promise<Pick<Restored, 'rows' | 'closed' | 'config' | 'keyKept'>> {
  const { home, ownConfig, aside, now, faults } = to
  await mkdir(staging, { mode: 0o700 })
  faults.hit('restore-step')
  const keyKept = archive.key !== undefined && goesOnFrom(join(home, KEY_ENTRY), archive.head.node_id)
  if (archive.key !== undefined && !keyKept) {
    const key = join(staging, KEY_ENTRY)
    await write(key, archive.key)
    const { nodeId } = readPublicIdentity(key)
    if (nodeId !== archive.head.node_id)
      throw new KaroError('bad_file', 'the key in the backup belongs to another node', {
        where: home,
        hint: 'Nothing was changed. Take another backup.',
      })
  }
  const configName = ownConfig ? CONFIG_ENTRY : 'config.toml.from-backup'
  if (archive.config !== undefined) await write(join(staging, configName), archive.config)
  faults.hit('restore-step')
  const { created_at } = archive.head
  const made = await createDatabase(join(staging, 'db'), archive.rows(), (ledger, { tokens, invites }) =>
    appendEntry(ledger, now, {
      type: 'node_restored',
      success: true,
      details: {
        backup_of: created_at,
        key: archive.head.key && !keyKept,
        tokens_withdrawn: tokens,
        invites_cancelled: invites,
      },
    }),
  )
  await chmod(join(staging, 'db'), 0o700)
  await write(join(staging, ASIDE), Buffer.from(aside))
  syncPath(staging)
  faults.hit('restore-step')
  return {
    ...made,
    keyKept,
    config: archive.config === undefined || ownConfig ? undefined : join(home, configName),
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { mode: 0o600, flag: 'wx', flush: true })
}

/** `ready`: what counts now is the backup, and only moving it into its place is left. */
function explain(error: unknown, home: string, ready: boolean): unknown {
  if (error instanceof KaroError) return error
  // The mode is about the entries of the home, not about the home itself.
  const { reason, hint } = diskTrouble(join(home, READY), error)
  if (ready) {
    return new KaroError('bad_file', `the backup is restored except for its last step: ${reason}`, {
      where: join(home, READY),
      hint: `The next karo up, or karo restore, finishes the restore. ${hint}`,
      cause: error,
    })
  }
  return new KaroError('bad_file', `the backup cannot be restored: ${reason}`, {
    where: home,
    hint: `Nothing was changed. ${hint}`,
    cause: error,
  })
}

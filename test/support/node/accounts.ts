// Accounts of a machine for one daemon: it has a passwd file of its own in a mount namespace, so that no real one is touched.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryHome } from './node.ts'

/** False, and a word on stderr, where this process may not make a mount namespace. */
export function canPlayAccounts(): boolean {
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', 'mount --bind /etc/passwd /etc/passwd'])
  if (status !== 0) process.stderr.write('no mount namespace here: accounts that come and go are not tried\n')
  return status === 0
}

export interface PlayedAccounts {
  /** `under` of a node that has these accounts. */
  readonly under: readonly string[]
  /** The accounts from now on, uid by name, besides those of this machine. */
  set(accounts: Readonly<Record<string, number>>): void
}

export function playedAccounts(): PlayedAccounts {
  const path = join(temporaryHome(), 'passwd')
  const machines = readFileSync('/etc/passwd', 'utf8')
  const set = (accounts: Readonly<Record<string, number>>): void => {
    const lines = Object.entries(accounts).map(
      ([name, uid]) => `${name}:x:${uid}:${uid}::/nonexistent:/bin/sh\n`,
    )
    // In place: a bind mount stays with the file.
    writeFileSync(path, machines + lines.join(''))
  }
  set({})
  return {
    set,
    under: ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/passwd && exec "$@"', path],
  }
}

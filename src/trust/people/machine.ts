// Which machine this is, so that accounts of another one are not taken for accounts of this one.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../base/clock.ts'
import { createFile } from '../../base/files.ts'
import { toHex } from '../../base/hex.ts'

/** machine-id(5): 32 hex digits. Before the first boot is over it may be the word `uninitialized`, as in every image. */
const ID = /^[0-9a-f]{32}$/i
/** In the home of a machine without an id, such as a container. No backup holds it, so a restore elsewhere has another one. */
const OWN_FILE = 'machine'

function idIn(path: string): string | undefined {
  try {
    const id = readFileSync(path, 'latin1').trim()
    return ID.test(id) ? id : undefined
  } catch {
    return undefined
  }
}

/**
 * What machine this is, as an HMAC that does not tell the machine's id: 32 hex digits. A machine without an id gets one of
 * Karo's own, in `home`, so that two such machines are not taken for one. Throws the system's error if that cannot be kept.
 */
export function machineOf(home: string, random: Random, path = '/etc/machine-id'): string {
  const own = join(home, OWN_FILE)
  let id = idIn(path) ?? idIn(own)
  if (id === undefined) {
    createFile(own, `${toHex(random.bytes(16))}\n`, 0o600, random)
    id = idIn(own)
  }
  if (id === undefined) throw new Error(`${own} is not what Karo wrote: remove it`)
  return createHmac('sha256', id).update('karo people').digest('hex').slice(0, 32)
}

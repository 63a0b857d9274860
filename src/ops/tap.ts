// KARO_TAP: keeps a copy of everything this node says to others, before it is sealed or encrypted.
import { constants, openSync, writeSync } from 'node:fs'
import { KaroError } from '../base/errors.ts'

/** Whoever may read the plaintext of answers: only the owner of the daemon. */
const MODE = 0o600

/**
 * Appends `length u32 big-endian ‖ bytes` for each frame and each answer's plaintext to `file`, synchronously, so
 * that nothing is sent that is not in it. A debugging switch: it grows without bound. Undefined without a file.
 * KaroError `bad_file` when it cannot be opened.
 */
export function openTap(file: string | undefined): ((bytes: Uint8Array) => void) | undefined {
  if (file === undefined || file === '') return undefined
  let descriptor: number
  try {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
    descriptor = openSync(file, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, MODE)
  } catch (cause) {
    throw new KaroError('bad_file', `the tap cannot be written: ${(cause as Error).message}`, {
      where: 'KARO_TAP',
      hint: 'Name a file in a directory that exists, or unset KARO_TAP.',
      cause,
    })
  }
  return (bytes) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    writeSync(descriptor, Buffer.concat([length, bytes]))
  }
}

// KARO_TAP: keeps a copy of everything this node says to others, before it is sealed or encrypted.
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { diskTrouble } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'

/** Only the owner of the daemon may read the plaintext of answers. */
const MODE = 0o600

/**
 * Appends `length u32 big-endian ‖ bytes` for each frame and each answer's plaintext to `file`, synchronously, so
 * that nothing is sent that is not in it. A debugging switch: it grows without bound. Undefined without a file.
 * KaroError `bad_file` when it cannot be opened, or is not a file of this user that nobody else may read or write.
 */
export function openTap(file: string | undefined): ((bytes: Uint8Array) => void) | undefined {
  if (file === undefined || file === '') return undefined
  const descriptor = openPrivate(file)
  return (bytes) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    writeSync(descriptor, Buffer.concat([length, bytes]))
  }
}

function openPrivate(file: string): number {
  let descriptor: number
  try {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants
    // The file is opened without blocking, because a FIFO without a reader would hold up the start, signals included.
    descriptor = openSync(file, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY, MODE)
  } catch (cause) {
    throw new KaroError('bad_file', `the tap cannot be written: ${diskTrouble(file, cause).reason}`, {
      where: 'KARO_TAP',
      hint: 'Name a file in a directory that exists, or unset KARO_TAP.',
      cause,
    })
  }
  const stat = fstatSync(descriptor)
  const problem = !stat.isFile()
    ? 'that is not a regular file'
    : stat.uid !== process.getuid?.()
      ? 'that file belongs to another user'
      : (stat.mode & 0o777 & ~MODE) !== 0
        ? 'others may read or write that file'
        : undefined
  if (problem === undefined) return descriptor
  closeSync(descriptor)
  throw new KaroError('bad_file', `the tap cannot be written: ${problem}`, {
    where: 'KARO_TAP',
    hint: `Name a file that does not exist yet, or one of yours with mode 0600: chmod 600 ${file}`,
  })
}

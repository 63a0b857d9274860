// Descriptors that Node cannot make: real pipes and files that exist in memory alone.
import { closeSync, fchownSync, openSync, readdirSync, writeSync } from 'node:fs'
import { loadLibc } from './libc.ts'

export interface Descriptors {
  /** The read end and the write end; neither is inherited by a program unless it is passed. */
  pipe(): { readonly read: number; readonly write: number }
  /**
   * A file in memory with `bytes`, which nobody can change any more, opened for reading at its beginning. `owner` becomes its
   * uid and gid. The caller closes it.
   */
  memoryFile(name: string, bytes: Uint8Array, owner?: number): number
}

// fcntl.h, sys/mman.h and linux/fcntl.h, the same on x64 and arm64.
const O_CLOEXEC = 0o2000000
const MFD_CLOEXEC = 1
const MFD_ALLOW_SEALING = 2
const F_ADD_SEALS = 1033
const F_SETFD = 2
const FD_CLOEXEC = 1
/** No further seals, no shrinking, no growing, no writing. */
const ALL_SEALS = 1 | 2 | 4 | 8

/**
 * Descriptors that this process inherited itself are passed on to no program any more. Rejects where koffi has no binary for this
 * system.
 */
export async function openDescriptors(): Promise<Descriptors> {
  const { koffi, libc } = await loadLibc()
  type Call = (...args: readonly unknown[]) => number
  const pipe2 = libc.func('int pipe2(int32_t *ends, int flags)') as Call
  const memfdCreate = libc.func('int memfd_create(const char *name, unsigned int flags)') as Call
  const fcntl = libc.func('int fcntl(int fd, int command, int argument)') as Call
  // A descriptor that was closed since the listing cannot be passed on, so the failure of its fcntl does not matter.
  for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC)
  const checked = (result: number, what: string): number => {
    if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`)
    return result
  }
  return {
    pipe() {
      const ends = new Int32Array(2)
      checked(pipe2(ends, O_CLOEXEC), 'no pipe')
      return { read: ends[0] as number, write: ends[1] as number }
    },
    memoryFile(name, bytes, owner) {
      const file = checked(memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), 'no file in memory')
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
        if (owner !== undefined) fchownSync(file, owner, owner)
        checked(fcntl(file, F_ADD_SEALS, ALL_SEALS), 'a file in memory cannot be sealed')
        // Opened anew: a place of its own in the file, and no right to write.
        return openSync(`/proc/self/fd/${file}`, 'r')
      } finally {
        closeSync(file)
      }
    },
  }
}

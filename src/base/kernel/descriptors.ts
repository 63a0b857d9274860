// Descriptors that Node cannot make: real pipes and files that exist in memory alone.
import { closeSync, fchownSync, openSync, readdirSync, writeSync } from 'node:fs'
import { loadLibc } from './libc.ts'

// fcntl.h, sys/mman.h and linux/fcntl.h, the same on x64 and arm64.
const O_CLOEXEC = 0o2000000
const AF_UNIX = 1
const SOCK_STREAM = 1
const MSG_DONTWAIT = 0x40
const MSG_CMSG_CLOEXEC = 0x4000_0000
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
/** Bytes of struct msghdr and of struct iovec, and of a control message with one descriptor and without its padding. */
const MESSAGE = { header: 56, vector: 16, control: 24, one: 20 }
const MFD_CLOEXEC = 1
const MFD_ALLOW_SEALING = 2
const F_ADD_SEALS = 1033
const F_SETFD = 2
const FD_CLOEXEC = 1
/** No further seals, no shrinking, no growing, no writing. */
const ALL_SEALS = 1 | 2 | 4 | 8

export type Descriptors = Awaited<ReturnType<typeof openDescriptors>>

/**
 * From then on, no program that this process starts inherits descriptors that this process itself inherited. Rejects
 * where koffi has no binary for this system.
 */
export async function openDescriptors() {
  const { koffi, libc } = await loadLibc()
  type Call = (...args: readonly unknown[]) => number
  const pipe2 = libc.func('int pipe2(int32_t *ends, int flags)') as Call
  const socketpair = libc.func('int socketpair(int domain, int type, int protocol, int32_t *ends)') as Call
  const recvmsg = libc.func('int64_t recvmsg(int fd, void *message, int flags)') as Call
  const memfdCreate = libc.func('int memfd_create(const char *name, unsigned int flags)') as Call
  const fcntl = libc.func('int fcntl(int fd, int command, int argument)') as Call
  // A descriptor that was closed since the listing cannot be passed on, so the failure of its fcntl does not matter.
  for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC)
  const checked = (result: number, what: string): number => {
    if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`)
    return result
  }
  const blankFile = (name: string): number =>
    checked(memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), 'no file in memory')
  const seal = (file: number): void => {
    checked(fcntl(file, F_ADD_SEALS, ALL_SEALS), 'a file in memory cannot be sealed')
  }
  return {
    /** An empty file in memory that programs may write as long as it is not sealed. The caller closes it. */
    blankFile,
    /** From now on nobody changes it. Throws while a program has it mapped for writing. */
    seal,
    /** The read end and the write end; neither is inherited by a program unless it is passed. */
    pipe() {
      const ends = new Int32Array(2)
      checked(pipe2(ends, O_CLOEXEC), 'no pipe')
      return { read: ends[0] as number, write: ends[1] as number }
    },
    /** Both ends of a connection over which a program can pass a descriptor. The caller closes both. */
    socketPair() {
      const ends = new Int32Array(2)
      checked(socketpair(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, ends), 'no pair of sockets')
      return { near: ends[0] as number, far: ends[1] as number }
    },
    /** The descriptor that was handed over on `socket`; undefined where none was. Does not wait. The caller closes it. */
    handedOver(socket: number) {
      // One piece of memory: the header, what it points to, and the byte that came with the descriptor.
      const size = MESSAGE.header + MESSAGE.vector + MESSAGE.control + 1
      const memory = koffi.alloc('uint8_t', size)
      try {
        const at = koffi.address(memory)
        const [vector, control] = [at + BigInt(MESSAGE.header), at + BigInt(MESSAGE.header + MESSAGE.vector)]
        const words = [0n, 0n, vector, 1n, control, BigInt(MESSAGE.control), 0n]
        words.push(control + BigInt(MESSAGE.control), 1n)
        koffi.encode(memory, koffi.array('uint64_t', words.length), words)
        if (recvmsg(socket, memory, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 1) return undefined
        const told = Buffer.from(koffi.decode(memory, koffi.array('uint8_t', size, 'Array')) as number[])
        const message = told.subarray(MESSAGE.header + MESSAGE.vector)
        const isOne =
          told.readBigUInt64LE(40) >= BigInt(MESSAGE.one) && message.readUInt32LE(0) === MESSAGE.one
        const isRight = message.readInt32LE(8) === SOL_SOCKET && message.readInt32LE(12) === SCM_RIGHTS
        return isOne && isRight ? message.readInt32LE(16) : undefined
      } finally {
        koffi.free(memory)
      }
    },
    /**
     * A file in memory with `bytes`, sealed against changes and opened for reading at its beginning. `owner` becomes its
     * uid and gid. The caller closes it.
     */
    memoryFile(name: string, bytes: Uint8Array, owner?: number) {
      const file = blankFile(name)
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
        if (owner !== undefined) fchownSync(file, owner, owner)
        seal(file)
        // A second opening has its own position in the file, and no right to write.
        return openSync(`/proc/self/fd/${file}`, 'r')
      } finally {
        closeSync(file)
      }
    },
  }
}

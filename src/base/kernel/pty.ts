// Pseudo-terminals, for which Node has no call: a program in one has a terminal of its own, and no way to that of the person.
import { closeSync, constants, openSync } from 'node:fs'
import { loadLibc } from './libc.ts'

// asm-generic/ioctls.h, the same on x64 and arm64.
const [TCGETS, TCSETS, TIOCSWINSZ] = [0x5401, 0x5402, 0x5414]
const [TIOCGPTN, TIOCSPTLCK] = [0x8004_5430, 0x4004_5431]
// struct termios of asm-generic/termbits.h: flags for input, output, the line and the terminal itself, four bytes each.
const [INPUT_AT, OUTPUT_AT, LINE_AT, MODES_AT] = [0, 4, 8, 12]
const ICANON = 2
/** What cfmakeraw(3) takes out of each, and the eight bits that it puts into those of the line. */
const [INPUT, OUTPUT, LINE, EIGHT_BITS, MODES] = [0x5eb, 1, 0x130, 0x30, 0x804b]

export interface Pty {
  readonly master: number
  readonly slave: number
  resize(columns: number, rows: number): void
  /** Each byte of `like` passes as it is, until the returned function is called. Node's own raw mode changes line ends. */
  raw(): () => void
  /** Lines are read as at a prompt: nothing draws on the whole screen just now. */
  readsLines(): boolean
}

/** With the settings of the terminal at descriptor `like`. Whoever has it closes both ends. */
export async function openPty(like: number): Promise<Pty> {
  const { libc } = await loadLibc()
  const ioctl = libc.func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)') as (
    fd: number,
    request: number,
    argument: Buffer,
  ) => number
  const { O_RDWR, O_NOCTTY } = constants
  const master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY)
  try {
    const number = Buffer.alloc(4)
    if (ioctl(master, TIOCSPTLCK, number) !== 0 || ioctl(master, TIOCGPTN, number) !== 0)
      throw new Error('no terminal can be made')
    const slave = openSync(`/dev/pts/${number.readUInt32LE()}`, O_RDWR | O_NOCTTY)
    const modes = Buffer.alloc(64)
    if (ioctl(like, TCGETS, modes) === 0) ioctl(slave, TCSETS, modes)
    return {
      master,
      slave,
      resize(columns, rows) {
        const size = Buffer.alloc(8)
        size.writeUInt16LE(rows)
        size.writeUInt16LE(columns, 2)
        ioctl(master, TIOCSWINSZ, size)
      },
      raw() {
        const before = Buffer.alloc(64)
        if (ioctl(like, TCGETS, before) !== 0) return () => {}
        const now = Buffer.from(before)
        for (const [at, gone, put = 0] of [
          [INPUT_AT, INPUT],
          [OUTPUT_AT, OUTPUT],
          [LINE_AT, LINE, EIGHT_BITS],
          [MODES_AT, MODES],
        ] as const)
          now.writeUInt32LE(((before.readUInt32LE(at) & ~gone) | put) >>> 0, at)
        ioctl(like, TCSETS, now)
        return () => void ioctl(like, TCSETS, before)
      },
      readsLines: () => ioctl(master, TCGETS, modes) === 0 && (modes.readUInt32LE(MODES_AT) & ICANON) !== 0,
    }
  } catch (error) {
    closeSync(master)
    throw error
  }
}

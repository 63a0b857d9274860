// JSON lines appended to a file; the file itself says up to which entry it has them.

import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { orElse } from '../../base/run/or-else.ts'
import type { LastRecord, Outlet } from './outlet.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
/** An entry takes at most 2 KiB of details, and its record little more. */
const TAIL_BYTES = 64 * 1024
const LF = 0x0a

/** Opens or makes the file, and cuts off a record that a crash left unfinished. Rejects with the system's error. */
export async function openFile(path: string): Promise<Outlet> {
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    const opened = await file.stat()
    if (!opened.isFile()) throw new Error('it is not a regular file')
    const last = await cutToLastRecord(file, opened.size)
    return {
      last,
      async send(text) {
        const now = await stat(path).catch(() => undefined)
        // logrotate and its like give the path a new file; what is written to the old one might be compressed already.
        if (now?.ino !== opened.ino || now.dev !== opened.dev) throw new Error('another file took its place')
        await file.appendFile(text)
        await file.datasync()
      },
      ended: new AbortController().signal,
      close: () => file.close().catch(() => {}),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function cutToLastRecord(file: FileHandle, size: number): Promise<LastRecord | undefined> {
  const from = Math.max(0, size - TAIL_BYTES)
  const tail = Buffer.alloc(size - from)
  await file.read(tail, 0, tail.length, from)
  const end = tail.lastIndexOf(LF) + 1
  if (from + end < size && (end > 0 || from === 0)) await file.truncate(from + end)
  const line = tail.subarray(tail.lastIndexOf(LF, end - 2) + 1, end).toString('utf8')
  const { sequence, id } = orElse(() => Object(JSON.parse(line).event), {})
  return Number.isSafeInteger(sequence) ? { seq: sequence, id } : undefined
}

// Recognises a file by its beginning, so that the wrong reader can name the right one.
import type { Source } from './entry.ts'

export type Looks = Source | 'empty' | 'karo' | 'old-fish' | 'lines' | 'sqlite' | 'gzip' | 'binary'

/** Bytes at the beginning that are examined. */
export const LOOKED_AT = 64 * 1024

/** Names for people. */
export const LOOKS: Readonly<Record<Looks, string>> = {
  bash: 'a history of bash, with times',
  zsh: 'an extended history of zsh',
  fish: 'a history of fish',
  atuin: "atuin's database",
  empty: 'an empty file',
  karo: 'an export of Karo',
  'old-fish': 'a history of fish before 2.0',
  lines: 'lines of text',
  sqlite: 'an SQLite database',
  gzip: 'a compressed file',
  binary: 'no text',
}

/** Kinds of files that each reader accepts. Only the tables in an `sqlite` file tell whether it is atuin's. */
export const TAKES: Readonly<Record<Source, readonly Looks[]>> = {
  bash: ['bash', 'lines', 'empty'],
  zsh: ['zsh', 'lines', 'empty'],
  fish: ['fish', 'empty'],
  atuin: ['sqlite'],
}

const SQLITE = Buffer.from('SQLite format 3\0')

/** `begin` has the first LOOKED_AT bytes of the file, or all. */
export function looksOf(begin: Uint8Array): Looks {
  const bytes = Buffer.from(begin.buffer, begin.byteOffset, begin.length)
  if (bytes.length === 0) return 'empty'
  if (bytes.subarray(0, SQLITE.length).equals(SQLITE)) return 'sqlite'
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip'
  const text = bytes.toString('latin1')
  if (/^(\{"karo_export"|karo_export,)/.test(text)) return 'karo'
  if (/^- cmd:/m.test(text) && /^ +when: /m.test(text)) return 'fish'
  if (/^- cmd:/.test(text)) return 'fish'
  if (/^: *\d{1,12}:\d{1,12};/m.test(text)) return 'zsh'
  if (/^#\d{6,12}\r?$/m.test(text)) return 'bash'
  if (/^# \d{6,12}\r?$/.test(text.split('\n', 1)[0]!)) return 'old-fish'
  // A power cut leaves some NUL bytes in a history, other binary files have many control characters. In random bytes
  // they are 9 %.
  const nuls = text.match(/\0/g)?.length ?? 0
  const strange = text.match(/[\x01-\x06\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0
  return nuls + strange > bytes.length / 4 || strange > bytes.length / 20 ? 'binary' : 'lines'
}

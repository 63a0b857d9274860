// Which files make up a LevelDB database: what CURRENT and the manifest it names say (version_edit.cc).
import { createByteReader } from './bytes.ts'
import { readLog } from './log.ts'

interface Version {
  /** Bytes of each table, by its number. */
  readonly tables: ReadonlyMap<number, number>
  /** Logs of this number and above hold rows that are in no table yet. */
  readonly log: number
}

export interface ManifestRead {
  readonly version: Version
  readonly damaged: readonly { readonly at: number; readonly length: number }[]
  /** Where it breaks off, as after a kill. */
  readonly torn?: { readonly at: number; readonly length: number }
}

export const isCurrent = (text: string): boolean => /^MANIFEST-\d{6,}\n$/.test(text)

const TAG = {
  comparator: 1,
  log: 2,
  nextFile: 3,
  lastSequence: 4,
  pointer: 5,
  deleted: 6,
  added: 7,
  previousLog: 9,
}

export function readManifest(file: Uint8Array): ManifestRead {
  const tables = new Map<number, number>()
  let log = 0
  const damaged: { at: number; length: number }[] = []
  let torn: ManifestRead['torn']
  for (const item of readLog(file)) {
    if (item.kind === 'torn') torn = { at: item.at, length: item.length }
    else if (item.kind === 'damaged') damaged.push({ at: item.at, length: item.length })
    else {
      try {
        edit(item.bytes)
      } catch {
        damaged.push({ at: item.at, length: item.bytes.length })
      }
    }
  }
  return { version: { tables, log }, damaged, ...(torn && { torn }) }

  function edit(bytes: Uint8Array): void {
    const reader = createByteReader(bytes)
    while (reader.left() > 0) {
      switch (reader.varint()) {
        case TAG.comparator:
          reader.text()
          break
        case TAG.log:
          log = reader.varint()
          break
        case TAG.nextFile:
        case TAG.lastSequence:
        case TAG.previousLog:
          reader.varint()
          break
        case TAG.pointer:
          reader.varint()
          reader.text()
          break
        case TAG.deleted:
          reader.varint()
          tables.delete(reader.varint())
          break
        case TAG.added: {
          reader.varint()
          const number = reader.varint()
          tables.set(number, reader.varint())
          reader.text()
          reader.text()
          break
        }
        default:
          throw new RangeError('no such tag')
      }
    }
  }
}

// A backup as a file, of a node that never ran: an empty database and a configuration.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'it-pipe'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { archived } from '../../../src/ops/care/archive.ts'
import { NEWEST_SCHEMA } from '../../../src/store/index.ts'
import { openIn } from './damage.ts'

export const CONFIG_IN_BACKUP = '# of the backup\n'

/** Made in `directory`, without a key unless one is given; resolves with the file. */
export async function madeBackup(
  directory: string,
  now: number,
  name = 'source',
  key?: { readonly node_id: NodeId; readonly bytes: Uint8Array },
): Promise<string> {
  const store = await openIn(join(directory, 'source'))
  const head = {
    karo_version: '0.1.0',
    schema: NEWEST_SCHEMA,
    node_id: key?.node_id ?? formatNodeId(new Uint8Array(32)),
    name,
    created_at: new Date(now).toISOString(),
  }
  const config = Buffer.from(CONFIG_IN_BACKUP)
  const content = { head, now, key: key?.bytes, config }
  const bytes: Uint8Array[] = []
  for await (const piece of pipe(store.snapshot(), archived(content))) bytes.push(piece)
  await store.stop()
  const file = join(directory, 'karo.tar')
  writeFileSync(file, Buffer.concat(bytes))
  return file
}

// What nodes that have ended hold of each other's documents, read from their databases, and who can open it.
import { join } from 'node:path'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { openDocument } from '../../../src/exchange/summaries/document.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { createDocumentRepository } from '../../../src/store/tables/documents.ts'
import { createHints, type Identity, loadIdentity } from '../../../src/trust/identity/index.ts'

export interface Held {
  readonly author: NodeId
  readonly slot: string
  readonly role: string
  readonly digest: string
  readonly bytes: Uint8Array
}

/** Summaries in the database of a node that has ended. */
export async function summariesIn(home: string): Promise<readonly Held[]> {
  const db = newDatabase(join(home, 'db'))
  await db.open()
  try {
    const repository = createDocumentRepository(db)
    const held: Held[] = []
    for await (const row of repository.load()) {
      if (row.kind !== 'summary') continue
      const bytes = await repository.frame(row)
      if (bytes === undefined) throw new Error('a row without its frame')
      const author = formatNodeId(row.author)
      held.push({ author, slot: row.slot, role: row.role, digest: hex(row.digest), bytes })
    }
    return held
  } finally {
    await db.close()
  }
}

export const identityOf = (home: string): Identity => loadIdentity(join(home, 'identity.key'))

/** Whether this key opens it, and finds in it what its author says of itself. */
export function opens(identity: Identity, { author, bytes }: Held): boolean {
  try {
    return (
      openDocument([{ identity, hints: createHints(identity.agree) }], bytes, author).summary.node_id ===
      author
    )
  } catch {
    return false
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

// Rows of rooms as the API shows them: the one place where a time becomes RFC 3339 and comes from it, and where a node gets its name.
import type { NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import type { Trust } from '../../trust/peers/index.ts'

/** A member that is a moment, by its name: a room has it in milliseconds since the epoch. */
type Moment = `${string}_${'at' | 'until' | 'seen'}` | 'at' | 'since' | 'until' | 'start' | 'end'
const MOMENT = /(?:^|_)(?:at|until|seen)$|^(?:since|start|end)$/

type Told<T> = T extends number ? string : T
type Shown<Row> = { [K in keyof Row]: K extends Moment ? Told<Row[K]> : Row[K] }

/** In RFC 3339; what is no moment stays what it is. */
export const time = <T extends number | null | undefined>(ms: T) =>
  (typeof ms === 'number' ? new Date(ms).toISOString() : ms) as Told<T>

/** The row with its own moments in RFC 3339; what is inside of its members stays as it is. */
export const shown = <Row extends object>(row: Row): Shown<Row> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, MOMENT.test(name) ? time(value) : value]),
  ) as Shown<Row>

/** The moment at which something of a request is to end; null: never. Throws KaroError `bad_request`. */
export function momentOf(text: string | null): number | null {
  const ms = text === null ? null : Date.parse(text)
  if (ms === null || ms > 0) return ms
  throw new KaroError('bad_request', 'this is not a time', { where: 'expires_at' })
}

/** Names nodes as answers do: by id, fingerprint, and what people here call them. */
export const refsBy =
  ({ opinion }: Pick<Trust, 'opinion'>) =>
  (node: NodeId) => {
    const { fingerprint, name } = opinion(node)
    return { node_id: node, fingerprint, name }
  }

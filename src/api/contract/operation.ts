// The descriptor of one API operation; its route, its client, their types and its documentation follow from it.
import type * as z from 'zod'
import type { ErrorCode } from '../../base/errors.ts'
import type { TokenScope } from './constants.ts'

/** Groups of operations; openapi.ts says what each is about. */
export type Tag = 'node' | 'terminal' | 'agents' | 'mesh' | 'sharing' | 'ledger' | 'care' | 'keys'

/**
 * Who may use an operation. `anyone`: everybody, over TCP without a token too. `person`: every known person, for their own
 * data. `asker`: people who may ask the mesh. `admin`: people who manage the node.
 */
export const ACCESS = ['anyone', 'person', 'asker', 'admin'] as const
export type Access = (typeof ACCESS)[number]

export type Schema = z.ZodType | undefined
/** A schema that is loaded when it is first needed: a client needs none to ask, and the daemon needs few. */
type Lazy<S> = () => Promise<S>

/** An answer that is no JSON document. */
export interface TextAnswer {
  /** Its media type, without parameters. */
  readonly type: string
  readonly description: string
}

/** An answer of many JSON documents, one after the other: lines of NDJSON, or the data of server-sent events. */
interface LineAnswer<Item> extends TextAnswer {
  readonly type: 'application/x-ndjson' | 'text/event-stream'
  readonly item: Lazy<z.ZodType<Item>>
}

export interface Description<Query extends Schema, Body extends Schema, Answer, Item> {
  readonly access: Access
  /** The least scope of a token that opens it over TCP; absent: `scopeOf` says it. */
  readonly scope?: TokenScope
  /** `socket`: never over TCP, with no token or session. */
  readonly via?: 'socket'
  /**
   * Each use by any person writes an entry into the ledger that is kept, so a person may use it only a limited number of times a
   * day. Never set it for an operation that withdraws something (sharing, a token), because that must be possible at any time.
   * What only administrators may do needs no such limit: they could change the limit.
   */
  readonly daily?: true
  readonly tag: Tag
  /** A title of a few words. */
  readonly summary: string
  /** Markdown: what the fields do not say. */
  readonly description?: string
  readonly query?: Lazy<Query>
  readonly body?: Lazy<Body>
  /** Size of the largest request, in bytes; absent: the server's own bound. */
  readonly bodyBytes?: number
  /** Absent where the answer is no JSON document. */
  readonly answer?: Lazy<z.ZodType<Answer>>
  readonly lines?: LineAnswer<Item>
  readonly texts?: readonly TextAnswer[]
  /** Errors of this operation, besides those that every operation may have. */
  readonly errors?: readonly ErrorCode[]
  /** Of the body, or of the query where there is none: then each member is a text, as it stands in the address. */
  readonly example?: unknown
}

export interface Operation<
  Query extends Schema = Schema,
  Body extends Schema = Schema,
  Answer = unknown,
  Item = unknown,
> extends Description<Query, Body, Answer, Item> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: `/${string}`
}

type Method = Operation['method']

/** `route` is method and path. A part that the description leaves out has the type `undefined`, so no code can use it. */
export function defineOperation<
  Query extends Schema = undefined,
  Body extends Schema = undefined,
  Answer = undefined,
  Item = undefined,
>(
  route: `${Method} /${string}`,
  description: Description<Query, Body, Answer, Item>,
): Operation<Query, Body, Answer, Item> {
  const [method, path] = route.split(' ') as [Method, `/${string}`]
  return Object.freeze({ method, path, ...description })
}

/** The schemas of a file by name, each to be loaded later: `schemasOf(() => import('./x.ts')).one`. */
export const schemasOf = <File extends object>(load: Lazy<File>) =>
  new Proxy({} as { readonly [Name in keyof File]: Lazy<File[Name]> }, {
    get: (_, name) => async () => (await load())[name as keyof File],
  })

/** The scope a token needs: `read` for operations that only show, `ask` to ask the mesh, `full` for all that may change something. */
export function scopeOf(
  method: string,
  { access, scope }: { readonly access?: Access; readonly scope?: TokenScope },
): TokenScope {
  if (scope !== undefined) return scope
  if (access === 'asker') return 'ask'
  return method === 'GET' ? 'read' : 'full'
}

/** A member that may be left out may also be undefined: neither a query string nor JSON carries it then. */
type Loosely<T> = T extends object
  ? { readonly [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] }
  : T
type Part<Name extends string, S> = S extends z.ZodType
  ? object extends z.input<S>
    ? { readonly [N in Name]?: Loosely<z.input<S>> }
    : { readonly [N in Name]: Loosely<z.input<S>> }
  : object

/** What a client sends with a request. */
export type RequestOf<Query, Body> = Part<'query', Query> & Part<'body', Body>

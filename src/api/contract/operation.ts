// What one operation of the API is: one descriptor from which its route, its validation, its types and its page follow.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { ErrorCode } from '../../base/errors.ts'
import type { TokenScope } from './constants.ts'
import type { Access } from './route.ts'

/** Groups of operations, and what each is about; also the tags of the OpenAPI document. */
export const TAGS = {
  node: 'What this node is and how it is.',
  terminal: "The caller's own commands and numbers.",
  mesh: 'Who is here, and questions to them.',
  sharing: 'What the caller consents to, and what leaves by it.',
  ledger: 'What happened here, and whether the record of it is whole.',
  care: 'For whoever looks after the node.',
  keys: 'What opens this API over TCP.',
} as const

/** Affairs of one person: that somebody asked for one is nobody else's to know, and so the metrics do not say for which. */
const PERSONAL: ReadonlySet<keyof typeof TAGS> = new Set(['terminal', 'sharing', 'ledger', 'keys'])

/** An answer that is no JSON document. */
export interface TextAnswer {
  /** Its media type, without parameters. */
  readonly type: string
  readonly description: string
  /** Of one line of NDJSON, or of the data of one server-sent event. */
  readonly item?: () => Promise<z.ZodType>
}

export interface Operation<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer = unknown,
> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: `/${string}`
  readonly access: Access
  /** The least scope of a token that opens it over TCP; absent: `scopeOf` (rights.ts) says it. */
  readonly scope?: TokenScope
  /** `socket`: never over TCP, whatever is shown there. */
  readonly via?: 'socket'
  /**
   * Each time is an entry of the ledger, which anybody may cause: a person has only so many a day. Never of what takes
   * something back (sharing, a token): that waits for nothing, and can be done only as often as it was given.
   */
  readonly daily?: true
  readonly tag: keyof typeof TAGS
  /** A few words. */
  readonly summary: string
  /** Markdown: what is not said by the fields. */
  readonly description?: string
  /** Of the query string. */
  readonly query?: Query
  readonly body?: Body
  /** The largest request of it, in bytes; absent: what the server takes of any. */
  readonly bodyBytes?: number
  /** Loaded only for the page: schemas of answers cost the daemon nothing. Absent where there is no JSON. */
  readonly answer?: () => Promise<z.ZodType<Answer>>
  readonly texts?: readonly TextAnswer[]
  /** Beside those that any operation may have. */
  readonly errors?: readonly ErrorCode[]
  readonly example?: { readonly query?: Readonly<Record<string, string>>; readonly body?: unknown }
}

/** Gives the descriptor its types. */
export const defineOperation = <
  Query extends z.ZodType = z.ZodType<unknown>,
  Body extends z.ZodType = z.ZodType<unknown>,
  Answer = unknown,
>(
  operation: Operation<Query, Body, Answer>,
): Operation<Query, Body, Answer> => Object.freeze(operation)

/** Registers the operation: whatever reaches `handle` is what its schemas say. */
export function serve<Query extends z.ZodType, Body extends z.ZodType, Answer>(
  server: FastifyInstance,
  operation: Operation<Query, Body, Answer>,
  handle: (
    request: FastifyRequest<{ Querystring: z.output<Query>; Body: z.output<Body> }>,
    reply: FastifyReply,
  ) => Promise<Answer | FastifyReply>,
): void {
  const { method, path, access, tag, scope, via, daily, query, body, bodyBytes } = operation
  const checks = [query && createCheck('querystring', query), body && createCheck('body', body)]
  server.route<{ Querystring: z.output<Query>; Body: z.output<Body> }>({
    method,
    url: path,
    ...(bodyBytes !== undefined && { bodyLimit: bodyBytes }),
    config: {
      access,
      ...(scope && { scope }),
      ...(via && { via }),
      ...(daily && { daily }),
      personal: PERSONAL.has(tag),
    },
    async preValidation(request) {
      for (const check of checks) check?.(request as FastifyRequest)
    },
    handler: handle,
  })
}

/**
 * What Fastify would do with the schema at the start, done when the first such request comes: most operations are never
 * asked for in the life of a daemon, and to compile them all is a good part of its start. Throws Fastify's own error.
 */
function createCheck(part: 'querystring' | 'body', schema: z.ZodType): (request: FastifyRequest) => void {
  let json: object | undefined
  return (request) => {
    // Members with a default may be left out.
    json ??= z.toJSONSchema(schema, {
      ...{ io: 'input', target: 'draft-7' },
      override(of) {
        plain(of)
        keepNull(of)
      },
    })
    const validate = request.compileValidationSchema(json as Record<string, unknown>, part)
    const value = part === 'body' ? request.body : request.query
    if (validate(value ?? null)) return
    const told = { statusCode: 400, validation: validate.errors, validationContext: part }
    throw Object.assign(new Error('the request is not what the schema says'), told)
  }
}

/** A validator that makes numbers of texts would make 0 of a null that is tried as a number first. */
function keepNull({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const [one, other, ...more] = jsonSchema.anyOf ?? []
  if (one === undefined || other?.type !== 'null' || more.length > 0 || typeof one.type !== 'string') return
  delete jsonSchema.anyOf
  // Draft 7 has lists of types; the type of BaseSchema does not.
  Object.assign(jsonSchema, { ...one, ...jsonSchema, type: [one.type, 'null'] })
}

/** Takes out what Zod says beside the schema itself. */
export function plain({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // `readonly` of TypeScript; in OpenAPI the word means that only answers have the field.
  delete jsonSchema.readOnly
  // An id of ours, which a validator would take for the schema's address.
  delete jsonSchema.id
  delete jsonSchema.$schema
}

// Makes a route of an operation: its schemas check each request, and the handler has its types.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { plain } from '../contract/json-schema.ts'
import type { Operation } from '../contract/operation.ts'

/** Groups of operations about one person; metrics do not show which of them were used. */
const PERSONAL: ReadonlySet<Operation['tag']> = new Set(['terminal', 'agents', 'sharing', 'ledger', 'keys'])

type Parsed<S> = S extends z.ZodType ? z.output<S> : unknown

/** A request with the types of the operation's schemas. */
export type RequestFor<O> =
  O extends Operation<infer Query, infer Body>
    ? FastifyRequest<{ Querystring: Parsed<Query>; Body: Parsed<Body> }>
    : never

/** Registers the operation; every request that reaches `handle` fits its schemas. */
export function serve<Query extends z.ZodType | undefined, Body extends z.ZodType | undefined, Answer, Item>(
  server: FastifyInstance,
  operation: Operation<Query, Body, Answer, Item>,
  handle: (
    request: FastifyRequest<{ Querystring: Parsed<Query>; Body: Parsed<Body> }>,
    reply: FastifyReply,
  ) => Promise<Answer | FastifyReply>,
): void {
  const { method, path, access, tag, scope, via, daily, query, body, bodyBytes } = operation
  const checks = [query && createCheck('querystring', query), body && createCheck('body', body)]
  server.route<{ Querystring: Parsed<Query>; Body: Parsed<Body> }>({
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
      for (const check of checks) await check?.(request as FastifyRequest)
    },
    handler: handle,
  })
}

/**
 * Compiles the schema when the first such request comes, as Fastify would do at the start: most operations are never used
 * in the life of a daemon, and compiling all of them takes a good part of its start. Throws Fastify's own error.
 */
function createCheck(part: 'querystring' | 'body', load: () => Promise<z.ZodType | undefined>) {
  let json: object | undefined
  return async (request: FastifyRequest): Promise<void> => {
    // `input`: members with a default may be left out.
    json ??= z.toJSONSchema((await load()) as z.ZodType, {
      io: 'input',
      target: 'draft-7',
      override(of) {
        plain(of)
        keepNull(of)
        // RFC 3339 has leap seconds, which are no time for `Date`.
        if (of.jsonSchema.format === 'date-time') of.jsonSchema.pattern = ':[0-5]\\d:[0-5]'
      },
    })
    const validate = request.compileValidationSchema(json as Record<string, unknown>, part)
    const value = part === 'body' ? request.body : request.query
    if (validate(value ?? null)) return
    const told = { statusCode: 400, validation: validate.errors, validationContext: part }
    throw Object.assign(new Error('the request does not fit the schema'), told)
  }
}

/** Writes "or null" as a list of types: a validator that turns texts into numbers would turn null into 0 in a union. */
function keepNull({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const [one, other, ...more] = jsonSchema.anyOf ?? []
  if (one === undefined || other?.type !== 'null' || more.length > 0 || typeof one.type !== 'string') return
  delete jsonSchema.anyOf
  // Draft 7 has lists of types; the type of BaseSchema does not.
  Object.assign(jsonSchema, { ...one, ...jsonSchema, type: [one.type, 'null'] })
}

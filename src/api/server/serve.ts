// Makes a route of an operation: its schemas check each request, and its types are those of the handler.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { plain } from '../contract/json-schema.ts'
import type { Operation } from '../contract/operation.ts'

/** Affairs of one person. Which of them were asked for is nobody else's to know, so the metrics do not say it. */
const PERSONAL: ReadonlySet<Operation['tag']> = new Set(['terminal', 'sharing', 'ledger', 'keys'])

type Parsed<S> = S extends z.ZodType ? z.output<S> : unknown

/** A request whose parts are what the operation's schemas say. */
export type RequestFor<O> =
  O extends Operation<infer Query, infer Body>
    ? FastifyRequest<{ Querystring: Parsed<Query>; Body: Parsed<Body> }>
    : never

/** Registers the operation: every request that reaches `handle` is what its schemas say. */
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
 * Does what Fastify would do with the schema at the start, when the first such request comes: most operations are never
 * asked for in the life of a daemon, and to compile them all is a good part of its start. Throws Fastify's own error.
 */
function createCheck(part: 'querystring' | 'body', load: () => Promise<z.ZodType | undefined>) {
  let json: object | undefined
  return async (request: FastifyRequest): Promise<void> => {
    // Members with a default may be left out.
    json ??= z.toJSONSchema((await load()) as z.ZodType, {
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

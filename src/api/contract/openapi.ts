// Makes the OpenAPI 3.1 document of the API from the operations and their schemas.
import * as z from 'zod'
import { ERROR_CODES, type ErrorCode } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import { plain } from './json-schema.ts'
import { type Access, type Operation, scopeOf, type Tag } from './operation.ts'
import { error } from './schemas/error.ts'

type Json = { readonly [key: string]: unknown }
type JsonSchema = z.core.JSONSchema.BaseSchema

/** Descriptions of the groups of operations. */
const TAGS: Readonly<Record<Tag, string>> = {
  node: 'This node and its state.',
  terminal: "The caller's own commands and numbers.",
  agents:
    'Programs that act in jails for the caller, what they and AI tools want to do, who approves it, and what was granted.',
  mesh: 'The members of the mesh, and questions to them.',
  sharing: 'What the caller consents to share, and what leaves this machine because of it.',
  ledger: 'The record of what happened here, and whether it is complete.',
  care: 'For people who look after the node.',
  keys: 'Tokens and sessions, which open this API over TCP.',
}

const WHO_MAY: Readonly<Record<Access, string>> = {
  anyone: 'Anybody, also without a token.',
  person: 'Every person of this machine, for their own data.',
  asker: 'People who may ask the mesh in the name of this node (`access.askers`).',
  admin: 'Administrators of this node (`access.admins`).',
}

const ABOUT = `The API of one node, for the people of its machine. It is reached in two ways, with the same operations:

- over the **control socket** (a Unix socket), where the operating system says who asks, and no token is needed;
- over **TCP on 127.0.0.1**, with a token (\`Authorization: Bearer …\`) or a session (cookie).

Callers see only their own data: administrators manage the node and its mesh, but do not see the commands or numbers of
other people. Times are RFC 3339, in answers in UTC; names of durations end in \`_ms\`. Members that are not described do
not occur in answers and are refused in requests. Every answer has the trace id of its request in \`x-trace-id\`; a request
may set its own (32 lower-case hex digits).`

/** The same operations always give the same document. Takes some 50 ms. */
export async function openApiDocument(operations: readonly Operation[]): Promise<Json> {
  const schemas = new Map<string, JsonSchema>()
  const paths: Record<string, Record<string, Json>> = {}
  refer(error, schemas)
  for (const operation of operations) {
    paths[operation.path] ??= {}
    const path = paths[operation.path] as Record<string, Json>
    path[operation.method.toLowerCase()] = await describe(operation, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Karo',
      version: VERSION,
      summary: 'The API of a Karo node for the people of its machine.',
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      {
        url: 'http://127.0.0.1:{port}',
        description: 'On the machine itself; the control socket answers the same paths.',
        variables: { port: { default: '9237', description: 'http.port of the configuration' } },
      },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries(
        (Object.keys(ERROR_CODES) as ErrorCode[])
          .filter((code) => JSON.stringify(paths).includes(`"${responseOf(code)}"`))
          .map((code) => [code, errorResponse([code])]),
      ),
      headers: {
        TraceId: {
          description: 'id of the request in the log and the ledger',
          schema: { type: 'string' },
        },
        Build: {
          description: 'version and commit of the daemon, for known callers',
          schema: { type: 'string' },
        },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Over TCP: from `karo token create`.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'karo_session_9237',
          description:
            'Over TCP, for the dashboard: the name contains the port, and every request also sends the key of the session as `X-Karo-Session`.',
        },
      },
    },
  }
}

async function describe(operation: Operation, schemas: Map<string, JsonSchema>): Promise<Json> {
  const { access, tag, summary, via, example } = operation
  const [query, body] = await Promise.all([operation.query?.(), operation.body?.()])
  const scope = scopeOf(operation.method, operation)
  const whoMay = `**Who may:** ${WHO_MAY[access]}`
  const how =
    via === 'socket'
      ? ' Over the control socket only.'
      : access === 'anyone'
        ? ''
        : ` Over TCP with a token of scope \`${scope}\`.`
  return {
    operationId: idOf(operation),
    tags: [tag],
    summary,
    description: [operation.description, whoMay + how].filter((part) => part !== undefined).join('\n\n'),
    ...(access === 'anyone' || via === 'socket' ? { security: [] } : {}),
    'x-karo-access': access,
    ...(query && { parameters: parametersOf(query, body === undefined ? example : undefined) }),
    ...(body && {
      requestBody: {
        // A body that may be null may be left out.
        required: !body.safeParse(null).success,
        content: {
          'application/json': {
            schema: inline(body, 'input', schemas),
            example,
          },
        },
      },
    }),
    responses: { ...(await answersOf(operation, schemas)), ...errorsOf(operation) },
  }
}

async function answersOf(
  { answer, lines, texts = [] }: Operation,
  schemas: Map<string, JsonSchema>,
): Promise<Json> {
  const content: Record<string, Json> = {}
  if (answer !== undefined) content['application/json'] = { schema: refer(await answer(), schemas) }
  for (const { type, description } of texts) content[type] = { schema: { type: 'string', description } }
  if (lines !== undefined) {
    const { type, description, item } = lines
    const parts = { contentMediaType: 'application/json', contentSchema: refer(await item(), schemas) }
    content[type] = { schema: { type: 'string', description, ...parts } }
  }
  return { '200': { description: 'Done.', headers: TRACED, content } }
}

const TRACED = {
  'x-trace-id': { $ref: '#/components/headers/TraceId' },
  'x-karo-build': { $ref: '#/components/headers/Build' },
}

/** The error responses by HTTP status. */
function errorsOf({ access, query, body, errors = [] }: Operation): Json {
  const codes = new Set<ErrorCode>(errors)
  if (query !== undefined || body !== undefined) codes.add('bad_request')
  if (body !== undefined) codes.add('too_large')
  if (access !== 'anyone') codes.add('unauthorized').add('refused')
  codes.add('rate_limited').add('internal')
  const byStatus = Map.groupBy(codes, (code) => String(ERROR_CODES[code].http))
  return Object.fromEntries(
    [...byStatus]
      .sort()
      .map(([status, held]) => [
        status,
        held.length === 1 ? { $ref: responseOf(held[0] as ErrorCode) } : errorResponse(held),
      ]),
  )
}

const responseOf = (code: ErrorCode): string => `#/components/responses/${code}`

const errorResponse = (codes: readonly ErrorCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].meaning}`).join('; '),
  headers: TRACED,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})

function parametersOf(query: z.ZodType, of: unknown = {}): Json[] {
  const example = of as Readonly<Record<string, string>>
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    required: required.includes(name),
    schema,
    ...(example[name] !== undefined && { example: typed(example[name], schema) }),
  }))
}

/** The text of a query string as a value of the type that the schema has. */
function typed(text: string, { type }: JsonSchema): unknown {
  if (type === 'array') return [text]
  return type === 'integer' || type === 'boolean' ? JSON.parse(text) : text
}

/** `GET /api/v1/peers/explain` becomes `getPeersExplain`; a path outside of `/api/v1` gets `Root`: `getRootMetrics`. */
function idOf({ method, path }: Operation): string {
  const below = path.startsWith('/api/v1/') ? path.slice('/api/v1/'.length) : `root${path}`
  const words = below.split(/[^a-z0-9]+/i)
  const titled = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
  return method.toLowerCase() + titled.join('')
}

function schemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
): JsonSchema & { $defs?: Record<string, JsonSchema> } {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io, override: plain })
  return made
}

/** A reference to the component if the schema has an id, else the schema itself. */
function refer(schema: z.ZodType, schemas: Map<string, JsonSchema>): Json {
  const id = schema.meta()?.id
  const whole = inline(schema, 'output', schemas)
  if (id === undefined) return whole
  // Zod writes some schemas as a reference to their own definition, which `inline` has stored already.
  if (whole.$ref === undefined) schemas.set(id, whole)
  return { $ref: `#/components/schemas/${id}` }
}

/** The schema as JSON Schema; schemas inside it that have an id become components. */
function inline(schema: z.ZodType, io: 'input' | 'output', schemas: Map<string, JsonSchema>): JsonSchema {
  const { $defs = {}, ...whole } = pointed(schemaOf(schema, io))
  for (const [id, one] of Object.entries($defs)) schemas.set(id, one)
  return whole
}

const pointed = <T>(schema: T): T =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as T

// Judges answers by the OpenAPI document, with a validator that knows nothing of how the document was made.
import { createRequire } from 'node:module'

interface Validator {
  (value: unknown): boolean
  readonly errors?: readonly { readonly instancePath: string; readonly message?: string; params: unknown }[]
}
interface Ajv {
  addSchema(schema: object, key: string): void
  compile(schema: object): Validator
}

/** Fastify's own: the two come with it. */
const load = createRequire(import.meta.resolve('fastify'))
const { default: Ajv2020 } = load('ajv/dist/2020') as { default: new (options: object) => Ajv }
const { default: addFormats } = load('ajv-formats') as { default: (ajv: Ajv) => void }

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, DescribedResponse>>
  }
}
interface DescribedResponse {
  readonly content: Readonly<Record<string, { readonly schema: DescribedSchema }>>
}
interface DescribedOperation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, DescribedResponse | { readonly $ref: string }>>
}
interface DescribedSchema {
  readonly contentSchema?: object
}

export interface Judge {
  /** Of an answer as JSON: what is wrong with it, undefined when nothing is. */
  answer(method: string, path: string, status: number, value: unknown): string | undefined
  /** Of one line or one event's data of a streamed answer. */
  item(method: string, path: string, type: string, value: unknown): string | undefined
  /** Of any value. */
  schema(schema: object, value: unknown): string | undefined
}

export function judgeBy(document: OpenApiDocument): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats(ajv)
  // References of the document are read as if it were one schema.
  const text = JSON.stringify(document.components.schemas)
  ajv.addSchema({ $id: 'karo:document', components: { schemas: JSON.parse(text) } }, 'karo:document')
  const compiled = new Map<string, Validator>()

  function check(key: string, schema: object, value: unknown): string | undefined {
    let validate = compiled.get(key)
    if (validate === undefined) {
      const pointed = JSON.stringify(schema).replaceAll('"#/', '"karo:document#/')
      validate = ajv.compile(JSON.parse(pointed) as object)
      compiled.set(key, validate)
    }
    if (validate(value)) return undefined
    const said = validate.errors?.map(
      ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
    )
    return `${key}: ${said?.join('; ')}`
  }

  function described(method: string, path: string, status: number) {
    const operation = document.paths[path]?.[method.toLowerCase()]
    const response = operation?.responses[String(status)]
    if (response === undefined || !('$ref' in response)) return response
    return document.components.responses[response.$ref.replace('#/components/responses/', '')]
  }

  return {
    schema: (schema, value) => check(JSON.stringify(schema), schema, value),
    answer(method, path, status, value) {
      const schema = described(method, path, status)?.content['application/json']?.schema
      if (schema === undefined) return `${method} ${path} may not answer ${status}`
      return check(`${method} ${path} ${status}`, schema, value)
    },
    item(method, path, type, value) {
      const schema = described(method, path, 200)?.content[type]?.schema.contentSchema
      if (schema === undefined) return `${method} ${path} has no ${type}`
      return check(`${method} ${path} ${type}`, schema, value)
    },
  }
}

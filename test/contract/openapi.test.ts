// The API's page says what the API is: generated anew it is the same, it is valid, and no route is without its place in it.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { openApiDocument } from '../../src/api/contract/openapi.ts'
import type { Operation } from '../../src/api/contract/operation.ts'
import { OPERATIONS } from '../../src/api/contract/operations/index.ts'
import { ERROR_CODES } from '../../src/base/errors.ts'
import { judgeBy, type OpenApiDocument } from '../support/api/openapi.ts'
import { ANSWERS } from '../support/data/answers.ts'

const root = join(import.meta.dirname, '../..')
let made: Record<string, unknown>
beforeAll(async () => {
  made = JSON.parse(JSON.stringify(await openApiDocument(OPERATIONS)))
})

test('it is a valid OpenAPI 3.1 document', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(made)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
  const broken = { ...made, paths: { nonsense: {} } }
  expect((await new Validator().validate(broken)).valid).toBe(false)
})

/** What a linter finds that knows the rules no schema can express: ids that are unique, references, examples, parameters. */
async function lint(document: unknown): Promise<readonly string[]> {
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  return problems.map(({ ruleId, location, message }) => `${ruleId} ${location[0]?.pointer}: ${message}`)
}

test('an independent linter has nothing to say, and would say it', async () => {
  expect(await lint(made)).toEqual([])
  const [path, methods] = Object.entries(made.paths as Record<string, unknown>)[0]!
  const twice = { ...made, components: {}, paths: { [path]: methods, '/api/v1/twice': methods } }
  expect(await lint(twice)).toContainEqual(expect.stringContaining('operation-operationId-unique'))
})

test('every described operation is in the list, once', async () => {
  const isOperation = (value: unknown): value is Operation =>
    typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'access' in value
  const found: Operation[] = []
  for (const path of globSync('src/api/contract/operations/**/*.ts', { cwd: root })) {
    if (path.endsWith('/index.ts')) continue
    const exported: Record<string, unknown> = await import(join(root, path))
    for (const value of Object.values(exported)) {
      if (isOperation(value)) found.push(value)
      else if (typeof value === 'object' && value !== null)
        found.push(...Object.values(value).filter(isOperation))
    }
  }
  const names = (all: readonly Operation[]) => all.map(({ method, path }) => `${method} ${path}`).sort()
  expect(names(found)).toEqual(names(OPERATIONS))
  expect(new Set(names(OPERATIONS)).size).toBe(OPERATIONS.length)
})

test('no route is made but from a description, besides the files of the page', () => {
  const registering =
    /\b(?:server|scope|app|instance)\s*\.(?:get|post|put|patch|delete|head|options|all|route)\s*[<(]/
  const files = globSync('src/**/*.ts', { cwd: root }).filter(
    (path) => !['src/api/server/serve.ts', 'src/api/routes/window.ts'].includes(path),
  )
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter((path) => registering.test(readFileSync(join(root, path), 'utf8')))).toEqual([])
  expect(registering.test(readFileSync(join(root, 'src/api/server/serve.ts'), 'utf8'))).toBe(true)
})

test('a body has to be sent where it says something that is needed', () => {
  const { paths } = made as unknown as {
    paths: Record<string, Record<string, { requestBody?: { required: boolean } }>>
  }
  const required = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ requestBody }) =>
      requestBody === undefined ? [] : [[path, requestBody.required]],
    ),
  )
  expect(required.filter(([, needed]) => !needed)).toEqual([['/api/v1/sessions', false]])
  expect(required).toContainEqual(['/api/v1/share/allow', true])
})

test('each answer that tests show is one', () => {
  const judge = judgeBy(made as unknown as OpenApiDocument)
  for (const [id, example] of Object.entries(ANSWERS)) {
    expect(judge.schema({ $ref: `#/components/schemas/${id}` }, example)).toBeUndefined()
  }
})

interface Schema {
  readonly type?: string | readonly string[]
  readonly [key: string]: unknown
}

/** Every schema below, with the place it stands at. */
function* schemasIn(value: unknown, at: string): Generator<readonly [string, Schema]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value) && 'type' in value && typeof value.type === 'string') yield [at, value as Schema]
  for (const [key, below] of Object.entries(value)) yield* schemasIn(below, `${at}/${key}`)
}

describe.each(OPERATIONS.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s',
  (_, operation) => {
    const entry = () => {
      const paths = made.paths as Record<string, Record<string, Record<string, unknown>>>
      return paths[operation.path]?.[operation.method.toLowerCase()] ?? {}
    }

    test('says who may, what it is about, and which errors there are', () => {
      const { summary, description, tags, responses } = entry()
      expect(summary).toMatch(/^\S.{4,}/)
      expect(description).toContain('Who may:')
      expect(tags).toEqual([operation.tag])
      const statuses = Object.keys(responses as object)
      for (const code of operation.errors ?? []) expect(statuses).toContain(String(ERROR_CODES[code].http))
      if (operation.access !== 'anyone') expect(statuses).toContain('401')
    })

    test('takes nothing without a bound, and no member it does not know', () => {
      const { parameters, requestBody } = entry()
      for (const [at, schema] of schemasIn([parameters, requestBody], '')) {
        if (schema.type === 'object') expect([at, schema.additionalProperties]).toEqual([at, false])
        if (schema.type === 'array') expect([at, schema.maxItems]).toEqual([at, expect.any(Number)])
        if (schema.type === 'integer' && schema.enum === undefined)
          expect([at, schema.maximum]).toEqual([at, expect.any(Number)])
        if (schema.type === 'string' && schema.enum === undefined && schema.const === undefined)
          expect([at, schema.maxLength ?? schema.pattern]).not.toEqual([at, undefined])
      }
    })

    test('its examples are what it takes', async () => {
      const { example } = operation
      const [body, query] = await Promise.all([operation.body?.(), operation.query?.()])
      const safe = (schema: z.ZodType | undefined, value: unknown) => schema?.safeParse(value).error
      if (body !== undefined) expect(safe(body, example)).toBeUndefined()
      const { parameters = [] } = entry() as { parameters?: { name: string; example?: unknown }[] }
      const given = Object.fromEntries(
        parameters.filter(({ example }) => example !== undefined).map(({ name, example }) => [name, example]),
      )
      if (body === undefined && example !== undefined) {
        expect(Object.keys(given).sort()).toEqual(Object.keys(example as object).sort())
        expect(safe(query, given)).toBeUndefined()
      }
    })
  },
)

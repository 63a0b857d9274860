// json.md of the reference: what each command prints with --json, written from the schemas of the operations it shows.
import * as z from 'zod'
import type { Operation } from '../src/api/contract/operation.ts'
import { COMMANDS } from '../src/cli/commands.ts'

interface Shape {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly $ref?: string
}

const INTRO = `# What commands print with --json

Commands that show an answer of the daemon print that answer as it is: one JSON document on standard output, or one a line (NDJSON)
where the answer is a stream. The types of all members, with their bounds, are in [openapi.json](openapi.json) under the operation
that stands behind each command. This page is generated from the same schemas.
`

/** Of a member, in a word or two. */
function kindOf(shape: Shape): string {
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum !== undefined) return shape.enum.map((one) => JSON.stringify(one)).join(', ')
  const forms = shape.anyOf ?? shape.oneOf
  if (forms !== undefined) return [...new Set(forms.map(kindOf))].join(' or ')
  if (shape.type === 'array') return `list of ${kindOf(shape.items ?? {})}`
  return shape.$ref === undefined ? [shape.type ?? 'any'].flat().join(' or ') : 'object'
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function members({ properties = {}, required = [] }: Shape): string {
  const rows = Object.entries(properties).map(([name, shape]) => {
    const always = required.includes(name) ? '' : ', may be absent'
    return `| \`${name}\` | ${cell(kindOf(shape))}${always} | ${cell(shape.description ?? '')} |`
  })
  return ['| member | type | what it is |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

async function shapesOf({ answer, lines }: Operation): Promise<readonly Shape[]> {
  const schema = await (answer ?? lines?.item)?.()
  if (schema === undefined) return []
  const whole = z.toJSONSchema(schema, { reused: 'inline' }) as Shape & { $defs?: Record<string, Shape> }
  const at = (shape: Shape): Shape =>
    shape.$ref === undefined ? shape : (whole.$defs?.[shape.$ref.split('/').at(-1) ?? ''] ?? shape)
  return (at(whole).anyOf ?? at(whole).oneOf ?? [whole]).map(at)
}

export async function jsonPage(): Promise<string> {
  const commands = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat()
  const parts: string[] = [INTRO]
  for (const { name, summary, json, shows } of commands) {
    if (shows === undefined) continue
    const tables = (await shapesOf(shows)).map(members)
    const said = json === undefined ? '' : ` With --json: ${json}.`
    parts.push(
      `## karo ${name}\n\n${summary} (\`${shows.method} ${shows.path}\`).${said}\n\n${tables.join('\nor\n\n')}`,
    )
  }
  return `${parts.join('\n').trimEnd()}\n`
}

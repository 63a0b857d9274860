// Lists what people and programs rely on, read from the descriptors: `sh scripts/run.sh scripts/promises.ts` prints it.

import { OPERATIONS } from '../src/api/contract/operations/index.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { KEY_LIST } from '../src/config/table.ts'
import { DOCUMENT_KINDS } from '../src/exchange/documents/kinds.ts'
import { ASKED_TYPES } from '../src/exchange/query/query-types/index.ts'
import { METRICS } from '../src/ops/metrics/table.ts'

/** One line each, sorted: `option peers trust --level`. */
export async function promises(): Promise<readonly string[]> {
  const commands = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat()
  return [
    ...commands.map(({ name }) => `command ${name}`),
    ...commands.flatMap(({ name, args }) => args.map((argument) => `argument ${name} <${argument.name}>`)),
    ...commands.flatMap(({ name, options }) => options.map((option) => `option ${name} --${option.name}`)),
    ...OPERATIONS.map(({ method, path }) => `endpoint ${method} ${path}`),
    ...KEY_LIST.map(({ path }) => `key ${path}`),
    ...DOCUMENT_KINDS.map((kind) => `document ${kind}`),
    ...ASKED_TYPES.map((type) => `query ${type}`),
    ...Object.keys(METRICS).map((name) => `metric ${name}`),
  ].sort()
}

if (import.meta.main) process.stdout.write(`${(await promises()).join('\n')}\n`)

// Gives an agent a task: a tool, its arguments as a form made of the tool's own schema, and why.
import { useId, useState } from 'preact/hooks'
import { runTask } from '../../../api/contract/operations/agents/agents.ts'
import type { AgentShape } from '../../../api/contract/shapes.ts'
import { Act, Foreign } from '../../parts/index.ts'
import { client, noJail } from '../../state/index.ts'
import { type Field, fieldsOf, problemsOf, readTyped } from './arguments.ts'
import { keyOf } from './tasks.tsx'

type Tool = NonNullable<AgentShape['offers']>[number]

interface RunTaskProps {
  readonly agent: string
  readonly tools: readonly Tool[]
  readonly onTask: (key: string) => void
}

export function RunTask({ agent, tools, onTask }: RunTaskProps) {
  const [name, setName] = useState(tools[0]?.name)
  const tool = tools.find((one) => one.name === name)
  if (tool === undefined) return <p class="empty">It offers no tool.</p>
  return (
    <>
      <label class="field">
        Tool
        <select value={tool.name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
          {tools.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}
              {one.read_only ? ' (by its own word read-only)' : ''}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet">
        <Foreign text={tool.description || 'It has no description.'} />
      </p>
      <Form key={tool.name} agent={agent} tool={tool} onTask={onTask} />
    </>
  )
}

/** The field that holds all arguments, where the schema names none. */
const WHOLE: Field = {
  name: 'arguments',
  kind: 'json',
  isRequired: false,
  choices: [],
  initial: '{}',
  says: 'a JSON object',
}

interface FormProps {
  readonly agent: string
  readonly tool: Tool
  readonly onTask: (key: string) => void
}

function Form({ agent, tool, onTask }: FormProps) {
  const named = fieldsOf(tool.input_schema)
  const fields = named ?? [WHOLE]
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [why, setWhy] = useState('')
  const [isTouched, setTouched] = useState(false)
  const textIn = (field: Field): string => typed[field.name] ?? field.initial
  const { input, problems } = read(fields, textIn, named === undefined, tool)
  const run = async (): Promise<void> => {
    setTouched(true)
    if (problems.length > 0) return
    const body = { agent, tool: tool.name, input: JSON.stringify(input), ...(why !== '' && { why }) }
    const { id, person } = await client.call(runTask, { body })
    onTask(keyOf({ person, id }))
  }
  return (
    <div class="form">
      {fields.map((field) => (
        <FieldOf
          key={field.name}
          field={field}
          value={textIn(field)}
          onValue={(value) => setTyped((before) => ({ ...before, [field.name]: value }))}
        />
      ))}
      <label class="field">
        Why, for those who are asked
        <input maxLength={500} value={why} onInput={({ currentTarget }) => setWhy(currentTarget.value)} />
      </label>
      <div role="status">
        {isTouched && problems.length > 0 && (
          <ul class="note bad plain">
            {problems.map((one) => (
              <li key={one}>
                <Foreign text={one} />
              </li>
            ))}
          </ul>
        )}
      </div>
      <Act kind="main" run={run} locked={noJail()}>
        Run
      </Act>
    </div>
  )
}

/** The arguments as they were typed, and everything that is wrong with them. */
function read(
  fields: readonly Field[],
  textIn: (field: Field) => string,
  isWhole: boolean,
  { input_schema }: Tool,
): { readonly input: unknown; readonly problems: readonly string[] } {
  const problems: string[] = []
  const members: [string, unknown][] = []
  for (const field of fields) {
    try {
      const found = readTyped(field, textIn(field))
      if ('value' in found) members.push([field.name, found.value])
    } catch (error) {
      problems.push(`${field.name}: ${(error as Error).message}`)
    }
  }
  if (problems.length > 0) return { input: {}, problems }
  const input = isWhole ? (members[0]?.[1] ?? {}) : Object.fromEntries(members)
  return { input, problems: problemsOf({ type: 'object', ...input_schema }, input) }
}

interface FieldOfProps {
  readonly field: Field
  readonly value: string
  readonly onValue: (value: string) => void
}

function FieldOf({ field: { name, kind, isRequired, says, choices }, value, onValue }: FieldOfProps) {
  const id = useId()
  const common = { id, value, 'aria-describedby': says === '' ? undefined : `${id}-says` }
  const onInput = ({ currentTarget }: { readonly currentTarget: { readonly value: string } }): void =>
    onValue(currentTarget.value)
  const choicesOrNone = kind === 'boolean' ? ['true', 'false'] : choices
  return (
    <div class="field">
      <label for={id}>
        <Foreign text={name} />
        {!isRequired && <span class="quiet"> (may be left empty)</span>}
      </label>
      {choicesOrNone.length > 0 ? (
        <select {...common} onChange={onInput}>
          <option value="">–</option>
          {choicesOrNone.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      ) : kind === 'json' ? (
        <textarea {...common} rows={3} spellcheck={false} onInput={onInput} />
      ) : (
        <input {...common} inputMode={kind === 'number' ? 'decimal' : undefined} onInput={onInput} />
      )}
      {says !== '' && (
        <p class="quiet" id={`${id}-says`}>
          <Foreign text={says} />
        </p>
      )}
    </div>
  )
}

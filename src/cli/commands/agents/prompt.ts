// karo prompt: named templates of a person, with versions and variables. Rendering puts values in, and runs nothing.

import {
  addPrompt,
  getPrompts,
  getPromptVersions,
  removePrompt,
  renderPrompt,
  showPrompt,
} from '../../../api/contract/operations/agents/memory.ts'
import {
  MOST_TEXT,
  MOST_VALUE,
  type PromptAddedShape,
  type PromptShape,
} from '../../../api/contract/shapes.ts'
import { textFrom } from '../../input/text-from.ts'
import { defineCommand, printable, show, table, usage, whole } from '../../kit.ts'

const variables = ({ variables: all }: PromptShape): string =>
  all.map(({ name, default: otherwise }) => (otherwise === null ? name : `${name}=${otherwise}`)).join(', ')

function promptView(prompt: PromptShape | PromptAddedShape): string {
  const known = 'known' in prompt && prompt.known ? ', as before' : ''
  const all = prompt.variables.length === 0 ? 'no variables' : `variables: ${printable(variables(prompt))}`
  const text = prompt.text.split('\n').map((line) => `  ${printable(line)}`)
  return `${printable(prompt.name)}, version ${prompt.version} of ${prompt.newest}${known}; ${all}\n\n${text.join('\n')}\n`
}

const NAME = { description: 'see karo prompt list', completes: 'prompt:list:name' } as const
const VERSION = {
  value: 'number',
  reads: whole(1, 1_000_000),
  description: 'another version than the newest',
} as const

const add = defineCommand('prompt add', {
  summary: 'add a prompt, or a new version of one; its variables are {{name}} and {{name=default}}',
  shows: addPrompt,
  args: {
    name: 'small letters, digits, . _ -',
    file: {
      as: 'text',
      reads: (file: string) => textFrom(file, MOST_TEXT),
      description: 'the template; - for standard input',
    },
  },
  examples: {
    "echo 'Explain {{what}} in {{language=English}}' | karo prompt add explain -": 'a template in one line',
  },
  view: promptView,
})

const list = defineCommand('prompt list', {
  summary: 'list your prompts with their variables',
  shows: getPrompts,
  view: ({ prompts }, io) =>
    table(
      io,
      prompts,
      {
        PROMPT: 'name',
        VERSION: 'version',
        ADDED: 'created_at',
        VARIABLES: { value: variables, shrink: true },
      },
      'No prompts. karo prompt add NAME FILE  adds one.\n',
    ),
})

const showOne = defineCommand('prompt show', {
  summary: 'show a prompt of yours with its variables',
  shows: showPrompt,
  args: { name: NAME },
  options: { version: VERSION },
  view: promptView,
})

const versions = defineCommand('prompt versions', {
  summary: 'list the stored versions of a prompt, newest first',
  shows: getPromptVersions,
  args: { name: NAME },
  view: ({ prompts }, io) =>
    table(io, prompts, {
      VERSION: 'version',
      ADDED: 'created_at',
      TEXT: { value: ({ text }) => text.split('\n')[0] ?? '', shrink: true },
    }),
})

const render = defineCommand('prompt render', {
  summary: 'write the text of a prompt with its variables filled in; runs nothing',
  shows: renderPrompt,
  args: {
    name: NAME,
    values: {
      optional: true,
      variadic: true,
      description: 'variable=value; variable=@file takes the text of a file, @- standard input',
    },
  },
  options: { version: VERSION },
  examples: {
    'karo prompt render explain what=tar': 'fails if a variable has neither a value nor a default',
    'git diff | karo prompt render review diff=@-': 'fills the variable diff with what a command prints',
  },
  async run(io, { args, options }) {
    const values: { name: string; value: string }[] = []
    for (const word of args.values) {
      const [name = '', value] = word.split(/=(.*)/s, 2)
      if (value === undefined || name === '')
        throw usage(`'${word.slice(0, 80)}' is not variable=value`, 'VALUES')
      values.push({ name, value: value.startsWith('@') ? await textFrom(value.slice(1), MOST_VALUE) : value })
    }
    const body = { name: args.name, values, version: options.version }
    const { text, ...rest } = await io.call(renderPrompt, { body })
    return show(io, { ...rest, text }, () => (text.endsWith('\n') ? text : `${text}\n`))
  },
})

const remove = defineCommand('prompt remove', {
  summary: 'remove a prompt with all of its versions',
  shows: removePrompt,
  args: { name: NAME },
  view: ({ name }) => `Removed ${name}.\n`,
})

export const commands = [add, list, showOne, versions, render, remove]
